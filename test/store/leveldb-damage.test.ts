import { cp, readFile, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ClassicLevel } from "classic-level";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openLevelStore } from "../../src/store/leveldb.ts";

import { StoreDamaged, StoreError, type WholeStore } from "../../src/store/store.ts";
import type { Json, Key, Position, StoredEvent } from "../../src/store/store.ts";
import { del, put } from "../conformance/store.ts";
import { temporaryFolder } from "../support/folder.ts";
import { randomOf } from "../support/random.ts";

/** What was acknowledged. */
interface Truth {
  readonly folder: string;
  readonly position: Position;
  readonly entities: ReadonlyMap<Key, Json>;
  readonly history: readonly StoredEvent[];
}

const ROUNDS = Number(process.env["TARDIS_DAMAGE_ROUNDS"] ?? 8);
const SEED = Number(process.env["TARDIS_SEED"] ?? 20);

describe("LevelDB, damaged", () => {
  let root: Awaited<ReturnType<typeof temporaryFolder>>;
  let copies = 0;
  let logOnly: Truth;
  let compacted: Truth;
  const open: WholeStore[] = [];

  beforeAll(async () => {
    root = await temporaryFolder();
    logOnly = await fill("log", false);
    compacted = await fill("tables", true);
  });
  afterEach(async () => {
    for (const store of open.splice(0)) await store.close();
  });
  afterAll(() => root.remove());

  async function openIn(folder: string): Promise<WholeStore> {
    const store = await openLevelStore(folder);
    open.push(store);
    return store;
  }

  /** A store with some history; its first part compacted into tables, its last in the log. */
  async function fill(name: string, compact: boolean): Promise<Truth> {
    const folder = join(root.path, name);
    let store = await openLevelStore(folder);
    let { position } = await store.load();
    const write = async (from: number): Promise<void> => {
      for (let n = from; n < from + 30; n += 1) {
        const commits = [put(`a/${n}`, { n, text: "x".repeat(n * 7) }), put(`b/${n % 5}`, n)];
        if (n % 7 === 0) commits.push(del(`a/${n - 3}`));
        position = await store.commit(position, commits);
      }
    };
    await write(0);
    if (compact) {
      await store.close();
      const level = new ClassicLevel(join(folder, "db"));
      await level.compactRange("", "~");
      await level.close();
      store = await openLevelStore(folder);
      await store.load();
    }
    await write(30);
    const { entities } = await store.load();
    const history = await store.history({ limit: 1000 });
    await store.close();
    return { folder, position, entities, history };
  }

  async function copyOf(truth: Truth): Promise<string> {
    copies += 1;
    const folder = join(root.path, `copy-${copies}`);
    await cp(truth.folder, folder, { recursive: true });
    return folder;
  }

  /** Exactly what was acknowledged, or an error that says what is wrong; then a way on. */
  async function checkTruthful(folder: string, truth: Truth): Promise<"whole" | "damaged"> {
    const store = await openIn(folder);
    let outcome: "whole" | "damaged" = "whole";
    try {
      const loaded = await store.load();
      expect(loaded.position).toEqual(truth.position);
      expect(loaded.entities).toEqual(truth.entities);
      expect(await store.history({ limit: 1000 })).toEqual(truth.history);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      expect(error).toBeInstanceOf(StoreDamaged);
      outcome = "damaged";
      await checkRecovers(store, folder, truth);
    }
    await store.close();
    await rm(folder, { recursive: true });
    return outcome;
  }

  async function checkRecovers(store: WholeStore, folder: string, truth: Truth): Promise<void> {
    const readable = await store.loadUnchecked();
    expect(readable.problems).not.toEqual([]);
    const event = { type: "recovered", by: "root" };
    const accepted = await store.accept(event);
    expect(accepted.lineage).not.toBe(truth.position.lineage);
    expect(accepted.revision).toBeGreaterThan(readable.position.revision);
    const next = await store.commit(accepted, [put("after/1", 1)]);
    await store.close();

    const again = await openIn(folder);
    const loaded = await again.load();
    expect(loaded.position).toEqual(next);
    expect(loaded.entities).toEqual(new Map([...readable.entities, ["after/1", 1]]));
    const history = await again.history({ limit: 1000 });
    expect(history.slice(-2).map((entry) => entry.event)).toEqual([
      event,
      { type: "put", key: "after/1" },
    ]);
    // No event was made up or altered on the way.
    const kept = history.slice(0, -2);
    const known = new Set(kept.map((entry) => entry.revision));
    expect(kept).toEqual(truth.history.filter((entry) => known.has(entry.revision)));
    expect((await again.loadUnchecked()).problems).toEqual([]);
    await again.close();
    const names = await readdir(folder);
    expect(names.filter((name) => !name.startsWith("damaged-")).toSorted()).toEqual(["db", "head"]);
  }

  function filesOf(names: readonly string[]): string[] {
    return names.filter((name) => name !== "LOCK" && !name.startsWith("LOG"));
  }

  async function damageEach(
    truth: Truth,
    damage: (path: string, random: (below: number) => number) => Promise<void>,
    rounds: number,
  ): Promise<Map<string, number>> {
    const found = new Map<string, number>();
    const random = randomOf(SEED);
    for (const name of filesOf(await readdir(join(truth.folder, "db")))) {
      for (let round = 0; round < rounds; round += 1) {
        const folder = await copyOf(truth);
        await damage(join(folder, "db", name), random);
        const outcome = await checkTruthful(folder, truth);
        const kind = name.replace(/^\d+|-\d+$/, "");
        found.set(kind, (found.get(kind) ?? 0) + (outcome === "damaged" ? 1 : 0));
      }
    }
    return found;
  }

  async function flip(path: string, random: (below: number) => number): Promise<void> {
    const bytes = await readFile(path);
    const at = random(bytes.length);
    bytes[at] = (bytes[at] as number) ^ (1 << random(8));
    await writeFile(path, bytes);
  }

  it("gives all or says so, whatever byte of whatever file is flipped", async () => {
    const inLog = await damageEach(logOnly, flip, ROUNDS * 2);
    expect(inLog.get(".log")).toBeGreaterThan(ROUNDS);
    const inTables = await damageEach(compacted, flip, ROUNDS);
    expect(inTables.get(".ldb")).toBeGreaterThan(0);
  }, 120_000);

  it("gives all or says so, wherever a file is cut off", async () => {
    const cut = async (path: string, random: (below: number) => number): Promise<void> =>
      truncate(path, random((await readFile(path)).length));
    const inLog = await damageEach(logOnly, cut, Math.ceil(ROUNDS / 2));
    expect(inLog.get(".log")).toBe(Math.ceil(ROUNDS / 2));
    await damageEach(compacted, cut, Math.ceil(ROUNDS / 2));
  }, 120_000);

  it("says so when a file is gone, and never makes an empty database over another", async () => {
    const found = await damageEach(compacted, (path) => rm(path), 1);
    expect(Object.fromEntries(found)).toMatchObject({ CURRENT: 1, MANIFEST: 1, ".ldb": 1 });
    for (const names of [["db"], ["db/CURRENT"], ["db/CURRENT", "head"]]) {
      const folder = await copyOf(compacted);
      for (const name of names) await rm(join(folder, name), { recursive: true });
      const left = names.includes("db") ? [] : await readdir(join(folder, "db"));
      const store = await openIn(folder);
      await expect(store.load()).rejects.toBeInstanceOf(StoreDamaged);
      await store.accept();
      const kept = (await readdir(folder)).find((name) => name.startsWith("damaged-"));
      if (kept !== undefined) expect(await readdir(join(folder, kept))).toEqual(left);
      expect((await store.load()).entities.size).toBe(
        left.length > 0 ? compacted.entities.size : 0,
      );
    }
  });

  it("names both revisions when the database came back older", async () => {
    const folder = await copyOf(logOnly);
    const store = await openIn(folder);
    const { position } = await store.load();
    await store.commit(position, [put("a/1", "newer")]);
    await store.close();
    await rm(join(folder, "db"), { recursive: true });
    await cp(join(logOnly.folder, "db"), join(folder, "db"), { recursive: true });
    const again = await openIn(folder);
    const { revision } = logOnly.position;
    await expect(again.load()).rejects.toThrow(
      new RegExp(
        `${folder} is damaged.*revision ${revision}, but revision ${revision + 1} had been acknowledged.*tardis-console recover`,
      ),
    );
    // Nothing can be written to it, and the recovered one is above everything acknowledged.
    await expect(again.commit(position, [])).rejects.toBeInstanceOf(StoreDamaged);
    await expect(again.replace(position, [], { type: "import" })).rejects.toBeInstanceOf(
      StoreDamaged,
    );
    expect((await again.accept()).revision).toBe(revision + 2);
    expect((await again.history({ limit: 1, reverse: true }))[0]?.event).toEqual({
      type: "recovered",
    });
  });

  it("knows another store's database by its lineage", async () => {
    const folder = await copyOf(logOnly);
    await rm(join(folder, "db"), { recursive: true });
    await cp(join(compacted.folder, "db"), join(folder, "db"), { recursive: true });
    await expect((await openIn(folder)).load()).rejects.toThrow(/another store's data/);
  });

  it("loads without the head, or with a torn one, and writes a new one", async () => {
    const head = await readFile(join(logOnly.folder, "head"));
    for (const torn of [undefined, "", head.subarray(0, 40), Buffer.alloc(512), "x".repeat(512)]) {
      const folder = await copyOf(logOnly);
      const path = join(folder, "head");
      if (torn === undefined) await rm(path);
      else await writeFile(path, torn);
      expect(await checkTruthful(folder, logOnly)).toBe("whole");
    }
    for (let at = 0; at < head.length; at += 37) {
      const folder = await copyOf(logOnly);
      const bytes = Buffer.from(head);
      bytes[at] = (bytes[at] as number) ^ 1;
      await writeFile(join(folder, "head"), bytes);
      const store = await openIn(folder);
      await store.load();
      await store.close();
      expect(await readFile(join(folder, "head"))).toEqual(head);
    }
  });

  it("goes on after a recovery that was cut off between its two renames", async () => {
    const folder = await copyOf(logOnly);
    await cp(join(folder, "db"), join(folder, "recovering"), { recursive: true });
    await rm(join(folder, "db"), { recursive: true });
    expect(await checkTruthful(folder, logOnly)).toBe("whole");
  });
});
