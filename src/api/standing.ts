import { z } from "@hono/zod-openapi";
import type { Bucket, BucketKey, Database, DatabaseAccount } from "../domain/entities.ts";
import type { Kubeconfig, Namespace } from "../domain/namespaces.ts";
import { STATES, type Standing } from "../reconcile/standing.ts";

/** How a thing of a module stands, as the contract describes it. */
export const standingSchema = z
  .object({
    state: z.enum(STATES).openapi({
      description:
        "creating, ready, repairing, suspended, deleting; stuck: it cannot be brought where it should be; conflict: another's is in its place.",
    }),
    why: z
      .string()
      .nullable()
      .openapi({ description: "In a sentence, where there is one to say." }),
    checkedAt: z.string().nullable().openapi({ description: "When it was looked at last." }),
    retryAt: z.string().nullable(),
    repaired: z
      .array(z.object({ at: z.string(), what: z.string() }))
      .openapi({ description: "What was put right lately, the newest first." }),
  })
  .openapi("Standing");

export type StandingView = z.infer<typeof standingSchema>;

/** @param underway how it stands where no attempt is known: the volatile part may be lost */
export function standingOf(
  standing: Standing | undefined,
  underway: StandingView["state"],
): StandingView {
  if (standing === undefined)
    return { state: underway, why: null, checkedAt: null, retryAt: null, repaired: [] };
  const { state, why, at, retryAt, repaired } = standing;
  return { state, why, checkedAt: at, retryAt, repaired };
}

/** How a bucket stands. */
export function bucketStanding(bucket: Bucket, standing: Standing | undefined): StandingView {
  if (bucket.deleting !== undefined) return standingOf(standing, "deleting");
  return standingOf(standing, bucket.stage === "made" ? "ready" : "creating");
}

/** How a key to buckets stands. */
export function keyStanding(key: BucketKey, standing: Standing | undefined): StandingView {
  return standingOf(standing, key.deleting ? "deleting" : key.issued ? "ready" : "creating");
}

/** How a database stands. */
export function databaseStanding(
  { deleting, stage }: Database,
  standing: Standing | undefined,
): StandingView {
  if (deleting !== undefined) return standingOf(standing, "deleting");
  return standingOf(standing, stage === "made" ? "ready" : "creating");
}

/** How an account at databases stands. */
export function accountStanding(
  { deleting, stage }: DatabaseAccount,
  standing: Standing | undefined,
): StandingView {
  return standingOf(standing, deleting ? "deleting" : stage === "issued" ? "ready" : "creating");
}

/** How a namespace stands. */
export function namespaceStanding(
  { deleting, uid }: Namespace,
  standing: Standing | undefined,
): StandingView {
  if (deleting !== undefined) return standingOf(standing, "deleting");
  return standingOf(standing, uid === undefined ? "creating" : "ready");
}

/** How a kubeconfig stands. */
export function kubeconfigStanding(
  { deleting, issued }: Kubeconfig,
  standing: Standing | undefined,
): StandingView {
  return standingOf(standing, deleting ? "deleting" : issued ? "ready" : "creating");
}
