import { afterAll, beforeAll, expect, it } from "vitest";
import { deleteEndpoint } from "../../src/endpoints/delete.ts";
import { updatePerson } from "../../src/owners/update.ts";
import { startPages, type TestPages } from "../support/console-pages.ts";
import { furnish } from "../support/console-world.ts";

let pages: TestPages;
let wikiId: string;
beforeAll(async () => {
  pages = await startPages();
  wikiId = (await furnish(pages)).wiki.id;
});
afterAll(async () => {
  await pages?.close();
  expect(pages?.errors).toEqual([]);
});

it("offers to put a removed service back, until something stands in its place", async () => {
  const offers = async () => {
    const html = await (await pages.ask("alice", "/activity")).text();
    return [...html.matchAll(/action="(\/activity\/\d+\/undo)"/g)].map(([, action]) => action);
  };
  expect(await offers()).toEqual([]);
  await pages.as("alice", (state, context) => deleteEndpoint(state, context, { id: wikiId }));
  const [undo, ...more] = await offers();
  expect(more).toEqual([]);
  const answer = await fetch(pages.origin + (undo ?? ""), {
    method: "POST",
    headers: pages.by("alice"),
    redirect: "manual",
  });
  expect(answer.headers.get("location")).toMatch(/^\/endpoints\//);
  expect(await offers()).toEqual([]);
});

it("does not say that there is nothing, where only others did much lately, and leads on", async () => {
  const path = "/activity?of=" + pages.ledger.state.ownersByName.get("alice");
  const id = pages.ledger.state.ownersByName.get("bob") ?? "";
  // More than is looked through for one page: 2,041.
  for (let rounds = 0; rounds < 11; rounds++)
    await Promise.all(
      Array.from({ length: 200 }, (_, n) =>
        pages.must((state, context) =>
          updatePerson(state, context, { id, displayName: `${rounds}-${n}` }),
        ),
      ),
    );
  const first = await (await pages.ask("alice", path)).text();
  expect(first).toContain("Many events were looked through; go on with older ones.");
  expect(first).not.toContain("Nothing to tell yet");
  const older = /href="([^"]*)" rel="next"/.exec(first)?.[1]?.replaceAll("&amp;", "&") ?? "";
  const next = await (await pages.ask("alice", older)).text();
  expect(next).toContain("/wiki");
  expect(next).not.toContain("looked through");
  const last = await (await pages.ask("alice", "/activity?before=1")).text();
  expect(last).toContain("Nothing older");
});
