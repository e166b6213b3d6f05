import type { RunningConsole } from "../../../src/app.ts";
import { createPages, type PageParts } from "../../../src/console-pages.ts";
import { Live } from "../../../src/console/live.ts";
import { ownCookies } from "../../../src/console/sign-in/cookies.ts";
import { signInRoutes } from "../../../src/console/sign-in/routes.ts";
import type { SignInServices } from "../../../src/console/sign-in/services.ts";
import { signOutRoutes } from "../../../src/console/sign-in/sign-out.ts";

/** A page or a form, as it is mounted: `GET /endpoints/:id`. */
export type Mounted = `${"GET" | "POST"} /${string}`;

/** Every page and form of a console that runs: with and without signing in, members' and admins'. */
export function mountedRoutes(running: RunningConsole): ReadonlySet<Mounted> {
  const { config, core } = running;
  // What is only looked at when somebody asks for a page is left out.
  const parts = { ...running, clientAddress: () => "192.0.2.1" } as unknown as PageParts;
  const signIn = {
    ...core,
    cookies: ownCookies(config.publicUrl),
    provider: { caption: "GitLab" },
  } as unknown as SignInServices;
  const live = new Live({
    ledger: core.requireLedger(),
    mark: () => "",
    renew: () => Promise.resolve(undefined),
  });
  const apps = [
    live.routes(),
    signInRoutes(signIn),
    signOutRoutes(signIn),
    createPages(core.requireLedger(), parts),
  ];
  live.close();
  return new Set(
    apps
      .flatMap(({ routes }) => routes)
      .filter(({ method }) => method !== "ALL")
      .map(({ method, path }) => `${method} ${path}` as Mounted),
  );
}
