import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { operator } from "../../../src/domain/policy.ts";
import { zone } from "../../support/console.ts";
import type { TestVisitor } from "../../support/visitor.ts";
import { readPage, startAdminWorld, type AdminWorld } from "./support.ts";

let world: AdminWorld;
let ada: TestVisitor;
let wiki: string;
let stray: string;

beforeAll(async () => {
  world = await startAdminWorld();
  ada = await world.as("ada");
  const target = "http://127.0.0.1:9000";
  const add = (input: object) => world.must("POST", "/endpoints", { target, ...input });
  wiki = (await add({ owner: "alice", path: "/wiki" })).id;
  stray = (await add({ owner: "bob" })).id;
  // As if it came from an older release: its host is not in the zone.
  await world.running.core.ledger?.change(operator, (state, { revision }) => {
    const endpoint = state.endpoints.get(stray);
    if (endpoint === undefined) throw new Error("it is gone");
    const entity = { ...endpoint, host: "bob.elsewhere.test" as typeof endpoint.host, revision };
    return {
      changes: [{ kind: "endpoint", id: stray, entity }],
      event: { type: "test", summary: "a test moved it", owners: [] },
      result: null,
    };
  });
  await world.running.publisher.settled();
});
afterAll(() => world?.close());

describe("all routes", () => {
  it("are counted, and narrowed down by kind, state, owner and host", async () => {
    const all = await readPage(ada, "/admin/routes");
    expect(all).toContain("1 set aside");
    expect(all).toContain(`alice.${zone}/wiki Service http://127.0.0.1:9000 alice Routed`);
    expect(all).toContain("bob.elsewhere.test is neither in");
    const alices = await readPage(ada, "/admin/routes?owner=alice&kind=endpoint");
    expect(alices).toContain("/wiki");
    expect(alices).not.toContain("elsewhere");
    expect(await readPage(ada, "/admin/routes?state=set-aside")).not.toContain("/wiki");
    expect(await readPage(ada, "/admin/routes?host=ALICE.")).toContain("/wiki");
    expect(await readPage(ada, "/admin/routes?owner=nobody")).toContain("No route is like that");
  });

  it("and what is set aside, with the reason", async () => {
    const text = await readPage(ada, "/admin/set-aside");
    expect(text).toContain("bob.elsewhere.test bob Set aside");
    expect(text).toContain("neither in");
  });
});

describe("what Traefik is given", () => {
  it("is told by size and layout, with what changed it last", async () => {
    const text = await readPage(ada, "/admin/traefik");
    expect(text).toMatch(/Size [\d.]+ k?B, [\d.]+ k?B over the wire/);
    expect(text).toContain("Layout flat");
    expect(text).toMatch(/\+ added alice\.tardis\.test\/wiki/);
  });

  it("is looked into entry by entry, and downloaded as strict JSON", async () => {
    const text = await readPage(ada, `/admin/traefik/document?entry=${wiki}`);
    expect(text).toContain(`endpoint-${wiki}`);
    expect(text).toContain("http://127.0.0.1:9000");
    expect(text).toMatch(/http routers \d+ entr/);
    expect(await readPage(ada, "/admin/traefik/document?entry=none-such")).toContain(
      "No entry is named so",
    );
    const { headers, body } = await ada.get("/admin/traefik/document.json");
    expect(headers["content-disposition"]).toMatch(/^attachment; filename="traefik-\d+\.json"$/);
    expect(headers["cache-control"]).toBe("no-store");
    expect(Object.keys(JSON.parse(body).http.routers)).toContain(`endpoint-${wiki}`);
  });
});

describe("the audit log", () => {
  it("says who did what for whom, and narrows it down", async () => {
    await ada.post("/admin/owners/alice/labels", { label: "alice-two" });
    const text = await readPage(ada, "/admin/audit");
    expect(text).toContain("alice got the name alice-two ada, as an admin, for alice");
    const adas = await readPage(ada, "/admin/audit?by=ada");
    expect(adas).toContain("alice-two");
    expect(adas).not.toContain("a test moved it");
    const typed = await readPage(ada, "/admin/audit?type=label.granted");
    expect(typed).toContain("alice-two");
    expect(typed).not.toContain("a test moved it");
    const names = await readPage(ada, "/admin/audit?type=label");
    expect(names).toContain("alice-two");
    expect(names).not.toContain("a test moved it");
    expect(await readPage(ada, "/admin/audit?type=lab")).toContain("Nothing is like that");
    const bobs = await readPage(ada, "/admin/audit?owner=bob");
    expect(bobs).not.toContain("alice-two");
    const today = new Date().toISOString().slice(0, 10);
    expect(await readPage(ada, `/admin/audit?from=${today}&until=${today}`)).toContain("alice-two");
    expect(await readPage(ada, "/admin/audit?until=2020-01-01")).toContain("Nothing is like that");
  });

  it("says that an admin acted for somebody, to them as well, and not what is their own", async () => {
    await world.must("PATCH", "/groups/games", { managers: ["alice", "ada"] });
    await ada.post("/admin/owners/games/labels", { label: "games-two" });
    const { items } = await world.must("GET", "/events?type=label.granted");
    expect(items.map(({ actor }: { actor: object }) => actor)).toEqual([
      { name: "ada", owner: world.id("ada"), asAdmin: false },
      { name: "ada", owner: world.id("ada"), asAdmin: true },
    ]);
    const alice = await world.as("alice");
    expect(await readPage(alice, "/activity")).toContain(
      "alice got the name alice-two ada, as an admin,",
    );
  });

  it("goes on to older pages until there is nothing left", async () => {
    for (let n = 0; n < 60; n++)
      await world.must("PATCH", "/persons/bob", { displayName: `Bob ${n}` });
    const { body } = await ada.get("/admin/audit");
    const older = /href="([^"]*before=[^"]*)"/.exec(body)?.[1]?.replaceAll("&amp;", "&") ?? "";
    const text = await readPage(ada, older);
    expect(text).toContain("The first admin token was made");
    expect(text).not.toContain("Older");
  });
});
