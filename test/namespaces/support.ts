import { rm } from "node:fs/promises";
import type { Config } from "../../src/config.ts";
import type { Verb } from "../../src/domain/decision.ts";
import type { Kubeconfig, Namespace } from "../../src/domain/namespaces.ts";
import { operator, type Actor } from "../../src/domain/policy.ts";
import { rulesFrom } from "../../src/domain/rules.ts";
import type { State } from "../../src/domain/state.ts";
import type { TokenSink } from "../../src/namespaces/kubeconfig-kind.ts";
import type { Cluster } from "../../src/namespaces/cluster.ts";
import { KubernetesCluster } from "../../src/namespaces/kubernetes-cluster.ts";
import { tenancyOf, type Tenancy } from "../../src/namespaces/layout.ts";
import { manifests } from "../../src/namespaces/manifests.ts";
import { Namespaces } from "../../src/namespaces/module.ts";
import {
  createKubeconfig,
  renewKubeconfig,
  revokeKubeconfig,
} from "../../src/namespaces/verbs/kubeconfigs.ts";
import {
  createNamespace,
  deleteNamespace,
  restoreNamespace,
} from "../../src/namespaces/verbs/namespaces.ts";
import { silentLog, type Logger } from "../../src/observability/log.ts";
import { createMetrics } from "../../src/observability/metrics.ts";
import { createPerson } from "../../src/owners/create.ts";
import type { Outcome } from "../../src/reconcile/attempt.ts";
import { Ledger, newId } from "../../src/store/ledger.ts";
import { openLevelStore } from "../../src/store/leveldb.ts";
import { MemoryVolatile } from "../../src/store/memory-volatile.ts";
import { testConfig } from "../support/domain.ts";
import { temporaryFolder } from "../support/folder.ts";
import type { KubernetesServer } from "../support/kubernetes.ts";
import { toldLedger, toldSystem } from "../support/told.ts";
import { waitFor } from "../support/wait.ts";

export const DAY_MS = 24 * 60 * 60 * 1000;
export const MINUTES_MS = 11 * 60_000;

/** A namespace of somebody, and a token that opens it. */
export interface Access {
  readonly id: string;
  readonly token: string;
}

/** What no API server lets anybody make once it has read all policies that were there before this one. */
const LAST_POLICY = {
  metadata: { name: "zz-last-of-all" },
  apiVersion: "admissionregistration.k8s.io/v1",
};

/**
 * An API server reads policies a second or more after they are stored, all at once, and lets all
 * through until then: the last one made is in force when all are.
 */
async function policiesInForce(server: KubernetesServer): Promise<void> {
  const last = LAST_POLICY.metadata.name;
  const resources = [
    { apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["configmaps"] },
  ];
  const policy = {
    ...LAST_POLICY,
    kind: "ValidatingAdmissionPolicy",
    spec: {
      matchConstraints: { resourceRules: resources },
      validations: [{ expression: `object.metadata.name != '${last}'` }],
    },
  };
  const binding = {
    ...LAST_POLICY,
    kind: "ValidatingAdmissionPolicyBinding",
    spec: { policyName: last, validationActions: ["Deny"] },
  };
  await server.apply([policy, binding]);
  const configMap = { metadata: { name: last } };
  const path = "/api/v1/namespaces/default/configmaps?dryRun=All";
  await waitFor(async () => (await server.ask("POST", path, { body: configMap })).status === 422, {
    timeout: 60_000,
    describe: "the policies to be in force",
  });
  for (const kind of ["validatingadmissionpolicybindings", "validatingadmissionpolicies"])
    await server.ask("DELETE", `/apis/admissionregistration.k8s.io/v1/${kind}/${last}`);
}

/** Applies what is printed for an admin. @returns the console's own token */
export async function prepare(server: KubernetesServer, tenancy: Tenancy): Promise<string> {
  await server.apply(manifests(tenancy));
  await policiesInForce(server);
  const { consoleNamespace, consoleAccount } = tenancy.layout;
  const path = `/api/v1/namespaces/${consoleNamespace}/secrets/${consoleAccount}-token`;
  const token = await waitFor(
    async () => (await server.ask("GET", path)).body.data?.token as string | undefined,
    { timeout: 60_000, describe: "the console's token" },
  );
  return Buffer.from(token, "base64").toString();
}

interface HostOptions {
  readonly log?: Logger;
  /** Told of each call and each commit, before whoever waits for it learns of it. */
  readonly onStep?: () => void;
}

/** Where a host's store is and what it works at: all that another process needs to go on with it. */
export interface Place {
  readonly folder: string;
  /** Of the API server, which may be reached another way, as through a proxy. */
  readonly url: string;
  readonly ca: string;
  /** The console's own, at Kubernetes. */
  readonly token: string;
  /** Its configuration. */
  readonly env: Record<string, string>;
  readonly callMs: number;
  /** By its own clock. */
  readonly now: number;
}

/**
 * A console's namespaces at a real Kubernetes, with no rights there but those that are printed for its
 * admin; with a clock that the test turns.
 */
export class Host {
  readonly config: Config;
  readonly tenancy: Tenancy;
  /** The console's own, at Kubernetes. */
  readonly token: string;
  ledger!: Ledger;
  module!: Namespaces;
  volatile!: MemoryVolatile;
  leads = true;
  /** Calls and commits that changed something, of all that were made in this process. */
  steps = 0;
  /** Told of each call that changes something, by its name, before it is made. */
  beforeChange: (name: string) => unknown = () => undefined;
  readonly #server: KubernetesServer | undefined;
  readonly #place: Place;
  readonly #clock: { now: number };
  readonly #options: HostOptions;

  private constructor(place: Place, options: HostOptions, server: KubernetesServer | undefined) {
    this.config = testConfig(place.env);
    this.tenancy = tenancyOf(this.config);
    this.token = place.token;
    this.#server = server;
    this.#place = place;
    this.#clock = { now: place.now };
    this.#options = options;
  }

  /** @param url another way to the server, as through a proxy */
  static async start(
    server: KubernetesServer,
    options: {
      log?: Logger;
      url?: string;
      env?: Record<string, string>;
      callMs?: number;
    } = {},
  ): Promise<Host> {
    const { log = silentLog, url = server.url, env = {}, callMs = 10_000 } = options;
    const token = await prepare(server, tenancyOf(testConfig(env)));
    const folder = (await temporaryFolder()).path;
    const place = { folder, url, ca: server.ca, token, env, callMs, now: Date.now() };
    return Host.open(place, { log }, server);
  }

  /** A host that is there already, in another process; `stored` is for where the server is given. */
  static async open(place: Place, options: HostOptions, server?: KubernetesServer): Promise<Host> {
    const host = new Host(place, options, server);
    await host.#open();
    return host;
  }

  get state(): State {
    return this.ledger.state;
  }

  /** Lets another process have the store, and is a new one after it: what was in memory is gone. */
  async lend<T>(use: (place: Place) => Promise<T>): Promise<T> {
    await this.stop();
    try {
      return await use({ ...this.#place, now: this.#clock.now });
    } finally {
      await this.#open();
    }
  }

  async #open(): Promise<void> {
    const onStep = () => {
      this.steps++;
      this.#options.onStep?.();
    };
    const { folder, url, ca, token, callMs } = this.#place;
    const ledger = await Ledger.open(await openLevelStore(folder), {
      rules: rulesFrom(this.config),
      now: () => new Date(this.#clock.now),
    });
    this.ledger = toldLedger(ledger, onStep);
    this.volatile = new MemoryVolatile();
    const { manager } = this.tenancy.layout;
    this.module = new Namespaces({
      config: this.config,
      ledger: () => this.ledger,
      volatile: () => this.volatile,
      leads: () => this.leads,
      metrics: createMetrics(),
      log: this.#options.log ?? silentLog,
      clock: { now: () => new Date(this.#clock.now), sleep: async () => undefined },
      cluster: toldSystem<Cluster>(
        (onCall) => new KubernetesCluster({ url, ca, token, manager, onCall }),
        ["create", "apply", "remove", "issueToken"],
        onStep,
        (name) => this.beforeChange(name),
      ),
      callMs,
    });
  }

  async do<I, R>(verb: Verb<I, R>, input: I, actor: Actor = operator): Promise<R> {
    const { result } = await this.ledger.change(actor, (state, context) =>
      verb(state, context, input),
    );
    return result;
  }

  async person(username: string): Promise<string> {
    return (await this.do(createPerson, { username })).id;
  }

  async namespace(owner: string, name: string): Promise<{ done: Namespace; outcome: Outcome }> {
    const id = newId("ns", new Date());
    return this.module.settleNamespace(id, () => this.do(createNamespace, { id, owner, name }));
  }

  async kubeconfig(
    namespace: string,
    days?: number,
  ): Promise<{ done: Kubeconfig; outcome: Outcome; token: string | undefined }> {
    const id = newId("kcfg", new Date());
    const sink: TokenSink = {};
    const input = { id, namespace, name: "laptop", days };
    const settled = await this.module.settleKubeconfig(
      id,
      () => this.do(createKubeconfig, input),
      sink,
    );
    return { ...settled, token: sink.issued?.token };
  }

  async renew(
    id: string,
  ): Promise<{ done: Kubeconfig; outcome: Outcome; token: string | undefined }> {
    const sink: TokenSink = {};
    const settled = await this.module.settleKubeconfig(
      id,
      () => this.do(renewKubeconfig, { id }),
      sink,
    );
    return { ...settled, token: sink.issued?.token };
  }

  revoke(id: string): Promise<{ done: Kubeconfig; outcome: Outcome }> {
    return this.module.settleKubeconfig(id, () => this.do(revokeKubeconfig, { id }), undefined);
  }

  async remove(id: string): Promise<{ done: Namespace; outcome: Outcome }> {
    const name = this.state.namespaces.get(id)?.name ?? "";
    return this.module.settleNamespace(id, () => this.do(deleteNamespace, { id, name }));
  }

  /** Puts a namespace back into use that is kept yet. */
  restore(id: string): Promise<{ done: Namespace; outcome: Outcome }> {
    return this.module.settleNamespace(id, () => this.do(restoreNamespace, { id }));
  }

  /** Moves the clock. */
  wait(ms: number): void {
    this.#clock.now += ms;
  }

  /** Moves the clock, and lets the loop do all that is due. */
  async pass(ms: number): Promise<void> {
    this.wait(ms);
    for (let turn = 0; turn < 3; turn++) {
      this.module.loop.tick();
      await this.module.loop.settled();
    }
  }

  /** What the API server has, as its admin sees it. */
  async stored(path: string) {
    if (this.#server === undefined) throw new Error("this host was not given its server");
    return (await this.#server.ask("GET", path)).body;
  }

  /** Ends what runs, and lets go of the store. */
  async stop(): Promise<void> {
    await this.module.stop();
    await this.ledger.close();
  }

  async close(): Promise<void> {
    await this.stop();
    await rm(this.#place.folder, { recursive: true, force: true });
  }
}
