import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { MemoryVolatile } from "../../src/store/memory-volatile.ts";
import { openRedisStore } from "../../src/store/redis.ts";
import { describeVolatile } from "../conformance/volatile.ts";
import { temporaryFolder } from "../support/folder.ts";
import { type RedisServer, redisSettings, startRedis } from "../support/redis.ts";
import { describeWithService } from "../support/services.ts";

describeVolatile("memory", async () => ({
  volatile: new MemoryVolatile(),
  close: async () => undefined,
}));

it("memory forgets what has expired, though nobody asks for it", async () => {
  let now = 0;
  const volatile = new MemoryVolatile(() => now);
  for (let n = 0; n < 5_000; n++) {
    now++;
    await volatile.set(`key-${n}`, "x", 10);
  }
  expect(volatile.size).toBeLessThan(2_000);
});

describeWithService("redis", "the volatile part on Redis", () => {
  let redis: RedisServer;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let places = 0;
  beforeAll(async () => {
    folder = await temporaryFolder();
    redis = await startRedis({ settings: { appendfsync: "no" } });
  });
  afterAll(async () => {
    await redis.destroy();
    await folder.remove();
  });

  describeVolatile("Redis", async () => {
    const settings = redisSettings(redis.port, { prefix: `p${++places}` });
    const { store, volatile } = openRedisStore(settings, { head: join(folder.path, "head") });
    return { volatile, close: () => store.close() };
  });
});
