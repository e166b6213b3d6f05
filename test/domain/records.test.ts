import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  entitySchemas,
  KINDS,
  type Endpoint,
  type Entity,
  type Group,
  type Person,
} from "../../src/domain/entities.ts";
import { keyOf, readRecord, RECORD_VERSIONS } from "../../src/domain/records.ts";
import { grantLabel } from "../../src/owners/labels.ts";
import { canonicalJson } from "../../src/store/chain.ts";
import { decideAtOnce } from "../../src/store/deciding.ts";
import { World } from "../support/domain.ts";

/*
 * The golden records are what release 0.1 wrote. They never change. When a form has to, raise
 * its kind's version, add a lifter in records.ts, and put it into the file of its new version.
 */
function golden(file: string): unknown {
  return JSON.parse(readFileSync(new URL(`../golden/${file}`, import.meta.url), "utf8"));
}
const first = golden("records-v1.json") as Record<string, Entity>;
const all = {
  ...first,
  ...(golden("records-v2.json") as Record<string, Entity>),
  ...(golden("records-v3.json") as Record<string, Entity>),
};
/** What was written in the version that is written now. */
const records = Object.fromEntries(
  Object.entries(all).filter(([, { kind, v }]) => v === RECORD_VERSIONS[kind]),
);
const endpoint = records["endpoint/ep-01jgolden"] as Endpoint;
const person = records["person/per-03jgolden"] as Person;
const games = all["group/grp-01jgolden"] as Group;

/** What a record has by now beside what one of version 1 holds. */
const sinceFirst: Readonly<Record<string, object>> = {
  page: { namespace: null, serves: "site", deployed: true, source: "import" },
};

describe("records of older versions", () => {
  const older = Object.entries(all).filter(([key]) => records[key] === undefined);

  it.each(older)("%s is lifted, and reads as what it became", (key, record) => {
    const read = readRecord(key, record);
    if (read.kind === "set-aside") throw new Error(read.entry.reason);
    expect(read.newer).toBe(false);
    expect(read.change.entity).toEqual({
      ...record,
      ...sinceFirst[record.kind],
      v: RECORD_VERSIONS[record.kind],
    });
    const again = readRecord(key, JSON.parse(canonicalJson(read.change.entity as never)));
    expect(again).toEqual(read);
  });

  it("are among the golden ones", () => {
    expect(older.length).toBeGreaterThan(0);
  });
});

describe("records of the present version", () => {
  it.each(Object.entries(records))("%s reads as it was written", (key, record) => {
    const read = readRecord(key, record);
    if (read.kind === "set-aside") throw new Error(read.entry.reason);
    expect(read.newer).toBe(false);
    const { entity } = read.change;
    if (entity === null) throw new Error("nothing was read");
    expect(keyOf(entity)).toBe(key);
    expect(canonicalJson(entity as never)).toBe(canonicalJson(record as never));
    const again = readRecord(key, JSON.parse(canonicalJson(entity as never)));
    expect(again).toEqual(read);
  });

  it("are there for every kind, with every field", () => {
    for (const kind of KINDS) {
      const ofKind = Object.entries(records).filter(([key]) => key.startsWith(`${kind}/`));
      const fields = new Set(ofKind.flatMap(([, record]) => Object.keys(record)));
      expect([...fields].toSorted()).toEqual(Object.keys(entitySchemas[kind].shape).toSorted());
    }
  });

  it("are set aside with the reason when they are not what they should be", () => {
    const sound = records["label/games"];
    const open = records["request/req-03jquota"];
    const declined = records["request/req-03jgolden"];
    for (const [key, value, reason] of [
      ["label/games", null, "It is no record."],
      ["label/games", [sound], "It is no record."],
      ["label/games", "text", "It is no record."],
      ["label/games", { ...sound, v: undefined }, "It carries no version."],
      ["label/games", { ...sound, v: "1" }, "It carries no version."],
      ["label/games", { ...sound, v: 0 }, "It carries no version."],
      ["label/games", { ...sound, v: 1.5 }, "It carries no version."],
      ["label/games", { ...sound, owner: "?" }, "owner: not an id"],
      ["label/games", { ...sound, colour: "red" }, ": Unrecognized"],
      ["label/other", sound, 'It names itself "label/games".'],
      ["label", sound, 'It names itself "label/games".'],
      ["sculpture/1", sound, 'Nothing is known of records like "sculpture/1".'],
      ["toString/1", sound, 'Nothing is known of records like "toString/1".'],
      ["request/req-03jquota", { ...open, state: "granted" }, "decided: is there for"],
      ["request/req-03jgolden", { ...declined, state: "open" }, "decided: is there for"],
      ["request/req-03jquota", { ...open, reason: "a\u001b[2J" }, "reason: must be plain text"],
      ["request/req-03jquota", { ...open, reason: "a\u202eb" }, "reason: must be plain text"],
      ["request/req-03jquota", { ...open, reason: "x".repeat(1001) }, "reason: Too big"],
      ["request/req-03jquota", { ...open, wish: { kind: "role" } }, "wish.kind: "],
      ["endpoint/ep-1", { ...sound, kind: "endpoint", id: "ep-1" }, "host: "],
    ] as const) {
      const read = readRecord(key, value);
      if (read.kind !== "set-aside") throw new Error(`${key} was read`);
      expect(read.entry.reason).toContain(reason);
      expect(read.entry.key).toBe(key);
      expect(read.newer).toBe(false);
    }
    expect(readRecord("label/other", sound)).toMatchObject({ entry: { owner: "grp-01jgolden" } });
  });

  it("never make reading throw", () => {
    const kinds = fc.constantFrom(...KINDS, "", "constructor");
    const key = fc.oneof(
      fc.string(),
      fc.tuple(kinds, fc.string()).map((pair) => pair.join("/")),
    );
    fc.assert(
      fc.property(key, fc.jsonValue(), (anyKey, value) => {
        expect(readRecord(anyKey, value).kind).toBe("set-aside");
      }),
      { numRuns: 500 },
    );
    const mutated = fc.record({
      key: fc.constantFrom(...Object.keys(records)),
      field: fc.nat(20),
      value: fc.oneof(fc.jsonValue(), fc.string({ unit: "binary" })),
    });
    fc.assert(
      fc.property(mutated, ({ key: one, field, value }) => {
        const record = records[one];
        const names = Object.keys(record ?? {});
        const name = names[field % names.length] ?? "";
        const read = readRecord(one, { ...record, [name]: value });
        expect(["entity", "set-aside"]).toContain(read.kind);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("records of a newer release", () => {
  it("are read as far as they are understood, and said to be newer", () => {
    for (const [key, record] of Object.entries(records)) {
      const read = readRecord(key, { ...record, v: record.v + 1, colour: { deep: "red" } });
      expect(read).toMatchObject({ kind: "entity", newer: true });
      if (read.kind === "entity") expect(read.change.entity).toEqual(record);
    }
  });

  it("are understood without fields that are unknown further in", () => {
    const newer = { ...endpoint, v: 9, healthCheck: { ...endpoint.healthCheck, method: "HEAD" } };
    expect(readRecord("endpoint/ep-01jgolden", newer)).toMatchObject({
      kind: "entity",
      newer: true,
      change: { entity: endpoint },
    });
    const read = readRecord("person/per-03jgolden", {
      ...person,
      v: 4,
      targets: person.targets?.map((grant) => ({ ...grant, note: "the lab" })),
      identities: person.identities.map((identity) => ({ ...identity, linkedBy: "carol" })),
    });
    expect(read).toMatchObject({ kind: "entity", newer: true });
    if (read.kind === "entity") expect(read.change.entity).toEqual(person);
  });

  it("are set aside, and still said to be newer, where they are not understood", () => {
    const newer = { ...endpoint, v: 2, targets: { primary: "x" } };
    expect(readRecord("endpoint/ep-01jgolden", newer)).toMatchObject({
      kind: "set-aside",
      newer: true,
      entry: { owner: "grp-01jgolden" },
    });
    expect(readRecord("namespace/ns-1", { v: 2 })).toMatchObject({ newer: true });
  });
});

describe("events of version 1", () => {
  it("are written as the golden one", () => {
    const world = new World();
    const context = world.context();
    const state = {
      ...world.state,
      owners: world.state.owners.set(games.id, games),
    };
    const decision = grantLabel(state, context, { label: "play", owner: games.id });
    const { commit } = decideAtOnce(state, context, () => decision);
    // What came since the first release is beside what readers of that one look at; the words are for people.
    const { actor, ...rest } = golden("event-v1.json") as { actor: object };
    const summary = "games got the name play";
    expect(commit?.event).toEqual({ ...rest, summary, actor: { ...actor, admin: true } });
  });
});
