import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import {
  adminToken,
  apiClient,
  runCommand,
  spawnConsole,
  writeConfig,
} from "../support/console.ts";
import { temporaryFolder } from "../support/folder.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";
import { describeWithService } from "../support/services.ts";

describeWithService("redis", "tardis-console migrate", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let redis: RedisServer;
  let running: { stop(): Promise<void> } | undefined;

  beforeEach(async () => {
    folder = await temporaryFolder();
    redis = await startRedis();
  });
  afterEach(async () => {
    await running?.stop();
    await redis.destroy();
    await folder.remove();
  });

  const settings = (more: object = {}) => ({
    redis: { url: `redis://127.0.0.1:${redis.port}`, prefix: "here" },
    ...more,
  });
  const migrate = (...args: string[]) =>
    runCommand(["--config", writeConfig(folder.path, settings()), "migrate", ...args]);

  /** Runs a console on a store, and has something changed there. @returns all that is in it */
  async function use(store: string, username: string): Promise<string> {
    const console = await spawnConsole(folder.path, settings({ store }));
    running = console;
    const api = apiClient(console.httpPort, adminToken);
    expect((await api("POST", "/persons", { username })).status).toBe(201);
    const body = { owner: username, target: "http://127.0.0.1:9000" };
    expect((await api("POST", "/endpoints", body)).status).toBe(201);
    const seen = [await api("GET", "/endpoints"), await api("GET", "/events?limit=200")];
    console.kill("SIGTERM");
    await console.ended;
    running = undefined;
    return JSON.stringify(seen.map((answer) => answer.body));
  }

  it("moves the state with its history to Redis and back, and goes on where it was", async () => {
    await use("leveldb", "alice");
    const dry = await migrate("--to", "redis", "--dry-run");
    expect(dry.stdout).toMatch(
      /\d+ records and \d+ events would be moved from .* nothing was changed/,
    );
    const there = await migrate("--to", "redis");
    expect([there.code, there.stderr]).toEqual([0, expect.stringMatching(/writing .* of /)]);
    expect(there.stdout).toMatch(
      /were moved from the store in .* to the one in Redis .* read back and compared/,
    );
    const onRedis = await use("redis", "bob");
    expect(onRedis).toContain("alice.tardis.test");
    const again = await migrate("--to", "redis");
    expect([again.code, again.stderr]).toEqual([1, expect.stringMatching(/holds a state already/)]);
    const back = await migrate("--to", "leveldb", "--json");
    expect(back.code, back.stderr).toBe(0);
    const { aside, events } = back.json() as { aside: string; events: number };
    expect(events).toBeGreaterThan(4);
    const left = await readdir(join(folder.path, "data"));
    expect(left).toContain(aside);
    // Whoever was signed in before may have been signed out on Redis.
    expect(left).not.toContain("sessions");
    const after = await use("leveldb", "carol");
    for (const name of ["alice", "bob", "carol"]) expect(after).toContain(`${name}.tardis.test`);
    // Redis has not what came since: it is no copy of this state any more.
    const other = await migrate("--to", "redis");
    expect(other.code).toBe(1);
  }, 180_000);

  it("moves nothing while a console runs, from nothing, nor over another's state", async () => {
    const nothing = await migrate("--to", "redis");
    expect([nothing.code, nothing.stderr]).toEqual([1, expect.stringMatching(/nothing to move/)]);
    await use("leveldb", "alice");
    const console = await spawnConsole(folder.path, settings({ store: "leveldb" }));
    running = console;
    const locked = await migrate("--to", "redis");
    expect([locked.code, locked.stderr]).toEqual([1, expect.stringMatching(/Another process has/)]);
    await console.stop();
    // Beside the document that was published from the old store, an empty one is not taken up.
    const beside = await spawnConsole(folder.path, settings({ store: "redis" }));
    expect(beside.stderr()).toMatch(/changes are missing.*tardis-console migrate/);
    beside.kill("SIGTERM");
    await beside.ended;
    const data = join(folder.path, "other-data");
    const onRedis = await spawnConsole(folder.path, settings({ store: "redis", data }));
    running = onRedis;
    const zoe = { username: "zoe" };
    const made = await apiClient(onRedis.httpPort, adminToken)("POST", "/persons", zoe);
    expect(made.status).toBe(201);
    expect(await readdir(data)).toContain("redis-head");
    const busy = await migrate("--to", "leveldb");
    expect([busy.code, busy.stderr]).toEqual([
      1,
      expect.stringMatching(/Consoles run with the store in Redis/),
    ]);
    onRedis.kill("SIGTERM");
    await onRedis.ended;
    running = undefined;
    for (const to of ["redis", "leveldb"]) {
      const foreign = await migrate("--to", to);
      expect([foreign.code, foreign.stderr]).toEqual([
        1,
        expect.stringMatching(/holds a state already/),
      ]);
    }
  }, 180_000);

  it("says what went wrong with the other store", async () => {
    await use("leveldb", "alice");
    await redis.kill();
    const away = await migrate("--to", "redis");
    expect([away.code, away.stderr]).toEqual([1, expect.stringMatching(/no connection to it/)]);
    const wrong = await migrate("--to", "mysql");
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringMatching(/redis, leveldb/)]);
  }, 180_000);
});
