import { Hono } from "hono";
import type { PageEnv } from "../visitor.ts";
import { home } from "./home.tsx";
import type { AdminServices } from "./services.ts";

/**
 * The pages below `/admin`. For whoever is no admin now none of them is there: they get what any
 * path without a page gets.
 */
export function adminPages(services: AdminServices): Hono<PageEnv> {
  const app = new Hono<PageEnv>();
  app.use("/admin/*", (context, next) =>
    context.get("visitor").actor.admin ? next() : Promise.resolve(context.notFound()),
  );
  app.route("/", home(services));
  return app;
}
