import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startAdminWorld, type AdminWorld } from "./support.ts";

let world: AdminWorld;

beforeAll(async () => {
  world = await startAdminWorld();
});
afterAll(() => world?.close());

/** Every page, and every form, with what stands for `:owner` and the like. */
const PAGES = [
  "/admin",
  "/admin/search?q=alice",
  "/admin/owners",
  "/admin/owners/new",
  "/admin/owners/alice",
  "/admin/owners/alice/edit",
  "/admin/owners/alice/suspend",
  "/admin/owners/alice/resume",
  "/admin/owners/alice/labels/alice/give-back",
  "/admin/requests",
  "/admin/requests/req-1",
  "/admin/routes",
  "/admin/gitlab",
  "/admin/gitlab/pages",
  "/admin/gitlab/domains",
  "/admin/gitlab/runs/sync-1",
  "/admin/gitlab/runs/sync-1/approve",
  "/admin/traefik",
  "/admin/traefik/document",
  "/admin/traefik/document.json",
  "/admin/doctor",
  "/admin/set-aside",
  "/admin/reserved-names",
  "/admin/memberships",
  "/admin/audit",
];
const FORMS = [
  "/admin/owners/alice/labels",
  "/admin/owners/alice/labels/alice/free",
  "/admin/owners/alice/passes",
  "/admin/owners/alice/renew",
  "/admin/owners/alice/tokens/x/revoke",
  "/admin/owners/alice/sessions/x/end",
  "/admin/gitlab/sync",
  "/admin/reserved-names/fair/release",
];

describe("the admins' pages", () => {
  it.each([...PAGES, ...FORMS])("are for a member as if there were no page: %s", async (path) => {
    const bob = await world.as("bob");
    for (const method of ["GET", "HEAD", "POST"]) {
      const missing = await bob.ask("/no/such/page", { method });
      const answer = await bob.ask(path, { method, form: { reason: "x" } });
      const { date: _at, ...headers } = answer.headers;
      const { date: _then, ...expected } = missing.headers;
      expect([path, method, answer.status, answer.body]).toEqual([path, method, 404, missing.body]);
      expect(headers).toEqual(expected);
    }
  });

  it.each(PAGES)("lead whoever is signed out to the sign-in page: %s", async (path) => {
    const visitor = await world.as("bob");
    visitor.cookies.clear();
    const answer = await visitor.get(path);
    const to = `/sign-in?to=${encodeURIComponent(path)}`;
    expect([answer.status, answer.headers["location"]]).toEqual([303, to]);
  });

  it("are gone for an admin at the moment that they are demoted", async () => {
    await world.must("POST", "/persons", { username: "dora" });
    await world.must("PATCH", "/persons/dora", { role: "admin" });
    const dora = await world.as("dora");
    expect((await dora.get("/admin")).status).toBe(200);
    await world.must("PATCH", "/persons/dora", { role: "member" });
    for (const path of PAGES) expect([path, (await dora.get(path)).status]).toEqual([path, 404]);
  });

  it("have no page where there is none for an admin, either", async () => {
    const ada = await world.as("ada");
    const missing = await ada.get("/no/such/page");
    const answer = await ada.get("/admin/nothing");
    expect([answer.status, answer.body]).toEqual([404, missing.body]);
  });
});
