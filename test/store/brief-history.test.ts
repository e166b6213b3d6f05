import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BriefHistory } from "../../src/store/brief-history.ts";
import { openLevelStore } from "../../src/store/leveldb.ts";
import type { Commit, Position, WholeStore } from "../../src/store/store.ts";
import { temporaryFolder } from "../support/folder.ts";

/** A commit whose event has so many changes. */
function commitOf(count: number): Commit {
  const changes = Array.from({ length: count }, (_, id) => ({
    key: `label/l${id}`,
    before: null,
    after: { id },
  }));
  return {
    writes: [{ key: "label/a", value: { count } }],
    event: { type: "test", summary: `${count} changes`, owners: [], changes },
  };
}

describe("the history in brief", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let store: WholeStore;
  let position: Position;
  let history: BriefHistory;
  /** The revisions that the store was made to read. */
  let readFromStore: number[];

  beforeEach(async () => {
    folder = await temporaryFolder();
    store = await openLevelStore(folder.path);
    ({ position } = await store.load());
    readFromStore = [];
    const counted = Object.assign(Object.create(store) as WholeStore, {
      history: async (query: Parameters<WholeStore["history"]>[0]) => {
        const read = await store.history(query);
        readFromStore.push(...read.map(({ revision }) => revision));
        return read;
      },
    });
    const ledger = {
      store: counted,
      get position() {
        return position;
      },
    };
    history = new BriefHistory(ledger);
  });
  afterEach(async () => {
    await store.close();
    await folder.remove();
  });

  const commit = async (...counts: number[]) => {
    position = await store.commit(position, counts.map(commitOf));
  };
  const revisions = async (query: Parameters<BriefHistory["read"]>[0]) =>
    (await history.read(query)).map(({ revision }) => revision);

  it("is the store's, newest first, from page to page, whichever events are large", async () => {
    await commit(1, 500, 2, 300, 400, 3, 1, 200);
    for (let round = 0; round < 2; round++) {
      const whole = await store.history({ reverse: true, limit: 100 });
      for (const limit of [1, 2, 3, 8, 9]) {
        const pages: number[] = [];
        let before: number | undefined;
        for (;;) {
          const page = await revisions({ limit, ...(before === undefined ? {} : { before }) });
          pages.push(...page);
          before = page.at(-1);
          if (page.length < limit) break;
        }
        expect(pages).toEqual(whole.map(({ revision }) => revision));
      }
      // Newer ones come above what is known by now.
      await commit(1, 150);
    }
  });

  it("keeps the first changes of many, and says how many are left out", async () => {
    await commit(3, 500);
    const [large, small] = await history.read({ limit: 2 });
    expect(small).toMatchObject({ leftOut: 0, event: commitOf(3).event });
    const kept = (large?.event["changes"] ?? []) as readonly unknown[];
    expect(kept.length + (large?.leftOut ?? 0)).toBe(500);
    expect(kept.length).toBeLessThan(50);
    expect(kept).toEqual((commitOf(500).event["changes"] as unknown[]).slice(0, kept.length));
    expect(large?.event["summary"]).toBe("500 changes");
  });

  it("has a large event read once, however often it is listed", async () => {
    await commit(1, 500, 1);
    expect(await revisions({ limit: 10 })).toEqual([3, 2, 1]);
    expect(readFromStore).toEqual([3, 2, 1]);
    expect(await revisions({ limit: 10 })).toEqual([3, 2, 1]);
    expect(readFromStore).toEqual([3, 2, 1, 3, 1]);
  });

  it("forgets what it read when another state has taken the place of this one", async () => {
    await commit(1, 500);
    await revisions({ limit: 10 });
    position = await store.replace(position, [], { type: "replaced", summary: "", owners: [] });
    readFromStore = [];
    expect(await revisions({ limit: 10 })).toEqual([3, 2, 1]);
    expect(readFromStore).toEqual([3, 2, 1]);
  });
});
