import { execFile } from "node:child_process";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openLevelStore } from "../../src/store/leveldb.ts";

import { StoreUnavailable, type WholeStore } from "../../src/store/store.ts";
import type { Json, Key, Position } from "../../src/store/store.ts";
import { put } from "../conformance/store.ts";
import { temporaryFolder } from "../support/folder.ts";

const run = promisify(execFile);

/** Why no small disk can be mounted here; undefined when it can. */
async function whyNoMount(): Promise<string | undefined> {
  const folder = await temporaryFolder();
  try {
    await run("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", folder.path]);
    await run("umount", [folder.path]);
    return undefined;
  } catch (error) {
    return `no tmpfs can be mounted here: ${(error as Error).message.trim()}`;
  } finally {
    await folder.remove();
  }
}

const noMount = await whyNoMount();

describe("LevelDB on a disk that fails", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let store: WholeStore | undefined;
  let mounted = false;

  beforeEach(async (context) => {
    context.skip(noMount !== undefined, noMount);
    folder = await temporaryFolder();
    await run("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", folder.path]);
    mounted = true;
  });
  afterEach(async () => {
    await store?.close();
    store = undefined;
    if (mounted) await run("umount", [folder.path]);
    mounted = false;
    await folder?.remove();
  });

  async function fillUp(target: WholeStore, from: Position, acknowledged: Map<Key, Json>) {
    let position = from;
    for (let n = 0; n < 1000; n += 1) {
      // Random text, which does not compress.
      const text = Array.from({ length: 300 }, () => Math.random().toString(36)).join("");
      const group = [put(`a/${n}`, text), put("b/last", n)];
      try {
        position = await target.commit(position, group);
      } catch (error) {
        return { error, position };
      }
      for (const { writes } of group) {
        for (const { key, value } of writes) acknowledged.set(key, value);
      }
    }
    throw new Error("the disk did not become full");
  }

  it("says so when the disk is full, and goes on when there is space, with nothing lost", async () => {
    const ballast = join(folder.path, "ballast");
    await writeFile(ballast, Buffer.alloc(1_300_000));
    store = await openLevelStore(join(folder.path, "store"));
    const { position: start } = await store.load();
    const acknowledged = new Map<Key, Json>();
    const { error, position } = await fillUp(store, start, acknowledged);
    expect(error).toBeInstanceOf(StoreUnavailable);
    expect(error).toMatchObject({ outcome: "unknown" });
    expect((error as Error).message).toContain("No space left");

    // Nothing is written before it was settled, and settling needs space.
    const refused = store.commit(position, [put("c/1", 1)]);
    await expect(refused).rejects.toMatchObject({
      code: "store_unavailable",
      outcome: "not-written",
    });
    const ours = { ...position, revision: position.revision + 2, commit: null };
    await expect(store.settle(position, ours)).rejects.toMatchObject({
      code: "store_unavailable",
    });
    await rm(ballast);
    const outcome = await store.settle(position, ours);
    // The change without an answer may be there after all: whole, then.
    if (!outcome.stored) expect(outcome.position).toEqual(position);
    let settled = outcome.position;
    settled = await store.commit(settled, [put("c/1", 1)]);
    await store.close();

    store = await openLevelStore(join(folder.path, "store"));
    const loaded = await store.load();
    expect(loaded.position).toEqual(settled);
    expect(loaded.entities.get("c/1")).toBe(1);
    for (const [key, value] of acknowledged) {
      if (key !== "b/last") expect(loaded.entities.get(key)).toBe(value);
    }
    expect((await store.loadUnchecked()).problems).toEqual([]);
  });

  it("keeps the old state when a replacement fills the disk", async () => {
    store = await openLevelStore(join(folder.path, "store"));
    const at = await store.commit((await store.load()).position, [put("a/1", 1)]);
    const large = Array.from({ length: 400 }, (_, n): [Key, Json] => [
      `b/${n}`,
      Array.from({ length: 1000 }, () => Math.random().toString(36)).join(""),
    ]);
    await expect(store.replace(at, large, { type: "import" })).rejects.toMatchObject({
      code: "store_unavailable",
      outcome: "not-written",
    });
    await store.close();
    await run("mount", ["-o", "remount,size=8m", folder.path]);
    store = await openLevelStore(join(folder.path, "store"));
    const loaded = await store.load();
    expect(loaded.position).toEqual(at);
    expect(loaded.entities).toEqual(new Map([["a/1", 1]]));
    const next = await store.replace(at, [["c/1", 1]], { type: "import" });
    expect(next.revision).toBe(2);
    expect((await store.load()).entities).toEqual(new Map([["c/1", 1]]));
  });

  it("says so on a read-only disk, and does not call it damage", async () => {
    const place = join(folder.path, "store");
    store = await openLevelStore(place);
    const { position } = await store.load();
    await store.close();
    await run("mount", ["-o", "remount,ro", folder.path]);
    await expect(openLevelStore(place)).rejects.toBeInstanceOf(StoreUnavailable);
    await expect(openLevelStore(join(folder.path, "new"))).rejects.toBeInstanceOf(StoreUnavailable);
    await run("mount", ["-o", "remount,rw", folder.path]);
    store = await openLevelStore(place);
    expect((await store.load()).position).toEqual(position);
  });
});
