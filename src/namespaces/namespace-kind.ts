import { createHash } from "node:crypto";
import type { Namespace } from "../domain/namespaces.ts";
import { heldLabels } from "../owners/labels.ts";
import type { Kind, Plan } from "../reconcile/kind.ts";
import type { Call } from "../reconcile/system.ts";
import type { Cluster, KubeObject, KubeSelection, KubeType } from "./cluster.ts";
import { accountName, type Tenancy } from "./layout.ts";
import { planNamespace, type NamespaceStep, type SeenNamespace } from "./namespace-plan.ts";
import { ACCOUNT, BINDING, INGRESS, LIMITS, NAMESPACE, partsOf, POLICY, QUOTA } from "./objects.ts";
import type { NamespaceRecords } from "./records.ts";
import { listAll, shrugAtChange } from "./steps.ts";

export interface NamespaceKindOptions {
  readonly cluster: Cluster;
  readonly records: NamespaceRecords;
  readonly tenancy: Tenancy;
  readonly now: () => Date;
}

/** An empty one takes five seconds: a verb waits for that, and the loop looks again later. */
const END_MS = 7_000;

/** Namespaces, as the reconcilers keep them. */
export class NamespaceKind implements Kind<SeenNamespace, NamespaceStep> {
  readonly name = "namespace";
  readonly #options: NamespaceKindOptions;

  constructor(options: NamespaceKindOptions) {
    this.#options = options;
  }

  ids(): readonly string[] {
    return [...this.#options.records.state.namespaces.keys()];
  }

  async observe(id: string, call: Call): Promise<SeenNamespace> {
    const { cluster, tenancy } = this.#options;
    const record = this.#record(id);
    if (record === undefined) return { namespace: undefined, account: undefined, objects: [] };
    const { name } = record;
    const { layout } = tenancy;
    const account = { name: accountName(id), namespace: layout.consoleNamespace };
    const [namespace, itsAccount] = await call((signal) =>
      Promise.all([
        cluster.read({ ...NAMESPACE, name }, signal),
        cluster.read({ ...ACCOUNT, ...account }, signal),
      ]),
    );
    const seen = { namespace, account: itsAccount };
    if (namespace === undefined) return { ...seen, objects: [] };
    // Side by side under one deadline: there is little of each in one namespace.
    const lists = await call((signal) => {
      const within = (type: KubeType, own?: string) =>
        listAll(cluster, type, { namespace: name, name: own }, (work) => work(signal));
      return Promise.all([
        within(ACCOUNT, "default"),
        within(QUOTA, layout.quota),
        within(LIMITS, layout.limits),
        within(POLICY),
        within(BINDING),
        within(INGRESS),
      ]);
    });
    return { ...seen, objects: lists.flat() };
  }

  async observeAll(call: Call): Promise<(id: string) => SeenNamespace | undefined> {
    const { cluster, tenancy, records } = this.#options;
    const { layout } = tenancy;
    const all = (type: KubeType, selection: KubeSelection) =>
      listAll(cluster, type, selection, call);
    const namespaces = byName(await all(NAMESPACE, { label: layout.tenant }));
    const own = { namespace: layout.consoleNamespace, label: layout.access };
    const accounts = byName(await all(ACCOUNT, own));
    const objects = new Map<string, KubeObject[]>();
    for (const [type, selection] of [
      [ACCOUNT, { name: "default" }],
      [QUOTA, { name: layout.quota }],
      [LIMITS, { name: layout.limits }],
      [POLICY, {}],
      [BINDING, {}],
      [INGRESS, {}],
    ] as const) {
      for (const object of await all(type, selection)) {
        const { namespace = "" } = object.metadata;
        if (!namespaces.has(namespace)) continue;
        const known = objects.get(namespace);
        if (known === undefined) objects.set(namespace, [object]);
        else known.push(object);
      }
    }
    const { state } = records;
    // What is not in it may have been made since, or lost its label: that is looked at by itself.
    return (id) => {
      const { name = "" } = state.namespaces.get(id) ?? {};
      const namespace = namespaces.get(name);
      if (namespace === undefined) return undefined;
      const account = accounts.get(accountName(id));
      return { namespace, account, objects: objects.get(name) ?? [] };
    };
  }

  plan(id: string, seen: SeenNamespace): Plan<NamespaceStep> {
    const record = this.#record(id);
    if (record === undefined) return { gone: true };
    return planNamespace(record, this.#context(record), seen);
  }

  async apply(id: string, step: NamespaceStep, call: Call): Promise<void> {
    const { cluster, records } = this.#options;
    const { name } = this.#record(id) ?? {};
    if (name === undefined) return;
    switch (step.do) {
      case "note-uid":
        return records.made(id, step.uid);
      case "forget":
        return records.namespaceGone(id);
      case "create":
        return shrugAtChange(
          call(async (signal) => void (await cluster.create(step.object, signal))),
        );
      case "apply":
        return shrugAtChange(call((signal) => cluster.apply(step.object, signal)));
      case "remove":
        return shrugAtChange(call((signal) => cluster.remove(step.ref, step.uid, signal)));
      case "delete": {
        const { uid } = step;
        await shrugAtChange(call((signal) => cluster.remove({ ...NAMESPACE, name }, uid, signal)));
        return call((signal) => cluster.awaitEnd(name, uid, END_MS, signal));
      }
    }
  }

  desired(id: string): string {
    const record = this.#record(id);
    if (record === undefined) return "";
    const { hosts, suspended } = this.#context(record);
    const { deleting, uid: _found, ...namespace } = record;
    const closed = suspended || deleting !== undefined;
    const parts = partsOf(this.#options.tenancy, { namespace, hosts, closed });
    const digest = createHash("sha256").update(JSON.stringify([parts, deleting ?? null]));
    return digest.digest("hex");
  }

  underway(id: string): "creating" | "repairing" | "deleting" {
    const record = this.#record(id);
    if (record?.deleting !== undefined) return "deleting";
    return record?.uid === undefined ? "creating" : "repairing";
  }

  #record(id: string): Namespace | undefined {
    return this.#options.records.state.namespaces.get(id);
  }

  #context({ owner: id }: Namespace) {
    const { tenancy, now, records } = this.#options;
    const { state } = records;
    const suspended = state.owners.get(id)?.suspended !== undefined;
    const hosts = tenancy.hostsOf(heldLabels(state, id));
    return { tenancy, hosts, suspended, now: now() };
  }
}

function byName(objects: readonly KubeObject[]): Map<string, KubeObject> {
  return new Map(objects.map((object) => [object.metadata.name, object]));
}
