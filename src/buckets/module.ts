import { setTimeout as delay } from "node:timers/promises";
import type { Config } from "../config.ts";
import { bucketKeysOf, bucketsOf, type Change, type State } from "../domain/state.ts";
import { Attempts, type Outcome } from "../reconcile/attempt.ts";
import { attemptAll, type Loop } from "../reconcile/loop.ts";
import type { PartOutcome, ResourceModule } from "../reconcile/module.ts";
import { settle, settleParts } from "../reconcile/settle.ts";
import type { Standings } from "../reconcile/standing.ts";
import type { System } from "../reconcile/system.ts";
import { Trouble } from "../reconcile/trouble.ts";
import { type ModuleOptions, Upkeep } from "../reconcile/upkeep.ts";
import { BucketKind, type BucketStep, type SeenBucket } from "./bucket-kind.ts";
import { type GivenSecret, KeyKind, type KeyStep, type SeenKey } from "./key-kind.ts";
import { StorageError } from "./minio-admin/error.ts";
import { MinioStorage } from "./minio-storage.ts";
import { BucketRecords } from "./records.ts";
import type { BucketUsage, ObjectStorage } from "./storage.ts";

export interface BucketsOptions extends ModuleOptions {
  readonly config: Config["buckets"];
  /** Another object storage than the configured one. */
  readonly storage?: ObjectStorage | undefined;
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
  readonly #upkeep: Upkeep;
  #counting: Promise<ReadonlyMap<string, BucketUsage> | undefined> | undefined;
  #usage: { readonly at: number; readonly found: ReadonlyMap<string, BucketUsage> } | undefined;

  constructor(options: BucketsOptions) {
    const { config, ledger } = options;
    this.config = config;
    this.storage = options.storage ?? storageOf(options);
    const { name } = this.storage;
    this.#upkeep = new Upkeep({
      options,
      name,
      troubleOf,
      things: ["buckets", "keys"],
      intervalMinutes: config.interval,
    });
    const { clock, system, standings, attempting } = this.#upkeep;
    this.system = system;
    this.standings = standings;
    const records = new BucketRecords(ledger);
    const now = () => clock.now();
    this.buckets = new Attempts(
      new BucketKind({ storage: this.storage, records, now }),
      attempting,
    );
    this.keys = new Attempts(new KeyKind(this.storage, records), attempting);
    // Keys are for buckets that are there.
    this.loop = this.#upkeep.loopOver([this.buckets, this.keys]);
  }

  start(): void {
    this.loop.start();
  }

  async stop(): Promise<void> {
    await this.#upkeep.stop();
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
    const { state } = this.#upkeep.requireLedger();
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
  requireAnswer(): Promise<void> {
    return this.#upkeep.requireAnswer((signal) => this.storage.accounts(signal));
  }

  async settleOwner(owner: string): Promise<readonly PartOutcome[]> {
    const { state } = this.#upkeep.requireLedger();
    const buckets = bucketsOf(state, owner);
    const keys = bucketKeysOf(state, owner);
    // Keys first: they are what lets people in.
    const ofKeys = await settleParts(this.keys, "bucketKey", keys);
    return [...ofKeys, ...(await settleParts(this.buckets, "bucket", buckets))];
  }

  /**
   * How much is in each bucket, as counted a minute ago at most.
   * @param patienceMs how long the storage is waited for; what was counted before does then
   * @returns undefined when it cannot be had
   */
  async usage(patienceMs?: number): Promise<ReadonlyMap<string, BucketUsage> | undefined> {
    const now = this.#upkeep.clock.now().getTime();
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
