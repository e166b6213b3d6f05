import { cp, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ClassicLevel } from "classic-level";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { KeptVolatile } from "../../src/store/kept-volatile.ts";
import { openLevel } from "../../src/store/leveldb/level.ts";
import { describeVolatile } from "../conformance/volatile.ts";
import { temporaryFolder } from "../support/folder.ts";

const MINUTE_MS = 60_000;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let now: number;
let told: string[];
const open = (name = "sessions") =>
  KeptVolatile.open(join(folder.path, name), {
    keeps: (key) => key.startsWith("kept:"),
    report: (message) => void told.push(message),
    now: () => now,
    wall: () => 1_800_000_000_000 + now,
  });

describeVolatile("memory, some of it kept", async () => {
  const at = await temporaryFolder();
  let time = 0;
  const volatile = await KeptVolatile.open(join(at.path, "kept"), {
    keeps: () => true,
    report: () => undefined,
    now: () => time,
    wall: () => time,
  });
  return {
    one: volatile,
    two: volatile,
    pass: (ms) => (time += ms),
    destroy: async () => {
      await volatile.close();
      await at.remove();
    },
  };
});

beforeEach(async () => {
  folder = await temporaryFolder();
  now = 0;
  told = [];
});
afterEach(() => folder.remove());

describe("what is kept", () => {
  it("is there after a restart for the rest of its time, and nothing else is", async () => {
    const before = await open();
    await before.set("kept:a", "1 é\n2", 10 * MINUTE_MS);
    await before.set("kept:short", "x", MINUTE_MS);
    await before.set("other", "x", 10 * MINUTE_MS);
    expect(await before.compareAndSet("kept:a", "1 é\n2", "2", 10 * MINUTE_MS)).toBe(true);
    expect(await before.compareAndSet("kept:a", "1", "3", 10 * MINUTE_MS)).toBe(false);
    await before.close();
    now += 2 * MINUTE_MS;
    const after = await open();
    expect(await after.list("")).toEqual(new Map([["kept:a", "2"]]));
    now += 7 * MINUTE_MS;
    expect(await after.get("kept:a")).toBe("2");
    now += MINUTE_MS;
    expect(await after.get("kept:a")).toBeUndefined();
    await after.close();
    expect(told).toEqual([]);
  });

  it("that was deleted does not come back, not even when the process was killed", async () => {
    const before = await open();
    await Promise.all(
      Array.from({ length: 50 }, (_, n) => before.set(`kept:${n}`, "x", MINUTE_MS)),
    );
    // At the same moment as it is written once more.
    const [, gone] = await Promise.all([
      before.set("kept:7", "y", MINUTE_MS),
      before.compareAndSet("kept:7", "y", undefined, 1),
    ]);
    expect(gone).toBe(true);
    expect(await before.compareAndSet("kept:8", "x", undefined, 1)).toBe(true);
    // What lies on the disk now is what the next process finds.
    await cp(join(folder.path, "sessions"), join(folder.path, "killed"), { recursive: true });
    const after = await open("killed");
    const keys = [...(await after.list("kept:")).keys()];
    expect(keys).toHaveLength(48);
    expect(keys).not.toContain("kept:7");
    expect(keys).not.toContain("kept:8");
    await Promise.all([before.close(), after.close()]);
  });

  it("can be forgotten, and is in memory alone from then on", async () => {
    const before = await open();
    await before.set("kept:a", "1", MINUTE_MS);
    await before.forget();
    expect(await before.get("kept:a")).toBe("1");
    await before.set("kept:b", "1", MINUTE_MS);
    await before.close();
    const after = await open();
    expect(await after.list("")).toEqual(new Map());
    await after.close();
  });

  it("is given up as a whole where it is damaged, and the rest goes on", async () => {
    const before = await open();
    for (let n = 0; n < 100; n++) await before.set(`kept:${n}`, "x".repeat(100), MINUTE_MS);
    await before.close();
    const path = join(folder.path, "sessions");
    for (const name of await readdir(path))
      if (/^(MANIFEST|CURRENT)/.test(name)) await writeFile(join(path, name), "nothing");
    const after = await open();
    expect(await after.list("")).toEqual(new Map());
    expect(told.join()).toContain("has to sign in again after a restart");
    await after.set("kept:new", "1", MINUTE_MS);
    await after.close();
    const third = await open();
    expect(await third.get("kept:new")).toBe("1");
    await third.close();
  });

  it("is not believed where a byte of it is another", async () => {
    const before = await open();
    await before.set("kept:a", "alice", MINUTE_MS);
    await before.set("kept:b", "bob", MINUTE_MS);
    await before.close();
    const level = await openLevel(join(folder.path, "sessions"), false);
    await level.put("kept:a", String(await level.get("kept:a")).replace("alice", "alicf"));
    await level.put("kept:c", String(await level.get("kept:b")));
    await level.close();
    const after = await open();
    expect(await after.list("")).toEqual(new Map([["kept:b", "bob"]]));
    await after.close();
  });

  it("is given up where it cannot be written, so that nothing deleted comes back", async () => {
    const before = await open();
    await before.set("kept:a", "1", MINUTE_MS);
    // As of a disk that is full; the first write after it would be told so, too.
    vi.spyOn(ClassicLevel.prototype, "batch").mockRejectedValueOnce(new Error("No space left"));
    expect(await before.compareAndSet("kept:a", "1", undefined, 1)).toBe(true);
    expect(told.join()).toContain("No space left. Whoever is signed in");
    await before.set("kept:b", "1", MINUTE_MS);
    expect(await before.get("kept:b")).toBe("1");
    await before.close();
    const after = await open();
    expect(await after.list("")).toEqual(new Map());
    await after.close();
  });
});
