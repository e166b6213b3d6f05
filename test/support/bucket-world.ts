import {
  createBucket,
  deleteBucket,
  type BucketSettings,
} from "../../src/buckets/verbs/buckets.ts";
import { createKey } from "../../src/buckets/verbs/keys.ts";
import type { Bucket, BucketKey } from "../../src/domain/entities.ts";
import { newId } from "../../src/store/ledger.ts";
import type { TestPages } from "./console-pages.ts";
import type { MemoryStorage } from "./memory-storage.ts";

/** Has a person make a bucket, and the storage follow. */
export async function addBucket(
  pages: TestPages,
  who: string,
  owner: string,
  name: string,
  settings: BucketSettings = {},
): Promise<Bucket> {
  const id = newId("bkt", new Date());
  const { done } = await moduleOf(pages).settleBucket(id, () =>
    pages.as(who, (state, context) =>
      createBucket(state, context, { id, owner, name, ...settings }),
    ),
  );
  return pages.ledger.state.buckets.get(id) ?? done;
}

/** Has a person make a key, and the storage take it. */
export async function addKey(
  pages: TestPages,
  who: string,
  owner: string,
  name: string,
  { access = "write", buckets = null }: Partial<Pick<BucketKey, "access" | "buckets">> = {},
): Promise<BucketKey & { secretKey: string }> {
  const id = newId("bkey", new Date());
  const { done } = await moduleOf(pages).settleKey(
    id,
    () =>
      pages.as(who, (state, context) =>
        createKey(state, context, { id, owner, name, access, buckets }),
      ),
    ({ secretKey }) => ({ secretKey }),
  );
  return { ...(pages.ledger.state.bucketKeys.get(id) ?? done.key), secretKey: done.secretKey };
}

/** What alice and her group keep: some of it used, some of it going, some of it wrong. */
export async function furnishBuckets(
  pages: TestPages,
  storage: MemoryStorage,
): Promise<{ photos: Bucket; scratch: Bucket; maps: Bucket; laptop: BucketKey; games: BucketKey }> {
  const photos = await addBucket(pages, "alice", "alice", "photos", {
    publicRead: true,
    gigabytes: 8,
  });
  await addBucket(pages, "alice", "alice", "backup", { expireDays: 30, gigabytes: 5 });
  const scratch = await addBucket(pages, "alice", "alice", "scratch", { gigabytes: 1 });
  // Somebody made it by hand, before the console.
  await storage.makeBucket("alice.old");
  await storage.makeBucket("lab.archive");
  await addBucket(pages, "alice", "alice", "old", { gigabytes: 1 });
  const maps = await addBucket(pages, "bob", "games", "maps");
  await moduleOf(pages).settleBucket(scratch.id, () =>
    pages.as("alice", (state, context) =>
      deleteBucket(state, context, { id: scratch.id, name: scratch.name }),
    ),
  );
  storage.held.set(photos.name, { bytes: 6_240_000_000, objects: 3_127 });
  storage.held.set("alice.backup", { bytes: 640_000_000, objects: 14 });
  storage.held.set(maps.name, { bytes: 12_400_000, objects: 9 });
  const laptop = await addKey(pages, "alice", "alice", "backup of my laptop");
  await addKey(pages, "alice", "alice", "gallery on the site", {
    access: "read",
    buckets: [photos.id],
  });
  const games = await addKey(pages, "bob", "games", "map server");
  return { photos, scratch, maps, laptop, games };
}

function moduleOf({ buckets }: TestPages) {
  if (buckets === undefined) throw new Error("these pages were started without a storage");
  return buckets;
}
