import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { MemoryVolatile } from "../../src/store/memory-volatile.ts";
import { openRedisStore } from "../../src/store/redis.ts";
import { describeVolatile } from "../conformance/volatile.ts";
import { temporaryFolder } from "../support/folder.ts";
import { type RedisServer, redisSettings, startRedis } from "../support/redis.ts";
import { describeWithService } from "../support/services.ts";

describeVolatile("memory", async () => {
  let now = 0;
  const volatile = new MemoryVolatile(() => now);
  return { one: volatile, two: volatile, pass: (ms) => (now += ms), destroy: async () => {} };
});

describeWithService("redis", "the volatile store on Redis", () => {
  let redis: RedisServer;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let places = 0;

  beforeAll(async () => {
    redis = await startRedis({ settings: { appendfsync: "no" } });
    folder = await temporaryFolder();
  });
  afterAll(async () => {
    await redis.destroy();
    await folder.remove();
  });

  function open(prefix: string) {
    return openRedisStore(redisSettings(redis.port, { prefix }), {
      head: join(folder.path, "redis-head"),
    });
  }

  describeVolatile("Redis", async () => {
    const prefix = `place-${++places}`;
    const opened = [open(prefix), open(prefix)] as const;
    return {
      one: opened[0].volatile,
      two: opened[1].volatile,
      pass: () => {},
      async destroy() {
        for (const { store } of opened) await store.close();
      },
    };
  });

  it("never gives a lower fence, not even after all was lost", async () => {
    const { store, volatile } = open("fences");
    const fence = (await volatile.acquire("lead", "one", 60_000)) ?? 0;
    await redis.command("FLUSHALL");
    expect(await volatile.acquire("lead", "two", 60_000)).toBeGreaterThan(fence);
    await store.close();
  });

  it("says that it is away", async () => {
    const { store, volatile } = open("away");
    await volatile.set("a", "1", 60_000);
    await store.close();
    const away = { code: "store_unavailable" };
    await expect(volatile.get("a")).rejects.toMatchObject(away);
    await expect(volatile.set("a", "1", 1)).rejects.toMatchObject(away);
    await expect(volatile.list("")).rejects.toMatchObject(away);
    await expect(volatile.acquire("a", "b", 1)).rejects.toMatchObject(away);
    await expect(volatile.nudge("a", "b")).rejects.toMatchObject(away);
  });
});
