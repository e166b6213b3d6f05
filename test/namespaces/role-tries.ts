import type { KubeObject } from "../../src/namespaces/cluster.ts";

/** What is asked of the API server; a list as the body of a PATCH is one of operations (RFC 6902). */
export type Try = readonly [method: string, path: string, body?: object];

/** What a role gives: one verb on one kind of things. */
export interface Right {
  readonly group: string;
  /** With its subresource, as a role has it: `pods/exec`. */
  readonly resource: string;
  readonly verb: string;
}

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** All that a role gives, one by one. */
export function rightsOf(role: KubeObject): Right[] {
  return (role["rules"] as readonly Rule[]).flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) => verbs.map((verb) => ({ group, resource, verb }))),
    ),
  );
}

/** Where each group of the API is asked. */
const ROOTS: Readonly<Record<string, string>> = {
  "": "/api/v1",
  apps: "/apis/apps/v1",
  autoscaling: "/apis/autoscaling/v2",
  batch: "/apis/batch/v1",
  "discovery.k8s.io": "/apis/discovery.k8s.io/v1",
  "events.k8s.io": "/apis/events.k8s.io/v1",
  "metrics.k8s.io": "/apis/metrics.k8s.io/v1beta1",
  "networking.k8s.io": "/apis/networking.k8s.io/v1",
};

/**
 * A request that needs just this right in a namespace; the thing that is asked for by name is `kept`.
 * It changes nothing. Undefined where the API has no such request: what is below a thing is not listed,
 * and namespaces are listed all together.
 * @throws Error for a right that is not known here, so that a role with more is not left untried
 */
export function tryOf({ group, resource: all, verb }: Right, namespace: string): Try | undefined {
  const root = ROOTS[group];
  if (root === undefined) throw new Error(`Where is ${group} asked? Add it to ROOTS.`);
  const [resource = "", below] = all.split("/");
  const isNamespace = resource === "namespaces";
  const things = isNamespace ? "namespaces" : `namespaces/${namespace}/${resource}`;
  const name = isNamespace ? namespace : "kept";
  const thing = `${things}/${name}${below === undefined ? "" : `/${below}`}`;
  const isListed = below === undefined && !isNamespace;
  const metadata = { name };
  const dry = "dryRun=All";
  const brief = "resourceVersion=0&timeoutSeconds=1";
  switch (verb) {
    case "get":
      return ["GET", `${root}/${thing}`];
    case "list":
      return isListed ? ["GET", `${root}/${things}`] : undefined;
    case "watch":
      return isListed
        ? ["GET", `${root}/${things}?watch=1&${brief}`]
        : // As it was spelt in former days, and is yet: the one way to ask for what is not listed.
          ["GET", `${root}/watch/${thing}?${brief}`];
    case "create":
      return ["POST", `${root}/${below === undefined ? things : thing}?${dry}`, { metadata }];
    case "update":
      return ["PUT", `${root}/${thing}?${dry}`, { metadata }];
    case "patch":
      return ["PATCH", `${root}/${thing}?${dry}`, {}];
    case "delete":
      return ["DELETE", `${root}/${thing}?${dry}`];
    case "deletecollection":
      return isListed ? ["DELETE", `${root}/${things}?${dry}`] : undefined;
    default:
      throw new Error(`How is "${verb}" asked? Add it here.`);
  }
}

/** What the API server says when a right is missing, and of no other refusal. */
export function refusalOf({ group, resource, verb }: Right): string {
  return `cannot ${verb} resource "${resource}" in API group "${group}"`;
}
