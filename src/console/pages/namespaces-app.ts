import { Hono } from "hono";
import type { PageEnv } from "../visitor.ts";
import { newKubeconfig } from "./kubeconfig-new.tsx";
import { kubeconfigs } from "./kubeconfigs.tsx";
import { deleteNamespaces } from "./namespace-delete.tsx";
import { newNamespace } from "./namespace-new.tsx";
import { namespacePage } from "./namespace.tsx";
import { namespaces } from "./namespaces.tsx";
import type { PageServices } from "./services.ts";

/** Every page on namespaces; none where there are none. */
export function namespacePages(services: PageServices): Hono<PageEnv> {
  const app = new Hono<PageEnv>();
  if (!services.site.modules.has("namespaces")) return app;
  return app
    .route("/", namespaces(services))
    .route("/", newNamespace(services))
    .route("/", deleteNamespaces(services))
    .route("/", namespacePage(services))
    .route("/", newKubeconfig(services))
    .route("/", kubeconfigs(services));
}
