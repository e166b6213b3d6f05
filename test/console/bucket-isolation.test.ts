import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { furnishBuckets } from "../support/bucket-world.ts";
import { startPages, type TestPages } from "../support/console-pages.ts";
import { furnish } from "../support/console-world.ts";
import { MemoryStorage } from "../support/memory-storage.ts";
import {
  expectNothingTold,
  furnishStrangers,
  itKeepsToItself,
  type Try,
} from "../support/strangers.ts";

let pages: TestPages;
/** What is there of the group `games`, and of alice: ids by what they are. */
const ids = new Map<string, string>();

beforeAll(async () => {
  const storage = new MemoryStorage();
  pages = await startPages(undefined, {}, storage);
  await furnish(pages);
  const { photos, scratch, maps, laptop, games } = await furnishBuckets(pages, storage);
  const named = await furnishStrangers(pages);
  ids.set("alice's bucket", photos.id);
  ids.set("alice's bucket that is going", scratch.id);
  ids.set("games' bucket", maps.id);
  ids.set("alice's key", laptop.id);
  ids.set("games' key", games.id);
  ids.set("games", named("games"));
  ids.set("alice", named("alice"));
});
afterAll(async () => {
  await pages.close();
  expect(pages.errors).toEqual([]);
});

const SETTINGS = { gigabytes: "1", expireDays: "", was: "false never 5" };
const BUCKETS: readonly Try[] = ["alice's bucket", "games' bucket"].flatMap((thing): Try[] => [
  ["GET", "/buckets/ID", thing],
  ["GET", "/buckets/ID/edit", thing],
  ["GET", "/buckets/ID/delete", thing],
  ["POST", "/buckets/ID", thing, SETTINGS],
  ["POST", "/buckets/ID/delete", thing, { name: "alice.photos" }],
  ["POST", "/buckets/ID/delete", thing, { name: "games.maps" }],
  ["POST", "/buckets/ID/restore", thing],
]);
const KEYS: readonly Try[] = ["alice's key", "games' key"].flatMap((thing): Try[] => [
  ["GET", "/bucket-keys/ID/rotate", thing],
  ["GET", "/bucket-keys/ID/revoke", thing],
  ["POST", "/bucket-keys/ID/rotate", thing],
  ["POST", "/bucket-keys/ID/revoke", thing],
]);
const OWNERS: readonly Try[] = ["alice", "games"].flatMap((thing): Try[] => [
  ["GET", "/buckets/new?owner=ID", thing],
  ["GET", "/bucket-keys/new?owner=ID", thing],
  ["POST", "/buckets", thing, { ...SETTINGS, owner: "ID", name: "mine" }],
  ["POST", "/bucket-keys", thing, { owner: "ID", name: "mine", access: "write", all: "yes" }],
]);
const TRIES: readonly Try[] = [
  ...BUCKETS,
  ...KEYS,
  ...OWNERS,
  ["POST", "/buckets/ID/restore", "alice's bucket that is going"],
];

describe("another's bucket or key answers exactly like a missing one, and nothing is changed", () => {
  itKeepsToItself(TRIES, () => ({ pages, ids }));
});

it("lists and forms show nothing of others, to strangers and former managers", async () => {
  const paths = ["/buckets", "/buckets?from=1&keys=1", "/buckets/new", "/bucket-keys/new"];
  const texts = ["photos", "games", "maps", "alice", "gallery on", "map server"];
  await expectNothingTold(pages, paths, texts);
});

it("a key is never for another's buckets, whatever the form says", async () => {
  const response = await fetch(`${pages.origin}/bucket-keys`, {
    method: "POST",
    headers: pages.by("carol"),
    body: new URLSearchParams({
      name: "mine",
      access: "write",
      [`bucket.${ids.get("alice's bucket")}`]: "yes",
    }),
  });
  expect(response.status).toBe(400);
  expect(await response.text()).not.toContain("photos");
});

it("a bucket of another's in the place of one's own tells nothing of what is in it", async () => {
  const response = await fetch(`${pages.origin}/buckets`, { headers: pages.by("alice") });
  const body = await response.text();
  expect(body).toMatch(/alice\.old.*not counted yet/s);
});

it("no page is there where the module is off, and the navigation leads to none", async () => {
  const off = await startPages();
  try {
    await furnish(off);
    for (const path of ["/buckets", "/buckets/new", "/bucket-keys/new"])
      expect((await off.ask("alice", path)).status).toBe(404);
    expect(await (await off.ask("alice", "/")).text()).not.toContain("/buckets");
  } finally {
    await off.close();
  }
});
