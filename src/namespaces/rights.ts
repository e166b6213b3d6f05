import type { Cluster } from "./cluster.ts";
import type { Layout } from "./layout.ts";

type Right = Parameters<Cluster["may"]>[0];

/** What the console has to be let do, as the API server is asked about it. */
export function rightsOf({ consoleNamespace: namespace, tenantRole }: Layout): readonly Right[] {
  const rbac = "rbac.authorization.k8s.io";
  const on = (group: string, resource: string, verbs: string[], within?: string): Right[] =>
    verbs.map((verb) => ({ verb, group, resource, namespace: within }));
  const writes = ["get", "list", "create", "patch", "delete"];
  return [
    ...on("", "namespaces", [...writes, "watch"]),
    ...on("", "limitranges", writes),
    ...on("", "resourcequotas", writes),
    ...on("", "serviceaccounts", ["get", "list", "create", "patch"]),
    ...on("networking.k8s.io", "networkpolicies", writes),
    ...on("networking.k8s.io", "ingresses", ["get", "list", "delete"]),
    ...on(rbac, "rolebindings", writes),
    { verb: "bind", group: rbac, resource: "clusterroles", name: tenantRole },
    ...on("", "serviceaccounts", ["delete"], namespace),
    ...on("", "serviceaccounts/token", ["create"], namespace),
    ...on("", "secrets", ["get", "list", "create", "delete"], namespace),
  ];
}
