import type { Config } from "../../src/config.ts";
import type { Verb } from "../../src/domain/decision.ts";
import type { Kubeconfig, Namespace } from "../../src/domain/namespaces.ts";
import { operator, type Actor } from "../../src/domain/policy.ts";
import { rulesFrom } from "../../src/domain/rules.ts";
import type { State } from "../../src/domain/state.ts";
import type { TokenSink } from "../../src/namespaces/kubeconfig-kind.ts";
import { KubernetesCluster } from "../../src/namespaces/kubernetes-cluster.ts";
import { tenancyOf, type Tenancy } from "../../src/namespaces/layout.ts";
import { manifests } from "../../src/namespaces/manifests.ts";
import { Namespaces } from "../../src/namespaces/module.ts";
import {
  createKubeconfig,
  renewKubeconfig,
  revokeKubeconfig,
} from "../../src/namespaces/verbs/kubeconfigs.ts";
import { createNamespace, deleteNamespace } from "../../src/namespaces/verbs/namespaces.ts";
import { silentLog, type Logger } from "../../src/observability/log.ts";
import { createMetrics } from "../../src/observability/metrics.ts";
import { createPerson } from "../../src/owners/create.ts";
import type { Outcome } from "../../src/reconcile/attempt.ts";
import { Ledger, newId } from "../../src/store/ledger.ts";
import { openLevelStore } from "../../src/store/leveldb.ts";
import { MemoryVolatile } from "../../src/store/memory-volatile.ts";
import { testConfig } from "../support/domain.ts";
import { temporaryFolder } from "../support/folder.ts";
import {
  type ApplicableObject,
  type KubernetesServer,
  startKubernetes,
} from "../support/kubernetes.ts";
import { waitFor } from "../support/wait.ts";

export const DAY_MS = 24 * 60 * 60 * 1000;
export const MINUTES_MS = 11 * 60_000;

/** The console's process ends here: nothing that it was about to do is done. */
export class Crash extends Error {}

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

/**
 * A console's namespaces at a real Kubernetes, with no rights there but those that are printed for its
 * admin; with a clock that the test turns, and ends of its process.
 */
export class Host {
  readonly server: KubernetesServer;
  readonly config: Pick<Config, "namespaces" | "zone">;
  readonly tenancy: Tenancy;
  readonly ledger: Ledger;
  /** The console's own, at Kubernetes. */
  readonly token: string;
  module!: Namespaces;
  volatile!: MemoryVolatile;
  leads = true;
  /** After so many calls and commits the process ends; each is done, and nothing after it. */
  crashAfter = Number.POSITIVE_INFINITY;
  /** Calls and commits so far. */
  acts = 0;
  readonly #clock: { now: number };
  readonly #log: Logger;
  readonly #url: string;
  readonly #callMs: number;
  readonly #close: () => Promise<void>;

  private constructor(
    options: {
      server: KubernetesServer;
      config: Pick<Config, "namespaces" | "zone">;
      ledger: Ledger;
      token: string;
      clock: { now: number };
      log: Logger;
      url: string;
      callMs: number;
    },
    close: () => Promise<void>,
  ) {
    this.server = options.server;
    this.config = options.config;
    this.tenancy = tenancyOf(options.config);
    this.ledger = options.ledger;
    this.token = options.token;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#url = options.url;
    this.#callMs = options.callMs;
    this.#close = close;
    this.restart();
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
    const config = testConfig(env);
    const token = await prepare(server, tenancyOf(config));
    const folder = await temporaryFolder();
    const clock = { now: Date.now() };
    const ledger = await Ledger.open(await openLevelStore(folder.path), {
      rules: rulesFrom(config),
      now: () => new Date(clock.now),
    });
    return new Host({ server, config, ledger, token, clock, log, url, callMs }, async () => {
      await ledger.close();
      await folder.remove();
    });
  }

  get state(): State {
    return this.ledger.state;
  }

  /** Another process: what was in memory is gone, and what is volatile, too. */
  restart(): void {
    this.crashAfter = Number.POSITIVE_INFINITY;
    this.acts = 0;
    this.volatile = new MemoryVolatile();
    const cluster = new KubernetesCluster({
      url: this.#url,
      ca: this.server.ca,
      token: this.token,
      manager: this.tenancy.layout.manager,
      onCall: () => this.#act(),
    });
    const ledger = new Proxy(this.ledger, {
      get: (target, name) => {
        if (name !== "change") {
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === "function" ? value.bind(target) : value;
        }
        return async (...args: Parameters<Ledger["change"]>) => {
          const committed = await target.change(...args);
          this.#act();
          return committed;
        };
      },
    });
    this.module = new Namespaces({
      config: this.config,
      ledger: () => ledger,
      volatile: () => this.volatile,
      leads: () => this.leads,
      metrics: createMetrics(),
      log: this.#log,
      clock: { now: () => new Date(this.#clock.now), sleep: async () => undefined },
      cluster,
      callMs: this.#callMs,
    });
  }

  #act(): void {
    if (++this.acts > this.crashAfter) throw new Crash("the process has ended");
  }

  async do<I, R>(verb: Verb<I, R>, input: I, actor: Actor = operator): Promise<R> {
    const { result } = await this.ledger.change(actor, (state, context) =>
      verb(state, context, input),
    );
    this.#act();
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

  /** Moves the clock, and lets the loop do all that is due. */
  async pass(ms: number): Promise<void> {
    this.#clock.now += ms;
    for (let turn = 0; turn < 3; turn++) {
      this.module.loop.tick();
      await this.module.loop.settled();
    }
  }

  /** What the API server has, as its admin sees it. */
  async stored(path: string) {
    return (await this.server.ask("GET", path)).body;
  }

  async close(): Promise<void> {
    await this.module.stop();
    await this.#close();
  }
}

export { startKubernetes };
