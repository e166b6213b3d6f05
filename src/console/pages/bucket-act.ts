import type { Context } from "hono";
import { carryOut } from "../../api/carry-out.ts";
import { requireBuckets } from "../../api/modules.ts";
import type { Bucket } from "../../domain/entities.ts";
import { newId, type Decide } from "../../store/ledger.ts";
import { drawKey, type GivenKey } from "../../buckets/draw.ts";
import type { DrawnKey } from "../../buckets/verbs/keys.ts";
import type { Outcome } from "../../reconcile/attempt.ts";
import type { PageEnv } from "../visitor.ts";
import type { PageServices } from "./services.ts";

/** The id of a bucket that is to be made: its lease is taken before it is decided. */
export const newBucketId = (now: Date) => newId("bkt", now);
/** As `newBucketId`. */
export const newKeyId = (now: Date) => newId("bkey", now);

/**
 * Has a verb decide about a bucket, and the storage follow at once.
 * @throws Refusal what the verb refuses, `rate_limited` or `unavailable`
 */
export async function settleBucket(
  context: Context<PageEnv>,
  services: PageServices,
  id: string,
  decide: Decide<Bucket>,
): Promise<{ bucket: Bucket; outcome: Outcome }> {
  const module = requireBuckets(services);
  const { actor } = context.get("visitor");
  // Refused first, where it would be: who may not learns not even that it is busy.
  services.ledger.preview(actor, decide);
  const { done, outcome } = await module.settleBucket(id, () => carryOut(services, actor, decide));
  return { bucket: done.result, outcome };
}

/**
 * Has a verb draw a key, and the storage take it.
 * @throws Refusal as `drawKey`, and `rate_limited`
 */
export async function giveKey(
  context: Context<PageEnv>,
  services: PageServices,
  id: string,
  decide: Decide<DrawnKey>,
): Promise<GivenKey> {
  const module = requireBuckets(services);
  const { ledger } = services;
  const { actor } = context.get("visitor");
  ledger.preview(actor, decide);
  const { given } = await drawKey(
    { module, ledger },
    id,
    () => carryOut(services, actor, decide),
    ({ result }) => result.secretKey,
  );
  if (given === undefined) throw new Error("a verb that draws a key draws a secret");
  return given;
}
