import type { Hono } from "hono";
import type { Namespace } from "../../domain/namespaces.ts";
import { deleteNamespace, restoreNamespace } from "../../namespaces/verbs/namespaces.ts";
import type { PageEnv } from "../visitor.ts";
import { settleNamespace } from "./namespace-act.ts";
import { namespaceFor } from "./namespace-view.ts";
import type { PageServices } from "./services.ts";
import { deletions } from "./thing-delete.tsx";

/** `/namespaces/{id}/delete` and `/restore`: closes a namespace, and opens it again. */
export function deleteNamespaces(services: PageServices): Hono<PageEnv> {
  return deletions<Namespace>(services, {
    of: "namespaces",
    find: (context) => namespaceFor(services, context, "namespace.write"),
    remove: async (context, id, name) =>
      (
        await settleNamespace(context, services, id, (state, decided) =>
          deleteNamespace(state, decided, { id, name }),
        )
      ).namespace,
    restore: async (context, id) =>
      (
        await settleNamespace(context, services, id, (state, decided) =>
          restoreNamespace(state, decided, { id }),
        )
      ).namespace,
    means: (_namespace, kept) => (
      <>
        <li>At once no kubeconfig opens it, and nothing reaches what runs in it.</li>
        <li>What is in it is kept until {kept}. Until then you can have it back.</li>
        <li>
          Then it is deleted for good, with its volumes. It counts as one of your namespaces until
          then.
        </li>
      </>
    ),
    words: { gone: "closed", back: "open again" },
  });
}
