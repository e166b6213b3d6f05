import { afterAll, beforeAll, expect, it } from "vitest";
import { deleteEndpoint } from "../../src/endpoints/delete.ts";
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
