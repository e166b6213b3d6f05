import { expect } from "vitest";
import { operator } from "../../src/domain/policy.ts";
import type { Change } from "../../src/domain/state.ts";
import { accountName, secretName } from "../../src/namespaces/layout.ts";
import { CrashProcesses } from "../support/crash-process.ts";
import type { KubernetesServer } from "../support/kubernetes.ts";
import type { ACTS } from "./acts.ts";
import { Host, type Place } from "./support.ts";

const STRANGERS = "stranger--data";

interface Named {
  readonly metadata: { readonly name: string; readonly uid: string };
}

export interface Someone {
  readonly owner: string;
  readonly namespace: string;
  readonly token: string;
}

/** A host whose acts are done by processes that are killed, and a stranger's namespace beside it. */
export class CrashWorld {
  readonly host: Host;
  readonly #server: KubernetesServer;
  readonly #processes: CrashProcesses<Place, keyof typeof ACTS>;
  readonly #cleared = new Set<string>();
  #strangers = "";
  #people = 0;

  private constructor(
    host: Host,
    server: KubernetesServer,
    processes: CrashProcesses<Place, keyof typeof ACTS>,
  ) {
    this.host = host;
    this.#server = server;
    this.#processes = processes;
  }

  static async start(server: KubernetesServer): Promise<CrashWorld> {
    const host = await Host.start(server);
    const script = new URL("./crash-child.ts", import.meta.url);
    const world = new CrashWorld(
      host,
      server,
      await CrashProcesses.of<Place, keyof typeof ACTS>(script),
    );
    await server.apply([{ apiVersion: "v1", kind: "Namespace", metadata: { name: STRANGERS } }]);
    world.#strangers = await world.#stranger();
    return world;
  }

  async close(): Promise<void> {
    await this.#processes.close();
    await this.host.close();
  }

  person(): Promise<string> {
    return this.host.person(`p${++this.#people}`);
  }

  /** Someone new with a namespace and a way into it. */
  async someone(): Promise<Someone> {
    const owner = await this.person();
    const { done } = await this.host.namespace(owner, "a");
    const { token = "" } = await this.host.kubeconfig(done.id, 7);
    return { owner, namespace: done.id, token };
  }

  isSuspended(owner: string): boolean {
    return this.host.state.owners.get(owner)?.suspended !== undefined;
  }

  /** The status of the answer to whoever asks for what runs in a namespace. */
  async asks(token: string, namespace: string): Promise<number> {
    const name = this.host.state.namespaces.get(namespace)?.name ?? "";
    const path = `/api/v1/namespaces/${name}/pods`;
    return (await this.#server.ask("GET", path, { token })).status;
  }

  /** Takes all of it away past the console: what comes next is looked at by itself, and quickly. */
  async clear(): Promise<void> {
    const { namespaces, kubeconfigs } = this.host.state;
    for (const { name, uid = "" } of namespaces.values()) {
      this.#cleared.add(uid);
      await this.#server.ask("DELETE", `/api/v1/namespaces/${name}`);
    }
    for (const what of ["secrets", "serviceaccounts"]) {
      const query = "labelSelector=tardis-console/access";
      await this.#server.ask("DELETE", `/api/v1/namespaces/tardis-console/${what}?${query}`);
    }
    const gone = (kind: "namespace" | "kubeconfig", ids: Iterable<string>) =>
      Array.from(ids, (id): Change => ({ kind, id, entity: null }));
    await this.host.ledger.change(operator, () => ({
      changes: [...gone("namespace", namespaces.keys()), ...gone("kubeconfig", kubeconfigs.keys())],
      event: { type: "cleared", summary: "", owners: [] },
      result: null,
    }));
  }

  /** Everything at Kubernetes is as the store wants it, is said to be so, and nothing else of ours is there. */
  async expectRight(): Promise<void> {
    const { host } = this;
    const { state, module } = host;
    const listed = await host.stored("/api/v1/namespaces?labelSelector=tardis-console/tenant");
    const names = listed.items
      // What `clear` took away ends by and by.
      .filter(({ metadata }: Named) => !this.#cleared.has(metadata.uid))
      .map(({ metadata }: Named) => metadata.name);
    const own = [...state.namespaces.values()];
    expect(names.toSorted()).toEqual(own.map(({ name }) => name).toSorted());
    const look = await module.namespaces.kind.observeAll(module.system.call);
    for (const { id, uid, owner, deleting } of own) {
      const seen = look(id);
      expect(seen?.namespace?.metadata.uid).toBe(uid);
      expect(seen && module.namespaces.kind.plan(id, seen, undefined)).toMatchObject({ steps: [] });
      const state = deleting ? "deleting" : this.isSuspended(owner) ? "suspended" : "ready";
      await this.#expectWhole(id, state !== "ready");
      expect(await module.standings.get(`namespace/${id}`)).toMatchObject({ state, tries: 0 });
    }
    const beside = async (what: string) => {
      const query = "labelSelector=tardis-console/access";
      const found = await host.stored(`/api/v1/namespaces/tardis-console/${what}?${query}`);
      return found.items.map(({ metadata }: Named) => metadata.name).toSorted();
    };
    const accounts = own.map(({ id }) => accountName(id));
    expect(await beside("serviceaccounts")).toEqual(accounts.toSorted());
    const ways = [...state.kubeconfigs.values()];
    expect(await beside("secrets")).toEqual(ways.map((way) => secretName(way.handle)).toSorted());
    for (const way of ways) {
      expect(way).toMatchObject({ issued: true, retired: [], deleting: false });
      expect(way.next).toBeUndefined();
    }
    expect(await this.#stranger()).toBe(this.#strangers);
  }

  /** What holds people back and lets them in, by what is there, and not by the console's own word for it. */
  async #expectWhole(id: string, isClosed: boolean): Promise<void> {
    const { host } = this;
    const { name = "", owner } = host.state.namespaces.get(id) ?? {};
    const core = `/api/v1/namespaces/${name}`;
    const namesAt = async (path: string) => {
      const { items } = await host.stored(path);
      return items.map(({ metadata }: Named) => metadata.name).toSorted();
    };
    const group = (of: string) => `/apis/${of}/v1/namespaces/${name}`;
    const [namespace, quota, account, limits, policies, bindings] = await Promise.all([
      host.stored(core),
      host.stored(`${core}/resourcequotas/tardis-quota`),
      host.stored(`${core}/serviceaccounts/default`),
      namesAt(`${core}/limitranges`),
      namesAt(`${group("networking.k8s.io")}/networkpolicies`),
      namesAt(`${group("rbac.authorization.k8s.io")}/rolebindings`),
    ]);
    expect(namespace.metadata).toMatchObject({
      labels: { "pod-security.kubernetes.io/enforce": "baseline" },
      annotations: { "tardis-console/id": id, "tardis-console/owner": owner },
    });
    const { pods } = host.config.namespaces.limits;
    expect(quota.spec.hard).toMatchObject({ pods: String(isClosed ? 0 : pods) });
    expect(account.automountServiceAccountToken).toBe(false);
    expect(limits).toEqual(["tardis-limits"]);
    expect(policies).toEqual(isClosed ? ["tardis-deny-all"] : ["tardis-allow", "tardis-deny-all"]);
    expect(bindings).toEqual(isClosed ? [] : ["tardis-tenant"]);
  }

  async #stranger(): Promise<string> {
    const { metadata } = await this.host.stored(`/api/v1/namespaces/${STRANGERS}`);
    return metadata.resourceVersion;
  }

  /**
   * Has a process do an act, killed after each of its steps in turn; after each the next process must
   * put everything right by itself.
   * @param prepare gives the id of what it is done to
   * @param check what else holds then, before all is compared
   * @returns how many steps there are
   */
  eachStep(
    act: keyof typeof ACTS,
    prepare: () => Promise<string>,
    check: (id: string) => Promise<unknown>,
    after: () => Promise<unknown> = async () => undefined,
  ): Promise<number> {
    return this.#processes.eachStep(this.host, act, prepare, async (id) => {
      await check(id);
      await this.expectRight();
      await after();
    });
  }

  /** Whatever was lost, there is a way to a token that works. */
  async expectAWay(id: string): Promise<void> {
    const { outcome, token = "" } = await this.host.renew(id);
    expect(outcome).toMatchObject({ state: "ready", why: null });
    const { namespace = "" } = this.host.state.kubeconfigs.get(id) ?? {};
    expect(await this.asks(token, namespace)).toBe(200);
  }
}
