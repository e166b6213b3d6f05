import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeCursor, encodeCursor, paginate, type ListPage } from "../../src/api/list.ts";
import { Refusal } from "../../src/errors.ts";
import { domainChange, startApi, ZONE, type Json, type TestApi } from "./support.ts";

let api: TestApi;
let alice: string;
beforeAll(async () => {
  api = await startApi();
  for (const username of ["alice", "bob"]) await api.must("POST", "/api/v1/persons", { username });
  await api.must("POST", "/api/v1/groups", { name: "games", managers: ["alice"] });
  for (let n = 0; n < 15; n++) {
    await api.must("POST", "/api/v1/endpoints", {
      owner: ["alice", "bob", "games"][n % 3],
      path: `/p${n}`,
      target: "http://10.0.0.7:80",
    });
  }
  const page = {
    v: 2,
    kind: "page",
    createdAt: api.now().toISOString(),
    project: 7,
    projectPath: "a/b",
    accessControl: false,
    namespace: null,
    serves: "site",
    deployed: true,
    source: "import",
    path: "",
  };
  await api.write((revision) => [
    {
      kind: "page",
      id: "page-1",
      entity: { ...page, id: "page-1", revision, owner: null, host: `alice.${ZONE}` } as never,
    },
    ...["alice", "bob", "games", "bob", "alice"].map((owner, n) =>
      domainChange(revision, `www${n}.example`, api.state().ownersByName.get(owner) ?? ""),
    ),
  ]);
  for (const [n, owner] of ["alice", "bob", "games", "bob", "alice"].entries()) {
    const wish = n === 4 ? { kind: "label", label: "wonder" } : { kind: "quota", of: "endpoints" };
    const amount = n === 4 ? {} : { amount: 60 + n };
    const of = n === 3 ? { of: "pages" } : {};
    const json = { owner, reason: `for ${n}`, wish: { ...wish, ...amount, ...of } };
    await api.must("POST", "/api/v1/requests", json);
  }
  alice = await api.tokenFor("alice");
});
afterAll(() => api.close());

async function walk(path: string, token: string, limit: number): Promise<Json[]> {
  const items: Json[] = [];
  let cursor: string | null = "";
  for (let turn = 0; cursor !== null; turn++) {
    const separator = path.includes("?") ? "&" : "?";
    const { status, body } = await api.request(
      "GET",
      `${path}${separator}limit=${limit}${cursor === "" ? "" : `&cursor=${cursor}`}`,
      { token },
    );
    expect(status).toBe(200);
    expect(body.items.length).toBeLessThanOrEqual(limit);
    items.push(...body.items);
    cursor = body.nextCursor;
    expect(turn).toBeLessThan(300);
  }
  return items;
}

const LISTS = [
  "persons",
  "groups",
  "labels",
  "reserved-names",
  "endpoints",
  "pages",
  "pages/domains",
  "routes",
  "tokens",
  "requests",
  "events",
];

describe("pagination", () => {
  test.each(LISTS)("%s: pages of any size make the whole list, each item once", async (list) => {
    for (const token of [api.admin, alice]) {
      const whole = await walk(`/api/v1/${list}`, token, 200);
      for (const limit of list === "reserved-names" ? [50] : [1, 2, 7])
        expect(await walk(`/api/v1/${list}`, token, limit)).toEqual(whole);
    }
  });

  test.each(LISTS)("%s: a bad limit or cursor is refused", async (list) => {
    const other = encodeCursor("elsewhere", "x");
    for (const query of [
      "limit=0",
      "limit=201",
      "limit=x",
      "limit=",
      "cursor=%00",
      `cursor=${other}`,
      "cursor=",
      "x=1",
    ]) {
      const answer = await api.request("GET", `/api/v1/${list}?${query}`, { token: alice });
      expect(answer.status, query).toBe(400);
      expect(answer.body.field).toBe(query.split("=")[0]);
    }
  });

  test("items added and removed meanwhile neither repeat nor hide another", () => {
    const names = fc.uniqueArray(fc.string({ maxLength: 4 }), { maxLength: 30 });
    fc.assert(
      fc.property(
        names,
        names,
        names,
        fc.integer({ min: 1, max: 5 }),
        (kept, gone, added, limit) => {
          const stay = new Set(kept);
          const first = [...new Set([...kept, ...gone])].toSorted();
          const second = [...new Set([...kept, ...added])].toSorted();
          const seen: string[] = [];
          let cursor: string | null = null;
          for (let turn = 0; turn === 0 || cursor !== null; turn++) {
            const page: ListPage<string> = paginate(
              "x",
              { limit: String(limit), ...(cursor === null ? {} : { cursor }) },
              turn === 0 ? first : second,
              (key) => key,
            );
            seen.push(...page.items);
            cursor = page.nextCursor;
          }
          expect(new Set(seen).size).toBe(seen.length);
          expect(seen.filter((key) => stay.has(key))).toEqual(
            [...stay].toSorted().filter((key) => seen.includes(key)),
          );
          if (seen.length > limit || first.length > limit)
            for (const key of stay) expect(seen).toContain(key);
        },
      ),
    );
  });

  test("a cursor is read back as it was written, and nothing else is one", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.string(), (key, junk) => {
        expect(decodeCursor("x", encodeCursor("x", key))).toBe(key);
        expect(() => decodeCursor("y", encodeCursor("x", key))).toThrow(Refusal);
        try {
          expect(encodeCursor("x", decodeCursor("x", junk))).toBe(junk);
        } catch (error) {
          expect(error).toBeInstanceOf(Refusal);
        }
      }),
    );
  });
});

describe("what a member sees", () => {
  test("of every list, their own and their groups' alone", async () => {
    const names = async (list: string, field: string) =>
      new Set((await walk(`/api/v1/${list}`, alice, 50)).map((item) => item[field]));
    expect(await names("persons", "username")).toEqual(new Set(["alice"]));
    expect(await names("groups", "name")).toEqual(new Set(["games"]));
    for (const list of ["labels", "endpoints", "pages/domains", "routes", "tokens", "requests"]) {
      expect(
        [...(await names(list, "ownerName"))].filter(
          (name) => name !== "alice" && name !== "games",
        ),
        list,
      ).toEqual([]);
    }
    expect(await walk("/api/v1/reserved-names", alice, 50)).toEqual([]);
    expect(await walk("/api/v1/pages", alice, 50)).toEqual([]);
  });

  test("filters: by owner, host, kind and state", async () => {
    const count = async (path: string, token = api.admin) => (await walk(path, token, 50)).length;
    expect(await count("/api/v1/endpoints?owner=bob")).toBe(5);
    expect(await count("/api/v1/endpoints?owner=bob", alice)).toBe(0);
    expect(await count("/api/v1/endpoints?owner=nobody")).toBe(0);
    expect(await count(`/api/v1/endpoints?host=GAMES.${ZONE}`, alice)).toBe(5);
    expect(await count("/api/v1/routes?kind=endpoint&owner=games", alice)).toBe(5);
    expect(await count("/api/v1/routes?owner=bob", alice)).toBe(0);
    expect(await count(`/api/v1/routes?host=bob.${ZONE}`, alice)).toBe(0);
    expect(await count(`/api/v1/routes?host=bob.${ZONE}`)).toBe(6);
    expect(await count("/api/v1/requests?owner=bob&state=open")).toBe(2);
    expect(await count("/api/v1/requests?wish=label")).toBe(1);
    expect(await count("/api/v1/requests?state=granted")).toBe(0);
    expect(await count("/api/v1/requests?state=open", alice)).toBe(3);
  });

  test("what is not routed is listed with its reason, to the admins and its owner", async () => {
    const [conflict] = await walk("/api/v1/routes?state=conflict", api.admin, 50);
    expect(conflict).toMatchObject({
      name: null,
      kind: "page",
      id: "page-1",
      host: `alice.${ZONE}`,
      reason: '"alice" is held by someone else.',
    });
    expect(await walk("/api/v1/routes?state=conflict", alice, 50)).toEqual([]);
    const read = await api.must("GET", "/api/v1/pages/page-1");
    expect(read).toMatchObject({
      state: "conflict",
      reason: conflict.reason,
      url: `https://alice.${ZONE}/`,
    });
  });

  test("the routing table names the state it is of and what is published", async () => {
    const { revision, published } = await api.must("GET", "/api/v1/routes");
    expect({ revision, published }).toEqual({ revision: api.state().revision, published: null });
  });
});

describe("events", () => {
  test("are newest first, and filtered by type and owner", async () => {
    const all = await walk("/api/v1/events", api.admin, 50);
    const revisions = all.map(({ revision }) => revision);
    expect(revisions).toEqual(revisions.toSorted((a, b) => b - a));
    expect(revisions).toHaveLength(api.state().revision);
    const created = await walk("/api/v1/events?type=endpoint.created&owner=games", api.admin, 2);
    expect(created).toHaveLength(5);
    expect(created[0].changes).toMatchObject([
      { kind: "endpoint", before: null, after: { path: "/p14" } },
    ]);
    expect(JSON.stringify(all)).not.toContain('"hash"');
  });

  test("show a member what concerns their owners, and nothing of others", async () => {
    await api.must("PATCH", "/api/v1/groups/games", { managers: ["alice", "bob"] });
    const ada = await api.tokenFor("alice");
    const seen = await walk("/api/v1/events", ada, 3);
    const bob = (await api.must("GET", "/api/v1/persons/bob")).id;
    const text = JSON.stringify(
      seen.map(({ changes, owners }) => ({
        changes: changes.filter(({ kind }: { kind: string }) => kind !== "group"),
        owners,
      })),
    );
    expect(text).not.toContain(bob);
    expect(seen.map(({ type }) => type)).toContain("group.updated");
    expect(seen.map(({ type }) => type)).not.toContain("written");
    expect(seen.every(({ actor }) => actor.name === "an admin" && actor.owner === null)).toBe(true);
    expect(await walk("/api/v1/events?owner=bob", ada, 50)).toEqual([]);
    await api.must("PATCH", "/api/v1/groups/games", { managers: ["alice"] });
  });
});
