import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startPages, type TestPages } from "../support/console-pages.ts";
import { furnish } from "../support/console-world.ts";
import { furnishDatabases } from "../support/database-world.ts";
import { MemoryDatabases } from "../support/memory-databases.ts";
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
  const server = new MemoryDatabases();
  pages = await startPages(undefined, {}, undefined, server);
  await furnish(pages);
  const { wiki, scratch, ladder, app, arena } = await furnishDatabases(pages, server);
  const named = await furnishStrangers(pages);
  ids.set("alice's database", wiki.id);
  ids.set("alice's database that is going", scratch.id);
  ids.set("games' database", ladder.id);
  ids.set("alice's account", app.id);
  ids.set("games' account", arena.id);
  ids.set("games", named("games"));
  ids.set("alice", named("alice"));
});
afterAll(async () => {
  await pages.close();
  expect(pages.errors).toEqual([]);
});

const MAY = { access: "read", all: "yes" };
const DATABASES: readonly Try[] = ["alice's database", "games' database"].flatMap(
  (thing): Try[] => [
    ["GET", "/databases/ID", thing],
    ["GET", "/databases/ID/delete", thing],
    ["POST", "/databases/ID/delete", thing, { name: "u_alice_wiki" }],
    ["POST", "/databases/ID/delete", thing, { name: "u_games_ladder" }],
    ["POST", "/databases/ID/restore", thing],
  ],
);
const ACCOUNTS: readonly Try[] = ["alice's account", "games' account"].flatMap((thing): Try[] => [
  ["GET", "/database-accounts/ID/edit", thing],
  ["GET", "/database-accounts/ID/password", thing],
  ["GET", "/database-accounts/ID/end", thing],
  ["POST", "/database-accounts/ID", thing, { ...MAY, was: "write all" }],
  ["POST", "/database-accounts/ID/password", thing],
  ["POST", "/database-accounts/ID/end", thing],
]);
const OWNERS: readonly Try[] = ["alice", "games"].flatMap((thing): Try[] => [
  ["GET", "/databases/new?owner=ID", thing],
  ["GET", "/database-accounts/new?owner=ID", thing],
  ["POST", "/databases", thing, { owner: "ID", name: "mine" }],
  ["POST", "/database-accounts", thing, { ...MAY, owner: "ID", name: "mine" }],
]);
const TRIES: readonly Try[] = [
  ...DATABASES,
  ...ACCOUNTS,
  ...OWNERS,
  ["POST", "/databases/ID/restore", "alice's database that is going"],
];

describe("another's database or account answers exactly like a missing one, and nothing is changed", () => {
  itKeepsToItself(TRIES, () => ({ pages, ids }));
});

it("lists and forms show nothing of others, to strangers and former managers", async () => {
  const paths = [
    "/databases",
    "/databases?from=1&accounts=1",
    "/databases/new",
    "/database-accounts/new",
  ];
  const texts = ["wiki", "games", "ladder", "alice", "reports", "arena"];
  await expectNothingTold(pages, paths, texts);
});

it.each([
  ["/database-accounts", "carol"],
  ["/database-accounts/GAMES", "bob"],
])("an account is never for another's databases, whatever the form says: %s", async (path, who) => {
  const { revision } = pages.ledger.state;
  const at = path.replace("GAMES", ids.get("games' account") ?? "");
  const response = await fetch(pages.origin + at, {
    method: "POST",
    headers: pages.by(who),
    body: new URLSearchParams({
      name: "mine",
      access: "write",
      was: "write all",
      [`database.${ids.get("alice's database")}`]: "yes",
    }),
  });
  expect(response.status).toBe(400);
  expect(await response.text()).not.toContain("wiki");
  expect(pages.ledger.state.revision).toBe(revision);
});

it("a database of another's in the place of one's own tells nothing of what is in it", async () => {
  const response = await fetch(`${pages.origin}/databases`, { headers: pages.by("alice") });
  const body = await response.text();
  expect(body).toMatch(/u_alice_old(?:(?!<\/tr>).)*not known/s);
  expect(body).toMatch(/u_alice_wiki(?:(?!<\/tr>).)*in 1 table/s);
});

it("no page is there where the module is off, and the navigation leads to none", async () => {
  const off = await startPages();
  try {
    await furnish(off);
    for (const path of ["/databases", "/databases/new", "/database-accounts/new"])
      expect((await off.ask("alice", path)).status).toBe(404);
    expect(await (await off.ask("alice", "/")).text()).not.toContain("/databases");
  } finally {
    await off.close();
  }
});
