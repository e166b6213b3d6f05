import { afterAll, beforeAll, expect, it } from "vitest";
import { startAdminWorld, textOf, type AdminWorld } from "./admin/support.ts";

const COUNT = 120;
let world: AdminWorld;

beforeAll(async () => {
  world = await startAdminWorld({ requests: { open: 500 } });
  for (let n = 1; n <= COUNT; n++) {
    const wish = { kind: "label", label: `wish-${n}` };
    const { id } = await world.must("POST", "/requests", { owner: "alice", wish, reason: "x" });
    if (n % 3 === 0) await world.must("POST", `/requests/${id}/decline`, { answer: "No." });
  }
}, 120_000);
afterAll(() => world?.close());

/** Follows a list from page to page. @returns the names asked for on each */
async function walk(who: string, path: string, onward: string): Promise<string[][]> {
  const visitor = await world.as(who);
  const pages: string[][] = [];
  for (let next: string | undefined = path; next !== undefined && pages.length < 50;) {
    const { status, body } = await visitor.get(next);
    expect([next, status]).toEqual([next, 200]);
    const main = body.slice(body.indexOf("<main"));
    const names = [...textOf(main).matchAll(/The name (wish-\d+)/g)].map(([, name = ""]) => name);
    pages.push([...new Set(names)]);
    next = new RegExp(`<a href="([^"]+)" rel="next">${onward}`)
      .exec(body)?.[1]
      ?.replaceAll("&amp;", "&");
  }
  return pages;
}

it("a member's requests are paged: open ones first, none twice, none left out", async () => {
  const pages = await walk("alice", "/requests", "Older requests");
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
    const pages = await walk("ada", `/admin/requests${query}`, "Next page");
    expect([query, new Set(pages.flat()).size, pages.flat().length]).toEqual([query, count, count]);
    expect(pages.length).toBe(Math.ceil(count / 50));
  }
});
