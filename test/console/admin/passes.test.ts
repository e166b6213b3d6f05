import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestVisitor } from "../../support/visitor.ts";
import { readPage, startAdminWorld, type AdminWorld } from "./support.ts";

let world: AdminWorld;
let ada: TestVisitor;

beforeAll(async () => {
  world = await startAdminWorld();
  ada = await world.as("ada");
});
afterAll(() => world?.close());

const PATH = "/admin/owners/alice/passes";

describe("a way in for a person", () => {
  it("is a link that is shown once, and lets its person in", async () => {
    expect(await readPage(ada, "/admin/owners/alice")).toContain("Make a sign-in link");
    const { status, body, headers } = await ada.post(PATH, { use: "sign-in" });
    expect([status, headers["cache-control"]]).toEqual([200, "no-store"]);
    const link = /<code>(https:[^<]*)<\/code>/.exec(body)?.[1] ?? "";
    const { pathname } = new URL(link);
    const alice = new TestVisitor(world.running);
    const page = await alice.get(pathname);
    const field = (name: string) =>
      new RegExp(`name="${name}" value="([^"]*)"`).exec(page.body)?.[1];
    const form = { code: field("code") ?? "", binding: field("binding") ?? "" };
    expect((await alice.post("/sign-in/link", form)).status).toBe(303);
    expect(await readPage(alice, "/")).toContain("My sites");
    expect(await readPage(ada, "/admin/owners/alice")).not.toContain(pathname);
    expect(await readPage(ada, "/admin/audit")).toContain("ada, as an admin");
  });

  it("is none where nobody could use it, and the page says why", async () => {
    expect(await readPage(ada, "/admin/owners/alice")).not.toContain("Invite");
    const refused = await ada.post(PATH, { use: "invitation" });
    expect([refused.status, refused.headers["location"]]).toEqual([
      303,
      `/admin/owners/${world.id("alice")}`,
    ]);
    expect(await readPage(ada, "/admin/owners/alice")).toContain("There is no provider");
    expect((await ada.post(PATH, { use: "anything" })).status).toBe(400);
    expect(world.running.core.ledger?.state.passes.size).toBe(0);
  });
});
