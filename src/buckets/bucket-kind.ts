import type { Bucket } from "../domain/entities.ts";
import { eachAtOnce } from "../reconcile/at-once.ts";
import type { Kind, Plan, Step } from "../reconcile/kind.ts";
import type { Call } from "../reconcile/system.ts";
import { toTheMinute } from "../reconcile/times.ts";
import type { BucketRecords } from "./records.ts";
import type { ObjectStorage, StoredBucket } from "./storage.ts";

/** A bucket as it was looked at. */
export interface SeenBucket {
  readonly stored: StoredBucket | undefined;
  /** Nothing is in it; undefined when it was not looked into. */
  readonly empty?: boolean | undefined;
}

export type BucketStep = Step &
  (
    | { readonly do: "note-free" | "make" | "mark" | "delete" | "delete-empty" }
    | { readonly do: "forget"; readonly left: boolean }
    | { readonly do: "note-made"; readonly created: string }
    | { readonly do: "expose"; readonly exposure: "private" | "read" }
    | { readonly do: "expire"; readonly days: number | null }
    | { readonly do: "limit"; readonly bytes: number }
  );

/** Buckets looked at at once. */
export const AT_ONCE = 8;
/** As the storage's own world has it: a thousand thousands, not 1024³. */
export const GIGABYTE = 1_000_000_000;

const NOTE_FREE = { do: "note-free", what: "found the name free" } as const;
const MAKE = { do: "make", what: "made the bucket" } as const;
const MARK = { do: "mark", what: "marked the bucket as the console's" } as const;
const DELETE = { do: "delete", what: "deleted the bucket" } as const;
const DELETE_EMPTY = { do: "delete-empty", what: "deleted the bucket, which was empty" } as const;
const FORGET = { do: "forget", left: false, what: "removed its record" } as const;
const LEAVE = { do: "forget", left: true, what: "removed its record alone" } as const;

/**
 * What has to be done for a bucket, of its record and of what the storage has at its name. Pure.
 *
 * That the name was seen free is written down before the bucket is made, so that after a crash what is
 * there unmarked, as it is when just made, is known to be ours. A stranger may come there meanwhile, too:
 * a bucket in which anything is, or at which anything is set, is not one that was just made.
 */
export function planBucket(
  bucket: Bucket,
  suspended: boolean,
  { stored, empty }: SeenBucket,
  now: Date,
): Plan<BucketStep> {
  const ours = whose(bucket, stored, empty);
  if (bucket.deleting !== undefined) {
    const { until } = bucket.deleting;
    if (Date.parse(until) <= now.getTime()) {
      if (ours !== "ours") return { steps: [ours === "other" ? LEAVE : FORGET], state: "deleting" };
      // What was never marked is deleted only while it is empty: the storage sees to that.
      return { steps: [isMarkable(bucket, stored) ? DELETE_EMPTY : DELETE], state: "deleting" };
    }
    const spoken = toTheMinute(until);
    return {
      steps: ours === "ours" && stored !== undefined ? exposing(stored, "private") : [],
      state: "deleting",
      why:
        ours === "other"
          ? `The bucket of this name at the storage is not the console's, and stays as it is; the console's record of one is kept until ${spoken}.`
          : `It is kept until ${spoken}; until then it can be had back.`,
      dueAt: until,
    };
  }
  if (stored === undefined) {
    // One that was made and is gone is made anew, empty: the name is free again, and that is written down.
    return { steps: bucket.stage === "free" ? [MAKE, MARK] : [NOTE_FREE], state: "ready" };
  }
  if (ours !== "ours") {
    return {
      conflict:
        "The storage has a bucket of this name that the console did not make. Take another name; or delete this one, and ask an admin to make what is there yours.",
    };
  }
  if (stored.mark === null) return { steps: [MARK], state: "ready" };
  if (bucket.stage !== "made" || bucket.madeAt !== stored.created) {
    const noted = { do: "note-made", created: stored.created, what: "noted the bucket" } as const;
    return { steps: [noted], state: "ready" };
  }
  const bytes = bucket.gigabytes * GIGABYTE;
  return {
    steps: [
      ...exposing(stored, bucket.publicRead && !suspended ? "read" : "private"),
      ...(stored.expireDays === bucket.expireDays ? [] : [expiring(stored, bucket.expireDays)]),
      ...(stored.quotaBytes === bytes
        ? []
        : [{ do: "limit" as const, bytes, what: "set how much it may hold" }]),
    ],
    state: suspended ? "suspended" : "ready",
    ...(suspended ? { why: "Its owner is suspended." } : {}),
  };
}

function exposing(stored: StoredBucket, exposure: "private" | "read"): BucketStep[] {
  if (stored.exposure === exposure) return [];
  const done = exposure === "read" ? "opened it to everyone's reading" : "closed it to the public";
  const what =
    stored.exposure === "other"
      ? `removed an access policy that was not the console's: ${done}`
      : done;
  return [{ do: "expose", exposure, what }];
}

function expiring({ expireDays }: StoredBucket, days: number | null): BucketStep {
  const what =
    expireDays === "other"
      ? "removed lifecycle rules that were not the console's, and set after when objects go"
      : "set after when objects go";
  return { do: "expire", days, what };
}

/** Whether it may be one that was just made, and not marked yet. */
function isMarkable({ stage }: Bucket, stored: StoredBucket | undefined): boolean {
  return stage === "free" && stored?.mark === null;
}

/** Whose it is that stands at the name. Nothing is touched but what is ours. */
function whose(
  bucket: Bucket,
  stored: StoredBucket | undefined,
  empty: boolean | undefined,
): "ours" | "nobody" | "other" {
  if (stored === undefined) return "nobody";
  if (stored.mark !== null) return stored.mark === bucket.id ? "ours" : "other";
  if (isMarkable(bucket, stored)) {
    const { exposure, expireDays, quotaBytes } = stored;
    const isBare = exposure === "private" && expireDays === null && quotaBytes === null;
    return isBare && empty === true ? "ours" : "other";
  }
  // The mark was taken off, or it is another bucket that someone made in its place.
  return bucket.stage === "made" && bucket.madeAt === stored.created ? "ours" : "other";
}

export interface BucketKindOptions {
  readonly storage: ObjectStorage;
  readonly records: BucketRecords;
  readonly now: () => Date;
}

/** Buckets, as the reconcilers keep them. */
export class BucketKind implements Kind<SeenBucket, BucketStep> {
  readonly name = "bucket";
  readonly #options: BucketKindOptions;

  constructor(options: BucketKindOptions) {
    this.#options = options;
  }

  ids(): readonly string[] {
    return [...this.#options.records.state.buckets.keys()];
  }

  async observe(id: string, call: Call): Promise<SeenBucket> {
    const bucket = this.#bucket(id);
    if (bucket === undefined) return { stored: undefined };
    const { storage } = this.#options;
    const stored = await call((signal) => storage.bucket(bucket.name, signal));
    if (!isMarkable(bucket, stored)) return { stored };
    return { stored, empty: await call((signal) => storage.isEmpty(bucket.name, signal)) };
  }

  async observeAll(call: Call): Promise<(id: string) => SeenBucket | undefined> {
    const { storage, records } = this.#options;
    const names = new Map([...records.state.buckets.values()].map(({ id, name }) => [id, name]));
    const listed = await call((signal) => storage.usage(signal));
    const found = new Map<string, StoredBucket>();
    await eachAtOnce(new Set(names.values()), AT_ONCE, async (name) => {
      const usage = listed.get(name);
      if (usage === undefined) return;
      const stored = await call((signal) => storage.bucket(name, signal, usage));
      if (stored !== undefined) found.set(name, stored);
    });
    // What is not in it may have been made since the copy that it came from, and into what has no mark
    // one may have to look: these are looked at by themselves.
    return (id) => {
      const stored = found.get(names.get(id) ?? "");
      const bucket = this.#bucket(id);
      if (stored === undefined || (bucket !== undefined && isMarkable(bucket, stored)))
        return undefined;
      return { stored };
    };
  }

  plan(id: string, seen: SeenBucket): Plan<BucketStep> {
    const bucket = this.#bucket(id);
    if (bucket === undefined) return { gone: true };
    return planBucket(bucket, this.#isSuspended(bucket), seen, this.#options.now());
  }

  async apply(id: string, step: BucketStep, call: Call): Promise<void> {
    const { storage, records } = this.#options;
    const { name } = this.#bucket(id) ?? {};
    if (name === undefined) return;
    switch (step.do) {
      case "note-free":
        return records.free(id);
      case "note-made":
        return records.made(id, step.created);
      case "forget":
        return records.bucketGone(id, step.left);
      case "make":
        return call((signal) => storage.makeBucket(name, signal));
      case "mark":
        return call((signal) => storage.mark(name, id, signal));
      case "expose":
        return call((signal) => storage.setExposure(name, step.exposure, signal));
      case "expire":
        return call((signal) => storage.setExpiry(name, step.days, signal));
      case "limit":
        return call((signal) => storage.setQuota(name, step.bytes, signal));
      case "delete":
        return call((signal) => storage.deleteBucket(name, signal));
      case "delete-empty":
        return call((signal) => storage.deleteEmptyBucket(name, signal));
    }
  }

  desired(id: string): string {
    const bucket = this.#bucket(id);
    if (bucket === undefined) return "";
    const { publicRead, expireDays, gigabytes, deleting } = bucket;
    return JSON.stringify([
      publicRead,
      expireDays,
      gigabytes,
      deleting ?? null,
      this.#isSuspended(bucket),
    ]);
  }

  underway(id: string): "creating" | "repairing" | "deleting" {
    const bucket = this.#bucket(id);
    if (bucket?.deleting !== undefined) return "deleting";
    return bucket?.stage === "made" ? "repairing" : "creating";
  }

  #bucket(id: string): Bucket | undefined {
    return this.#options.records.state.buckets.get(id);
  }

  #isSuspended({ owner }: Bucket): boolean {
    return this.#options.records.state.owners.get(owner)?.suspended !== undefined;
  }
}
