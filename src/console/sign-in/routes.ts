import { Hono } from "hono";
import { linkRoutes } from "./links.ts";
import { signInPage } from "./pages.tsx";
import { providerRoutes } from "./provider.ts";
import { returnPath, signInPath, startPath } from "./return-path.ts";
import type { SignInServices } from "./services.ts";
import { visitorOf } from "./signed-in.ts";

/** `/sign-in` and what is below it: for whoever is not signed in. */
export function signInRoutes(services: SignInServices): Hono {
  const app = new Hono();
  const { cookies, provider } = services;
  app.get("/sign-in", async (context) => {
    const to = returnPath(context.req.query("to"));
    if ((await visitorOf(services, context)) !== undefined) return context.redirect(to, 303);
    const page = signInPage({
      kept: cookies.kept,
      provider: provider?.caption,
      isThere: await provider?.isThere(),
      start: startPath({ to }),
      again: signInPath(to),
    });
    return context.html(page);
  });
  app.route("/", linkRoutes(services));
  if (provider !== undefined) app.route("/", providerRoutes(services, provider));
  return app;
}
