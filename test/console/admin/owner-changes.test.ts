import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TestVisitor } from "../../support/visitor.ts";
import { readPage, startAdminWorld, textOf, type AdminWorld } from "./support.ts";

let world: AdminWorld;
let ada: TestVisitor;

beforeAll(async () => {
  world = await startAdminWorld();
  ada = await world.as("ada");
  for (const path of ["/wiki", "/chess"])
    await world.must("POST", "/endpoints", {
      owner: "alice",
      path,
      target: "http://127.0.0.1:9000",
    });
  await world.must("POST", "/labels", { label: "alice-lab", owner: "alice" });
});
afterAll(() => world?.close());

const state = () => world.running.core.requireLedger().state;
const owner = (id: string) => state().owners.get(id);

describe("an owner's name", () => {
  it("is changed in their form, and takes their services along; the old one rests", async () => {
    const id = world.id("bob");
    await world.must("POST", "/endpoints", {
      owner: "bob",
      path: "/",
      target: "http://127.0.0.1:9000",
    });
    const { body } = await ada.get(`/admin/owners/${id}/edit`);
    expect(body).toMatch(/<input[^>]*name="name"[^>]*value="bob"/);
    const form = {
      displayName: "Bob",
      role: "member",
      email: "",
      revision: String(owner(id)?.revision),
    };
    const taken = await ada.post(`/admin/owners/${id}/edit`, { ...form, name: "alice" });
    expect(taken.status).toBe(409);
    expect(taken.body).toContain('id="field-name-error"');
    const none = await ada.post(`/admin/owners/${id}/edit`, { ...form, name: " " });
    expect(none.body).toContain("Write a name.");
    const answer = await ada.post(`/admin/owners/${id}/edit`, { ...form, name: "robert" });
    expect([answer.status, owner(id)?.name]).toEqual([303, "robert"]);
    expect(await readPage(ada, `/admin/owners/${id}`)).toContain("bob is called robert now.");
    expect(state().labels.get("bob")?.restsUntil).toBeDefined();
    expect([...state().endpointsByHost.keys()]).toContain("robert.tardis.test");
  });
});

describe("an account that somebody signs in with", () => {
  it("is taken from them alone, if it is still theirs as the page showed it", async () => {
    const id = world.id("alice");
    const identities = ["7", "8"].map((subject) => ({ issuer: "https://id.example", subject }));
    await world.must("PATCH", "/persons/alice", { identities });
    expect(await readPage(ada, `/admin/owners/${id}`)).toContain("7 at https://id.example Unlink");
    const unlink = (revision: number | undefined) =>
      ada.post(`/admin/owners/${id}/identities/unlink`, {
        ...identities[0],
        revision: String(revision),
      });
    const person = () => {
      const found = owner(id);
      return found?.kind === "person" ? found.identities : undefined;
    };
    await unlink(1);
    expect(person()).toEqual(identities);
    await unlink(owner(id)?.revision);
    expect(person()).toEqual([identities[1]]);
    expect(await readPage(ada, `/admin/owners/${id}`)).toContain("7 no longer signs in as alice.");
    const group = `/admin/owners/${world.id("games")}/identities/unlink`;
    expect((await ada.post(group, { revision: "1" })).status).toBe(404);
    const bob = await world.as("alice");
    expect((await bob.post(`/admin/owners/${id}/identities/unlink`)).status).toBe(404);
  });
});

describe("deleting an owner", () => {
  const path = () => `/admin/owners/${world.id("alice")}/delete`;
  const form = (name: string) => ({
    name,
    revision: String(owner(world.id("alice"))?.revision),
  });

  it("says before it what goes and what stays, and asks for the name", async () => {
    expect((await ada.get(`/admin/owners/${world.id("alice")}/edit`)).body).toContain(path());
    const text = await readPage(ada, path());
    expect(text).toContain("2 services");
    expect(text).toContain("alice, alice-lab");
    expect(text).toContain("The group games, without a manager");
    expect(text).toContain("https://alice.tardis.test/wiki");
    for (const name of ["", "Alice", "bob"]) {
      const { status, body } = await ada.post(path(), form(name));
      expect(status).toBe(400);
      expect(textOf(body)).toContain("Type alice, as it stands here.");
    }
    expect(owner(world.id("alice"))).toBeDefined();
  });

  it("is not done on what was changed meanwhile, by a member, or to oneself", async () => {
    const stale = await ada.post(path(), { name: "alice", revision: "1" });
    expect(stale.status).toBe(412);
    const alice = await world.as("alice");
    const missing = await alice.get("/admin/owners/nobody/delete");
    for (const answer of [await alice.get(path()), await alice.post(path(), form("alice"))])
      expect([answer.status, answer.body]).toEqual([404, missing.body]);
    const own = `/admin/owners/${world.id("ada")}/delete`;
    expect(await readPage(ada, own)).toContain("You cannot delete yourself.");
    const { status } = await ada.post(own, {
      name: "ada",
      revision: String(owner(world.id("ada"))?.revision),
    });
    expect(status).toBe(409);
    expect(owner(world.id("alice"))).toBeDefined();
  });

  it("takes what was said with them, and their names rest", async () => {
    const id = world.id("alice");
    const answer = await ada.post(path(), form("alice"));
    expect([answer.status, answer.headers["location"]]).toEqual([303, "/admin/owners"]);
    expect(await readPage(ada, "/admin/owners")).toContain("alice was deleted.");
    expect(owner(id)).toBeUndefined();
    expect(state().endpointsByOwner.has(id)).toBe(false);
    expect(state().labels.get("alice-lab")?.restsUntil).toBeDefined();
    expect((await ada.get(`/admin/owners/${id}/delete`)).status).toBe(404);
  });
});
