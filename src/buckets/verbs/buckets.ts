import {
  grace,
  requireOwner,
  requireQuota,
  requireUnchanged,
  stamp,
  type Context,
  type Decision,
  type Verb,
} from "../../domain/decision.ts";
import type { Bucket, Owner } from "../../domain/entities.ts";
import { authorise } from "../../domain/policy.ts";
import { quotaOf } from "../../domain/rules.ts";
import { bucketsOf, findOwner, type State } from "../../domain/state.ts";
import { Refusal } from "../../errors.ts";
import { bucketName } from "../names.ts";

export interface BucketSettings {
  readonly publicRead?: boolean | undefined;
  readonly expireDays?: number | null | undefined;
  readonly gigabytes?: number | undefined;
}

export interface CreateBucketInput extends BucketSettings {
  /** Drawn by the caller, who takes the lease on it before this is decided. */
  readonly id: string;
  readonly owner: string;
  /** Without the owner's name. */
  readonly name: string;
}

/** Asks for a bucket. It is made once this is stored. */
export const createBucket: Verb<CreateBucketInput, Bucket> = (state, context, input) => {
  const owner = ownerOf(state, context, input.owner);
  if (owner.suspended !== undefined)
    throw new Refusal("conflict", `${owner.name} is suspended and gets nothing new.`);
  const name = bucketName(owner.name, input.name);
  const namesake = state.bucketsByName.get(name);
  if (namesake !== undefined) {
    const isOwn = state.buckets.get(namesake)?.owner === owner.id;
    const isLeaving = isOwn && state.buckets.get(namesake)?.deleting !== undefined;
    throw new Refusal(
      "taken",
      isLeaving
        ? `${name} is being deleted: undo that, or wait until it is gone.`
        : `There is a bucket ${name} already.`,
      { field: "name" },
    );
  }
  requireQuota(context, owner, "buckets", bucketsOf(state, owner.id).length);
  const bucket: Bucket = {
    ...stamp(context),
    kind: "bucket",
    id: input.id,
    owner: owner.id,
    name,
    stage: "asked",
    publicRead: input.publicRead ?? false,
    expireDays: input.expireDays ?? null,
    gigabytes: input.gigabytes ?? context.rules.buckets.gigabytes,
  };
  requireGigabytes(state, context, owner, bucket);
  return decided(bucket, "bucket.created", `the bucket ${name} was asked for`);
};

export interface UpdateBucketInput extends BucketSettings {
  readonly id: string;
  readonly ifMatch?: number | undefined;
}

/** Changes how a bucket is used. */
export const updateBucket: Verb<UpdateBucketInput, Bucket> = (state, context, input) => {
  const bucket = ownBucket(state, context, input.id, input.ifMatch);
  requireInUse(bucket);
  const next: Bucket = {
    ...bucket,
    revision: context.revision,
    publicRead: input.publicRead ?? bucket.publicRead,
    expireDays: input.expireDays === undefined ? bucket.expireDays : input.expireDays,
    gigabytes: input.gigabytes ?? bucket.gigabytes,
  };
  const owner = requireOwner(state, bucket.owner);
  if (next.gigabytes > bucket.gigabytes) requireGigabytes(state, context, owner, next);
  return decided(next, "bucket.updated", `the bucket ${bucket.name} was changed`);
};

/**
 * Takes a bucket out of use. It is deleted with all that is in it when the grace period is over.
 * @param input `name`: the bucket's whole name, typed by the person who wants it gone
 */
export const deleteBucket: Verb<
  { id: string; name: string; ifMatch?: number | undefined },
  Bucket
> = (state, context, input) => {
  const bucket = ownBucket(state, context, input.id, input.ifMatch);
  if (input.name !== bucket.name) {
    throw new Refusal("invalid_input", `Type the whole name, ${bucket.name}, to delete it.`, {
      field: "name",
    });
  }
  requireInUse(bucket);
  const next = { ...bucket, revision: context.revision, deleting: grace(context, "buckets") };
  return decided(
    next,
    "bucket.deleting",
    `the bucket ${bucket.name} was taken out of use, to be deleted on ${next.deleting.until.slice(0, 10)}`,
  );
};

/** Undoes a deletion, while there is time. An admin may give it to another owner with it. */
export const restoreBucket: Verb<
  { id: string; owner?: string | undefined; ifMatch?: number | undefined },
  Bucket
> = (state, context, input) => {
  const bucket = ownBucket(state, context, input.id, input.ifMatch);
  if (bucket.deleting === undefined)
    throw new Refusal("conflict", `${bucket.name} is not being deleted.`);
  if (Date.parse(bucket.deleting.until) <= context.now.getTime())
    throw new Refusal("conflict", `It is too late: ${bucket.name} is being deleted for good.`);
  const owner = ownerOf(state, context, input.owner ?? bucket.owner);
  if (owner.id !== bucket.owner)
    authorise(state, context.actor, "bucket.adopt", owner.id, "bucket");
  const { deleting: _undone, ...rest } = bucket;
  const next = { ...rest, owner: owner.id, revision: context.revision };
  return decided(next, "bucket.restored", `the bucket ${bucket.name} was put back into use`);
};

export interface AdoptBucketInput {
  readonly id: string;
  readonly owner: string;
  /** As it is called at the storage. */
  readonly name: string;
  readonly madeAt: string;
  readonly publicRead: boolean;
  readonly expireDays: number | null;
  readonly gigabytes: number;
}

/** Takes over a bucket that was there before the console, as it is. By admins. */
export const adoptBucket: Verb<AdoptBucketInput, Bucket> = (state, context, input) => {
  const owner = findOwner(state, input.owner);
  authorise(state, context.actor, "bucket.adopt", owner?.id ?? null, "owner");
  if (owner === undefined)
    throw new Refusal("not_found", "There is no such owner.", { field: "owner" });
  requireNewName(state, input.name);
  const { id, name, madeAt, publicRead, expireDays, gigabytes } = input;
  const bucket: Bucket = {
    ...stamp(context),
    kind: "bucket",
    id,
    owner: owner.id,
    name,
    stage: "made",
    madeAt,
    publicRead,
    expireDays,
    gigabytes,
  };
  return decided(bucket, "bucket.adopted", `the bucket ${name} was taken over`);
};

/** An owner that the actor may make buckets and keys for. Another's is answered like a missing one. */
export function ownerOf(state: State, context: Context, idOrName: string): Owner {
  const owner = findOwner(state, idOrName);
  authorise(state, context.actor, "bucket.write", owner?.id ?? null, "owner");
  if (owner === undefined)
    throw new Refusal("not_found", "There is no such owner.", { field: "owner" });
  return owner;
}

function ownBucket(
  state: State,
  context: Context,
  id: string,
  ifMatch: number | undefined,
): Bucket {
  const bucket = state.buckets.get(id);
  authorise(state, context.actor, "bucket.write", bucket?.owner ?? null, "bucket");
  if (bucket === undefined) throw new Refusal("not_found", "There is no such bucket.");
  requireUnchanged(bucket, ifMatch);
  return bucket;
}

function requireInUse(bucket: Bucket): void {
  if (bucket.deleting !== undefined)
    throw new Refusal("conflict", `${bucket.name} is being deleted; undo that first.`);
}

function requireGigabytes(state: State, context: Context, owner: Owner, bucket: Bucket): void {
  if (context.actor.admin) return;
  const limit = quotaOf(context.rules, owner).bucketGigabytes;
  const others = bucketsOf(state, owner.id).filter(({ id }) => id !== bucket.id);
  const used = others.reduce((sum, { gigabytes }) => sum + gigabytes, 0);
  if (used + bucket.gigabytes > limit) {
    throw new Refusal(
      "quota_exceeded",
      `${owner.name} may have ${limit} GB in all buckets together; ${Math.max(0, limit - used)} GB are left.`,
      { field: "gigabytes" },
    );
  }
}

function decided(bucket: Bucket, type: string, summary: string): Decision<Bucket> {
  return {
    changes: [{ kind: "bucket", id: bucket.id, entity: bucket }],
    event: { type, summary, owners: [bucket.owner] },
    result: bucket,
  };
}

/** @throws Refusal `taken` for what the console has already */
export function requireNewName(state: State, name: string): void {
  if (!state.bucketsByName.has(name)) return;
  throw new Refusal("taken", `The console has a bucket ${name} already.`, { field: "name" });
}
