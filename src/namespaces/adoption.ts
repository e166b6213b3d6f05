import type { Namespace } from "../domain/namespaces.ts";
import type { State } from "../domain/state.ts";
import { Refusal } from "../errors.ts";
import { heldLabels } from "../owners/labels.ts";
import { asked } from "../reconcile/ask.ts";
import { newId, type Decide } from "../store/ledger.ts";
import type { KubeObject } from "./cluster.ts";
import type { Namespaces } from "./module.ts";
import { planNamespace, type SeenNamespace } from "./namespace-plan.ts";
import { BINDING, INGRESS, LIMITS, NAMESPACE, POLICY, QUOTA } from "./objects.ts";
import { listAll } from "./steps.ts";
import { adoptNamespace, requireNewName } from "./verbs/namespaces.ts";

type Module = Pick<Namespaces, "cluster" | "system" | "tenancy">;

/**
 * Namespaces that the cluster's admin has labelled to be taken over, by name: when each was made.
 * @throws Refusal `unavailable`
 */
export async function adoptableNamespaces(
  { cluster, system, tenancy }: Module,
  state: State,
): Promise<ReadonlyMap<string, string>> {
  const { adoptable } = tenancy.layout;
  const found = await asked(() =>
    listAll(cluster, NAMESPACE, { label: `${adoptable}=true` }, system.call),
  );
  return new Map(
    found
      .filter(({ metadata }) => !state.namespacesByName.has(metadata.name))
      .map(({ metadata }) => [metadata.name, metadata.creationTimestamp ?? ""]),
  );
}

/** A namespace that was there before the console, looked at to be taken over. */
export interface NamespaceAdoption {
  readonly id: string;
  readonly createdAt: string;
  readonly decide: Decide<Namespace>;
  /** What is done to it so that it is as the console has it, of the record that was decided. */
  readonly steps: (namespace: Namespace, state: State) => readonly string[];
}

/**
 * Looks at a namespace that is to be taken over, as it is now. Nothing is changed.
 * @throws Refusal when there is none, when it is the console's or not given to it, and `unavailable`
 */
export async function lookAtNamespace(
  module: Module,
  state: State,
  { name, owner }: { readonly name: string; readonly owner: string },
  now: Date,
): Promise<NamespaceAdoption> {
  requireNewName(state, name);
  const seen = await asked(() => seenAt(module, name));
  requireAdoptable(module, name, seen.namespace);
  const { uid = "", creationTimestamp = "" } = seen.namespace?.metadata ?? {};
  const input = { id: newId("ns", now), owner, name, uid };
  const { tenancy } = module;
  return {
    id: input.id,
    createdAt: creationTimestamp,
    decide: (state, context) => adoptNamespace(state, context, input),
    steps: (namespace, state) => {
      const hosts = tenancy.hostsOf(heldLabels(state, namespace.owner));
      const suspended = state.owners.get(namespace.owner)?.suspended !== undefined;
      const plan = planNamespace(namespace, { tenancy, hosts, suspended, now }, seen);
      return "steps" in plan ? plan.steps.map(({ what }) => what) : [];
    },
  };
}

/** What a namespace that nobody has yet is like. */
async function seenAt({ cluster, system }: Module, name: string): Promise<SeenNamespace> {
  const { call } = system;
  const namespace = await call((signal) => cluster.read({ ...NAMESPACE, name }, signal));
  const lists = await Promise.all(
    [QUOTA, LIMITS, POLICY, BINDING, INGRESS].map((type) =>
      listAll(cluster, type, { namespace: name }, call),
    ),
  );
  return { namespace, account: undefined, objects: lists.flat() };
}

/** The cluster's admin says which may be taken over: the console alone must not. */
function requireAdoptable({ tenancy }: Module, name: string, found: KubeObject | undefined): void {
  const { adoptable, tenant, consoleNamespace } = tenancy.layout;
  if (found === undefined)
    throw new Refusal("not_found", "Kubernetes has no such namespace.", { field: "name" });
  const labels = found.metadata.labels ?? {};
  if (labels[tenant] !== undefined) {
    throw new Refusal(
      "conflict",
      "It carries a console's mark: take that off first if it is a mistake.",
      { field: "name" },
    );
  }
  if (labels[adoptable] !== "true" || name === consoleNamespace) {
    throw new Refusal(
      "conflict",
      `The cluster's admin has not given it to the console: kubectl label namespace ${name} ${adoptable}=true`,
      { field: "name" },
    );
  }
}
