import type { Hostname } from "../domain/names.ts";
import type { Namespace } from "../domain/namespaces.ts";
import type { Plan, Step } from "../reconcile/kind.ts";
import { toTheMinute } from "../reconcile/times.ts";
import type { KubeObject, KubeRef } from "./cluster.ts";
import { isAs, isSameRef, refOf } from "./compare.ts";
import type { Layout, Tenancy } from "./layout.ts";
import {
  BINDING,
  INGRESS,
  isAtOwnHosts,
  namespaceObject,
  type Part,
  partsOf,
  PRUNED,
} from "./objects.ts";

/** What Kubernetes has of a namespace. */
export interface SeenNamespace {
  readonly namespace: KubeObject | undefined;
  /** In the console's own namespace: what its kubeconfigs' tokens are of. */
  readonly account: KubeObject | undefined;
  /** What is in it, of the kinds that the console looks after. */
  readonly objects: readonly KubeObject[];
}

export type NamespaceStep = Step &
  (
    | { readonly do: "create" | "apply"; readonly object: KubeObject }
    | { readonly do: "remove"; readonly ref: KubeRef; readonly uid: string }
    | { readonly do: "delete"; readonly uid: string }
    | { readonly do: "note-uid"; readonly uid: string }
    | { readonly do: "forget" }
  );

export interface PlanContext {
  readonly tenancy: Tenancy;
  /** Where the owner's ingresses may be, and below; none once they have left. */
  readonly hosts: readonly Hostname[];
  readonly suspended: boolean;
  readonly now: Date;
}

const FORGET = { do: "forget", what: "removed its record" } as const;

/**
 * What has to be done for a namespace, of its record and of what Kubernetes has at its name. Pure.
 *
 * It is made with the record's id in it, in one call: what stands there with this id is ours, after any
 * crash. Whatever else is there is a stranger's, and not touched.
 */
export function planNamespace(
  namespace: Namespace,
  context: PlanContext,
  seen: SeenNamespace,
): Plan<NamespaceStep> {
  const { tenancy, now, suspended, hosts } = context;
  const { deleting, name } = namespace;
  const found = seen.namespace;
  const isOurs = found !== undefined && isOursAt(namespace, tenancy, found);
  if (deleting !== undefined && (!isOurs || Date.parse(deleting.until) <= now.getTime()))
    return planEnd(seen, isOurs ? found : undefined, now);
  const closed = suspended || deleting !== undefined;
  const wanted = { namespace, hosts, closed };
  if (found === undefined) {
    // One that was made and is gone is made anew, empty; its uid belongs to the one that is gone.
    const { object } = namespaceObject(tenancy, { ...wanted, namespace: withoutUid(namespace) });
    return {
      steps: [{ do: "create", object, what: "made the namespace" }],
      state: "ready",
    };
  }
  if (!isOurs) {
    return {
      conflict: `Kubernetes has a namespace ${name} that the console did not make. Take another name; or delete this one, and ask an admin to make what is there yours.`,
    };
  }
  if (found.metadata.deletionTimestamp !== undefined) {
    return {
      stuck: `Someone deletes it at Kubernetes, with all that is in it. It is made anew, empty, once it is gone. ${whyItStays(found)}`,
    };
  }
  const uid = found.metadata.uid ?? "";
  if (namespace.uid !== uid) {
    return { steps: [{ do: "note-uid", uid, what: "noted the namespace" }], state: "ready" };
  }
  const mark = markOf(tenancy, found);
  if (mark === "lost") {
    const open = bindingsOfMembers(tenancy, seen);
    if (open.length > 0) return { steps: open.map(removalOf), state: "ready" };
    const { tenant, adoptable } = tenancy.layout;
    return {
      stuck: `At Kubernetes it has not got the label ${tenant}, without which the console may not look after it. Nobody is let in; what runs there goes on. The cluster's admin gives it to the console: kubectl label namespace ${name} ${adoptable}=true`,
    };
  }
  const parts = partsOf(tenancy, wanted);
  const [first, ...later] = stepsTo(parts, seen);
  const removals = removalsIn(tenancy, parts, seen);
  return {
    steps: [
      // Kubernetes lets the console at nothing in it before.
      ...(mark === "to-come" && first !== undefined ? [first] : []),
      // First of all nobody comes in any more: one thing that cannot be taken away keeps the rest.
      ...removals.filter(({ kind }) => kind === BINDING.kind).map(removalOf),
      ...straysAmong(seen, hosts),
      ...removals.filter(({ kind }) => kind !== BINDING.kind).map(removalOf),
      ...(mark === "to-come" || first === undefined ? [] : [first]),
      ...later,
    ],
    ...(deleting !== undefined
      ? {
          state: "deleting",
          why: `It is closed, and kept until ${toTheMinute(deleting.until)}; until then it can be had back. ${WHAT_GOES_ON}`,
          dueAt: deleting.until,
        }
      : suspended
        ? { state: "suspended", why: `Its owner is suspended. ${WHAT_GOES_ON}` }
        : { state: "ready" }),
  };
}

/** What closing a namespace does not end. */
export const WHAT_GOES_ON =
  "Pods that run go on without network until they end, and no new ones start.";

/** Whose it is that stands at the name. Nothing is touched but what is ours. */
function isOursAt(namespace: Namespace, { layout }: Tenancy, found: KubeObject): boolean {
  const id = found.metadata.annotations?.[layout.id];
  // Someone may have taken the mark off; what Kubernetes calls it nobody can change.
  return id === namespace.id || (id === undefined && found.metadata.uid === namespace.uid);
}

function withoutUid({ uid: _gone, ...namespace }: Namespace): Namespace {
  return namespace;
}

/** Whether a namespace of ours has the label by which Kubernetes lets the console at it. */
function markOf({ layout }: Tenancy, found: KubeObject): "there" | "to-come" | "lost" {
  const { labels = {} } = found.metadata;
  if (labels[layout.tenant] === "true") return "there";
  return labels[layout.adoptable] === "true" ? "to-come" : "lost";
}

/** The bindings by which members come in; the console may remove these wherever they are. */
function bindingsOfMembers({ layout }: Tenancy, { objects }: SeenNamespace): KubeObject[] {
  return objects.filter((object) => {
    const { kind, name } = (object["roleRef"] ?? {}) as { kind?: string; name?: string };
    const isMembers = kind === "ClusterRole" && name === layout.tenantRole;
    return object.kind === BINDING.kind && isMembers && !isKept(layout, object);
  });
}

/** What opens more than it should. */
function removalsIn(
  { layout }: Tenancy,
  parts: readonly Part[],
  { objects }: SeenNamespace,
): KubeObject[] {
  return objects.filter((object) => {
    const { kind } = object;
    if (!PRUNED.some((one) => one.kind === kind) || isKept(layout, object)) return false;
    const ref = refOf(object);
    const wanted = parts.find((part) => isSameRef(refOf(part.object), ref))?.object;
    // Of what a binding gives, Kubernetes changes nothing: it is made anew.
    return wanted === undefined || (kind === BINDING.kind && !isAs(wanted, object));
  });
}

function isKept({ keep }: Layout, { metadata }: KubeObject): boolean {
  return metadata.labels?.[keep] === "true";
}

function removalOf(object: KubeObject): NamespaceStep {
  const { what = "" } = PRUNED.find(({ kind }) => kind === object.kind) ?? {};
  return { do: "remove", ref: refOf(object), uid: object.metadata.uid ?? "", what };
}

/** What is not as it should be, in the order in which it is made. */
function stepsTo(
  parts: readonly Part[],
  { namespace, account, objects }: SeenNamespace,
): NamespaceStep[] {
  const all = [namespace, account, ...objects].filter((one) => one !== undefined);
  const foundAt = (ref: KubeRef) => all.find((one) => isSameRef(refOf(one), ref));
  return parts
    .filter(({ object }) => {
      const found = foundAt(refOf(object));
      return found === undefined || !isAs(object, found);
    })
    .map(({ object, what }) => ({ do: "apply", object, what }));
}

/** Ingresses at hosts that are not the owner's, or not any more. */
function straysAmong({ objects }: SeenNamespace, hosts: readonly Hostname[]): NamespaceStep[] {
  return objects
    .filter(({ kind }) => kind === INGRESS.kind)
    .filter((ingress) => !isAtOwnHosts(ingress, hosts))
    .map((ingress) => ({
      do: "remove",
      ref: refOf(ingress),
      uid: ingress.metadata.uid ?? "",
      what: "took away an ingress at a host that is not its owner's",
    }));
}

/** The longest pause between two looks at a namespace that does not end. */
const PAUSE_MS = { first: 5_000, most: 10 * 60_000 };

/** @param found the namespace, if it is there and ours */
function planEnd(
  { account }: SeenNamespace,
  found: KubeObject | undefined,
  now: Date,
): Plan<NamespaceStep> {
  const steps: NamespaceStep[] = [];
  // First of all nobody comes in any more.
  if (account !== undefined) {
    const uid = account.metadata.uid ?? "";
    steps.push({ do: "remove", ref: refOf(account), uid, what: "ended all its kubeconfigs" });
  }
  if (found === undefined) return { steps: [...steps, FORGET], state: "deleting" };
  const began = found.metadata.deletionTimestamp;
  if (began === undefined) {
    const uid = found.metadata.uid ?? "";
    return { steps: [...steps, { do: "delete", uid, what: "deleted it" }], state: "deleting" };
  }
  const lasted = Math.max(0, now.getTime() - Date.parse(began));
  const pause = Math.min(PAUSE_MS.most, Math.max(PAUSE_MS.first, lasted / 2));
  return {
    steps,
    state: "deleting",
    why: `Kubernetes deletes what is in it. ${whyItStays(found)}`.trim(),
    dueAt: new Date(now.getTime() + pause).toISOString(),
  };
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly message?: string;
}

/** What Kubernetes says of why a namespace has not ended. Its finalizers are never taken off. */
function whyItStays(found: KubeObject): string {
  const { conditions = [] } = (found["status"] ?? {}) as { conditions?: readonly Condition[] };
  const said = conditions
    .filter(({ type, status }) => status === "True" && type.startsWith("Namespace"))
    .map(({ message = "" }) => message.trim())
    .filter((message) => message !== "")
    // Shown to the owner, and stored.
    .join(" ")
    .slice(0, 500);
  return said === "" ? "" : `It waits: ${said}`;
}
