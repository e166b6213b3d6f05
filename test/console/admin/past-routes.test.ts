import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PastRoutes } from "../../../src/console/admin/past-routes.ts";
import { operator } from "../../../src/domain/policy.ts";
import { keyOf } from "../../../src/domain/records.ts";
import type { Change, State } from "../../../src/domain/state.ts";
import { Ledger } from "../../../src/store/ledger.ts";
import { openLevelStore } from "../../../src/store/leveldb.ts";
import type { Json, Key } from "../../../src/store/store.ts";
import { compareHost } from "../../../src/traefik/compare.ts";
import { routingTable, type TableSettings } from "../../../src/traefik/table.ts";
import { histories } from "../../support/arbitrary-changes.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { endpoint, label, person, testSettings } from "../../support/states.ts";

const targets = Array.from({ length: 12 }, (_, index) => `http://127.0.0.1:${3000 + index}`);

/** Commits as verbs do: what is written carries the revision that writes it. */
async function write(ledger: Ledger, changes: readonly Change[]): Promise<State> {
  await ledger.change(operator, (_state, { revision }) => ({
    changes: changes.map(
      ({ kind, id, entity }) =>
        ({ kind, id, entity: entity === null ? null : { ...entity, revision } }) as Change,
    ),
    event: { type: "test", summary: "written by a test", owners: [] },
    result: null,
  }));
  return ledger.state;
}

/** What two states route differently, from their whole tables. */
function difference(before: State, after: State, settings: TableSettings) {
  const [old, fresh] = [routingTable(before, settings), routingTable(after, settings)];
  const counts = { added: 0, removed: 0, changed: 0 };
  for (const host of new Set([...old.hosts.keys(), ...fresh.hosts.keys()])) {
    for (const { how, before: was, after: is } of compareHost(old, fresh, host)) {
      const isRest = (was ?? is)?.kind === "default" && (is ?? was)?.kind === "default";
      if (!isRest) counts[how]++;
    }
  }
  return counts;
}

describe("the routes that past revisions changed", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let opened: Ledger[];
  let databases = 0;
  beforeEach(async () => {
    folder = await temporaryFolder();
    opened = [];
  });
  afterEach(async () => {
    for (const ledger of opened) await ledger.close();
    await folder.remove();
  });

  const open = async (settings: TableSettings) => {
    const store = await openLevelStore(`${folder.path}/db${++databases}`);
    const ledger = await Ledger.open(store, { rules: settings.rules });
    opened.push(ledger);
    return ledger;
  };
  const settingsOf = (overrides: object = {}): TableSettings => {
    const { rules, userhomes } = testSettings(overrides);
    return { rules, userhomes: userhomes.enabled };
  };
  const alice = person("alice");
  const held = [alice, label("alice", alice)];
  const put = (entity: (typeof held)[number] | ReturnType<typeof endpoint>) =>
    ({ kind: entity.kind, id: entity.id, entity }) as Change;

  it("are what the states before and after route differently, found from now backwards", async () => {
    await fc.assert(
      fc.asyncProperty(histories(targets, 12), async ({ entities, overrides, steps }) => {
        const settings = settingsOf(overrides);
        const ledger = await open(settings);
        const states = [ledger.state];
        const all = [entities.map((entity) => put(entity as typeof alice)), ...steps];
        const past = new PastRoutes(ledger, settings);
        for (const [index, step] of all.entries()) {
          const after = await write(ledger, step);
          if (after.revision === states.length) states.push(after);
          // One who has looked before, at some of them, and one who has not.
          if (index % 5 === 2) await past.of([after.revision, after.revision - 1]);
        }
        const revisions = states.slice(1).map(({ revision }) => revision);
        for (const looker of [past, new PastRoutes(ledger, settings)]) {
          const found = await looker.of(revisions);
          expect([...found.keys()]).toEqual(revisions);
          for (const revision of revisions) {
            const [before, after] = [states[revision - 1]!, states[revision]!];
            expect([revision, found.get(revision)]).toMatchObject([
              revision,
              difference(before, after, settings),
            ]);
          }
        }
      }),
      { numRuns: 15 },
    );
  });

  it("name places, and what was and is there, of many some", async () => {
    const settings = settingsOf();
    const ledger = await open(settings);
    await write(ledger, held.map(put));
    const wiki = endpoint(alice, { path: "/wiki" });
    await write(ledger, [put(wiki)]);
    await write(ledger, [put({ ...wiki, targets: ["http://127.0.0.1:9999"] as never })]);
    const many = Array.from({ length: 30 }, (_, n) => put(endpoint(alice, { path: `/p${n}` })));
    await write(ledger, [...many, { kind: "endpoint", id: wiki.id, entity: null }]);

    const found = await new PastRoutes(ledger, settings).of([1, 2, 3, 4]);
    expect(found.get(1)).toEqual({ added: 0, removed: 0, changed: 0, examples: [] });
    expect(found.get(2)).toMatchObject({
      added: 1,
      removed: 0,
      changed: 0,
      examples: [{ how: "added", place: "alice.tardis.ac/wiki" }],
    });
    const services = found.get(3)?.examples.flatMap(({ before, after }) => [before, after]);
    expect(services).toMatchObject([
      { service: { endpoint: { targets: wiki.targets } } },
      { service: { endpoint: { targets: ["http://127.0.0.1:9999"] } } },
    ]);
    expect(found.get(4)).toMatchObject({ added: 30, removed: 1, changed: 0 });
    expect(found.get(4)?.examples).toHaveLength(8);
  });

  it("are not guessed before a whole state that was put in", async () => {
    const settings = settingsOf();
    const ledger = await open(settings);
    await write(ledger, held.map(put));
    const records = new Map<Key, Json>(
      held.map((entity) => [keyOf(entity), { ...entity } as unknown as Json]),
    );
    await ledger.replace(() => records, { type: "replaced" });
    await write(ledger, [put(endpoint(alice, { path: "/wiki" }))]);
    const past = new PastRoutes(ledger, settings);
    for (let look = 0; look < 2; look++)
      expect([...(await past.of([1, 2, 3])).keys()]).toEqual([3]);
    expect([...(await past.of([3, 4, 99])).keys()]).toEqual([3]);
  });
});
