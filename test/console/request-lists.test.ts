import { afterAll, beforeAll, expect, it } from "vitest";
import { startAdminWorld, type AdminWorld } from "./admin/support.ts";

const COUNT = 120;
let world: AdminWorld;

beforeAll(async () => {
  world = await startAdminWorld({ requests: { open: 500 }, quotas: { person: { tokens: 100 } } });
  for (let n = 1; n <= COUNT; n++) {
    const wish = { kind: "label", label: `wish-${n}` };
    const { id } = await world.must("POST", "/requests", { owner: "alice", wish, reason: "x" });
    if (n % 3 === 0) await world.must("POST", `/requests/${id}/decline`, { answer: "No." });
  }
}, 120_000);
afterAll(() => world?.close());

/**
 * Follows a list from page to page.
 * @param list what its way on says that it is of
 * @param row one of it, with what tells it from others
 * @returns those of each page
 */
async function walk(
  who: string,
  path: string,
  list = "this list",
  row = /The name (wish-\d+)/g,
): Promise<string[][]> {
  const visitor = await world.as(who);
  const pages: string[][] = [];
  for (let next: string | undefined = path; next !== undefined && pages.length < 50;) {
    const { status, body } = await visitor.get(next);
    expect([next, status]).toEqual([next, 200]);
    const main = body.slice(body.indexOf("<main"));
    const names = [...main.matchAll(row)].map(([, name = ""]) => name);
    pages.push([...new Set(names)]);
    const [, ways = ""] = main.split(new RegExp(`aria-label="Pages of (?:${list})"`));
    next = /^[^]*?<\/nav>/
      .exec(ways)?.[0]
      .match(/href="([^"]+)" rel="next"/)?.[1]
      ?.replaceAll("&amp;", "&");
  }
  return pages;
}

it("a member's requests are paged: open ones first, none twice, none left out", async () => {
  const pages = await walk("alice", "/requests");
  expect(pages.map(({ length }) => length)).toEqual([25, 25, 25, 25, 20]);
  const all = pages.flat();
  expect(new Set(all).size).toBe(COUNT);
  const isOpen = (name: string) => Number(name.slice("wish-".length)) % 3 !== 0;
  expect(all.slice(0, 80).every(isOpen)).toBe(true);
  expect(all.slice(80).some(isOpen)).toBe(false);
  const newest = Math.max(...all.slice(0, 80).map((name) => Number(name.slice(5))));
  expect(all[0]).toBe(`wish-${newest}`);
});

it("a page beyond the end, or that is no number, leads back", async () => {
  const visitor = await world.as("alice");
  const beyond = await visitor.get("/requests?from=5000");
  expect([beyond.status, beyond.body.includes('rel="prev"')]).toEqual([200, true]);
  for (const from of ["-1", "x", "1e3", "99999999"])
    expect((await visitor.get(`/requests?from=${from}`)).body).toContain("Waiting for an answer");
});

it("the admins' list is paged, each kind and all of them", async () => {
  for (const [query, count] of [
    ["", 80],
    ["?state=declined", 40],
    ["?state=all", COUNT],
  ] as const) {
    const pages = await walk("ada", `/admin/requests${query}`);
    expect([query, new Set(pages.flat()).size, pages.flat().length]).toEqual([query, count, count]);
    expect(pages.length).toBe(Math.ceil(count / 50));
  }
});

it("tokens and sessions are paged, on one's own page and on the admins', each by itself", async () => {
  for (let n = 1; n <= 60; n++) {
    const scopes = ["read"];
    await world.must("POST", "/tokens", { owner: "alice", name: `token-${n}`, scopes });
    await world.as("alice");
  }
  const sessions = await world.running.core.sessions.of(world.id("alice"));
  const sizes = (pages: string[][]) => pages.map(({ length }) => length);
  for (const [who, path] of [
    ["alice", "/access"],
    ["ada", "/admin/owners/alice"],
  ] as const) {
    const tokens = await walk(who, path, "API tokens", /\/tokens\/([^"/]+)\/revoke"/g);
    expect([path, sizes(tokens), new Set(tokens.flat()).size]).toEqual([path, [25, 25, 10], 60]);
    const ended = await walk(who, path, "[sS]essions", /\/sessions\/([^"/]+)\/end"/g);
    expect([path, new Set(ended.flat()).size]).toEqual([path, ended.flat().length]);
    // All those of before; what is looked with has come since.
    for (const { id } of sessions) expect([path, ended.flat().includes(id)]).toEqual([path, true]);
    expect(Math.max(...sizes(ended))).toBe(25);
  }
  const alice = await world.as("alice");
  const { body } = await alice.get("/access?tokens=25&sessions=50");
  expect(body).toContain("26–50 of 60");
  expect(body).toContain("/access?tokens=50&amp;sessions=50#tokens");
});

it("memberships that end soon are paged, the soonest first", async () => {
  const end = (n: number) => new Date(Date.now() + n * 3_600_000).toISOString();
  await Promise.all(
    Array.from({ length: 70 }, async (_, index) => {
      const username = `m${index + 1}`;
      await world.must("POST", "/persons", { username });
      await world.must("PATCH", `/persons/${username}`, { membershipEndsAt: end(index + 1) });
    }),
  );
  const pages = await walk("ada", "/admin/memberships", "this list", />(m\d+)<\/a>/g);
  expect(pages.map(({ length }) => length)).toEqual([50, 20]);
  expect(pages.flat()).toEqual(Array.from({ length: 70 }, (_, index) => `m${index + 1}`));
});
