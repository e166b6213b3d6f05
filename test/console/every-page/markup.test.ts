import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { operator } from "../../../src/domain/policy.ts";
import type { State } from "../../../src/domain/state.ts";
import { askedFor } from "./asked.ts";
import type { Row } from "./row.ts";
import { ROWS } from "./rows.ts";
import { startWorld, type ActorName, type Params, type ThingKind, type World } from "./world.ts";

/** As somebody writes it who means harm: it would end text, an attribute of either kind, and a tag. */
const HOSTILE = `"'><i-mark onfocus=x autofocus>{{7*7}}`;
/** What stands in a page only where some of it is no text. */
const NO_TEXT = /<i-mark|"'(?:>|&gt;)/;
/** It is no page. */
const NO_PAGE = "GET /admin/traefik/document.json";
/** What some page or other reads behind its question mark. */
const ASKED_BEHIND = ["q", "from", "owner", "kind", "state", "label", "path", "entry", "of"];

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.close());

/** Kinds that are an owner, or hang on one. */
const OWNERS: ReadonlySet<ThingKind> = new Set([
  "owner",
  "group",
  "person",
  "suspended",
  "membership",
]);
/** The fields that take any text, of each kind of record. */
const FIELDS: readonly string[] = [
  "bucketKey .name",
  "kubeconfig .name",
  "owner .displayName",
  "owner .identities.subject",
  "owner .suspended.reason",
  "page .projectPath",
  "request .decided.answer",
  "request .reason",
  "reserved .reason",
  "token .name",
];

const actorOf = ({ may, whose }: Row): ActorName =>
  may === "admins" ? "ada" : whose[0] === "games" ? "bob" : "alice";
const rows = Object.entries(ROWS).filter(([route]) => route !== NO_PAGE);
const pages = rows.filter(([route]) => route.startsWith("GET"));
const forms = rows.filter(([, { form }]) => form !== undefined);
const make = ({ of, whose }: Row) => world.make(of, whose[0] ?? "alice");

/** Asks as somebody. @returns whether what is hostile stands in the answer; it must be as text */
async function isShown(actor: ActorName, path: string, form?: Record<string, string>) {
  const visitor = await world.as(actor);
  const method = form === undefined ? "GET" : "POST";
  const answer = await visitor.ask(path, { method, ...(form === undefined ? {} : { form }) });
  const where = `${method} ${path} ${JSON.stringify(form ?? {})}`;
  expect([where, NO_TEXT.exec(answer.body)?.[0]]).toEqual([where, undefined]);
  expect([where, answer.status]).not.toEqual([where, 500]);
  return answer.body.includes("i-mark");
}

/** The fields of a form: those that its row sends, and those on the page that refuses it. */
async function fieldsOf(route: string, row: Row): Promise<readonly string[]> {
  const { path } = askedFor(route, row, await make(row));
  const { body } = await (await world.as(actorOf(row))).post(path);
  const shown = [...body.matchAll(/<(?:input|textarea|select)[^>]* name="([\w.-]+)"/g)];
  const named = [...Object.keys(row.form ?? {}), ...shown.map(([, name = ""]) => name)];
  return [...new Set(named)].filter((name) => name !== "");
}

describe("markup that somebody writes comes out as text", () => {
  it.each(forms)("in the answer to %s, whatever field it is in", async (route, row) => {
    for (const field of await fieldsOf(route, row)) {
      const { path, form } = askedFor(route, row, await make(row));
      await isShown(actorOf(row), path, { ...form, [field]: HOSTILE });
    }
  });

  it.each(pages)("behind the address of %s", async (route, row) => {
    const behind = Object.fromEntries(ASKED_BEHIND.map((name) => [name, HOSTILE]));
    const params = await make(row);
    for (const query of [behind, { ...behind, ...row.query }])
      await isShown(actorOf(row), askedFor(route, { query }, params).path);
  });

  it("on every page where it is shown, in whatever field it was stored", async () => {
    const { core } = world.running;
    const ledger = core.requireLedger();
    const alice = ledger.state.ownersByName.get("alice") ?? "";
    // What comes from a browser, a provider or GitLab, and from no form.
    await core.sessions.begin(alice, { address: "192.0.2.9", agent: HOSTILE });
    const identities = [{ issuer: "https://id.test", subject: HOSTILE }];
    await world.must("PATCH", "/persons/carol", { identities });
    const { id = "" } = await world.make("page", "alice");
    await ledger.change(operator, (state, { revision }) => ({
      changes: [
        {
          kind: "page",
          id,
          entity: { ...state.pages.get(id), revision, projectPath: HOSTILE } as never,
        },
      ],
      event: { type: "test", summary: HOSTILE, owners: [alice] },
      result: null,
    }));

    const stored = storedIn(ledger.state);
    // Whoever adds a field that takes any text finds it missing here, until a form or a line above writes it.
    expect([...new Set(stored.map(({ field }) => field))].toSorted()).toEqual(FIELDS);
    let shown = 0;
    for (const [route, row] of pages) {
      const kind = OWNERS.has(row.of) ? "owner" : row.of;
      const things = stored.filter(({ of }) => of === kind).map(({ params }) => params);
      for (const params of row.of === "none" ? [{}] : things) {
        const { path } = askedFor(route, row, params);
        if (path.includes(":")) continue;
        for (const actor of ["ada", "alice", "bob"] as const)
          if (await isShown(actor, path)) shown += 1;
      }
    }
    expect(shown).toBeGreaterThan(FIELDS.length);
  });
});

interface Stored {
  /** Which field of which kind of record. */
  readonly field: string;
  readonly of: ThingKind;
  readonly params: Params;
}

/** The records that what is hostile stands in: one of each field, with what pages call it. */
function storedIn(state: State): readonly Stored[] {
  const found = new Map<string, Stored>();
  for (const [kind, records] of [
    ["owner", state.owners],
    ["endpoint", state.endpoints],
    ["page", state.pages],
    ["reserved", state.reserved],
    ["token", state.tokens],
    ["request", state.requests],
    ["bucketKey", state.bucketKeys],
    ["kubeconfig", state.kubeconfigs],
  ] as const)
    for (const [id, record] of records)
      for (const path of pathsTo(record)) {
        const field = `${kind} ${path}`;
        const owner = "owner" in record ? (record.owner ?? "") : id;
        const person = "managers" in record ? (record.managers[0] ?? "") : id;
        const params = { id, person, owner, label: id, token: id, request: id };
        if (!found.has(field)) found.set(field, { field, of: kind, params });
      }
  return [...found.values()];
}

/** Where in a record what is hostile stands; a place in a list counts as any other. */
function pathsTo(value: unknown): string[] {
  if (typeof value === "string") return value.includes(HOSTILE) ? [""] : [];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    pathsTo(inner).map((path) => (Array.isArray(value) ? path : `.${name}${path}`)),
  );
}
