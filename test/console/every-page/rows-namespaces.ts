import type { Mounted } from "./mounted.ts";
import { admin, BOTH, NOTHING_THERE, done, list, row, type Row } from "./row.ts";

const namespace = { of: "namespace", whose: BOTH, may: "its own and admins" } as const;
const kubeconfig = { of: "kubeconfig", whose: BOTH, may: "its own and admins" } as const;
/** An admin makes nothing for another here. */
const owner = { of: "owner", whose: BOTH, may: "its own" } as const;

/** Every page and form on namespaces. */
export const NAMESPACE_ROWS: Readonly<Record<Mounted, Row>> = {
  "GET /namespaces": list,
  "GET /namespaces/new": row({ ...owner, query: { owner: "{owner}" } }),
  "POST /namespaces": row({ ...owner, form: { owner: "{owner}", name: "{name}" }, ...done }),
  "GET /namespaces/:id": row(namespace),
  "GET /namespaces/:id/delete": row(namespace),
  "POST /namespaces/:id/delete": row({ ...namespace, form: { name: "{called}" }, ...done }),
  "POST /namespaces/:id/restore": row({ ...namespace, of: "closedNamespace", ...done }),
  "GET /kubeconfigs/new": row({ ...namespace, query: { namespace: "{id}" } }),
  "POST /kubeconfigs": row({
    ...namespace,
    form: { namespace: "{id}", name: "{name}", days: "7" },
  }),
  "GET /kubeconfigs/:id/renew": row(kubeconfig),
  "POST /kubeconfigs/:id/renew": row({ ...kubeconfig, form: { days: "7" } }),
  "GET /kubeconfigs/:id/revoke": row(kubeconfig),
  "POST /kubeconfigs/:id/revoke": row({ ...kubeconfig, ...done }),
  "GET /admin/namespaces": admin(),
  "GET /admin/namespaces/:id/hand-on": admin("leftNamespace"),
  "POST /admin/namespaces/:id/hand-on": admin("leftNamespace", {
    form: { owner: "games" },
    ...done,
  }),
  "GET /admin/namespaces/adopt": admin(),
  "POST /admin/namespaces/adopt": admin("none", NOTHING_THERE),
  "POST /admin/namespaces/adopt/preview": admin("none", NOTHING_THERE),
};
