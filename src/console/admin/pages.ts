import { Hono } from "hono";
import type { PageEnv } from "../visitor.ts";
import { home } from "./home.tsx";
import { giveBack } from "./give-back.tsx";
import { editOwner } from "./owner-edit.tsx";
import { newOwner } from "./owner-new.tsx";
import { ownerPage } from "./owner.tsx";
import { owners } from "./owners.tsx";
import { search } from "./search.tsx";
import type { AdminServices } from "./services.ts";
import { suspensions } from "./suspend.tsx";

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
  app.route("/", search(services));
  app.route("/", owners(services));
  app.route("/", newOwner(services));
  app.route("/", suspensions(services));
  app.route("/", editOwner(services));
  app.route("/", giveBack(services));
  app.route("/", ownerPage(services));
  return app;
}
