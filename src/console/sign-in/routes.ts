import { Hono } from "hono";
import { STYLE, STYLE_PATH } from "./frame.tsx";
import { linkRoutes } from "./links.ts";
import { signInPage } from "./pages.tsx";
import { returnPath } from "./return-path.ts";
import type { SignInServices } from "./services.ts";
import { visitorOf } from "./signed-in.ts";

/** `/sign-in` and what is below it: for whoever is not signed in. */
export function signInRoutes(services: SignInServices): Hono {
  const app = new Hono();
  const { cookies } = services;
  app.get(STYLE_PATH, (context) =>
    context.body(STYLE, 200, {
      "Content-Type": "text/css; charset=utf-8",
      "Cache-Control": "public, max-age=3600",
    }),
  );
  app.get("/sign-in", async (context) => {
    const to = returnPath(context.req.query("to"));
    if ((await visitorOf(services, context)) !== undefined) return context.redirect(to, 303);
    return context.html(signInPage({ kept: cookies.kept }));
  });
  app.route("/", linkRoutes(services));
  return app;
}
