import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Hostname } from "../../src/domain/names.ts";
import { apply, type Change, emptyState, type State } from "../../src/domain/state.ts";
import type { EncodedDocument } from "../../src/traefik/encoding/encoded.ts";
import type { Bytes } from "../../src/traefik/encoding/join.ts";
import { LiveDocument } from "../../src/traefik/live-document.ts";
import { render } from "../../src/traefik/render.ts";
import type { Unrouted } from "../../src/traefik/routes.ts";
import { SHAPE, type Shape } from "../../src/traefik/shape.ts";
import { runToEnd } from "../../src/turns.ts";
import { histories } from "../support/arbitrary-changes.ts";
import { claimableHosts } from "../support/arbitrary-states.ts";
import { endpoint, holder, person, stateOf, testSettings, zone } from "../support/states.ts";

const targets = Array.from({ length: 12 }, (_, index) => `http://127.0.0.1:${3000 + index}`);

/** Everything small, so that a few hosts have several groups and chunks, some of them forced. */
const small: Shape = {
  hosts: { mean: 4, max: 5 },
  entries: { mean: 4, max: 6 },
  mergeAbove: 6,
  treeAbove: 4,
};

const bytesOf = ({ parts }: Bytes) => Buffer.concat(parts);

/** Both forms, plain and inflated, are these bytes, and all that is said of them is true. */
function expectSame(live: EncodedDocument, fresh: EncodedDocument): void {
  for (const form of ["traefik", "json"] as const) {
    const expected = bytesOf(fresh[form]).toString("latin1");
    expect(bytesOf(live[form]).toString("latin1")).toBe(expected);
    expect(gunzipSync(live[form].gzip ?? "").toString("latin1")).toBe(expected);
    expect(live[form].gzip?.equals(fresh[form].gzip ?? Buffer.alloc(0))).toBe(true);
    expect(live[form].length).toBe(expected.length);
    expect(live[form].etag).toBe(fresh[form].etag);
  }
  expect(live.frames).toEqual(fresh.frames);
}

const sorted = (list: readonly Unrouted[]) => list.map((entry) => JSON.stringify(entry)).toSorted();

function countsOf(list: readonly Unrouted[]) {
  const count = (state: string) => list.filter((entry) => entry.state === state).length;
  return {
    "set-aside": count("set-aside"),
    conflict: count("conflict"),
    shadowed: count("shadowed"),
  };
}

describe("the live document", () => {
  it.each<[layout: "auto" | "flat" | "tree", version: string | null]>([
    ["flat", null],
    ["tree", "3.7"],
    ["auto", "3.7"],
  ])("after any changes is the one built from nothing, byte for byte: %s", (layout, version) => {
    fc.assert(
      fc.property(histories(targets), ({ entities, overrides, steps }) => {
        const settings = testSettings({
          ...overrides,
          traefik: { layout, version, certResolver: layout === "flat" ? null : "dns" },
        });
        const live = new LiveDocument(settings, small);
        let state = stateOf(entities);
        let changes: readonly Change[] | undefined;
        for (const step of [undefined, ...steps]) {
          if (step !== undefined) state = apply(state, step, state.revision + 1);
          changes = step;
          const built = runToEnd(live.steps(state, changes));
          const fresh = render(state, settings, small);
          expect(built.revision).toBe(state.revision);
          expectSame(built.document, fresh.document);
          expect(sorted(live.unrouted())).toEqual(sorted(fresh.unrouted));
          expect(built.unrouted).toEqual(countsOf(fresh.unrouted));
          for (const host of [...claimableHosts, `console.${zone}`, "console.example", "x.y"]) {
            expect(built.table.hosts.get(host)).toEqual(fresh.table.hosts.get(host));
          }
          for (const host of [`x.alice.on.${zone}`, `y.x.bob.on.${zone}`])
            expect(built.table.at(host)).toEqual(fresh.table.at(host));
        }
      }),
      { numRuns: 60 },
    );
  });

  it("takes the changes of several commits at once", () => {
    fc.assert(
      fc.property(histories(targets), ({ entities, overrides, steps }) => {
        const settings = testSettings({ ...overrides, traefik: { layout: "tree" } });
        const live = new LiveDocument(settings, small);
        const first = stateOf(entities);
        runToEnd(live.steps(first, undefined));
        const state = steps.reduce<State>((now, step) => apply(now, step, now.revision + 1), first);
        const built = runToEnd(live.steps(state, steps.flat()));
        expectSame(built.document, render(state, settings, small).document);
      }),
      { numRuns: 60 },
    );
  });

  it("is strict JSON and YAML of the same maps", () => {
    fc.assert(
      fc.property(histories(targets, 0), ({ entities, overrides }) => {
        const settings = testSettings({ ...overrides, traefik: { layout: "tree" } });
        const { document } = render(stateOf(entities), settings, small);
        const plain = render(stateOf(entities), settings, { ...small, mergeAbove: 1e9 }).document;
        expect(plain.frames).toEqual([]);
        expect(plain.json).toBe(plain.traefik);
        expect(bytesOf(document.json).equals(bytesOf(plain.traefik))).toBe(true);
        const text = bytesOf(document.json).toString("latin1");
        expect(JSON.stringify(JSON.parse(text))).toBe(text);
      }),
      { numRuns: 40 },
    );
  });

  const alice = person("alice");
  const hosts = Array.from({ length: 3_000 }, (_, index) =>
    endpoint(alice, { host: `h${index}.deep.${zone}` as Hostname, path: "/app" }),
  );
  const crowd = stateOf(holder(alice), hosts);
  const tree = testSettings({ traefik: { layout: "tree" } });

  it("deflates the chunks of a change only", () => {
    const live = new LiveDocument(tree);
    const before = runToEnd(live.steps(crowd, undefined)).document.traefik.parts;
    const added = endpoint(alice, { host: `h1.deep.${zone}`, path: "/more" });
    const changes: Change[] = [{ kind: "endpoint", id: added.id, entity: added }];
    const state = apply(crowd, changes, 2);
    const after = runToEnd(live.steps(state, changes)).document.traefik.parts;
    const known = new Set(before);
    expect(after.length).toBeGreaterThan(20);
    // Its router and its service stand in one chunk each.
    expect(after.filter((part) => !known.has(part)).length).toBeLessThanOrEqual(2);
    expectSame(runToEnd(live.steps(state, [])).document, render(state, tree).document);
  });

  it("gives the event loop its turns while it is built", async () => {
    const live = new LiveDocument(tree);
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    await live.update(crowd, undefined);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(3);
  });

  it("is built from nothing after an error", async () => {
    const live = new LiveDocument(tree, SHAPE);
    await live.update(crowd, undefined);
    await expect(
      live.update({} as State, [{ kind: "person", id: alice.id, entity: null }]),
    ).rejects.toThrow();
    const state = apply(crowd, [{ kind: "endpoint", id: hosts[0]!.id, entity: null }], 3);
    const built = await live.update(state, []);
    expectSame(built.document, render(state, tree).document);
  });

  it("advises to name Traefik's version where a tree would serve", async () => {
    const advice = async (traefik: { layout?: "flat" | "auto"; version?: string }) =>
      (await new LiveDocument(testSettings({ traefik })).update(crowd, undefined)).advice;
    expect(await advice({})).toMatch(/Set traefik\.version/);
    expect(await advice({ version: "3.7" })).toBeUndefined();
    expect(await advice({ layout: "flat" })).toBeUndefined();
    const few = new LiveDocument(testSettings());
    expect((await few.update(emptyState, undefined)).advice).toBeUndefined();
  });
});
