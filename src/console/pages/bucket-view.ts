import type { Context } from "hono";
import { bucketStanding, keyStanding, type StandingView } from "../../api/standing.ts";
import type { BucketUsage } from "../../buckets/storage.ts";
import type { Bucket, BucketKey, Owner } from "../../domain/entities.ts";
import { authorise, type Action } from "../../domain/policy.ts";
import { quotaOf } from "../../domain/rules.ts";
import { usageOf } from "../../owners/usage.ts";
import { Refusal } from "../../errors.ts";
import type { Allowance } from "../parts/usage.tsx";
import type { PageEnv } from "../visitor.ts";
import { moreOf } from "./remedy.ts";
import type { PageServices } from "./services.ts";

/** How long a page waits for a storage that hangs: it then shows what was counted before. */
const PATIENCE_MS = 500;

/** A bucket with what is known of it beside the state. */
export interface BucketView {
  readonly bucket: Bucket;
  readonly standing: StandingView;
  /** As the storage counted it last; undefined: not known. */
  readonly usage: BucketUsage | undefined;
}

/** A key with what is known of it beside the state. */
export interface KeyView {
  readonly key: BucketKey;
  readonly standing: StandingView;
}

type Known = Pick<PageServices, "modules">;

/** Buckets as pages show them, in the same order. */
export async function viewsOf(
  { modules }: Known,
  buckets: readonly Bucket[],
): Promise<BucketView[]> {
  const standings = modules().buckets?.standings;
  const usage = buckets.length === 0 ? undefined : await modules().buckets?.usage(PATIENCE_MS);
  return Promise.all(
    buckets.map(async (bucket) => ({
      bucket,
      standing: bucketStanding(bucket, await standings?.get(`bucket/${bucket.id}`)),
      usage: ownUsage(bucket, usage),
    })),
  );
}

/** What is counted at a bucket's name, if it is the bucket's: another's may be in its place. */
function ownUsage(
  { name, madeAt }: Bucket,
  counted: ReadonlyMap<string, BucketUsage> | undefined,
): BucketUsage | undefined {
  const found = counted?.get(name);
  return found?.created === madeAt ? found : undefined;
}

/** Keys as pages show them, in the same order. */
export async function keyViewsOf(
  { modules }: Known,
  keys: readonly BucketKey[],
): Promise<KeyView[]> {
  const standings = modules().buckets?.standings;
  return Promise.all(
    keys.map(async (key) => ({
      key,
      standing: keyStanding(key, await standings?.get(`bucketKey/${key.id}`)),
    })),
  );
}

/**
 * The bucket that an address means, if the visitor may do this with it.
 * @throws Refusal `not_found`
 */
export function bucketFor(
  { ledger }: Pick<PageServices, "ledger">,
  context: Context<PageEnv>,
  action: Action = "bucket.read",
): Bucket {
  const bucket = ledger.state.buckets.get(context.req.param("id") ?? "");
  const { actor } = context.get("visitor");
  authorise(ledger.state, actor, action, bucket?.owner ?? null, "bucket");
  if (bucket === undefined) throw new Refusal("not_found", "There is no such bucket.");
  return bucket;
}

/**
 * The key that an address means, if the visitor may do this with it.
 * @throws Refusal `not_found`
 */
export function keyFor(
  { ledger }: Pick<PageServices, "ledger">,
  context: Context<PageEnv>,
  action: Action = "bucketKey.write",
): BucketKey {
  const key = ledger.state.bucketKeys.get(context.req.param("id") ?? "");
  const { actor } = context.get("visitor");
  authorise(ledger.state, actor, action, key?.owner ?? null, "key");
  if (key === undefined) throw new Refusal("not_found", "There is no such key.");
  return key;
}

/** What an owner may have of buckets, and how much of it they use. */
export function allowancesOf(
  { ledger, rules, site }: Pick<PageServices, "ledger" | "rules" | "site">,
  owner: Owner,
): Allowance[] {
  const limits = quotaOf(rules, owner);
  const usage = usageOf(ledger.state, owner, site.now());
  const kinds = [
    ["buckets", "buckets"],
    ["bucketGigabytes", "gigabytes set aside"],
    ["bucketKeys", "keys"],
  ] as const;
  return kinds.map(([of, what]) => ({
    what,
    used: usage[of],
    limit: limits[of],
    remedy: moreOf(owner, of, limits[of] + 1, "Ask for more"),
  }));
}
