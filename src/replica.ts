import { randomUUID } from "node:crypto";
import type { Logger } from "./observability/log.ts";
import type { Position } from "./store/store.ts";
import type { Volatile } from "./store/volatile.ts";

/** What replicas know of each other. */
export interface ReplicaInfo {
  /** Drawn at the start of its process. */
  readonly id: string;
  /** The machine's name and the process id, for people. */
  readonly name: string;
  readonly release: string;
  /** A digest of what of its configuration shapes the document. */
  readonly settings: string;
  readonly revision: number;
  readonly lineage: string;
  /** When it last said so, ISO 8601. */
  readonly at: string;
}

export interface ReplicaOptions {
  /** The present store's; undefined while it cannot be opened. */
  readonly volatile: () => Volatile | undefined;
  readonly position: () => Position | undefined;
  readonly name: string;
  readonly release: string;
  readonly settings: string;
  readonly log: Logger;
  /** Milliseconds of a monotonic clock. */
  readonly clock?: () => number;
}

/** How long a replica leads without renewing it, and is listed without saying so again. */
const LEASE_MS = 10_000;
/** Ends before the lease does: clocks of replicas do not run alike. */
const MARGIN_MS = 2_000;
const BEAT_MS = 3_000;
const PREFIX = "replica:";
const LEASE = "leader";

/**
 * This process among the replicas of one store: it says that it is there, and takes the lease under
 * which one of them runs what one alone has to run. Without others it leads always.
 */
export class Replica {
  readonly id = randomUUID();
  readonly #options: ReplicaOptions;
  readonly #clock: () => number;
  #leadsUntil = Number.NEGATIVE_INFINITY;
  #told: string | undefined;
  #problem: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #beating: Promise<void> | undefined;
  #stopped = false;

  constructor(options: ReplicaOptions) {
    this.#options = options;
    this.#clock = options.clock ?? (() => performance.now());
  }

  /** The machine's name and the process id. */
  get name(): string {
    return this.#options.name;
  }

  /** Whether the lease is surely this replica's. Asked again before each step of a long work. */
  get leads(): boolean {
    return this.#clock() < this.#leadsUntil;
  }

  /** What is wrong between this replica and the others, in a sentence. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Says that it is there, now and from here on. */
  async start(): Promise<void> {
    await this.beat();
    if (this.#stopped) return;
    this.#timer = setInterval(() => void this.beat(), BEAT_MS);
    this.#timer.unref();
  }

  /** Renews the lease or tries for it, and what others are told of this one. Never throws. */
  beat(): Promise<void> {
    this.#beating ??= this.#beat().finally(() => (this.#beating = undefined));
    return this.#beating;
  }

  /** Those that were there lately, this one included, by name. */
  async all(): Promise<readonly ReplicaInfo[]> {
    const found = (await this.#options.volatile()?.list(PREFIX)) ?? new Map<string, string>();
    return [...found.values()]
      .map((text) => JSON.parse(text) as ReplicaInfo)
      .toSorted((a, b) => (a.name + a.id < b.name + b.id ? -1 : 1));
  }

  /** Gives the lease to whoever is next. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#beating;
    this.#leadsUntil = Number.NEGATIVE_INFINITY;
    const store = this.#options.volatile();
    await Promise.allSettled([
      store?.release(LEASE, this.id),
      store?.compareAndSet(PREFIX + this.id, this.#told, undefined, 1),
    ]);
  }

  /** Replicas that make other documents of one state would have Traefik go back and forth. */
  async #compare(): Promise<void> {
    const { settings, release, log } = this.#options;
    const others = (await this.all()).filter(
      (other) => other.settings !== settings && other.release === release,
    );
    const names = others.map(({ name }) => name).join(", ");
    const before = this.#problem;
    this.#problem =
      others.length === 0
        ? undefined
        : `Configured differently than ${names}: Traefik gets now one document, now another. Give all consoles the same zone, publicUrl, traefik, pages, userhomes, ownHosts, systems, labels, targets, quotas and limits.`;
    if (this.#problem !== undefined && this.#problem !== before) log.error(this.#problem);
  }

  async #beat(): Promise<void> {
    const { volatile, position, name, release, settings, log } = this.#options;
    const store = volatile();
    if (store === undefined) return;
    // Counted from before the question: the answer may be long on its way.
    const asked = this.#clock();
    try {
      const fence = await store.acquire(LEASE, this.id, LEASE_MS);
      const led = this.leads;
      this.#leadsUntil =
        fence === undefined ? Number.NEGATIVE_INFINITY : asked + LEASE_MS - MARGIN_MS;
      if (this.leads !== led) log.debug({ leads: this.leads }, "the lead has changed");
      const { revision = 0, lineage = "" } = position() ?? {};
      const info: ReplicaInfo = {
        id: this.id,
        name,
        release,
        settings,
        revision,
        lineage,
        at: new Date().toISOString(),
      };
      this.#told = JSON.stringify(info);
      await store.set(PREFIX + this.id, this.#told, LEASE_MS);
      await this.#compare();
    } catch (error) {
      // The store being away is told elsewhere; the lease runs out by itself.
      log.debug({ err: error }, "the other replicas were not told");
    }
  }
}
