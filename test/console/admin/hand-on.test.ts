import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { memoryModules } from "../../support/memory-modules.ts";
import type { TestVisitor } from "../../support/visitor.ts";
import { readPage, startAdminWorld, type AdminWorld } from "./support.ts";

let world: AdminWorld;
let ada: TestVisitor;
beforeAll(async () => {
  const systems = memoryModules();
  world = await startAdminWorld(systems.settings, systems.overrides);
  ada = await world.as("ada");
});
afterAll(() => world?.close());

describe.each(["namespaces", "databases", "buckets"])("%s that people left behind", (module) => {
  /** One of somebody's who is gone. */
  const leave = async (person: string): Promise<{ id: string; name: string }> => {
    await world.must("POST", "/persons", { username: person });
    const made = await world.must("POST", `/${module}`, { owner: person, name: "left" });
    await world.must("DELETE", `/persons/${person}`);
    return made;
  };
  const whose = async (id: string) => {
    const { ownerName, standing } = await world.must("GET", `/${module}/${id}`);
    return [ownerName, standing.state];
  };

  it("are given to somebody else, once it is clear to whom", async () => {
    const { id, name } = await leave(`${module}a`);
    const path = `/admin/${module}/${id}/hand-on`;
    const left = (await ada.get(`/admin/${module}?state=left`)).body;
    expect(left).toContain(`<a href="${path}">Give ${name} to somebody …</a>`);
    const page = (await ada.get(`/${module}/${id}`)).body;
    expect(page).toContain(`href="${path}"`);
    expect(page).not.toContain(`action="/${module}/${id}/restore"`);
    expect(await readPage(ada, path)).toContain(`Give ${name} to somebody?`);
    for (const [owner, status, message] of [
      [" ", 400, "Write whose it is to be."],
      ["nobody-of-that-name", 404, "There is no such owner."],
    ] as const) {
      const { status: answered, body } = await ada.post(path, { owner });
      expect(answered).toBe(status);
      expect(body).toContain(`id="field-owner-error">${message}`);
      expect(await whose(id)).toEqual([null, "deleting"]);
    }
    const done = await ada.post(path, { owner: "games" });
    expect([done.status, done.headers["location"]]).toEqual([303, `/${module}/${id}`]);
    expect(await readPage(ada, `/${module}/${id}`)).toContain(`${name} is games's now.`);
    expect(await whose(id)).toEqual(["games", "ready"]);
    const again = await ada.post(path, { owner: "bob" });
    expect(again.status).toBe(409);
    expect(again.body).toContain(`${name} is not being deleted.`);
    expect((await ada.get(`/admin/${module}/${id.slice(0, -1)}/hand-on`)).status).toBe(404);
  });

  it("are no member's to give", async () => {
    const { id } = await leave(`${module}b`);
    const alice = await world.as("alice");
    const path = `/admin/${module}/${id}/hand-on`;
    expect((await alice.get(path)).status).toBe(404);
    expect((await alice.post(path, { owner: "alice" })).status).toBe(404);
    expect(await whose(id)).toEqual([null, "deleting"]);
  });
});
