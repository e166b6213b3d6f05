import { setTimeout as delay } from "node:timers/promises";
import type { Config } from "../config.ts";
import { bucketKeysOf, bucketsOf, type Change, type State } from "../domain/state.ts";
import { Refusal } from "../errors.ts";
import type { Logger } from "../observability/log.ts";
import type { Metrics } from "../observability/metrics.ts";
import { Attempts, type Outcome } from "../reconcile/attempt.ts";
import { type Clock, systemClock } from "../reconcile/clock.ts";
import { attemptAll, Loop } from "../reconcile/loop.ts";
import type { PartOutcome, ResourceModule } from "../reconcile/module.ts";
import { partOf, settle } from "../reconcile/settle.ts";
import { type Standing, Standings } from "../reconcile/standing.ts";
import { System } from "../reconcile/system.ts";
import { Trouble } from "../reconcile/trouble.ts";
import type { Ledger } from "../store/ledger.ts";
import type { Volatile } from "../store/volatile.ts";
import { BucketKind, type BucketStep, type SeenBucket } from "./bucket-kind.ts";
import { type GivenSecret, KeyKind, type KeyStep, type SeenKey } from "./key-kind.ts";
import { StorageError } from "./minio-admin/error.ts";
import { MinioStorage } from "./minio-storage.ts";
import { BucketRecords } from "./records.ts";
import type { BucketUsage, ObjectStorage } from "./storage.ts";

export interface BucketsOptions {
  readonly config: Config["buckets"];
  readonly ledger: () => Ledger | undefined;
  readonly volatile: () => Volatile | undefined;
  /** Whether this replica runs the loop. */
  readonly leads: () => boolean;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly clock?: Clock | undefined;
  /** Another object storage than the configured one. */
  readonly storage?: ObjectStorage | undefined;
  /** How long a call may take, in milliseconds. */
  readonly callMs?: number | undefined;
}

const USAGE_MS = 60_000;

/** Members' buckets and the keys to them, at one object storage. */
export class Buckets implements ResourceModule {
  readonly config: Config["buckets"];
  readonly storage: ObjectStorage;
  readonly system: System;
  readonly standings: Standings;
  readonly buckets: Attempts<SeenBucket, BucketStep>;
  readonly keys: Attempts<SeenKey, KeyStep, GivenSecret>;
  readonly loop: Loop;
  readonly #options: BucketsOptions;
  readonly #clock: Clock;
  readonly #ended = new AbortController();
  #counting: Promise<ReadonlyMap<string, BucketUsage> | undefined> | undefined;
  #usage: { readonly at: number; readonly found: ReadonlyMap<string, BucketUsage> } | undefined;

  constructor(options: BucketsOptions) {
    const { config, ledger, volatile, metrics, log, leads } = options;
    this.#options = options;
    this.config = config;
    this.#clock = options.clock ?? systemClock;
    this.storage = options.storage ?? storageOf(options);
    const { name } = this.storage;
    metrics.systemAway.set({ system: name }, 0);
    this.system = new System({
      name,
      troubleOf,
      ...(options.callMs === undefined ? {} : { callMs: options.callMs }),
      onChange: (why) => {
        metrics.systemAway.set({ system: name }, why === undefined ? 0 : 1);
        if (why === undefined) log.info(`${name} answers again`);
        else log.warn({ why }, `${name} is away`);
        this.loop.sweepSoon();
      },
    });
    this.standings = new Standings(volatile);
    const records = new BucketRecords(ledger);
    const unexpected = (error: unknown) =>
      log.error({ err: error }, "buckets could not be looked after; it is tried again");
    const attempt = {
      system: this.system,
      standings: this.standings,
      volatile,
      clock: this.#clock,
      signal: this.#ended.signal,
      report: (thing: string, { state, why }: Standing, repairs: readonly string[]) => {
        metrics.reconcileRepairs.inc({ kind: thing.split("/")[0] ?? "" }, repairs.length);
        if (repairs.length > 0) log.warn({ thing, repairs }, "something was put right");
        else log.warn({ thing, state, why }, "something cannot be brought where it should be");
      },
      unexpected,
    };
    const now = () => this.#clock.now();
    this.buckets = new Attempts(new BucketKind({ storage: this.storage, records, now }), attempt);
    this.keys = new Attempts(new KeyKind(this.storage, records), attempt);
    this.loop = new Loop({
      system: this.system,
      // Keys are for buckets that are there.
      kinds: [this.buckets, this.keys],
      leads,
      canRun: () => ledger() !== undefined,
      intervalMs: config.interval * 60_000,
      clock: this.#clock,
      onSweep: ({ things, attempted, why, ms }) => {
        metrics.reconcileThings.set({ system: name, state: "all" }, things);
        metrics.reconcileThings.set({ system: name, state: "wrong" }, attempted);
        log.debug({ things, attempted, why, ms }, "looked at all buckets and keys");
      },
      unexpected,
    });
  }

  start(): void {
    this.loop.start();
  }

  async stop(): Promise<void> {
    this.#ended.abort();
    await this.loop.stop();
    if (this.storage instanceof MinioStorage) this.storage.close();
  }

  onCommit(state: State, changes: readonly Change[] | undefined): void {
    if (changes === undefined) return this.loop.sweepSoon();
    for (const { kind, id, entity } of changes) {
      if (kind === "bucket") {
        if (entity !== null) this.loop.soon(this.buckets, id);
        if (entity !== null) this.#keysSoon(state, entity.owner);
      } else if (kind === "bucketKey" && entity !== null) this.loop.soon(this.keys, id);
      else if ((kind === "person" || kind === "group") && this.#hasAny(state, id)) {
        for (const bucket of bucketsOf(state, id)) this.loop.soon(this.buckets, bucket.id);
        this.#keysSoon(state, id);
      }
    }
  }

  /**
   * Commits what a verb decides, and tries at once to bring the thing there, with nothing in between.
   * @param given what only this verb can give, of what it decided
   * @throws Refusal what the verb refuses; `unavailable` when something else is being done with it
   */
  async settleBucket<T>(
    id: string,
    commit: () => Promise<T>,
  ): Promise<{ done: T; outcome: Outcome }> {
    const settled = await settle(this.buckets, id, commit, () => undefined);
    const { state } = this.#ledger();
    const owner = state.buckets.get(id)?.owner;
    if (owner !== undefined)
      await attemptAll(
        this.keys,
        bucketKeysOf(state, owner).map((key) => key.id),
      );
    return settled;
  }

  /** As `settleBucket`. */
  settleKey<T>(
    id: string,
    commit: () => Promise<T>,
    given: (done: T) => GivenSecret | undefined,
  ): Promise<{ done: T; outcome: Outcome }> {
    return settle(this.keys, id, commit, given);
  }

  /**
   * Makes sure that the storage answers, before something is drawn that cannot be had back.
   * @throws Refusal `unavailable`
   */
  async requireAnswer(): Promise<void> {
    try {
      await this.system.call((signal) => this.storage.accounts(signal));
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      throw new Refusal("unavailable", `${error.message} Nothing was changed; try again later.`, {
        retryAfter: 10,
      });
    }
  }

  async settleOwner(owner: string): Promise<readonly PartOutcome[]> {
    const { state } = this.#ledger();
    const buckets = bucketsOf(state, owner);
    const keys = bucketKeysOf(state, owner);
    // Keys first: they are what lets people in.
    const ofKeys = await attemptAll(
      this.keys,
      keys.map(({ id }) => id),
    );
    const ofBuckets = await attemptAll(
      this.buckets,
      buckets.map(({ id }) => id),
    );
    return [
      ...keys.map((one) => partOf("bucketKey", one, ofKeys.get(one.id))),
      ...buckets.map((one) => partOf("bucket", one, ofBuckets.get(one.id))),
    ];
  }

  /**
   * How much is in each bucket, as counted a minute ago at most.
   * @param patienceMs how long the storage is waited for; what was counted before does then
   * @returns undefined when it cannot be had
   */
  async usage(patienceMs?: number): Promise<ReadonlyMap<string, BucketUsage> | undefined> {
    const now = this.#clock.now().getTime();
    if (this.#usage !== undefined && now - this.#usage.at <= USAGE_MS) return this.#usage.found;
    this.#counting ??= this.#count(now).finally(() => (this.#counting = undefined));
    if (patienceMs === undefined) return this.#counting;
    const late = delay(patienceMs, undefined, { ref: false }).then(() => this.#usage?.found);
    return Promise.race([this.#counting, late]);
  }

  async #count(at: number): Promise<ReadonlyMap<string, BucketUsage> | undefined> {
    try {
      const found = await this.system.call((signal) => this.storage.usage(signal));
      this.#usage = { at, found };
      return found;
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      return undefined;
    }
  }

  #keysSoon(state: State, owner: string): void {
    for (const { id } of bucketKeysOf(state, owner)) this.loop.soon(this.keys, id);
  }

  #hasAny(state: State, owner: string): boolean {
    return state.bucketsByOwner.has(owner) || state.bucketKeysByOwner.has(owner);
  }

  #ledger(): Ledger {
    const ledger = this.#options.ledger();
    if (ledger === undefined) throw new Refusal("unavailable", "The store cannot be reached.");
    return ledger;
  }
}

function storageOf({ config, metrics }: BucketsOptions): ObjectStorage {
  const { url, region, prefix } = config;
  return new MinioStorage({
    url,
    region,
    prefix,
    // The configuration asks for both where the module is on.
    accessKey: config.accessKey ?? "",
    secretKey: config.secretKey ?? "",
    onCall: (outcome) => metrics.systemCalls.inc({ system: "MinIO", outcome }),
  });
}

function troubleOf(error: unknown): Trouble | undefined {
  if (!(error instanceof StorageError)) return undefined;
  return new Trouble(error.failure === "away" ? "away" : "stuck", error.message);
}
