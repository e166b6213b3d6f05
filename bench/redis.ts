import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openRedisStore } from "../src/store/redis.ts";
import { redisSettings } from "../test/support/redis.ts";
import { seedRecords } from "./seed.ts";

/** The environment of a console whose state is in a Redis of this machine. */
export function onRedis(port: number): NodeJS.ProcessEnv {
  return { TARDIS_STORE: "redis", TARDIS_REDIS__URL: `redis://127.0.0.1:${port}` };
}

/** Fills an empty Redis with so many endpoints. */
export async function seedRedis(port: number, endpoints: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "tardis-bench-"));
  const { store } = openRedisStore(redisSettings(port), { head: join(folder, "redis-head") });
  const { position } = await store.load();
  await store.replace(position, seedRecords(endpoints, "localhost"), { type: "seeded" });
  await store.close();
  await rm(folder, { recursive: true });
}
