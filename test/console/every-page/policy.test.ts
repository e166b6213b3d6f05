import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { zone } from "../../support/console.ts";
import type { Answer } from "../../support/request.ts";
import { askedFor } from "./asked.ts";
import { mountedRoutes } from "./mounted.ts";
import { lets, type Row } from "./row.ts";
import { BUCKET_ROWS } from "./rows-buckets.ts";
import { DATABASE_ROWS } from "./rows-databases.ts";
import { NAMESPACE_ROWS } from "./rows-namespaces.ts";
import { HELD_ELSEWHERE, ROWS } from "./rows.ts";
import { ACTORS, startWorld, type ActorName, type Params, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.close());

/** Asks as somebody. @returns what they are answered, without what they asked for */
async function ask(actor: ActorName, route: string, row: Row, params: Params) {
  const { method, path, form } = askedFor(route, row, params);
  const visitor = await world.as(actor);
  const answer = await visitor.ask(path, { method, ...(form === undefined ? {} : { form }) });
  return plain(answer, params);
}

function plain({ status, headers, body }: Answer, params: Params) {
  const { date: _at, "content-length": _length, ...rest } = headers;
  const forget = (text: string) =>
    Object.entries(params)
      // A number stands in too many other places.
      .filter(([name]) => name !== "revision")
      .map(([, value]) => value)
      .reduce(
        (all, value) =>
          all.replaceAll(value, "ASKED").replaceAll(encodeURIComponent(value), "ASKED"),
        text,
      );
  return { status, headers: JSON.parse(forget(JSON.stringify(rest))), body: forget(body) };
}

/** Of the same length and kind, and of nothing. */
function missing(params: Params): Params {
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => {
      if (name === "revision") return [name, String(Number(value) + 900_000)];
      if (name === "host") return [name, value.replace(/^./, "q")];
      return [name, value.replace(/.$/, (end) => (end === "z" ? "y" : "z"))];
    }),
  );
}

/**
 * What somebody has changed since a revision. GitLab's sync may change something at any time, also in
 * the name of who approved what it held.
 */
async function changesOf(actor: ActorName, after: number) {
  if (revision() === after) return [];
  const { items } = await world.must("GET", "/events?limit=20");
  return (items as { revision: number; type: string; actor: { name: string } }[]).filter(
    (event) =>
      event.revision > after && event.actor.name === actor && event.type !== "pages.synced",
  );
}

const revision = () => world.running.core.requireLedger().state.revision;
const cases = Object.entries(ROWS).flatMap(([route, row]) =>
  row.whose.map((owner) => [`${route}, ${owner}'s`, route, row, owner] as const),
);

/** What a browser says of a form that no page of the console's has sent. */
const FOREIGN = [
  ["without an origin", { Origin: undefined }],
  ["from another site", { Origin: "https://evil.example", "Sec-Fetch-Site": "cross-site" }],
  ["from a member's own host", { Origin: `https://alice.${zone}`, "Sec-Fetch-Site": "same-site" }],
  ["from a page without an origin", { Origin: "null", "Sec-Fetch-Site": undefined }],
  ["that claims our origin on another's page", { "Sec-Fetch-Site": "same-site" }],
] as const;
const forms = Object.entries(ROWS).filter(([route]) => route.startsWith("POST"));

describe("every page and form", () => {
  it("has a row, or is held elsewhere", () => {
    const listed = [...Object.keys(ROWS), ...Object.keys(HELD_ELSEWHERE)].toSorted();
    expect(listed).toEqual([...mountedRoutes(world.running)].toSorted());
  });

  it.each(cases)(
    "%s: is for whom it is, and for nobody else",
    async (_title, route, row, owner) => {
      for (const actor of Object.keys(ACTORS) as ActorName[]) {
        const params = await world.make(row.of, owner);
        const before = revision();
        const answer = await ask(actor, route, row, params);
        const who = `${actor}, ${ACTORS[actor]}`;
        expect([who, answer.headers["cache-control"]]).toEqual([who, "no-store"]);
        if (route.startsWith("GET"))
          expect([who, await changesOf(actor, before)]).toEqual([who, []]);
        if (lets(row, actor, owner)) {
          expect([who, answer.status]).toEqual([who, row.answer]);
          expect(answer.headers["location"] ?? "").not.toMatch(/^\/sign-in\?/);
          continue;
        }
        expect([who, await changesOf(actor, before)]).toEqual([who, []]);
        if (actor === "nobody" || actor === "erik") {
          const isPage = route.startsWith("GET");
          expect([who, answer.status]).toEqual([who, isPage ? 303 : 401]);
          if (isPage) expect(answer.headers["location"]).toMatch(/^\/sign-in(\?|$)/);
        } else {
          expect([who, answer.status]).toEqual([who, row.missing]);
        }
        // As for what is not there: for the admins' pages, as where no page is.
        const nothing =
          row.may === "admins" && actor !== "nobody" && actor !== "erik"
            ? await ask(actor, `${route.split(" ")[0]} /no/such/page`, row, params)
            : await ask(actor, route, row, missing(params));
        expect(answer).toEqual(nothing);
        // Bob and alice are shown what is their own.
        if (actor !== "bob" && actor !== "alice") expect(answer.body).not.toMatch(/mark[-_]/);
      }
    },
  );

  it.each(forms)("%s: does nothing when another's page sends it", async (route, row) => {
    const owner = row.whose[0] ?? "alice";
    const actor = row.may === "admins" ? "ada" : owner === "games" ? "bob" : "alice";
    const visitor = await world.as(actor);
    const params = await world.make(row.of, owner);
    const { method, path, form } = askedFor(route, row, params);
    const before = revision();
    for (const [how, headers] of FOREIGN) {
      const answer = await visitor.ask(path, { method, form: form ?? {}, headers });
      expect([how, answer.status]).toEqual([how, 403]);
      expect([how, answer.headers["set-cookie"]]).toEqual([how, undefined]);
    }
    expect(await changesOf(actor, before)).toEqual([]);
    expect(await visitor.who()).toBe(actor);
  });
});

describe("the stream of changes", () => {
  it("is for whoever is signed in, and for nobody else", async () => {
    for (const actor of Object.keys(ACTORS) as ActorName[]) {
      const { response, events } = await (await world.as(actor)).live();
      const who = `${actor}, ${ACTORS[actor]}`;
      const isIn = actor !== "nobody" && actor !== "erik";
      expect([who, response.statusCode]).toEqual([who, isIn ? 200 : 401]);
      expect([who, response.headers["cache-control"]]).toEqual([who, "no-store"]);
      response.destroy();
      expect([who, events]).toEqual([who, isIn ? ["at"] : []]);
    }
  });
});

describe("where the modules are off", () => {
  it("none of their pages is there", async () => {
    const off = await startWorld({
      buckets: { enabled: false },
      databases: { enabled: false },
      namespaces: { enabled: false },
    });
    try {
      const visitor = await off.as("ada");
      const rows = { ...BUCKET_ROWS, ...DATABASE_ROWS, ...NAMESPACE_ROWS };
      for (const [route, row] of Object.entries(rows)) {
        const params = { id: "x", owner: "x" };
        const { method, path, form } = askedFor(route, row, params);
        const answer = await visitor.ask(path, { method, ...(form === undefined ? {} : { form }) });
        const nothing = await visitor.ask("/no/such/page", { method });
        expect([route, plain(answer, params)]).toEqual([route, plain(nothing, params)]);
      }
    } finally {
      await off.close();
    }
  });
});
