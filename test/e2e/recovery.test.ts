import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { whoAnswered } from "../support/asker.ts";
import { type Backend, startBackend } from "../support/backends.ts";
import { runCommand, zone } from "../support/console.ts";
import { startProxy } from "../support/proxy.ts";
import {
  type RedisServer,
  redisCommand,
  redisSettings,
  startRedis,
  startSentinels,
} from "../support/redis.ts";
import { type Replicas, type ReplicaSlot, startReplicas } from "../support/replicas.ts";
import { request } from "../support/request.ts";
import { describeWithService } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";

const NAME = "service";

describeWithService(["traefik", "redis"], "consoles whose Redis fails", () => {
  let replicas: Replicas;
  let backend: Backend;
  let closing: (() => Promise<unknown>)[];
  /** Endpoints whose making was answered with 201, by path: counted here, outside of the system. */
  let acknowledged: string[];

  beforeEach(async () => {
    closing = [];
    acknowledged = [];
    backend = await startBackend(NAME);
  });
  afterEach(async () => {
    for (const close of closing) await close();
    await replicas?.close();
    await backend.close();
  });

  const [first, second] = [() => replicas.slots[0]!, () => replicas.slots[1]!];

  async function start(options: Parameters<typeof startReplicas>[0] = {}): Promise<void> {
    replicas = await startReplicas({ count: 2, ...options });
    expect((await first().api("POST", "/persons", { username: "alice" })).status).toBe(201);
    await add(first(), "/a");
    await add(second(), "/b");
    await waitFor(async () => (await who("/b")) === NAME, { describe: "the routes" });
  }

  async function add(slot: ReplicaSlot, path: string): Promise<void> {
    const body = { owner: "alice", path, target: backend.url };
    // Just after Redis came back a console may say for a moment that nothing was changed.
    const answer = await waitFor(
      async () => {
        const tried = await slot.api("POST", "/endpoints", body);
        return tried.status !== 503 && tried;
      },
      { describe: `${path} to be taken` },
    );
    expect(answer.status, JSON.stringify(answer.body)).toBe(201);
    acknowledged.push(path);
  }

  const who = async (path: string) =>
    whoAnswered(
      await request({ port: replicas.traefik.httpsPort, host: `alice.${zone}`, path, tls: {} }),
    );

  /** Asks all the while for what was acknowledged before. @returns who else answered than should */
  function watchRoutes(): () => Promise<string[]> {
    const wrong: string[] = [];
    const paths = [...acknowledged];
    let stopped = false;
    const running = (async () => {
      for (let turn = 0; !stopped; turn++) {
        const path = paths[turn % paths.length]!;
        const by = await who(path);
        if (by !== NAME) wrong.push(`${path} by ${by}`);
      }
    })();
    return async () => {
      stopped = true;
      await running;
      return wrong;
    };
  }

  async function says(slot: ReplicaSlot, said: RegExp): Promise<void> {
    await waitFor(async () => (await slot.health()).problems.some((text) => said.test(text)), {
      describe: async () => `${slot.name} to say ${said}: ${JSON.stringify(await slot.health())}`,
    });
  }

  async function refuses(slot: ReplicaSlot, said: RegExp): Promise<void> {
    await says(slot, said);
    const body = { owner: "alice", path: "/refused", target: backend.url };
    const answer = await slot.api("POST", "/endpoints", body);
    expect([answer.status, answer.body.code]).toEqual([503, "unavailable"]);
    expect((await slot.health()).ready).toBe(true);
  }

  /** Both go on, everything acknowledged is routed, and each takes changes. */
  async function allIsWell(stop: () => Promise<string[]>): Promise<void> {
    await replicas.agreed();
    await add(first(), `/after-${acknowledged.length}`);
    await add(second(), `/after-${acknowledged.length}`);
    const [one, two] = await Promise.all([first().poll(), second().poll()]);
    expect(one.body).toBe(two.body);
    expect(one.restored).toBe(false);
    for (const path of acknowledged) {
      await waitFor(async () => (await who(path)) === NAME, { describe: `${path} to be routed` });
    }
    expect(await stop()).toEqual([]);
  }

  const recover = async (slot: ReplicaSlot, ...args: string[]) => {
    const result = await runCommand(["--config", slot.config, "recover", ...args]);
    expect(result.code, result.stderr).toBe(0);
    return result.stdout;
  };

  it("go on by themselves when it is away, frozen, or cut off from one of them", async () => {
    await start();
    const stop = watchRoutes();
    const { redis } = replicas;
    await redis.kill();
    await refuses(first(), /cannot be reached|cannot be used/);
    await refuses(second(), /cannot be reached|cannot be used/);
    await redis.start();
    await replicas.agreed();
    await add(first(), "/c");
    redis.signal("SIGSTOP");
    await refuses(second(), /does not answer in time/);
    const slow = performance.now();
    expect((await first().poll()).status).toBe(200);
    expect(performance.now() - slow).toBeLessThan(2_000);
    redis.signal("SIGCONT");
    await replicas.agreed();
    first().proxy.cut();
    await refuses(first(), /cannot be reached|cannot be used/);
    await add(second(), "/d");
    first().proxy.restore();
    await allIsWell(stop);
  }, 60_000);

  it("serve what they served when it is away at their start", async () => {
    await start();
    const stop = watchRoutes();
    const before = (await first().poll()).body;
    await replicas.redis.end();
    for (const slot of replicas.slots) {
      await slot.end("SIGTERM");
      await slot.start();
      expect(await slot.poll()).toMatchObject({ status: 200, restored: true, body: before });
      const { ready, problems } = await slot.health();
      expect([ready, problems.join()]).toEqual([true, expect.stringMatching(/no connection/)]);
      expect((await slot.api("GET", "/endpoints")).status).toBe(503);
    }
    await replicas.redis.start();
    await allIsWell(stop);
  }, 60_000);

  describe("and comes back as another", () => {
    it("empty: what they have in memory becomes the truth, for both", async () => {
      await start();
      const stop = watchRoutes();
      const { revision } = await first().poll();
      await replicas.redis.kill();
      await replicas.redis.empty();
      await replicas.redis.start();
      await refuses(first(), /is empty, but revision \d+ had been acknowledged/);
      await refuses(second(), /is empty/);
      const shown = await recover(first());
      expect(shown).toMatch(/The store gives 0 records, of revision 0/);
      expect(shown).toMatch(/has \d+ records in memory, of revision \d+/);
      // Alice's two endpoints, and the rest of her host.
      expect(shown).toMatch(/--accept[^]*routes: 0 more, 3 fewer, 0 different[^]*- alice/);
      expect(await recover(first(), "--from-memory")).toMatch(/stands at revision/);
      await replicas.agreed();
      expect((await second().poll()).revision).toBeGreaterThan(revision);
      await allIsWell(stop);
    }, 60_000);

    it("of an old copy: they say what each choice would change, and take an export", async () => {
      await start();
      const { redis } = replicas;
      await redis.end();
      const old = await redis.copy();
      await redis.start();
      await replicas.agreed();
      await add(second(), "/newer");
      await waitFor(async () => (await who("/newer")) === NAME, { describe: "the newest route" });
      const exported = join(redis.folder, "export.json");
      const { code } = await runCommand(["--config", first().config, "export", "-o", exported]);
      expect(code).toBe(0);
      const stop = watchRoutes();
      await redis.end();
      await redis.putBack(old);
      await redis.start();
      await refuses(first(), /revision \d+ had been acknowledged: it is an older copy/);
      const shown = await recover(first(), "--from-export", exported, "--dry-run");
      expect(shown).toMatch(/--accept.*\n.*routes: 0 more, 1 fewer, 0 different\n.*- alice.*newer/);
      expect(shown).toMatch(/--from-export.*\n.*routes: 0 more, 0 fewer, 0 different/);
      await refuses(second(), /older copy/);
      await recover(first(), "--from-export", exported);
      await allIsWell(stop);
    }, 60_000);

    it("another's: nothing of it is served, and accepting it is the operator's word", async () => {
      await start();
      const { redis } = replicas;
      const other = await startRedis();
      closing.push(() => other.destroy());
      await fill(other);
      await other.end();
      const stop = watchRoutes();
      const before = (await first().poll()).body;
      await redis.end();
      const own = await redis.copy();
      await redis.putBack(await other.copy());
      await redis.start();
      await refuses(first(), /holds another state/);
      await refuses(second(), /holds another state/);
      for (const slot of replicas.slots) expect((await slot.poll()).body).toBe(before);
      expect(await stop()).toEqual([]);
      const shown = await recover(second());
      expect(shown).toMatch(/routes: 0 more, 3 fewer/);
      await recover(second(), "--accept");
      await replicas.agreed();
      expect((await first().poll()).body).not.toContain("/a`");
      // It was a mistake: their own is put back, and it is the operator's word again.
      await redis.end();
      await redis.putBack(own);
      await redis.start();
      await says(first(), /older copy|another state/);
      await recover(first(), "--accept");
      await allIsWell(async () => []);
    }, 60_000);
  });

  /** Some other console's state. */
  async function fill(server: RedisServer): Promise<void> {
    const { openRedisStore } = await import("../../src/store/redis.ts");
    const settings = redisSettings(server.port);
    const { store } = openRedisStore(settings, { head: join(server.folder, "head") });
    const { position } = await store.load();
    const writes = [{ key: "note/1", value: { v: 1 } }];
    await store.commit(
      position,
      Array.from({ length: 9 }, () => ({ writes, event: { type: "noted" } })),
    );
    await store.close();
  }

  it("whose master is lost with what it had not passed on", async () => {
    const master = await startRedis();
    const way = await startProxy(master.port);
    const replica = await startRedis({ settings: { replicaof: `127.0.0.1 ${way.port}` } });
    closing.push(
      () => replica.destroy(),
      () => way.close(),
      () => master.destroy(),
    );
    await waitFor(async () => /master_link_status:up/.test(await replica.command("INFO")), {
      timeout: 20_000,
      describe: "the replica to follow",
    });
    const sentinels = await startSentinels(master.port);
    closing.unshift(() => sentinels.destroy());
    const addresses = sentinels.ports.map((port) => `127.0.0.1:${port}`);
    await start({
      config: { redis: { sentinels: addresses, commandTimeout: 500, durability: "always" } },
    });
    await replicas.agreed();
    way.stall();
    await add(first(), "/lost");
    await waitFor(async () => (await who("/lost")) === NAME, { describe: "the newest route" });
    const stop = watchRoutes();
    await master.kill();
    way.cut();
    await waitFor(
      async () => {
        const [port = 0] = sentinels.ports;
        const answer = await redisCommand(port, [
          "SENTINEL",
          "get-master-addr-by-name",
          "mymaster",
        ]);
        return answer.includes(String(replica.port));
      },
      { timeout: 60_000, describe: "the failover" },
    );
    await refuses(first(), /lost what was written last/);
    await recover(first(), "--from-memory");
    await allIsWell(stop);
  }, 150_000);
});
