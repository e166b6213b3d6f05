import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { Config } from "../config.ts";
import { kubeconfigsOf, namespacesOf, type Change, type State } from "../domain/state.ts";
import { Attempts, type Outcome } from "../reconcile/attempt.ts";
import type { Loop } from "../reconcile/loop.ts";
import type { PartOutcome, ResourceModule } from "../reconcile/module.ts";
import { settle, settleParts } from "../reconcile/settle.ts";
import type { Standings } from "../reconcile/standing.ts";
import type { System } from "../reconcile/system.ts";
import { Trouble } from "../reconcile/trouble.ts";
import { type ModuleOptions, Upkeep } from "../reconcile/upkeep.ts";
import { ClusterError, type Cluster } from "./cluster.ts";
import { KubeconfigKind, type TokenSink } from "./kubeconfig-kind.ts";
import type { KubeconfigStep, SeenKubeconfig } from "./kubeconfig-plan.ts";
import { KubernetesCluster } from "./kubernetes-cluster.ts";
import { tenancyOf, type Tenancy } from "./layout.ts";
import { NamespaceKind } from "./namespace-kind.ts";
import type { NamespaceStep, SeenNamespace } from "./namespace-plan.ts";
import { QUOTA } from "./objects.ts";
import { NamespaceRecords } from "./records.ts";
import { listAll } from "./steps.ts";
import { usageIn, type NamespaceUsage } from "./usage.ts";

export interface NamespacesOptions extends ModuleOptions {
  readonly config: Pick<Config, "namespaces" | "zone">;
  /** Another cluster than the configured one. */
  readonly cluster?: Cluster | undefined;
}

const USAGE_MS = 60_000;

/** Members' namespaces and the kubeconfigs that open them, at one Kubernetes cluster. */
export class Namespaces implements ResourceModule {
  readonly config: Config["namespaces"];
  readonly tenancy: Tenancy;
  readonly cluster: Cluster;
  /** Certificates (PEM) that sign the API server's own; undefined: the system's. */
  readonly ca: string | undefined;
  readonly system: System;
  readonly standings: Standings;
  readonly namespaces: Attempts<SeenNamespace, NamespaceStep>;
  readonly kubeconfigs: Attempts<SeenKubeconfig, KubeconfigStep, TokenSink>;
  readonly loop: Loop;
  readonly #options: NamespacesOptions;
  readonly #upkeep: Upkeep;
  #counting: Promise<ReadonlyMap<string, NamespaceUsage> | undefined> | undefined;
  #usage: { readonly at: number; readonly found: ReadonlyMap<string, NamespaceUsage> } | undefined;

  /** @throws Error when the file of `namespaces.ca` cannot be read */
  constructor(options: NamespacesOptions) {
    const { config, ledger } = options;
    this.#options = options;
    this.config = config.namespaces;
    this.tenancy = tenancyOf(config);
    const { ca } = config.namespaces;
    this.ca = ca === null ? undefined : readFileSync(ca, "utf8");
    this.cluster = options.cluster ?? this.#configuredCluster();
    const { cluster, tenancy } = this;
    const { name } = cluster;
    this.#upkeep = new Upkeep({
      options,
      name,
      troubleOf,
      things: ["namespaces", "kubeconfigs"],
      intervalMinutes: config.namespaces.interval,
    });
    const { clock, system, standings, attempting } = this.#upkeep;
    this.system = system;
    this.standings = standings;
    const records = new NamespaceRecords(ledger);
    const now = () => clock.now();
    this.namespaces = new Attempts(
      new NamespaceKind({ cluster, records, tenancy, now }),
      attempting,
    );
    const { layout } = tenancy;
    this.kubeconfigs = new Attempts(
      new KubeconfigKind({ cluster, records, layout, now }),
      attempting,
    );
    // Kubeconfigs are for namespaces that are there.
    this.loop = this.#upkeep.loopOver([this.namespaces, this.kubeconfigs]);
  }

  start(): void {
    this.loop.start();
  }

  /** Ends what is under way: what is half done is repaired by the next look. */
  async stop(): Promise<void> {
    await this.#upkeep.stop();
    this.cluster.close();
  }

  /** Has what a commit touched attempted soon, by the replica that leads. */
  onCommit(state: State, changes: readonly Change[] | undefined): void {
    if (changes === undefined) return this.loop.sweepSoon();
    for (const { kind, id, entity } of changes) {
      if (kind === "namespace") {
        if (entity !== null) this.#soon(state, entity.owner);
      } else if (kind === "kubeconfig") {
        if (entity !== null) this.loop.soon(this.kubeconfigs, id);
      } else if (kind === "person" || kind === "group") this.#soon(state, id);
      // Hosts of ingresses hang on labels.
      else if (kind === "label" && entity !== null) this.#soon(state, entity.owner);
    }
  }

  /**
   * Commits what a verb decides, and tries at once to bring the thing there, with nothing in between.
   * @throws Refusal what the verb refuses; `unavailable` when something else is being done with it
   */
  settleNamespace<T>(id: string, commit: () => Promise<T>): Promise<{ done: T; outcome: Outcome }> {
    return settle(this.namespaces, id, commit, () => undefined);
  }

  /** As `settleNamespace`. @param sink where the token goes of a kubeconfig that is made or renewed */
  settleKubeconfig<T>(
    id: string,
    commit: () => Promise<T>,
    sink: TokenSink | undefined,
  ): Promise<{ done: T; outcome: Outcome }> {
    return settle(this.kubeconfigs, id, commit, () => sink);
  }

  /**
   * Makes sure that the cluster answers, before something is drawn that cannot be had back.
   * @throws Refusal `unavailable`
   */
  requireAnswer(): Promise<void> {
    return this.#upkeep.requireAnswer((signal) => this.cluster.version(signal));
  }

  /** Attempts everything of an owner's now, as after a suspension. @returns part by part */
  async settleOwner(owner: string): Promise<readonly PartOutcome[]> {
    const { state } = this.#upkeep.requireLedger();
    const namespaces = namespacesOf(state, owner);
    const kubeconfigs = kubeconfigsOf(state, owner);
    // Namespaces first: to close one closes all ways into it.
    const ofNamespaces = await settleParts(this.namespaces, "namespace", namespaces);
    return [...ofNamespaces, ...(await settleParts(this.kubeconfigs, "kubeconfig", kubeconfigs))];
  }

  /**
   * What runs in each namespace, as of a minute ago at most; undefined when it cannot be had.
   * @param patienceMs after this long, what was counted before is told, if anything was
   */
  async usage(patienceMs?: number): Promise<ReadonlyMap<string, NamespaceUsage> | undefined> {
    const now = this.#upkeep.clock.now().getTime();
    if (this.#usage !== undefined && now - this.#usage.at <= USAGE_MS) return this.#usage.found;
    this.#counting ??= this.#count(now).finally(() => (this.#counting = undefined));
    if (patienceMs === undefined) return this.#counting;
    const late = delay(patienceMs, undefined, { ref: false }).then(() => this.#usage?.found);
    return Promise.race([this.#counting, late]);
  }

  async #count(at: number): Promise<ReadonlyMap<string, NamespaceUsage> | undefined> {
    try {
      const { cluster, tenancy, system } = this;
      const name = tenancy.layout.quota;
      const found = new Map<string, NamespaceUsage>();
      for (const quota of await listAll(cluster, QUOTA, { name }, system.call)) {
        const used = usageIn(quota);
        const { namespace } = quota.metadata;
        if (used !== undefined && namespace !== undefined) found.set(namespace, used);
      }
      this.#usage = { at, found };
      return found;
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      return undefined;
    }
  }

  #soon(state: State, owner: string): void {
    for (const { id } of namespacesOf(state, owner)) this.loop.soon(this.namespaces, id);
    for (const { id } of kubeconfigsOf(state, owner)) this.loop.soon(this.kubeconfigs, id);
  }

  #configuredCluster(): Cluster {
    const { url, token } = this.config;
    const { metrics } = this.#options;
    return new KubernetesCluster({
      url,
      ca: this.ca,
      // The configuration asks for it where the module is on.
      token: token ?? "",
      manager: this.tenancy.layout.manager,
      onCall: (outcome) => metrics.systemCalls.inc({ system: "Kubernetes", outcome }),
    });
  }
}

/** What was changed meanwhile is no trouble: it is looked at again. */
function troubleOf(error: unknown): Trouble | undefined {
  if (!(error instanceof ClusterError)) return undefined;
  if (error.failure === "conflict" || error.failure === "missing") return undefined;
  return new Trouble(error.failure === "away" ? "away" : "stuck", error.message);
}
