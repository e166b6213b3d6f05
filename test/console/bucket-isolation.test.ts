import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createPerson } from "../../src/owners/create.ts";
import { suspendOwner } from "../../src/owners/suspend.ts";
import { updateGroup } from "../../src/owners/update.ts";
import { furnishBuckets } from "../support/bucket-world.ts";
import { startPages, type TestPages } from "../support/console-pages.ts";
import { furnish } from "../support/console-world.ts";
import { MemoryStorage } from "../support/memory-storage.ts";

let pages: TestPages;
/** What is there of the group `games`, and of alice: ids by what they are. */
const ids = new Map<string, string>();

beforeAll(async () => {
  const storage = new MemoryStorage();
  pages = await startPages(undefined, {}, storage);
  await furnish(pages);
  const { must, ledger } = pages;
  await must((state, context) => createPerson(state, context, { username: "dora" }));
  const { photos, scratch, maps, laptop, games } = await furnishBuckets(pages, storage);
  const named = (name: string) => ledger.state.ownersByName.get(name) ?? "";
  // Dora managed the group, and no longer does.
  for (const managers of [["bob", "dora"], ["bob"]])
    await must((state, context) => updateGroup(state, context, { id: named("games"), managers }));
  await must((state, context) => createPerson(state, context, { username: "erik" }));
  await must((state, context) =>
    suspendOwner(state, context, { id: named("erik"), reason: "Spam." }),
  );
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

type Case = readonly [method: "GET" | "POST", path: string, thing: string, form?: object];

const SETTINGS = { gigabytes: "1", expireDays: "", was: "false never 5" };
const BUCKETS: readonly Case[] = ["alice's bucket", "games' bucket"].flatMap((thing): Case[] => [
  ["GET", "/buckets/ID", thing],
  ["GET", "/buckets/ID/edit", thing],
  ["GET", "/buckets/ID/delete", thing],
  ["POST", "/buckets/ID", thing, SETTINGS],
  ["POST", "/buckets/ID/delete", thing, { name: "alice.photos" }],
  ["POST", "/buckets/ID/delete", thing, { name: "games.maps" }],
  ["POST", "/buckets/ID/restore", thing],
]);
const KEYS: readonly Case[] = ["alice's key", "games' key"].flatMap((thing): Case[] => [
  ["GET", "/bucket-keys/ID/rotate", thing],
  ["GET", "/bucket-keys/ID/revoke", thing],
  ["POST", "/bucket-keys/ID/rotate", thing],
  ["POST", "/bucket-keys/ID/revoke", thing],
]);
const OWNERS: readonly Case[] = ["alice", "games"].flatMap((thing): Case[] => [
  ["GET", "/buckets/new?owner=ID", thing],
  ["GET", "/bucket-keys/new?owner=ID", thing],
  ["POST", "/buckets", thing, { ...SETTINGS, owner: "ID", name: "mine" }],
  ["POST", "/bucket-keys", thing, { owner: "ID", name: "mine", access: "write", all: "yes" }],
]);
const CASES: readonly Case[] = [
  ...BUCKETS,
  ...KEYS,
  ...OWNERS,
  ["POST", "/buckets/ID/restore", "alice's bucket that is going"],
];

async function ask(who: string | undefined, [method, path, , form]: Case, id: string) {
  const fields = Object.entries({ ...form }).map(([name, value]): [string, string] => [
    name,
    String(value).replace("ID", id),
  ]);
  const response = await fetch(pages.origin + path.replace("ID", id), {
    method,
    redirect: "manual",
    headers: who === undefined ? {} : pages.by(who),
    ...(method === "POST" ? { body: new URLSearchParams(fields) } : {}),
  });
  return {
    status: response.status,
    location: response.headers.get("location"),
    body: (await response.text()).replaceAll(id, "ID"),
  };
}

describe("another's bucket or key answers exactly like a missing one, and nothing is changed", () => {
  it.each(CASES.map((entry) => [`${entry[0]} ${entry[1]} (${entry[2]})`, entry] as const))(
    "%s",
    async (_title, entry) => {
      const { revision } = pages.ledger.state;
      const id = ids.get(entry[2]) ?? "";
      const missing = id.replace(/.$/, "~");
      for (const who of ["carol", "dora"]) {
        const answer = await ask(who, entry, id);
        expect(answer).toEqual(await ask(who, entry, missing));
        expect(answer.status).toBe(404);
      }
      for (const who of ["erik", undefined]) {
        expect((await ask(who, entry, id)).location).toBe("/sign-in");
      }
      expect(pages.ledger.state.revision).toBe(revision);
    },
  );
});

it("lists and forms show nothing of others, to strangers and former managers", async () => {
  for (const path of ["/buckets", "/buckets?from=1&keys=1", "/buckets/new", "/bucket-keys/new"]) {
    for (const who of ["carol", "dora"]) {
      const response = await fetch(pages.origin + path, { headers: pages.by(who) });
      const body = await response.text();
      expect(response.status).toBe(200);
      for (const text of ["photos", "games", "maps", "alice", "gallery on", "map server"])
        expect([who, path, text, body.includes(text)]).toEqual([who, path, text, false]);
    }
  }
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
