import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { canonicalJson, commitId } from "../../src/store/chain.ts";
import { StoreConflict } from "../../src/store/store.ts";
import type { Commit, Json, Key, Position, Store } from "../../src/store/store.ts";

/** One place for a store, empty at first. */
export interface StorePlace {
  /** A store on the place, not loaded yet. */
  open(): Promise<Store>;
  /** Closes the open store as an orderly end does, and opens a new one on the same place. */
  reopen(): Promise<Store>;
  /** Closes what is open and removes the place. */
  destroy(): Promise<void>;
}

export function put(key: Key, value: Json): Commit {
  return { writes: [{ key, value }], event: { type: "put", key } };
}

export function del(key: Key): Commit {
  return { writes: [{ key, value: null }], event: { type: "del", key } };
}

/** The suite that every store passes whole. */
export function describeStore(name: string, makePlace: () => Promise<StorePlace>): void {
  describe(`${name} as a store`, () => {
    let place: StorePlace;
    let store: Store;
    let start: Position;

    beforeEach(async () => {
      place = await makePlace();
      store = await place.open();
      start = (await store.load()).position;
    });
    afterEach(() => place.destroy());

    async function entities(): Promise<Record<Key, Json>> {
      return Object.fromEntries((await store.load()).entities);
    }

    async function reload(): Promise<{ position: Position; entities: Record<Key, Json> }> {
      store = await place.reopen();
      const loaded = await store.load();
      return { position: loaded.position, entities: Object.fromEntries(loaded.entities) };
    }

    it("is born empty, with a lineage that it keeps", async () => {
      expect(start).toEqual({ lineage: expect.stringMatching(/./), revision: 0, commit: "" });
      expect(await entities()).toEqual({});
      expect(await store.history({ limit: 10 })).toEqual([]);
      expect(await reload()).toEqual({ position: start, entities: {} });
      const other = await makePlace();
      const { position } = await (await other.open()).load();
      await other.destroy();
      expect(position.lineage).not.toBe(start.lineage);
    });

    it("counts revisions and chains its commits", async () => {
      const commits = [put("a/1", { n: 1 }), put("a/2", { n: 2 }), del("a/1")];
      let at = start;
      let parent = "";
      for (const [index, commit] of commits.entries()) {
        at = await store.commit(at, [commit]);
        const id = commitId(start.lineage, parent, index + 1, commit);
        expect(at).toEqual({ lineage: start.lineage, revision: index + 1, commit: id });
        parent = id;
      }
      expect(await entities()).toEqual({ "a/2": { n: 2 } });
      const ids = (await store.history({ limit: 10 })).map((event) => event.commit);
      expect(await store.history({ limit: 10 })).toEqual(
        commits.map(({ event }, index) => ({
          revision: index + 1,
          commit: ids[index],
          parent: ids[index - 1] ?? "",
          event,
        })),
      );
      expect(await reload()).toEqual({ position: at, entities: { "a/2": { n: 2 } } });
    });

    it("takes nothing that was decided elsewhere", async () => {
      const first = await store.commit(start, [put("a/1", 1)]);
      for (const wrong of [
        start,
        { ...first, revision: 2 },
        { ...first, commit: "x" },
        { ...first, lineage: "x" },
      ]) {
        const lost = store.commit(wrong, [put("a/1", 2), put("a/2", 2)]);
        await expect(lost).rejects.toBeInstanceOf(StoreConflict);
        await expect(lost).rejects.toMatchObject({ actual: first, code: "store_conflict" });
      }
      expect((await store.since(first)).kind).toBe("changes");
      expect(await reload()).toEqual({ position: first, entities: { "a/1": 1 } });
    });

    it("takes a group of commits whole, in order", async () => {
      const group = [put("a/1", 1), put("a/2", 2), put("a/1", 3), del("a/2"), put("b/1", [])];
      const at = await store.commit(start, group);
      expect(at.revision).toBe(5);
      const events = await store.history({ limit: 10 });
      expect(events.map(({ event }) => event)).toEqual(group.map(({ event }) => event));
      expect(await reload()).toEqual({ position: at, entities: { "a/1": 3, "b/1": [] } });
    });

    it("takes a commit of thousands of records whole", async () => {
      const first = await store.commit(start, [put("a/0", 0), put("b/0", 0)]);
      const writes: Commit["writes"] = Array.from({ length: 3_000 }, (_, id) => ({
        key: `a/${id}`,
        value: id % 3 === 0 ? null : { id },
      }));
      const at = await store.commit(first, [{ writes, event: { type: "large" } }]);
      const left = writes.filter(({ value }) => value !== null);
      const expected = Object.fromEntries(left.map(({ key, value }) => [key, value]));
      expect(await reload()).toEqual({ position: at, entities: { ...expected, "b/0": 0 } });
    });

    it("refuses a whole group for one write that it cannot keep", async () => {
      const at = await store.commit(start, [put("a/1", 1)]);
      const bad = [
        put("a", 1),
        put("/a", 1),
        put("a/", 1),
        put("a/b c", 1),
        put("a/é", 1),
        put("a/\n", 1),
        put(`a/${"x".repeat(511)}`, 1),
        put("a/2", Number.NaN),
        put("a/2", { deep: [undefined as unknown as Json] }),
      ];
      for (const commit of bad) {
        await expect(store.commit(at, [put("a/1", 2), commit])).rejects.toBeInstanceOf(TypeError);
      }
      expect(await reload()).toEqual({ position: at, entities: { "a/1": 1 } });
    });

    it("keeps an event without writes, a write of the same, and an empty group", async () => {
      const one = await store.commit(start, [{ writes: [], event: { type: "noted" } }]);
      const two = await store.commit(one, [put("a/1", 1)]);
      const three = await store.commit(two, [put("a/1", 1), del("a/none")]);
      expect(three.revision).toBe(4);
      expect(await store.commit(three, [])).toEqual(three);
      expect(await reload()).toEqual({ position: three, entities: { "a/1": 1 } });
    });

    it("keeps odd keys and values as they are", async () => {
      const keys = [
        "a/../b",
        "a/b/c//d",
        "a/~!@#$%^&*()_+{}|:\"<>?`-=[]\\;',.",
        "e1/x",
        "h/0000000000000001",
        "meta/x",
        "A/a",
        "~/~",
        `a/${"x".repeat(510)}`,
      ];
      const values: Json[] = [
        "\u0000 \u2028 é 😀 \ud800",
        { "": "", "é\n": [[], {}, null, false, 0, -1.5, 1e300] },
        JSON.parse('{"__proto__":{"x":1},"constructor":2}') as Json,
        "x".repeat(300_000),
      ];
      const writes = keys.map((key, index) => ({ key, value: values[index % 4] as Json }));
      const at = await store.commit(start, [{ writes, event: { type: "odd", text: "é\u0000" } }]);
      const expected = new Map(writes.map(({ key, value }) => [key, value]));
      store = await place.reopen();
      const loaded = await store.load();
      expect(loaded.position).toEqual(at);
      const texts = (map: ReadonlyMap<Key, Json>): string[] =>
        [...map].map(([key, value]) => `${key} ${canonicalJson(value)}`).toSorted();
      expect(texts(loaded.entities)).toEqual(texts(expected));
    });

    it("answers history queries", async () => {
      const commits = Array.from({ length: 25 }, (_, index) => put(`a/${index}`, index));
      await store.commit(start, commits);
      const revisions = async (query: Parameters<Store["history"]>[0]): Promise<number[]> =>
        (await store.history(query)).map(({ revision }) => revision);
      expect(await revisions({ limit: 3 })).toEqual([1, 2, 3]);
      expect(await revisions({ limit: 3, reverse: true })).toEqual([25, 24, 23]);
      expect(await revisions({ after: 9, limit: 3 })).toEqual([10, 11, 12]);
      expect(await revisions({ before: 10, limit: 3, reverse: true })).toEqual([9, 8, 7]);
      expect(await revisions({ after: 22, limit: 100 })).toEqual([23, 24, 25]);
      expect(await revisions({ after: 3, before: 6, limit: 100 })).toEqual([4, 5]);
      expect(await revisions({ after: 3, before: 6, limit: 1, reverse: true })).toEqual([5]);
      expect(await revisions({ after: 25, limit: 5 })).toEqual([]);
      expect(await revisions({ after: 8, before: 9, limit: 5 })).toEqual([]);
      expect(await revisions({ after: 9, before: 3, limit: 5 })).toEqual([]);
      expect(await revisions({ after: 0, limit: 1 })).toEqual([1]);
      expect(await revisions({ before: 0, limit: 5 })).toEqual([]);
      expect(await revisions({ limit: 0 })).toEqual([]);
    });

    it("replaces the whole state at once, under a new lineage and on with the history", async () => {
      const before = await store.commit(start, [put("a/1", 1), put("a/2", 2)]);
      const next = Array.from({ length: 5000 }, (_, n): [Key, Json] => [`b/${n}`, { n }]);
      const progress: number[] = [];
      const at = await store.replace(
        before,
        next,
        { type: "import" },
        {
          onProgress: (staged) => progress.push(staged),
        },
      );

      expect(at.lineage).not.toBe(before.lineage);
      expect(progress.at(-1)).toBe(5000);
      expect(progress).toEqual(progress.toSorted((a, b) => a - b));
      expect(progress.length).toBeGreaterThan(1);
      const [event] = await store.history({ after: 2, limit: 10 });
      expect(event).toEqual({
        revision: 3,
        commit: at.commit,
        parent: before.commit,
        event: { type: "import" },
      });
      await expect(store.commit(before, [put("a/1", 1)])).rejects.toBeInstanceOf(StoreConflict);
      expect(await entities()).toEqual(Object.fromEntries(next));
      const after = await store.commit(at, [del("b/7")]);
      expect(after).toEqual({
        lineage: at.lineage,
        revision: 4,
        commit: commitId(at.lineage, at.commit, 4, del("b/7")),
      });
      const { "b/7": _, ...rest } = Object.fromEntries(next);
      expect(await reload()).toEqual({ position: after, entities: rest });
      expect((await store.history({ limit: 10 })).length).toBe(4);
    });

    it("keeps the old state when a replacement fails on the way", async () => {
      const at = await store.commit(start, [put("a/1", 1)]);
      function* broken(): Generator<[Key, Json]> {
        for (let n = 0; n < 3000; n += 1) yield [`b/${n}`, n];
        throw new Error("the file ends here");
      }
      await expect(store.replace(at, broken(), { type: "import" })).rejects.toThrow("ends here");
      expect((await store.since(at)).kind).toBe("changes");
      expect(await entities()).toEqual({ "a/1": 1 });
      // Nothing of the one that failed shows in the next.
      await expect(store.replace(at, broken(), { type: "import" })).rejects.toThrow("ends here");
      const replaced = await store.replace(at, [["c/1", 1]], { type: "import" });
      expect(replaced.revision).toBe(at.revision + 1);
      expect(await entities()).toEqual({ "c/1": 1 });
      for (const bad of [
        [["no key", 1]],
        [["a/1", null]],
        [
          ["a/1", 1],
          ["a/1", 2],
        ],
      ] as [Key, Json][][]) {
        const refused = store.replace(replaced, bad, { type: "import" });
        await expect(refused).rejects.toBeInstanceOf(TypeError);
      }
      expect(await reload()).toEqual({ position: replaced, entities: { "c/1": 1 } });
      const stale = store.replace(at, [], { type: "import" });
      await expect(stale).rejects.toBeInstanceOf(StoreConflict);
      const empty = await store.replace(replaced, [], { type: "import" });
      expect(await reload()).toEqual({ position: empty, entities: {} });
    });

    it("lets one of eight callers win each revision, and loses no update", async () => {
      const rounds = 10;
      const won: number[] = [];
      await Promise.all(
        Array.from({ length: 8 }, async (_, caller) => {
          let at = start;
          let mine = 0;
          while (mine < rounds) {
            try {
              at = await store.commit(at, [put(`caller/${caller}`, mine + 1)]);
              won.push(at.revision);
              mine += 1;
            } catch (error) {
              if (!(error instanceof StoreConflict)) throw error;
              at = error.actual;
            }
          }
        }),
      );
      const all = Array.from({ length: 8 * rounds }, (_, index) => index + 1);
      expect(won.toSorted((a, b) => a - b)).toEqual(all);
      const callers = Array.from({ length: 8 }, (_, caller) => [`caller/${caller}`, rounds]);
      const { position, entities: kept } = await reload();
      expect(position.revision).toBe(8 * rounds);
      expect(kept).toEqual(Object.fromEntries(callers));
    });

    it("needs to be loaded before it is written, and takes nothing after it was closed", async () => {
      store = await place.reopen();
      const refused = { code: "store_unavailable", outcome: "not-written" };
      await expect(store.commit(start, [put("a/1", 1)])).rejects.toMatchObject(refused);
      await store.load();
      await store.close();
      await expect(store.commit(start, [put("a/1", 1)])).rejects.toMatchObject(refused);
      await expect(store.settle(start, { ...start, revision: 1 })).rejects.toMatchObject({
        code: "store_unavailable",
      });
      await expect(store.history({ limit: 1 })).rejects.toMatchObject({
        code: "store_unavailable",
      });
      expect(await reload()).toEqual({ position: start, entities: {} });
    });

    it("behaves like a map, over commits, replacements and reopenings", async () => {
      const key = fc.constantFrom("a/1", "a/2", "a/10", "b/1", "b/x/y", "e0/1");
      const value = fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>;
      const write = fc.record({ key, value: fc.oneof(fc.constant(null), value) });
      const commit = fc.record({
        writes: fc.array(write, { maxLength: 4 }),
        event: fc.dictionary(fc.string(), value, { maxKeys: 2 }),
      });
      const whole = value.filter((entity) => entity !== null);
      const step = fc.oneof(
        { weight: 6, arbitrary: fc.array(commit, { minLength: 1, maxLength: 3 }) },
        { weight: 1, arbitrary: fc.constant("reopen" as const) },
        { weight: 1, arbitrary: fc.dictionary(key, whole).map((map) => ({ replace: map })) },
      );
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
          let at = await store.replace((await store.load()).position, [], { type: "begin" });
          const model = new Map<Key, string>();
          for (const action of steps) {
            if (action === "reopen") {
              store = await place.reopen();
              expect((await store.load()).position).toEqual(at);
            } else if ("replace" in action) {
              at = await store.replace(at, Object.entries(action.replace), { type: "import" });
              model.clear();
              for (const [name, entity] of Object.entries(action.replace)) {
                model.set(name, canonicalJson(entity));
              }
            } else {
              const { revision } = at;
              at = await store.commit(at, action);
              expect(at.revision).toBe(revision + action.length);
              for (const each of action.flatMap(({ writes }) => writes)) {
                if (each.value === null) model.delete(each.key);
                else model.set(each.key, canonicalJson(each.value));
              }
            }
          }
          const loaded = await store.load();
          expect(loaded.position).toEqual(at);
          const texts = [...loaded.entities].map(([name, entity]) => [name, canonicalJson(entity)]);
          expect(texts.toSorted()).toEqual([...model].toSorted());
        }),
        { numRuns: 40 },
      );
    });
  });
}
