import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openRedisStore } from "../../src/store/redis.ts";
import type { Loaded, StoredEvent } from "../../src/store/store.ts";
import { temporaryFolder } from "../support/folder.ts";
import { randomOf } from "../support/random.ts";
import { type RedisServer, redisSettings, startRedis } from "../support/redis.ts";
import { describeWithService } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";

const SEED = Number(process.env["TARDIS_SEED"] ?? 1);
const WRITER = fileURLToPath(new URL("../support/redis-writer.ts", import.meta.url));
const WRITERS = 8;

type Child = ChildProcessByStdio<null, Readable, Readable>;

/** A process that writes, and what it has said. */
interface Writer {
  readonly name: string;
  readonly child: Child;
  /** Revision and commit of each acknowledgement. */
  readonly acknowledged: [revision: number, commit: string][];
  readonly err: () => string;
}

describeWithService("redis", "writers in several processes", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let redis: RedisServer;
  let writers: Writer[];

  beforeEach(async () => {
    folder = await temporaryFolder();
    redis = await startRedis();
    writers = [];
  });
  afterEach(async () => {
    for (const writer of writers) await kill(writer);
    await redis.destroy();
    await folder.remove();
  });

  async function kill({ child }: Writer): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "close");
  }

  function start(name: string, commits: number): Writer {
    const head = join(folder.path, name, "redis-head");
    const args = ["--import", "tsx", WRITER, `${redis.port}`, head, name, `${commits}`];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
    const acknowledged: Writer["acknowledged"] = [];
    let err = "";
    let rest = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const [revision, commit] = line.split(" ");
        if (commit !== undefined) acknowledged.push([Number(revision), commit]);
      }
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
    const writer = { name, child, acknowledged, err: () => err };
    writers.push(writer);
    return writer;
  }

  /** What is in the store, by one who knew nothing of it. */
  async function read(): Promise<Loaded & { readonly history: readonly StoredEvent[] }> {
    const head = join(folder.path, "reader", "redis-head");
    const { store } = openRedisStore(redisSettings(redis.port), { head });
    try {
      const loaded = await store.load();
      const history = await store.history({ limit: 1_000_000 });
      expect((await store.loadUnchecked()).problems).toEqual([]);
      return { ...loaded, history };
    } finally {
      await store.close();
    }
  }

  /** Every acknowledgement is in the history, once, and no update was lost on the way. */
  function hold({ position, entities, history }: Awaited<ReturnType<typeof read>>): void {
    expect(history.map(({ revision }) => revision)).toEqual(
      Array.from({ length: position.revision }, (_, index) => index + 1),
    );
    // Each added 1 to what the one before it had left.
    expect(history.map(({ event }) => event["value"])).toEqual(
      history.map(({ revision }) => revision),
    );
    expect(entities.get("shared/number")).toBe(position.revision);
    const seen = new Set<number>();
    for (const { name, acknowledged } of writers) {
      for (const [revision, commit] of acknowledged) {
        expect(history[revision - 1]).toMatchObject({ commit, event: { by: name } });
        expect(seen.has(revision)).toBe(false);
        seen.add(revision);
      }
    }
  }

  it("lose no update, and get each revision once", async () => {
    const each = 25;
    for (let n = 0; n < WRITERS; n++) start(`writer-${n}`, each);
    for (const { child, err } of writers) {
      if (child.exitCode === null) await once(child, "close");
      expect(err()).toBe("");
      expect(child.exitCode).toBe(0);
    }
    const found = await read();
    hold(found);
    expect(found.position.revision).toBe(WRITERS * each);
    expect(writers.map(({ acknowledged }) => acknowledged.length)).toEqual(
      Array.from({ length: WRITERS }, () => each),
    );
  }, 60_000);

  it("lose nothing acknowledged when they are killed, and leave none by half", async () => {
    const random = randomOf(SEED);
    const count = () => writers.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0);
    for (let n = 0; n < 4; n++) start(`writer-${n}`, 0);
    for (let round = 0; round < 8; round++) {
      const target = count() + 20 + random(40);
      await waitFor(() => count() > target, {
        timeout: 30_000,
        describe: () => `commits\n${writers.map(({ err }) => err()).join("")}`,
      });
      const alive = writers.filter(({ child }) => child.signalCode === null);
      await kill(alive[random(alive.length)]!);
      start(`after-${round}`, 0);
    }
    for (const writer of writers) await kill(writer);
    const found = await read();
    hold(found);
    // Of each that was killed, one commit may be there of which it could not tell any more.
    expect(found.position.revision).toBeGreaterThanOrEqual(count());
    expect(found.position.revision).toBeLessThanOrEqual(count() + writers.length);
    for (const { name, acknowledged, err } of writers) {
      expect(err()).toBe("");
      const own = Number(found.entities.get(`own/${name}`) ?? 0);
      expect(own).toBeGreaterThanOrEqual(acknowledged.at(-1)?.[0] ?? 0);
    }
  }, 120_000);
});
