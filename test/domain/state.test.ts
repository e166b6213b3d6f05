import * as fc from "fast-check";
import { Map as PersistentMap } from "immutable";
import { describe, expect, it } from "vitest";
import type { Entity } from "../../src/domain/entities.ts";
import {
  apply,
  build,
  emptyState,
  endpointAt,
  entitiesOf,
  entityOf,
  findOwner,
  identityKey,
  type Change,
  type State,
} from "../../src/domain/state.ts";

/** A state as plain data, without the trees below it and without empty leaves. */
function plain(state: State): unknown {
  const entries = Object.entries(state).map(([name, value]) => {
    if (!PersistentMap.isMap(value)) return [name, value];
    const pairs = [...value.entries()].map(([key, inner]) => {
      const shown = PersistentMap.isMap(inner)
        ? [...inner.entries()].toSorted()
        : typeof inner === "object" && inner !== null && Symbol.iterator in inner
          ? [...(inner as Iterable<string>)].toSorted()
          : inner;
      return [String(key), shown] as const;
    });
    return [name, pairs.toSorted(([a], [b]) => (a < b ? -1 : 1))];
  });
  return Object.fromEntries(entries);
}

const base = { v: 1, revision: 1, createdAt: "2026-01-01T00:00:00.000Z" } as const;
const few = (prefix: string) => fc.nat(5).map((n) => `${prefix}-${n}`);
const owners = fc.oneof(few("per"), few("grp"));

/** Unique places follow from the id and a turn, so that one list may swap them between entities. */
const entity: fc.Arbitrary<Entity> = fc
  .record({
    kind: fc.constantFrom(
      "person",
      "group",
      "label",
      "endpoint",
      "page",
      "reserved",
      "token",
      "request",
      "answer",
    ),
    n: fc.nat(5),
    place: fc.nat(3),
    owner: owners,
    nobody: fc.boolean(),
    managers: fc.uniqueArray(few("per"), { maxLength: 3 }),
  })
  .map(({ kind, n, place, owner, nobody, managers }): Entity => {
    const host = `h${place % 2}.tardis.test`;
    const entities: Record<string, object> = {
      person: {
        id: `per-${n}`,
        name: `p${n}x${place}`,
        role: "member",
        identities: [{ issuer: "https://id.test", subject: `${n} ${place}` }],
      },
      group: { id: `grp-${n}`, name: `g${n}x${place}`, managers },
      label: { id: `l${n}`, owner },
      endpoint: {
        id: `ep-${n}`,
        owner,
        host,
        path: `/e${n}x${place}`,
        targets: ["http://10.0.0.1:80"],
        stripPrefix: false,
        passHostHeader: true,
        acceptSelfSigned: false,
        paused: false,
      },
      page: {
        id: `pg-${n}`,
        owner: nobody ? null : owner,
        host,
        path: "",
        project: 1,
        projectPath: "x",
        accessControl: false,
      },
      reserved: { id: `l${n}`, reason: "" },
      token: {
        id: `tok-${n}`,
        owner: nobody ? null : owner,
        name: "x",
        scopes: ["read"],
        hash: `${n}${place}`.padStart(64, "0"),
        expiresAt: base.createdAt,
        bootstrap: false,
      },
      request: {
        id: `req-${n}`,
        owner,
        asker: null,
        wish: { kind: "renewal" },
        reason: "x",
        state: "open",
      },
      answer: {
        id: `ans-${String(place).repeat(16)}${String(n).repeat(24)}`,
        fingerprint: "",
        status: 200,
        body: "",
        expiresAt: base.createdAt,
      },
    };
    return { ...base, kind, ...entities[kind] } as Entity;
  });

const change: fc.Arbitrary<Change> = fc
  .tuple(entity, fc.boolean())
  .map(
    ([one, removed]) => ({ kind: one.kind, id: one.id, entity: removed ? null : one }) as Change,
  );

function put(...entities: object[]): Change[] {
  return entities.map((one) => {
    const whole = { ...base, ...one } as Entity;
    return { kind: whole.kind, id: whole.id, entity: whole } as Change;
  });
}

describe("the state", () => {
  it("has the same indexes after any changes as when it is made anew, and never alters an old one", () => {
    fc.assert(
      fc.property(fc.array(fc.array(change, { maxLength: 12 }), { maxLength: 8 }), (steps) => {
        let state = emptyState;
        steps.forEach((changes, index) => {
          const before = plain(state);
          const next = apply(state, changes, index + 1);
          expect(plain(state)).toEqual(before);
          state = next;
        });
        const all = [...entitiesOf(state)].map(
          (one) => ({ kind: one.kind, id: one.id, entity: one }) as Change,
        );
        expect(plain(state)).toEqual(plain(apply(emptyState, all, steps.length)));
        const building = build(all, steps.length);
        expect(plain(state)).toEqual(plain(building.next().value as State));
        const gone = all.map(({ kind, id }) => ({ kind, id, entity: null }));
        expect(plain(apply(state, gone, 0))).toEqual(plain(emptyState));
      }),
      { numRuns: 300 },
    );
    expect(plain(emptyState)).toMatchObject({ owners: [], endpointsByHost: [] });
  });

  it("is the same whether changes come in one batch or one by one", () => {
    fc.assert(
      fc.property(fc.array(change, { minLength: 51, maxLength: 120 }), (changes) => {
        const seed = apply(emptyState, changes.slice(0, 20), 1);
        const before = plain(seed);
        const batch = apply(seed, changes, 2);
        expect(plain(seed)).toEqual(before);
        const single = changes.reduce((state, one) => apply(state, [one], 2), seed);
        expect(plain(batch)).toEqual(plain(single));
        // It is not left open to changes from outside.
        const owned = batch.owners;
        expect(owned.set("per-x", {} as never)).not.toBe(owned);
        expect(batch.owners.has("per-x")).toBe(false);
      }),
      { numRuns: 100 },
    );
  });

  it("lets two entities swap their places in one change", () => {
    const endpoint = { kind: "endpoint", owner: "per-1", host: "a.tardis.test" };
    const person = { kind: "person", role: "member", identities: [] };
    const state = apply(
      emptyState,
      put(
        { ...endpoint, id: "ep-1", path: "/a" },
        { ...endpoint, id: "ep-2", path: "/b" },
        { ...person, id: "per-1", name: "alice" },
        { ...person, id: "per-2", name: "bob" },
      ),
      1,
    );
    const swapped = apply(
      state,
      put(
        { ...endpoint, id: "ep-1", path: "/b" },
        { ...endpoint, id: "ep-2", path: "/a" },
        { ...person, id: "per-1", name: "bob" },
        { ...person, id: "per-2", name: "alice" },
      ),
      2,
    );
    expect(endpointAt(swapped, "a.tardis.test" as never, "/a" as never)?.id).toBe("ep-2");
    expect(endpointAt(swapped, "a.tardis.test" as never, "/b" as never)?.id).toBe("ep-1");
    expect(findOwner(swapped, "ALICE")?.id).toBe("per-2");
    expect(findOwner(swapped, "per-2")?.name).toBe("alice");
    expect(findOwner(swapped, "carol")).toBeUndefined();
  });

  it("finds no group by a person's id and the other way round", () => {
    const state = apply(
      emptyState,
      put({ kind: "group", id: "grp-1", name: "g", managers: [] }),
      1,
    );
    expect(entityOf(state, "group", "grp-1")?.name).toBe("g");
    expect(entityOf(state, "person", "grp-1")).toBeUndefined();
  });

  it("gives no two identities one key", () => {
    const a = identityKey({ issuer: "https://id.test/ x", subject: "y" });
    const b = identityKey({ issuer: "https://id.test/", subject: "x y" });
    expect(a).not.toBe(b);
  });
});
