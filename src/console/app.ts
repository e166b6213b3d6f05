import { Hono } from "hono";
import { assets } from "./assets.ts";
import {
  compressedPages,
  noUnseenRequests,
  ownOriginOnly,
  pageHeaders,
  privatePages,
  shortForms,
} from "./security.ts";
import { problemPage } from "./sign-in/pages.tsx";
import { signInRoutes } from "./sign-in/routes.ts";
import type { SignedPages } from "./signed-pages.ts";
import type { SignInServices } from "./sign-in/services.ts";
import { requireLedger, signedIn } from "./sign-in/signed-in.ts";
import { signOutRoutes } from "./sign-in/sign-out.ts";
import { refusalOf, STORE_RETRY_SECONDS, storeReason } from "./store-refusal.ts";
import type { PageEnv } from "./visitor.ts";

interface Handler {
  readonly fetch: (request: Request, env?: unknown) => Response | Promise<Response>;
}

export interface ConsoleOptions {
  /** The API; undefined while the store cannot be read. */
  readonly api: () => Handler | undefined;
  /** GitLab's hooks; undefined where its sites are not synced. */
  readonly hooks: Handler | undefined;
  /** The code of what is wrong with the store, if anything is. */
  readonly fault: () => string | undefined;
  readonly signIn: Omit<SignInServices, "fault">;
  /** The pages for those who are signed in. */
  readonly pages: SignedPages;
}

/** What goes wrong outside of the pages, which answer for themselves: on the ways to sign in, mostly. */
const TITLES: ReadonlyMap<string, string> = new Map([
  ["not_found", "This link does not work"],
  ["invalid_input", "This did not work"],
]);

/**
 * Everything at the console's own host. The API and the hooks have their own ways of telling who
 * asks, and take no cookie; everything else is for whoever is signed in, but for the sign-in page.
 */
export function createConsole(options: ConsoleOptions): Hono<PageEnv> {
  const app = new Hono<PageEnv>();
  const { hooks } = options;
  const services = { ...options.signIn, fault: () => storeReason(options.fault()) };
  // The API sets its own headers.
  app.all("/api/*", (context, next) => {
    const api = options.api();
    return api === undefined ? next() : api.fetch(context.req.raw, context.env);
  });
  app.use(pageHeaders());
  if (hooks !== undefined)
    app.all("/hooks/*", (context) => hooks.fetch(context.req.raw, context.env));
  app.all("/api/*", (context) => {
    const problem = {
      type: "about:blank",
      title: "Unavailable",
      status: 503,
      code: "unavailable",
      detail: storeReason(options.fault()),
    };
    return context.body(JSON.stringify(problem), 503, {
      "Content-Type": "application/problem+json",
      "Cache-Control": "no-store",
      "Retry-After": String(STORE_RETRY_SECONDS),
    });
  });
  app.all("/hooks/*", (context) => context.text("There is no such hook.", 404));
  app.use(privatePages(), ownOriginOnly(services.publicUrl), shortForms());
  app.route("/", assets());
  app.use(noUnseenRequests(services.publicUrl));
  app.route("/", signInRoutes(services));
  app.use(signedIn(services), compressedPages());
  app.route("/", signOutRoutes(services));
  app.all("*", (context) => options.pages.answer(context, requireLedger(services)));
  app.onError(async (error, context) => {
    // With the rest of the API, which is loaded when it is first needed.
    const { PROBLEMS } = await import("../api/problem.ts");
    const refusal = refusalOf(error);
    if (refusal === undefined) services.log.error({ err: error }, "a page could not be shown");
    const { status, title } = PROBLEMS[refusal?.code ?? "internal"];
    if (refusal?.retryAfter !== undefined)
      context.header("Retry-After", String(refusal.retryAfter));
    context.header("Cache-Control", "no-store");
    const message = refusal?.message ?? "Something went wrong here; it is written to the log.";
    const shown = TITLES.get(refusal?.code ?? "") ?? title;
    return context.html(problemPage(shown, message), status);
  });
  return app;
}
