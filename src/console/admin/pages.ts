import { Hono } from "hono";
import type { PageEnv } from "../visitor.ts";
import { home } from "./home.tsx";
import { askAgain } from "./ask-again.tsx";
import { audit } from "./audit.tsx";
import { doctorPage } from "./doctor.tsx";
import { gitlab } from "./gitlab.tsx";
import { gitlabThings } from "./gitlab-pages.tsx";
import { giveBack } from "./give-back.tsx";
import { editOwner } from "./owner-edit.tsx";
import { deletions } from "./owner-delete.tsx";
import { identityPages } from "./identities.tsx";
import { memberships } from "./memberships.tsx";
import { modulePages } from "./modules.ts";
import { newOwner } from "./owner-new.tsx";
import { ownerPage } from "./owner.tsx";
import { owners } from "./owners.tsx";
import { passPages } from "./passes.tsx";
import { requests } from "./requests.tsx";
import { reservedNames } from "./reserved-names.tsx";
import { routes } from "./routes.tsx";
import { search } from "./search.tsx";
import type { AdminServices } from "./services.ts";
import { setAside } from "./set-aside.tsx";
import { suspensions } from "./suspend.tsx";
import { traefik } from "./traefik.tsx";

/**
 * The pages below `/admin`. For whoever is no admin now none of them is there: they get what any
 * path without a page gets. Whom the provider made one, and has not said so again for long, is led to
 * it and back.
 */
export function adminPages(services: AdminServices): Hono<PageEnv> {
  const app = new Hono<PageEnv>();
  app.use("/admin/*", async (context, next) => {
    const { actor, adminLapsed } = context.get("visitor");
    if (actor.admin) return next();
    return adminLapsed ? askAgain(context, services) : context.notFound();
  });
  app.route("/", home(services));
  app.route("/", doctorPage(services));
  app.route("/", search(services));
  app.route("/", owners(services));
  app.route("/", newOwner(services));
  app.route("/", suspensions(services));
  app.route("/", editOwner(services));
  app.route("/", deletions(services));
  app.route("/", identityPages(services));
  app.route("/", giveBack(services));
  app.route("/", ownerPage(services));
  app.route("/", passPages(services));
  app.route("/", requests(services));
  app.route("/", routes(services));
  app.route("/", gitlab(services));
  app.route("/", gitlabThings(services));
  app.route("/", traefik(services));
  app.route("/", setAside(services));
  app.route("/", reservedNames(services));
  app.route("/", memberships(services));
  app.route("/", modulePages(services));
  app.route("/", audit(services));
  return app;
}
