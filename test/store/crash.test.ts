import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openLevelStore } from "../../src/store/leveldb.ts";
import { StoreLocked } from "../../src/store/store.ts";
import { temporaryFolder } from "../support/folder.ts";
import { randomOf } from "../support/random.ts";
import { waitFor } from "../support/wait.ts";

const ROUNDS = Number(process.env["TARDIS_CRASH_ROUNDS"] ?? 15);
const SEED = Number(process.env["TARDIS_SEED"] ?? 1);
const WRITER = fileURLToPath(new URL("../support/crash-writer.ts", import.meta.url));

type Child = ChildProcessByStdio<null, Readable, Readable>;

describe("LevelDB, its process killed", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let child: Child | undefined;

  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(async () => {
    if (child?.exitCode === null && child.signalCode === null) {
      child.kill("SIGKILL");
      await once(child, "close");
    }
    await folder.remove();
  });

  /** A writer that has acknowledged something, and all that it says. */
  async function startWriter(seed: number): Promise<{ child: Child; said: () => string }> {
    let out = "";
    let err = "";
    const started = spawn(process.execPath, ["--import", "tsx", WRITER, folder.path, `${seed}`], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    child = started;
    started.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
    started.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
    await waitFor(() => out.includes("\n") || started.exitCode !== null, {
      describe: "the writer's first line",
    });
    expect(err).toBe("");
    return { child: started, said: () => out };
  }

  it(
    "keeps every acknowledged group, and none by half",
    async () => {
      const random = randomOf(SEED);
      /** The commit of each acknowledged revision, of all rounds. */
      const acknowledged = new Map<number, string>();
      for (let round = 0; round < ROUNDS; round += 1) {
        const writer = await startWriter(SEED * 1000 + round);
        // The moment of the kill is what is random here; nothing is waited for.
        await delay(random(60));
        writer.child.kill("SIGKILL");
        await once(writer.child, "close");
        const lines = writer.said().split("\n").slice(0, -1);
        for (const line of lines) {
          const [revision, commit] = line.split(" ") as [string, string];
          acknowledged.set(Number(revision), commit);
        }
        acknowledged.delete(0);

        const store = await openLevelStore(folder.path);
        try {
          const { position, entities } = await store.load();
          const last = Math.max(0, ...acknowledged.keys());
          expect(position.revision).toBeGreaterThanOrEqual(last);
          const history = await store.history({ limit: 1_000_000 });
          expect(history.length).toBe(position.revision);
          for (const [revision, commit] of acknowledged) {
            expect(history[revision - 1]).toMatchObject({ revision, commit });
          }
          const end = history.at(-1)?.event;
          if (end !== undefined) expect(Number(end["index"]) + 1).toBe(end["of"]);
          for (const [key, value] of entities) {
            expect(entities.get(key.replace(/^\w+/, "left"))).toEqual(value);
            expect(entities.get(key.replace(/^\w+/, "right"))).toEqual(value);
          }
          expect((await store.loadUnchecked()).problems).toEqual([]);
        } finally {
          await store.close();
        }
      }
      expect(acknowledged.size).toBeGreaterThan(ROUNDS);
    },
    ROUNDS * 4000 + 30_000,
  );

  it("is locked while another process has it open, and free when that was killed", async () => {
    const writer = await startWriter(SEED);
    const refused = openLevelStore(folder.path);
    await expect(refused).rejects.toBeInstanceOf(StoreLocked);
    await expect(refused).rejects.toThrow(/Another process has the store in .* open/);
    writer.child.kill("SIGKILL");
    await once(writer.child, "close");
    const store = await openLevelStore(folder.path);
    expect((await store.load()).position.revision).toBeGreaterThanOrEqual(0);
    await store.close();
  });
});
