import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startPages, type TestPages } from "../support/console-pages.ts";
import { furnish } from "../support/console-world.ts";

describe("what a group is called", () => {
  let pages: TestPages;
  let id: string;
  beforeAll(async () => {
    pages = await startPages();
    await furnish(pages);
    id = pages.ledger.state.ownersByName.get("games") ?? "";
  });
  afterAll(() => pages.close());

  const group = () => pages.ledger.state.owners.get(id);
  const call = async (displayName: string, revision = group()?.revision, who = "alice") => {
    const response = await fetch(`${pages.origin}/groups/${id}/name`, {
      method: "POST",
      headers: pages.by(who),
      body: new URLSearchParams({ displayName, revision: String(revision) }),
      redirect: "manual",
    });
    return { status: response.status, body: await response.text() };
  };

  it("is changed on its page by who manages it, its name and sites stay", async () => {
    expect((await call("Society of Games & Puzzles")).status).toBe(303);
    expect(group()).toMatchObject({ name: "games", displayName: "Society of Games & Puzzles" });
    const page = await (await pages.ask("alice", `/groups/${id}`)).text();
    expect(page).toContain("<h1>Society of Games &amp; Puzzles</h1>");
    expect(page).toContain('value="Society of Games &amp; Puzzles"');
  });

  it.each(["", "  ", "two\nlines", "x".repeat(300)])(
    "is a line of text, or the field says so: %j",
    async (name) => {
      const before = group();
      const { status, body } = await call(name);
      expect(status).toBe(400);
      expect(body).toContain('id="field-displayName-error"');
      expect(group()).toEqual(before);
    },
  );

  it("is not changed by a form that was made of an older one, or by others", async () => {
    const before = group();
    const { status, body } = await call("Mine", (before?.revision ?? 1) - 1);
    expect(status).toBe(412);
    expect(body).toContain('value="Mine"');
    expect((await call("Mine", before?.revision, "carol")).status).toBe(404);
    expect(group()).toEqual(before);
  });
});
