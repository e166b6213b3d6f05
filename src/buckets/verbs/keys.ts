import {
  requireQuota,
  requireUnchanged,
  stamp,
  type Context,
  type Decision,
  type Verb,
} from "../../domain/decision.ts";
import type { BucketKey } from "../../domain/entities.ts";
import { authorise } from "../../domain/policy.ts";
import { bucketKeysOf, type State } from "../../domain/state.ts";
import { Refusal } from "../../errors.ts";
import { accessKeyFrom } from "../names.ts";
import { ownerOf } from "./buckets.ts";

export interface CreateKeyInput {
  /** Drawn by the caller, who takes the lease on it before this is decided. */
  readonly id: string;
  readonly owner: string;
  readonly name: string;
  readonly access: "read" | "write";
  /** Ids or whole names of the owner's buckets; null: all of them, new ones too. */
  readonly buckets: readonly string[] | null;
}

/** A key, and the secret that is to be given out once the storage has taken it. */
export interface DrawnKey {
  readonly key: BucketKey;
  readonly secretKey: string;
}

/** Draws a key. The storage has it once this is stored, and an attempt was made with the secret. */
export const createKey: Verb<CreateKeyInput, DrawnKey> = (state, context, input) => {
  const owner = ownerOf(state, context, input.owner);
  if (owner.suspended !== undefined)
    throw new Refusal("conflict", `${owner.name} is suspended and gets nothing new.`);
  requireQuota(context, owner, "bucketKeys", bucketKeysOf(state, owner.id).length);
  const buckets =
    input.buckets === null
      ? null
      : [...new Set(input.buckets.map((one, at) => ownedBucket(state, owner.id, one, at)))];
  const key: BucketKey = {
    ...stamp(context),
    kind: "bucketKey",
    id: input.id,
    owner: owner.id,
    name: input.name,
    access: input.access,
    buckets,
    accessKey: accessKeyFrom(context.newSecret()),
    issued: false,
    retired: [],
    deleting: false,
  };
  return decided(key, "bucket-key.created", `the key ${key.name} was made`, {
    key,
    secretKey: context.newSecret(),
  });
};

/** Draws another access key and secret for a key; the old ones work until the new ones do. */
export const rotateKey: Verb<{ id: string; ifMatch?: number | undefined }, DrawnKey> = (
  state,
  context,
  input,
) => {
  const key = ownKey(state, context, input.id, input.ifMatch);
  if (key.deleting) throw new Refusal("conflict", `${key.name} is being revoked.`);
  if (state.owners.get(key.owner)?.suspended !== undefined)
    throw new Refusal("conflict", "Its owner is suspended: no key of theirs works.");
  // What was to become the key before, and nobody got, goes the way of old ones.
  const retired = key.next === undefined ? key.retired : [...key.retired, key.next];
  const next: BucketKey = {
    ...key,
    revision: context.revision,
    next: accessKeyFrom(context.newSecret()),
    retired,
  };
  return decided(next, "bucket-key.rotating", `the key ${key.name} is to get a new secret`, {
    key: next,
    secretKey: context.newSecret(),
  });
};

/** Ends a key, with all sessions that were made with it. */
export const revokeKey: Verb<{ id: string; ifMatch?: number | undefined }, BucketKey> = (
  state,
  context,
  input,
) => {
  const key = ownKey(state, context, input.id, input.ifMatch);
  const next = { ...key, revision: context.revision, deleting: true };
  return decided(next, "bucket-key.revoked", `the key ${key.name} was revoked`, next);
};

function ownKey(
  state: State,
  context: Context,
  id: string,
  ifMatch: number | undefined,
): BucketKey {
  const key = state.bucketKeys.get(id);
  authorise(state, context.actor, "bucketKey.write", key?.owner ?? null, "key");
  if (key === undefined) throw new Refusal("not_found", "There is no such key.");
  requireUnchanged(key, ifMatch);
  return key;
}

function ownedBucket(state: State, owner: string, idOrName: string, at: number): string {
  const id = state.buckets.has(idOrName) ? idOrName : state.bucketsByName.get(idOrName);
  const bucket = id === undefined ? undefined : state.buckets.get(id);
  if (bucket?.owner !== owner) {
    throw new Refusal("not_found", "There is no such bucket of this owner.", {
      field: `buckets.${at}`,
    });
  }
  return bucket.id;
}

function decided<T>(key: BucketKey, type: string, summary: string, result: T): Decision<T> {
  return {
    changes: [{ kind: "bucketKey", id: key.id, entity: key }],
    event: { type, summary, owners: [key.owner] },
    result,
  };
}
