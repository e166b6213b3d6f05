import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { openRedisStore } from "../../src/store/redis.ts";
import type { WholeStore } from "../../src/store/store.ts";
import { describeStore } from "../conformance/store.ts";
import { temporaryFolder } from "../support/folder.ts";
import { type RedisServer, redisSettings, startRedis } from "../support/redis.ts";
import { describeWithService } from "../support/services.ts";

describeWithService("redis", "the store on Redis", () => {
  let redis: RedisServer;
  let places = 0;

  beforeAll(async () => {
    redis = await startRedis({ settings: { appendfsync: "no" } });
  });
  afterAll(() => redis.destroy());

  describeStore("Redis", async () => {
    const folder = await temporaryFolder();
    const settings = redisSettings(redis.port, { prefix: `place-${++places}` });
    const opened: WholeStore[] = [];
    const open = async () => {
      const { store } = openRedisStore(settings, { head: join(folder.path, "redis-head") });
      opened.push(store);
      return store;
    };
    return {
      open,
      async reopen() {
        await opened.at(-1)?.close();
        return open();
      },
      async destroy() {
        for (const store of opened) await store.close();
        await folder.remove();
      },
    };
  });
});
