import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TestVisitor } from "../../support/visitor.ts";
import { HOSTILE, readPage, startAdminWorld, textOf, type AdminWorld } from "./support.ts";

let world: AdminWorld;
let ada: TestVisitor;

beforeAll(async () => {
  world = await startAdminWorld();
  ada = await world.as("ada");
});
afterAll(() => world?.close());

const state = () => {
  const { ledger } = world.running.core;
  if (ledger === undefined) throw new Error("there is no state");
  return ledger.state;
};

describe("reserved names", () => {
  const PATH = "/admin/reserved-names";

  it("are added with a reason, shown as text, and released", async () => {
    const done = await ada.post(PATH, { label: "Fair", reason: HOSTILE });
    expect([done.status, done.headers["location"]]).toEqual([303, PATH]);
    const { body } = await ada.get(PATH);
    expect(body).not.toContain("<script>alert");
    expect(textOf(body)).toContain(`fair "><script>alert(1)</script>`.slice(0, 4));
    expect(state().reserved.get("fair")?.reason).toBe(HOSTILE);
    await ada.post(`${PATH}/fair/release`);
    expect(state().reserved.has("fair")).toBe(false);
    expect(await readPage(ada, PATH)).toContain("fair is not reserved any more.");
  });

  it("are refused beside the field, with what was typed still there", async () => {
    const taken = await ada.post(PATH, { label: "www", reason: "Ours" });
    expect(taken.status).toBe(409);
    expect(taken.body).toContain('id="field-label-error"');
    expect(taken.body).toContain('value="Ours"');
    const without = await ada.post(PATH, { label: "fair", reason: "" });
    expect(without.status).toBe(400);
    expect(without.body).toContain('id="field-reason-error"');
  });

  it("has the configuration's, which stay", async () => {
    expect(await readPage(ada, PATH)).toMatch(/By the configuration: \d+ .*www/);
    expect((await ada.post(`${PATH}/www/release`)).status).toBe(404);
  });
});

describe("memberships that end soon", () => {
  it("are listed, the soonest first, and renewed", async () => {
    expect(await readPage(ada, "/admin/memberships")).toContain("None ends soon");
    const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
    await world.must("PATCH", "/persons/alice", { membershipEndsAt: inDays(9) });
    await world.must("PATCH", "/persons/bob", { membershipEndsAt: inDays(2) });
    expect(await readPage(ada, "/admin/memberships")).toMatch(/bob .*alice /);
    const bob = state().owners.get(world.id("bob"));
    const to = { revision: String(bob?.revision), to: "memberships" };
    const done = await ada.post(`/admin/owners/${world.id("bob")}/renew`, to);
    expect(done.headers["location"]).toBe("/admin/memberships");
    const text = await readPage(ada, "/admin/memberships");
    expect(text).toContain("The membership of bob runs until");
    const again = await ada.post(`/admin/owners/${world.id("bob")}/renew`, to);
    expect(again.status).toBe(303);
    expect(await readPage(ada, "/admin/memberships")).toContain("changed by someone else");
  });
});

describe("requests", () => {
  const ask = (wish: object) =>
    world.must("POST", "/requests", { owner: "alice", wish, reason: HOSTILE });

  it("wait for an admin, who grants one with an answer", async () => {
    const { id } = await ask({ kind: "label", label: "alice-art" });
    expect(await readPage(ada, "/admin")).toContain("1 request to decide");
    expect(await readPage(ada, "/admin/requests")).toContain("The name alice-art alice");
    const { body } = await ada.get(`/admin/requests/${id}`);
    expect(body).not.toContain("<script>alert");
    const { revision } = state().requests.get(id) ?? {};
    const form = { revision: String(revision), answer: "Enjoy it.", decision: "grant" };
    expect((await ada.post(`/admin/requests/${id}`, form)).headers["location"]).toBe(
      "/admin/requests",
    );
    expect(state().labels.get("alice-art")?.owner).toBe(world.id("alice"));
    expect(state().requests.get(id)?.decided).toMatchObject({
      by: world.id("ada"),
      answer: "Enjoy it.",
    });
    const late = await ada.post(`/admin/requests/${id}`, { ...form, decision: "decline" });
    expect(late.status).toBe(412);
    expect(await readPage(ada, "/admin/requests?state=all")).toContain("Granted");
  });

  it("are declined with a reason only, and stay open when the verb refuses them", async () => {
    const { id } = await ask({ kind: "label", label: "alice-fun" });
    const path = `/admin/requests/${id}`;
    const form = () => ({ revision: String(state().requests.get(id)?.revision), answer: "" });
    const without = await ada.post(path, { ...form(), decision: "decline" });
    expect(without.status).toBe(400);
    expect(without.body).toContain('id="field-answer-error"');
    await world.must("POST", "/labels", { owner: "bob", label: "alice-fun" });
    const taken = await ada.post(path, { ...form(), decision: "grant" });
    expect(taken.status).toBe(409);
    expect(textOf(taken.body)).toContain('"alice-fun" is already taken.');
    expect(state().requests.get(id)?.state).toBe("open");
    await ada.post(path, { ...form(), answer: "It is bob's.", decision: "decline" });
    expect(state().requests.get(id)?.state).toBe("declined");
  });
});
