import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { zone } from "../../support/console.ts";
import { request } from "../../support/request.ts";
import type { TestVisitor } from "../../support/visitor.ts";
import { readPage, startAdminWorld, type AdminWorld } from "./support.ts";

let world: AdminWorld;
let ada: TestVisitor;

beforeAll(async () => {
  world = await startAdminWorld();
  ada = await world.as("ada");
});
afterAll(() => world?.close());

describe("the admins' start", () => {
  it("counts what there is", async () => {
    const text = await readPage(ada, "/admin");
    expect(text).toContain("3 persons 1 group 0 services 0 GitLab pages");
  });

  it("tells of each part how it is, and that no Traefik has asked", async () => {
    const text = await readPage(ada, "/admin");
    expect(text).toContain("Store Well All changes are stored");
    expect(text).toContain("Traefik Silent No Traefik has asked this console lately");
    expect(text).toContain("Entries Well Nothing is set aside.");
  });

  it("names the Traefik that has what is published", async () => {
    await world.running.publisher.settled();
    const port = world.running.internalPort;
    await request({ port, host: "localhost", path: "/traefik/config?poller=edge-1" });
    expect(await readPage(ada, "/admin")).toContain("Traefik Well edge-1 has what is published.");
  });

  it("leads to memberships that end soon, and to entries that are set aside", async () => {
    const soon = new Date(Date.now() + 24 * 60 * 60 * 1000).toISOString();
    await world.must("PATCH", "/persons/alice", { membershipEndsAt: soon });
    const target = "http://127.0.0.1:9000";
    const { id } = await world.must("POST", "/endpoints", { owner: "bob", target });
    await world.running.core.ledger?.change(
      { name: "test", owner: null, admin: true, scopes: new Set(), token: null },
      (state, { revision }) => {
        const endpoint = state.endpoints.get(id);
        if (endpoint === undefined) throw new Error("it is gone");
        const entity = { ...endpoint, host: `elsewhere.${zone}` as typeof endpoint.host, revision };
        const event = { type: "test", summary: "", owners: [] };
        return { changes: [{ kind: "endpoint", id, entity }], event, result: null };
      },
    );
    await world.running.publisher.settled();
    const text = await readPage(ada, "/admin");
    expect(text).toContain("1 membership that ends soon or ended");
    expect(text).toContain("1 entry set aside.");
  });
});
