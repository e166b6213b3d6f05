import { afterAll, beforeAll, expect, it } from "vitest";
import { askedFor } from "./asked.ts";
import { ROWS } from "./rows.ts";
import { startWorld, type World } from "./world.ts";

/** What no field takes. */
const WRONG = "\u0007";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.close());

const forms = Object.entries(ROWS).filter(([, { form }]) => form !== undefined);

/** Where in a page the fields stand that its summary leads to, in the summary's order. */
function placesIn(body: string): readonly number[] {
  const summary = /<div class="error-summary".*?<\/div>/s.exec(body)?.[0] ?? "";
  const led = [...summary.matchAll(/href="#([^"]+)"/g)].map(([, id = ""]) => id);
  return led.map((id) => body.indexOf(` id="${id}"`));
}

it.each(forms)("%s: the summary leads to its fields in their order", async (route, row) => {
  const whose = row.whose[0] ?? "alice";
  const actor = row.may === "admins" ? "ada" : whose === "games" ? "bob" : "alice";
  const visitor = await world.as(actor);
  const { path, form = {} } = askedFor(route, row, await world.make(row.of, whose));
  const names = Object.keys(form).filter((name) => !["kind", "owner", "revision"].includes(name));
  const wrong = Object.fromEntries(names.map((name) => [name, WRONG]));
  for (const typed of [{}, { ...form, ...wrong }]) {
    const places = placesIn((await visitor.post(path, typed)).body);
    expect([path, places]).toEqual([path, places.toSorted((a, b) => a - b)]);
    expect([path, places]).not.toEqual([path, expect.arrayContaining([-1])]);
  }
});

it("is so of several, whatever order they are found in", async () => {
  const visitor = await world.as("alice");
  for (const [path, form, count] of [
    ["/access/tokens", { name: "", days: "x" }, 3],
    ["/buckets", { gigabytes: "x", expireDays: "x" }, 2],
    ["/requests", { kind: "quota", of: "x", amount: "x", reason: "" }, 3],
    ["/requests", { kind: "target", where: "x", ports: "x", reason: "" }, 3],
  ] as const) {
    const places = placesIn((await visitor.post(path, form)).body);
    expect([path, places.length]).toEqual([path, count]);
    expect([path, places]).toEqual([path, places.toSorted((a, b) => a - b)]);
  }
});
