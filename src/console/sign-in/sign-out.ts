import { Hono } from "hono";
import type { PageEnv } from "../visitor.ts";
import type { SignInServices } from "./services.ts";

/** `POST /sign-out`: ends the session of this browser. */
export function signOutRoutes({ sessions, cookies }: SignInServices): Hono<PageEnv> {
  const app = new Hono<PageEnv>();
  app.post("/sign-out", async (context) => {
    const { person, session } = context.get("visitor");
    await sessions.end(person.id, session);
    cookies.session.clear(context);
    return context.redirect("/sign-in", 303);
  });
  return app;
}
