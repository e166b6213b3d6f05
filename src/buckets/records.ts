import type { Bucket, BucketKey } from "../domain/entities.ts";
import { bucketKeysOf, type Change } from "../domain/state.ts";
import { StepRecords, withoutAnswers } from "../reconcile/records.ts";

/** The statuses of the answers to a key's making and to its rotation. */
const CREATED = 201;
const ROTATED = 200;

/** What steps write down of buckets and keys. */
export class BucketRecords extends StepRecords {
  /** It was seen that nobody has the name. */
  free(id: string): Promise<void> {
    return this.#bucket(id, "bucket.name-free", ({ madeAt: _gone, ...bucket }) => ({
      bucket: { ...bucket, stage: "free" },
      summary: `the name ${bucket.name} was found free`,
    }));
  }

  /** It is there since then. */
  made(id: string, madeAt: string): Promise<void> {
    return this.#bucket(id, "bucket.made", (bucket) => ({
      bucket: { ...bucket, stage: "made", madeAt },
      summary: `the bucket ${bucket.name} was made`,
    }));
  }

  /**
   * It is gone, with the grace period over: so is its record, and no key names it any more.
   * @param left whether a bucket of another's stands at its name, and stays there
   */
  bucketGone(id: string, left: boolean): Promise<void> {
    return this.change((state, revision) => {
      const bucket = state.buckets.get(id);
      if (bucket?.deleting === undefined) return undefined;
      const keys = bucketKeysOf(state, bucket.owner)
        .filter(({ buckets }) => buckets?.includes(id) === true)
        .map((key): Change => {
          const buckets = key.buckets?.filter((one) => one !== id) ?? null;
          return { kind: "bucketKey", id: key.id, entity: { ...key, buckets, revision } };
        });
      return {
        changes: [{ kind: "bucket", id, entity: null }, ...keys],
        event: {
          type: "bucket.deleted",
          summary: left
            ? `the record of the bucket ${bucket.name} was removed; what the storage has at this name is another's, and stays`
            : `the bucket ${bucket.name} was deleted with all that was in it`,
          owners: [bucket.owner],
        },
        result: null,
      };
    });
  }

  /** Its secret is about to be given out. */
  issued(id: string, accessKey: string): Promise<void> {
    return this.#key(id, "bucket-key.issued", (key) =>
      key.accessKey !== accessKey || key.issued
        ? undefined
        : { key: { ...key, issued: true }, summary: `the key ${key.name} was given out` },
    );
  }

  /** Another access key has taken the place of the one it had. */
  rotated(id: string, accessKey: string): Promise<void> {
    return this.#key(id, "bucket-key.rotated", ({ next, ...key }) =>
      next !== accessKey
        ? undefined
        : {
            key: { ...key, accessKey, retired: [...key.retired, key.accessKey] },
            summary: `the key ${key.name} got a new secret`,
          },
    );
  }

  /** What was to take its place is no more: nobody was given the secret. */
  abandoned(id: string, accessKey: string): Promise<void> {
    return this.#key(id, "bucket-key.rotation-abandoned", ({ next, ...key }) =>
      next !== accessKey
        ? undefined
        : {
            key,
            summary: `the key ${key.name} keeps the secret that it has`,
            forget: ROTATED,
          },
    );
  }

  /** Access keys that it had are gone. */
  cleared(id: string, accessKeys: readonly string[]): Promise<void> {
    return this.#key(id, "bucket-key.cleared", (key) => ({
      key: { ...key, retired: key.retired.filter((one) => !accessKeys.includes(one)) },
      summary: `the old secret of the key ${key.name} was removed`,
    }));
  }

  keyGone(id: string): Promise<void> {
    return this.change((state) => {
      const key = state.bucketKeys.get(id);
      if (key === undefined) return undefined;
      return {
        changes: [
          { kind: "bucketKey", id, entity: null },
          ...(key.issued ? [] : withoutAnswers(state, id, CREATED)),
        ],
        event: {
          type: "bucket-key.deleted",
          summary: `the key ${key.name} was removed`,
          owners: [key.owner],
        },
        result: null,
      };
    });
  }

  #bucket(
    id: string,
    type: string,
    next: (bucket: Bucket) => { bucket: Bucket; summary: string },
  ): Promise<void> {
    return this.change((state, revision) => {
      const before = state.buckets.get(id);
      if (before === undefined) return undefined;
      const { bucket, summary } = next(before);
      return {
        changes: [{ kind: "bucket", id, entity: { ...bucket, revision } }],
        event: { type, summary, owners: [bucket.owner] },
        result: null,
      };
    });
  }

  #key(
    id: string,
    type: string,
    next: (key: BucketKey) => { key: BucketKey; summary: string; forget?: number } | undefined,
  ): Promise<void> {
    return this.change((state, revision) => {
      const before = state.bucketKeys.get(id);
      const after = before === undefined ? undefined : next(before);
      if (after === undefined) return undefined;
      return {
        changes: [
          { kind: "bucketKey", id, entity: { ...after.key, revision } },
          ...(after.forget === undefined ? [] : withoutAnswers(state, id, after.forget)),
        ],
        event: { type, summary: after.summary, owners: [after.key.owner] },
        result: null,
      };
    });
  }
}
