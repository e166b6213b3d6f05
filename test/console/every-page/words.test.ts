import { afterAll, beforeAll, expect, it } from "vitest";
import { textOf } from "../admin/support.ts";
import { askedFor } from "./asked.ts";
import type { Row } from "./row.ts";
import { ROWS } from "./rows.ts";
import { startWorld, type World } from "./world.ts";

/** What the API calls a name and a service. */
const API_WORDS = /\b(?:endpoints?|labels?)\b/i;

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.close());

const rows = Object.entries(ROWS).filter(([, { may }]) => may !== "admins");
const actorOf = ({ whose }: Row) => (whose[0] === "games" ? "bob" : "alice");

/** What somebody reads of a page: no markup, no code, and not what the test calls its things. */
function wordsOf(body: string): string {
  const main = /<main[^>]*>(.*)<\/main>/s.exec(body)?.[1] ?? "";
  return textOf(main.replaceAll(/<(pre|code)\b.*?<\/\1>/gs, " ")).replaceAll(/mark-[\w-]+/g, "");
}

it.each(rows)("%s speaks of names and services", async (route, row) => {
  const actor = actorOf(row);
  const visitor = await world.as(actor);
  const params = await world.make(row.of, row.whose[0] ?? "alice");
  const { method, path, form } = askedFor(route, row, params);
  // A form that is refused says why, one that is taken leads to a page that says what was done.
  const asked = method === "GET" ? [{}] : [{ form: {} }, { form: form ?? {} }];
  for (const more of asked) {
    const answer = await visitor.ask(path, { method, ...more });
    const led = answer.headers["location"];
    const { body } =
      typeof led === "string" && led.startsWith("/") ? await visitor.get(led) : answer;
    const words = wordsOf(body);
    expect([path, words]).not.toEqual([path, ""]);
    expect([path, API_WORDS.exec(words)?.input]).toEqual([path, undefined]);
  }
});

it("so does what happened, whoever did it", async () => {
  for (const kind of ["endpoint", "removal", "extraLabel", "restingLabel", "answered"] as const)
    await world.make(kind, "alice");
  const { body } = await (await world.as("alice")).get("/activity");
  const words = wordsOf(body);
  expect(words).toContain("request for the name");
  expect(words).toContain("got the name");
  expect(words).not.toMatch(API_WORDS);
});
