import * as fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { entitiesOf, type State } from "../../src/domain/state.ts";
import { createGroup, createPerson } from "../../src/owners/create.ts";
import { grantLabel, reserveLabel } from "../../src/owners/labels.ts";
import { newId, stateFrom } from "../../src/store/ledger.ts";
import type { Json, Key } from "../../src/store/store.ts";
import { render } from "../../src/traefik/render.ts";
import { exportState, formatExport } from "../../src/transfer/export.ts";
import { planImport, type ImportPlan } from "../../src/transfer/import.ts";
import { testConfig, World, ZONE } from "../support/domain.ts";
import { HOST_SETTINGS, worlds } from "./support.ts";

const NO_RECORDS = new Map<Key, Json>();
const FORMAT = "tardis-console/1";

function exported(world: World, stored: ReadonlyMap<Key, Json> = NO_RECORDS): string {
  return formatExport(exportState(world.state, stored, ZONE, world.now));
}

interface Options {
  readonly merge?: boolean;
  readonly setAside?: ReadonlyMap<Key, Json>;
}

function plan(world: World, file: string | object, options: Options = {}): ImportPlan {
  const text = typeof file === "string" ? file : JSON.stringify({ format: FORMAT, ...file });
  return planImport(text, {
    rules: world.rules,
    now: world.now,
    newId: (prefix) => newId(prefix, world.now),
    merge: false,
    present: world.state,
    ...options,
  });
}

/** The state that a console has once the plan's records are stored. */
function stored(planned: ImportPlan): State {
  const position = { lineage: "x", revision: planned.state.revision, commit: "y" };
  return stateFrom({ position, entities: planned.records }).state;
}

function entities(state: State): unknown[] {
  return [...entitiesOf(state)].toSorted((a, b) =>
    `${a.kind} ${a.id}` < `${b.kind} ${b.id}` ? -1 : 1,
  );
}

describe("an export", () => {
  it("gives the same state and the same document when it is imported", () => {
    const settings = { ...testConfig(HOST_SETTINGS), rules: new World(HOST_SETTINGS).rules };
    let routed = 0;
    fc.assert(
      fc.property(worlds, (world) => {
        const fresh = new World(HOST_SETTINGS);
        const planned = plan(fresh, exported(world));
        expect(planned.problems).toEqual([]);
        const again = stored(planned);
        expect(entities(again)).toEqual(entities(world.state));
        expect(entities(planned.state)).toEqual(entities(world.state));
        const document = render(world.state, settings).body;
        expect(render(again, settings).body.equals(document)).toBe(true);
        routed += document.includes("endpoint-") ? 1 : 0;
        // Over itself, it changes nothing either.
        const merged = plan(world, exported(world), { merge: true });
        expect(merged.problems).toEqual([]);
        expect(entities(merged.state)).toEqual(entities(world.state));
      }),
      { numRuns: 150 },
    );
    expect(routed).toBeGreaterThan(15);
  });

  it("is text of one entity a line, the same for the same state", () => {
    const world = new World();
    world.do(createPerson, { username: "bob" });
    world.do(createPerson, { username: "alice" });
    const text = exported(world);
    expect(text).toBe(exported(world));
    expect(text.match(/^ {4}\{"v":\d/gm)).toHaveLength(4);
    expect(JSON.parse(text)).toMatchObject({ format: FORMAT, zone: ZONE, revision: 2, groups: [] });
  });
});

describe("an import", () => {
  let world: World;
  beforeEach(() => {
    world = new World();
  });

  const problemsOf = (file: object, options?: Options) => plan(world, file, options).problems;

  it("fills in what a file written by hand leaves out", () => {
    const planned = plan(world, {
      persons: [{ name: "alice" }],
      groups: [{ name: "games", managers: ["Alice"] }],
      labels: [{ label: "play", owner: "games" }],
      endpoints: [
        { owner: "alice", targets: ["http://10.0.0.1"] },
        { owner: "games", host: `play.${ZONE}`, path: "/x/", targets: ["http://10.0.0.1"] },
      ],
      pages: [
        { project: 1, projectPath: "a/b", owner: "alice", host: `alice.${ZONE}`, path: "/p" },
      ],
      reserved: [{ label: "tea", reason: "ours" }],
      requests: [{ owner: "games", asker: "alice", wish: { kind: "renewal" }, reason: "A year." }],
    });
    expect(planned.problems).toEqual([]);
    const { state } = planned;
    const [alice, games] = ["alice", "games"].map((name) => state.ownersByName.get(name));
    expect(alice).toMatch(/^per-/);
    expect(state.groupsByManager.get(String(alice))?.toArray()).toEqual([games]);
    expect([...state.labels.values()].map(({ id, owner }) => [id, owner]).toSorted()).toEqual([
      ["alice", alice],
      ["games", games],
      ["play", games],
    ]);
    const places = [...state.endpoints.values()].map(({ host, path }) => host + path).toSorted();
    expect(places).toEqual([`alice.${ZONE}`, `play.${ZONE}/x`]);
    expect(state.pages.first()).toMatchObject({ owner: alice, path: "/p" });
    expect(state.reserved.has("tea")).toBe(true);
    expect(state.requests.first()).toMatchObject({ owner: games, asker: alice, state: "open" });
    expect(planned.counts).toMatchObject({ persons: 1, endpoints: 2, labels: 1 });
    expect(stored(planned).setAside).toEqual([]);
    expect(entities(stored(planned))).toEqual(entities(state));
  });

  it("means an owner by id before it means one by name", () => {
    const planned = plan(world, {
      persons: [
        { id: "per-1", name: "alice" },
        { id: "per-2", name: "per-1" },
      ],
      endpoints: [{ owner: "per-1", targets: ["http://10.0.0.1"] }],
    });
    expect(planned.problems).toEqual([]);
    expect(planned.state.endpoints.first()).toMatchObject({
      owner: "per-1",
      host: `alice.${ZONE}`,
    });
  });

  const alice = { id: "per-1", name: "alice" };
  const bob = { id: "per-2", name: "bob" };
  const target = { targets: ["http://10.0.0.1"] };
  const token = {
    name: "t",
    owner: null,
    scopes: ["read"],
    hash: "a".repeat(64),
    expiresAt: "2027-01-01T00:00:00Z",
  };
  const identities = [{ issuer: "https://id.test", subject: "1" }];
  const problems: [string, object, (string | RegExp)[]][] = [
    ["another format", { format: "x/1" }, [`format: must be "${FORMAT}"`]],
    ["an unknown section", { person: [] }, [/^file: Unrecognized key: "person"/]],
    ["an unknown field", { persons: [{ name: "a", age: 9 }] }, [/^persons\[0\]: : Unrecognized/]],
    ["what is no record", { persons: ["alice"] }, [/^persons\.0: /]],
    ["another zone", { zone: "x.test" }, [/^zone: the file is of x\.test/]],
    ["a bad name", { persons: [alice, { name: "a b" }] }, [/^persons\[1\]: name: "a b" is not/]],
    [
      "a newer record",
      { persons: [{ ...alice, v: 99 }] },
      ["persons[0]: a newer release wrote it"],
    ],
    ["the same twice", { persons: [alice, alice] }, ["persons[1]: the same as persons[0]"]],
    [
      "one name for two",
      { persons: [alice], groups: [{ name: "alice" }] },
      ['persons[0].name: "alice" is another owner\'s name'],
    ],
    [
      "one identity for two",
      {
        persons: [
          { ...alice, identities },
          { ...bob, identities },
        ],
      },
      ["persons[0].identities: another person has this identity"],
    ],
    [
      "a manager who is none",
      { groups: [{ name: "games", managers: ["nobody"] }] },
      [/^groups\[0\]: managers\.0: /],
    ],
    [
      "a group as manager",
      { groups: [{ id: "grp-1", name: "games", managers: ["grp-1"] }] },
      ['groups[0].managers: there is no person "grp-1"'],
    ],
    [
      "a label of nobody",
      { labels: [{ label: "play", owner: "per-9" }] },
      ['labels[0].owner: there is no owner "per-9"'],
    ],
    [
      "a name whose label is another's",
      { persons: [alice, bob], labels: [{ label: "alice", owner: "bob" }] },
      ['persons[0].name: the label "alice" is another owner\'s'],
    ],
    [
      "a name whose label rests",
      {
        persons: [alice],
        labels: [{ label: "alice", owner: "alice", restsUntil: "2027-01-01T00:00:00Z" }],
      },
      ['persons[0].name: the label "alice" is at rest'],
    ],
    ["a reserved name", { persons: [{ name: "www" }] }, ['persons[0].name: "www" is reserved']],
    [
      "a reserved label",
      { persons: [alice], labels: [{ label: "www", owner: "alice" }] },
      ['labels[0].id: "www" is reserved'],
    ],
    [
      "a label that the file reserves",
      {
        persons: [alice],
        labels: [{ label: "tea", owner: "alice" }],
        reserved: [{ label: "tea", reason: "" }],
      },
      ['labels[0].id: "tea" is reserved'],
    ],
    [
      "an endpoint of nobody",
      { endpoints: [{ owner: "per-9", host: `x.a.${ZONE}`, ...target }] },
      ['endpoints[0].owner: there is no owner "per-9"'],
    ],
    [
      "an endpoint at another's host",
      {
        persons: [alice, bob],
        endpoints: [
          { owner: "bob", ...target },
          { owner: "bob", host: `alice.${ZONE}`, ...target },
        ],
      },
      [`endpoints[1].host: alice.${ZONE} belongs to another owner`],
    ],
    [
      "an endpoint at nobody's host",
      { persons: [alice], endpoints: [{ owner: "alice", host: `play.${ZONE}`, ...target }] },
      ['endpoints[0].host: nobody holds "play"'],
    ],
    [
      "an endpoint on a label at rest",
      {
        persons: [alice],
        labels: [{ label: "play", owner: "alice", restsUntil: "2027-01-01T00:00:00Z" }],
        endpoints: [{ owner: "alice", host: `play.${ZONE}`, ...target }],
      },
      ['endpoints[0].host: the label "play" is at rest'],
    ],
    [
      "an endpoint beyond the zone",
      { persons: [alice], endpoints: [{ owner: "alice", host: "example.org", ...target }] },
      [`endpoints[0].host: example.org is neither in ${ZONE} nor among ownHosts`],
    ],
    [
      "an endpoint at the console's host",
      { persons: [alice], endpoints: [{ owner: "alice", host: `console.${ZONE}`, ...target }] },
      [`endpoints[0].host: console.${ZONE} is the console's own`],
    ],
    [
      "two endpoints at one place",
      {
        persons: [alice],
        endpoints: [
          { owner: "alice", path: "/a", ...target },
          { owner: "alice", path: "/a/", ...target },
        ],
      },
      [`endpoints[0].path: another endpoint is at alice.${ZONE}/a`],
    ],
    [
      "an endpoint with a bad target",
      { persons: [alice], endpoints: [{ owner: "alice", targets: ["ftp://x"] }] },
      [/^endpoints\[0\]: targets\.0: /],
    ],
    [
      "a page of nobody",
      { pages: [{ project: 1, projectPath: "a", owner: "per-9", host: `a.${ZONE}` }] },
      ['pages[0].owner: there is no owner "per-9"'],
    ],
    [
      "a token of nobody",
      { tokens: [{ ...token, owner: "per-9" }] },
      ['tokens[0].owner: there is no owner "per-9"'],
    ],
    [
      "a request of nobody",
      { requests: [{ owner: "per-9", wish: { kind: "renewal" }, reason: "x" }] },
      ['requests[0].owner: there is no owner "per-9"'],
    ],
    [
      "a request that is granted, and was decided by nobody",
      {
        persons: [alice],
        requests: [{ owner: "alice", wish: { kind: "renewal" }, reason: "x", state: "granted" }],
      },
      [/^requests\[0\]: decided: /],
    ],
    [
      "one secret twice",
      { tokens: [token, token] },
      ["tokens[0].hash: another token has this secret"],
    ],
    [
      "a set-aside record without a key",
      { setAside: [{ key: "no key", value: {} }] },
      ["setAside[0]: not a record with its key"],
    ],
    [
      "a set-aside record of a newer release",
      { setAside: [{ key: "x/1", value: { v: 2 } }] },
      ["setAside[0]: a newer release wrote it"],
    ],
    [
      "a set-aside record in another's place",
      { persons: [alice], setAside: [{ key: "person/per-1", value: { v: 1 } }] },
      ["setAside[0]: the same as persons[0]"],
    ],
    [
      "several things, all of them",
      { persons: [{ name: "a b" }, { name: "www" }], tokens: [{ ...token, owner: "per-9" }] },
      [/^persons\[0\]/, /^persons\[1\]/, /^tokens\[0\]/],
    ],
  ];

  it.each(problems)("names the place of %s", (_what, file, expected) => {
    const found = problemsOf(file);
    expect(found).toHaveLength(expected.length);
    for (const text of expected) {
      const isIt = (one: string) => (typeof text === "string" ? one === text : text.test(one));
      if (!found.some(isIt)) expect(found).toEqual(expected);
    }
  });

  it("says what is no JSON", () => {
    expect(plan(world, "{").problems).toEqual([expect.stringMatching(/^not JSON: /)]);
    expect(plan(world, "[]").problems).toEqual([expect.stringMatching(/^file: /)]);
  });

  it("never throws, whatever the file", () => {
    const sections = fc.constantFrom("persons", "groups", "labels", "endpoints", "pages", "tokens");
    const file = fc.dictionary(sections, fc.array(fc.jsonValue(), { maxLength: 3 }));
    fc.assert(
      fc.property(file, (any) => {
        plan(world, { ...any });
      }),
    );
  });

  it("lets what is held already stay so, although it is reserved now", () => {
    world.do(createPerson, { username: "alice" });
    world.do(grantLabel, { label: "tea", owner: "alice" });
    world.do(reserveLabel, { label: "tea", reason: "ours" });
    const text = exported(world);
    expect(plan(new World(), text).problems).toEqual([]);
    const stricter = new World({ TARDIS_LABELS__RESERVEDALSO: "alice" });
    expect(plan(stricter, text).problems).toEqual([
      expect.stringMatching(/^labels\[0\]\.id: "alice" is reserved/),
    ]);
    stricter.state = world.state;
    expect(plan(stricter, text).problems).toEqual([]);
  });

  describe("that takes the state's place", () => {
    it("leaves nothing of it", () => {
      world.do(createPerson, { username: "bob" });
      const { state } = plan(world, { persons: [alice] });
      expect([...state.ownersByName.keys()]).toEqual(["alice"]);
      expect(state.revision).toBe(world.state.revision + 1);
    });
  });

  describe("that is merged", () => {
    beforeEach(() => {
      world.do(createPerson, { username: "bob" });
      world.do(createGroup, { name: "games", managers: ["bob"] });
    });
    const merge = (file: object, setAside?: ReadonlyMap<Key, Json>) =>
      plan(world, file, setAside === undefined ? { merge: true } : { merge: true, setAside });

    it("puts the file over what is there", () => {
      const planned = merge({
        persons: [alice],
        endpoints: [{ owner: "bob", ...target }],
        labels: [{ label: "play", owner: "games" }],
      });
      expect(planned.problems).toEqual([]);
      expect([...planned.state.ownersByName.keys()].toSorted()).toEqual(["alice", "bob", "games"]);
      expect(planned.state.endpoints.first()?.owner).toBe(world.state.ownersByName.get("bob"));
      expect(planned.records.size).toBe(3 + 4 + 1);
    });

    it("takes nobody's name, label or place", () => {
      expect(merge({ persons: [{ name: "bob" }] }).problems).not.toEqual([]);
      expect(
        merge({ persons: [alice], labels: [{ label: "games", owner: "alice" }] }).problems,
      ).toEqual([expect.stringMatching(/the label "games" is another owner's/)]);
    });

    it("keeps what could not be read, as it is, until the file brings it anew", () => {
      const garbage = new Map<Key, Json>([
        ["label/odd", { v: 1, odd: true }],
        ["sculpture/1", { v: 1 }],
      ]);
      const planned = merge({ persons: [alice] }, garbage);
      expect(planned.problems).toEqual([]);
      for (const [key, value] of garbage) expect(planned.records.get(key)).toEqual(value);
      expect(planned.state.setAside.map(({ key }) => key)).toEqual([...garbage.keys()]);
      const anew = merge({ persons: [alice], labels: [{ label: "odd", owner: "alice" }] }, garbage);
      expect(anew.records.get("label/odd")).toMatchObject({ kind: "label", owner: "per-1" });
      expect(anew.state.setAside.map(({ key }) => key)).toEqual(["sculpture/1"]);
    });

    it("writes over no label that could not be read", () => {
      const odd = new Map<Key, Json>([["label/alice", { v: 1, odd: true }]]);
      const planned = merge({ persons: [alice] }, odd);
      expect(planned.records.get("label/alice")).toEqual({ v: 1, odd: true });
    });
  });

  it("takes up what another release could not read, where this one can", () => {
    world.do(createPerson, { username: "alice" });
    const [key, record] = ["label/tea", { ...world.state.labels.get("alice"), id: "tea" }];
    const garbage = { v: 1, odd: true };
    const reason = "an older release could not read it";
    world.state = {
      ...world.state,
      setAside: [key, "label/odd", "label/gone"].map((one) => {
        return { key: one, reason, owner: undefined };
      }),
    };
    const records = new Map<Key, Json>([
      [key, record as unknown as Json],
      ["label/odd", garbage],
    ]);
    const planned = plan(new World(), exported(world, records));
    expect(planned.problems).toEqual([]);
    expect(planned.state.labels.has("tea")).toBe(true);
    expect(planned.state.setAside.map(({ key: one }) => one)).toEqual(["label/odd"]);
    expect(planned.records.get("label/odd")).toEqual(garbage);
  });

  it("plans ten thousand endpoints in seconds", () => {
    const persons = Array.from({ length: 2_000 }, (_, n) => ({ name: `m${n}` }));
    const endpoints = Array.from({ length: 10_000 }, (_, n) => ({
      owner: `m${n % 2_000}`,
      path: `/p${Math.floor(n / 2_000)}`,
      ...target,
    }));
    const started = performance.now();
    const planned = plan(world, { persons, endpoints });
    expect(planned.problems).toEqual([]);
    expect(planned.records.size).toBe(14_000);
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});
