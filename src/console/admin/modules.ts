import { Hono } from "hono";
import type { PageEnv } from "../visitor.ts";
import { buckets } from "./buckets.tsx";
import { databases } from "./databases.tsx";
import { moduleAdoption } from "./module-adopt.tsx";
import { moduleHandOn } from "./module-hand-on.tsx";
import type { ModuleFace } from "./module-face.ts";
import { moduleList } from "./module-list.tsx";
import { namespaces } from "./namespaces.tsx";
import type { AdminServices } from "./services.ts";

/** Every module, whether it is on or not. */
export const FACES: readonly ModuleFace[] = [namespaces, databases, buckets];

/** The admins' pages on each module: none of one that is off. */
export function modulePages(services: AdminServices): Hono<PageEnv> {
  const app = new Hono<PageEnv>();
  for (const face of FACES) {
    app.route("/", moduleList(services, face));
    app.route("/", moduleAdoption(services, face));
    app.route("/", moduleHandOn(services, face));
  }
  return app;
}
