import type { Bucket } from "../domain/entities.ts";
import type { State } from "../domain/state.ts";
import { Refusal } from "../errors.ts";
import { asked } from "../reconcile/ask.ts";
import { eachAtOnce } from "../reconcile/at-once.ts";
import { newId, type Decide } from "../store/ledger.ts";
import { AT_ONCE, GIGABYTE, planBucket } from "./bucket-kind.ts";
import type { Buckets } from "./module.ts";
import type { BucketUsage, StoredBucket } from "./storage.ts";
import { adoptBucket, requireNewName } from "./verbs/buckets.ts";

/** Buckets that are looked into for a list: each costs some calls. */
const LOOKED_INTO = 100;

/**
 * Buckets at the storage that the console has not made, by name. Those of another console are left out
 * among the first hundred.
 * @throws Refusal `unavailable`
 */
export async function adoptableBuckets(
  { storage, system }: Pick<Buckets, "storage" | "system">,
  state: State,
): Promise<ReadonlyMap<string, BucketUsage>> {
  const found = await asked(() => system.call((signal) => storage.usage(signal)));
  const names = [...found.keys()].filter((name) => !state.bucketsByName.has(name)).toSorted();
  const some = names.slice(0, LOOKED_INTO);
  const marked = new Set<string>();
  await asked(() =>
    eachAtOnce(some, AT_ONCE, async (name) => {
      const stored = await system.call((signal) => storage.bucket(name, signal, found.get(name)));
      if ((stored?.mark ?? null) !== null) marked.add(name);
    }),
  );
  return new Map(
    [...found].filter(([name]) => !state.bucketsByName.has(name) && !marked.has(name)),
  );
}

/** A bucket that was there before the console, looked at to be taken over. */
export interface BucketAdoption {
  readonly id: string;
  readonly found: StoredBucket;
  readonly decide: Decide<Bucket>;
  /** What is done to it so that it is as the console has it, of the record that was decided. */
  readonly steps: (bucket: Bucket, state: State) => readonly string[];
}

/**
 * Looks at a bucket that is to be taken over, as it is now. Nothing is changed.
 * @throws Refusal when there is none, when it is this console's or another's, and `unavailable`
 */
export async function lookAtBucket(
  { storage, system, config }: Pick<Buckets, "storage" | "system" | "config">,
  state: State,
  asking: {
    readonly name: string;
    readonly owner: string;
    readonly gigabytes?: number | undefined;
  },
  now: Date,
): Promise<BucketAdoption> {
  const { name, owner, gigabytes } = asking;
  requireNewName(state, name);
  const found = await asked(() => system.call((signal) => storage.bucket(name, signal)));
  if (found === undefined) {
    throw new Refusal("not_found", "The storage has no such bucket.", { field: "name" });
  }
  if (found.mark !== null) {
    throw new Refusal(
      "conflict",
      "It carries a console's mark: take that off first if it is a mistake.",
      { field: "name" },
    );
  }
  const id = newId("bkt", now);
  const kept = found.quotaBytes === null ? undefined : found.quotaBytes / GIGABYTE;
  const input = {
    id,
    owner,
    name,
    madeAt: found.created,
    publicRead: found.exposure === "read",
    expireDays: typeof found.expireDays === "number" ? found.expireDays : null,
    gigabytes: gigabytes ?? Math.ceil(kept ?? config.gigabytes),
  };
  return {
    id,
    found,
    decide: (state, context) => adoptBucket(state, context, input),
    steps: (bucket, state) => stepsTo(bucket, state, found, now),
  };
}

function stepsTo(bucket: Bucket, state: State, found: StoredBucket, now: Date): string[] {
  const isSuspended = state.owners.get(bucket.owner)?.suspended !== undefined;
  // Its mark is what makes the rest of the plan the console's business.
  const plans = [found, { ...found, mark: bucket.id }].map((stored) =>
    planBucket(bucket, isSuspended, { stored }, now),
  );
  const steps = plans.flatMap((plan) => ("steps" in plan ? plan.steps : []));
  return [...new Set(steps.map(({ what }) => what))];
}
