import { cp, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { ClassicLevel } from "classic-level";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { decodeMeta, encodeMeta, seal } from "../../src/store/sealed.ts";
import type { Meta } from "../../src/store/sealed.ts";
import { openLevelStore } from "../../src/store/leveldb.ts";

import { StoreDamaged, StoreLocked, StoreNewer, type WholeStore } from "../../src/store/store.ts";
import { describeStore, put } from "../conformance/store.ts";
import { temporaryFolder } from "../support/folder.ts";

describeStore("LevelDB", async () => {
  const folder = await temporaryFolder();
  let store: WholeStore | undefined;
  const open = async (): Promise<WholeStore> => (store = await openLevelStore(folder.path));
  return {
    open,
    reopen: async () => {
      await store?.close();
      return open();
    },
    destroy: async () => {
      await store?.close();
      await folder.remove();
    },
  };
});

describe("LevelDB, beside what every store does", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let store: WholeStore;

  beforeEach(async () => {
    folder = await temporaryFolder();
    store = await openLevelStore(folder.path);
  });
  afterEach(async () => {
    await store.close();
    await folder.remove();
  });

  /** Does something to the closed database with LevelDB itself, and opens the store again. */
  async function underneath(work: (level: ClassicLevel) => Promise<void>): Promise<void> {
    await store.close();
    const level = new ClassicLevel(join(folder.path, "db"));
    await work(level);
    await level.close();
    store = await openLevelStore(folder.path);
  }

  async function keysOf(prefix: string): Promise<string[]> {
    let keys: string[] = [];
    await underneath(async (level) => {
      keys = await level.keys({ gte: prefix, lt: `${prefix}~` }).all();
    });
    return keys;
  }

  it("is open once only", async () => {
    await expect(openLevelStore(folder.path)).rejects.toBeInstanceOf(StoreLocked);
    await store.close();
    store = await openLevelStore(folder.path);
  });

  it("shows what a newer release wrote, and writes nothing to it", async () => {
    const { position } = await store.load();
    const at = await store.commit(position, [put("a/1", 1)]);
    const rewrite = async (change: (meta: Meta) => string): Promise<void> =>
      underneath(async (level) => {
        const meta = decodeMeta((await level.get("meta")) as string) as Meta;
        await level.put("meta", change(meta));
      });
    await rewrite((meta) => encodeMeta({ ...meta, format: 2 }));
    const error = await store.load().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StoreNewer);
    expect((error as StoreNewer).message).toMatch(/newer release .* format is 2, .* up to 1/);
    expect((error as StoreNewer).loaded).toEqual({
      position: at,
      entities: new Map([["a/1", 1]]),
    });
    await expect(store.commit(at, [put("a/1", 2)])).rejects.toBeInstanceOf(StoreNewer);
    await expect(store.replace(at, [], { type: "import" })).rejects.toBeInstanceOf(StoreNewer);
    expect((await store.history({ limit: 5 })).length).toBe(1);

    // What it cannot understand it does not show.
    await rewrite(() => seal({ format: 3, place: "elsewhere" }));
    const other = await store.load().catch((thrown: unknown) => thrown);
    expect(other).toBeInstanceOf(StoreNewer);
    expect((other as StoreNewer).loaded).toBeUndefined();
  });

  it("notices an altered, an added, a removed and an older record", async () => {
    const { position } = await store.load();
    await store.commit(position, [put("a/1", 1), put("a/2", 2), put("a/1", 3)]);
    const changes: ((level: ClassicLevel) => Promise<void>)[] = [
      (level) => level.put("e0/a/1", "1"),
      (level) => level.put("e0/a/9", "1"),
      (level) => level.del("e0/a/2"),
      (level) => level.put("e0/a/2", "{"),
      (level) => level.del("h/0000000000000003"),
      (level) => level.del("h/0000000000000002"),
      (level) => level.del("h/0000000000000001"),
      (level) => level.put("h/0000000000000004", "{}"),
      (level) => level.del("meta"),
    ];
    await store.close();
    for (const [index, change] of changes.entries()) {
      const copy = join(folder.path, `copy-${index}`);
      for (const part of ["db", "head"]) {
        await cp(join(folder.path, part), join(copy, part), { recursive: true });
      }
      const level = new ClassicLevel(join(copy, "db"));
      await change(level);
      await level.close();
      const changed = await openLevelStore(copy);
      await expect(changed.load()).rejects.toBeInstanceOf(StoreDamaged);
      await changed.close();
    }
    store = await openLevelStore(folder.path);
    expect((await store.load()).entities).toEqual(
      new Map([
        ["a/1", 3],
        ["a/2", 2],
      ]),
    );
  });

  it("notices an event that was altered long ago when it is read", async () => {
    const { position } = await store.load();
    const commits = Array.from({ length: 400 }, (_, n) => put(`a/${n}`, n));
    const at = await store.commit(position, commits);
    await underneath(async (level) => {
      const key = "h/0000000000000007";
      await level.put(key, ((await level.get(key)) as string).replace("a/6", "a/5"));
    });
    expect((await store.load()).position).toEqual(at);
    expect((await store.history({ after: 7, limit: 500 })).length).toBe(393);
    await expect(store.history({ limit: 10 })).rejects.toBeInstanceOf(StoreDamaged);
    expect((await store.loadUnchecked()).problems).not.toEqual([]);
    await store.accept();
    const history = await store.history({ limit: 500 });
    expect(history.map(({ revision }) => revision)).not.toContain(7);
    expect(history.at(-1)?.revision).toBe(401);
    expect((await store.load()).entities.size).toBe(400);
  });

  it("leaves nothing of replaced states, nor of one that was not finished", async () => {
    const { position } = await store.load();
    const first = await store.replace(position, [["a/1", 1]], { type: "import" });
    const at = await store.replace(first, [["a/2", 2]], { type: "import" });
    expect(await keysOf("e")).toEqual(["e2/a/2"]);
    await underneath(async (level) => {
      await level.put("e3/a/3", "3");
      await level.put("e10/a/3", "3");
      await level.put("e1/a/3", "3");
    });
    expect(await store.load()).toEqual({ position: at, entities: new Map([["a/2", 2]]) });
    expect(await keysOf("e")).toEqual(["e2/a/2"]);
  });

  it("can be recovered while nothing is wrong, and keeps what it was", async () => {
    const { position } = await store.load();
    const at = await store.commit(position, [put("a/1", 1)]);
    const reports: string[] = [];
    await store.close();
    store = await openLevelStore(folder.path, { report: (message) => reports.push(message) });
    expect(await store.loadUnchecked()).toEqual({
      position: at,
      entities: new Map([["a/1", 1]]),
      problems: [],
    });
    const accepted = await store.accept({ type: "recovered", reason: "a drill" });
    expect(accepted).toMatchObject({ revision: 2, lineage: expect.not.stringMatching(at.lineage) });
    const [event] = await store.history({ after: 1, limit: 5 });
    expect(event).toMatchObject({ parent: at.commit, event: { reason: "a drill" } });
    const [report] = reports;
    expect(report).toContain("is kept in");
    const kept = (await readdir(folder.path)).find((name) => name.startsWith("damaged-"));
    expect(report).toContain(kept);
  });

  it("is not readable by others", async () => {
    const inner = join(folder.path, "deep", "store");
    const other = await openLevelStore(inner);
    await other.load();
    await other.close();
    expect((await stat(inner)).mode & 0o777).toBe(0o700);
    expect((await stat(join(inner, "head"))).mode & 0o777).toBe(0o600);
  });
});
