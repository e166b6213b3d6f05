import type { Redis } from "ioredis";
import { ok, warning, wrong, type Found, type Look } from "../checks/check.ts";
import { clockFound } from "../checks/clock.ts";
import { messageOf } from "../errors.ts";
import {
  connectRedis,
  connectSentinel,
  placeOf,
  unavailable,
  whenReady,
  type RedisSettings,
} from "../store/redis/client.ts";
import { checkDurability } from "../store/redis/durability.ts";
import { listed } from "./words.ts";

/** The first that streams are as they are needed in. */
const OLDEST = 7;

/** Asks the Redis that the configuration names, or its Sentinels' master, how it is. */
export async function lookAtRedis(
  look: Look,
  settings: RedisSettings,
  now: () => Date,
): Promise<void> {
  const { tell } = look;
  await Promise.all([
    lookAtServer(look, settings, now),
    ...settings.sentinels.map(async (address) =>
      tell(`Sentinel ${address}`, await sentinelFound(settings, address)),
    ),
  ]);
}

async function lookAtServer(
  { tell }: Look,
  settings: RedisSettings,
  now: () => Date,
): Promise<void> {
  const place = placeOf(settings);
  let redis: Redis | undefined;
  const look = async (what: string, find: (redis: Redis) => Promise<Found>) => {
    try {
      tell(what, await find(redis as Redis));
    } catch (error) {
      tell(what, wrong(messageOf(unavailable(place, error))));
    }
  };
  try {
    redis = connectRedis(settings, "doctor");
    await whenReady(redis, place, settings.commandTimeout);
  } catch (error) {
    tell("Redis", wrong(messageOf(unavailable(place, error))));
    redis?.disconnect();
    return;
  }
  try {
    await look("Redis", versionFound);
    await look("durability", (redis) => durabilityFound(redis, settings));
    await look("disk", diskFound);
    await look("memory", memoryFound);
    await look("role", (redis) => roleFound(redis, settings));
    await look("clock", (redis) => timeFound(redis, now));
  } finally {
    redis.disconnect();
  }
}

async function versionFound(redis: Redis): Promise<Found> {
  const { redis_version: version = "unknown" } = await infoOf(redis, "server");
  const facts = { version };
  if (Number.parseInt(version, 10) < OLDEST)
    return warning(
      `Redis ${version} answers; 7.0 is the oldest that is tested. Upgrade it.`,
      facts,
    );
  return ok(`Redis ${version} answers.`, facts);
}

async function durabilityFound(redis: Redis, settings: RedisSettings): Promise<Found> {
  const { sentence, refusal } = await checkDurability(redis, settings);
  const facts = { asked: settings.durability };
  return refusal === undefined
    ? ok(sentence, facts)
    : wrong(`Changes are refused, as ${refusal}.`, facts);
}

async function diskFound(redis: Redis): Promise<Found> {
  const info = await infoOf(redis, "persistence");
  const failed = [
    ["aof_last_write_status", "writing its append-only file"],
    ["aof_last_bgrewrite_status", "rewriting its append-only file"],
    ["rdb_last_bgsave_status", "saving a snapshot"],
  ]
    .filter(([key = ""]) => (info[key] ?? "ok") !== "ok")
    .map(([, what = ""]) => what);
  if (failed.length === 0) return ok("What it last wrote to its disk went well.");
  const says = `It failed at ${listed(failed)}: look at its log, and at the space on its disk.`;
  return failed[0]?.startsWith("writing") === true ? wrong(says) : warning(says);
}

const NEARLY = 0.9;

async function memoryFound(redis: Redis): Promise<Found> {
  const info = await infoOf(redis, "memory");
  const used = Number(info["used_memory"] ?? 0);
  const most = Number(info["maxmemory"] ?? 0);
  const facts = { usedBytes: used, mostBytes: most };
  const has = `It uses ${megabytes(used)}`;
  if (most === 0) return ok(`${has}, without a limit.`, facts);
  const says = `${has} of ${megabytes(most)} (maxmemory).`;
  if (used < NEARLY * most) return ok(says, facts);
  return warning(`${says} When it is full, changes are refused: raise maxmemory.`, facts);
}

async function roleFound(redis: Redis, { waitReplicas }: RedisSettings): Promise<Found> {
  const info = await infoOf(redis, "replication");
  const { role = "unknown" } = info;
  const replicas = Number(info["connected_slaves"] ?? 0);
  const facts = { role, replicas };
  if (role !== "master") {
    const says = `It is a replica, which takes no changes: let redis.url name the master, or set redis.sentinels.`;
    return wrong(says, facts);
  }
  if (replicas < waitReplicas) {
    const says = `It is the master of ${replicas} replicas, and redis.waitReplicas asks for ${waitReplicas}: changes are not acknowledged until they are there.`;
    return wrong(says, facts);
  }
  return ok(`It is a master, with ${replicas} ${replicas === 1 ? "replica" : "replicas"}.`, facts);
}

async function timeFound(redis: Redis, now: () => Date): Promise<Found> {
  const asked = now().getTime();
  const [seconds, micros] = await redis.time();
  const middle = (asked + now().getTime()) / 2;
  return clockFound("Redis", Number(seconds) + Number(micros) / 1e6 - middle / 1000);
}

async function sentinelFound(settings: RedisSettings, address: string): Promise<Found> {
  const { sentinelName } = settings;
  const place = `Sentinel ${address}`;
  const sentinel = connectSentinel(settings, address);
  try {
    await whenReady(sentinel, place, settings.commandTimeout);
    const master = await sentinel.call("SENTINEL", "get-master-addr-by-name", sentinelName);
    if (!Array.isArray(master)) {
      return wrong(`It answers, and knows no ${sentinelName}. Is redis.sentinelName right?`);
    }
    const facts = { master: master.join(":") };
    try {
      await sentinel.call("SENTINEL", "CKQUORUM", sentinelName);
    } catch {
      const says = `It knows ${facts.master}, and too few Sentinels see each other to let another take over (SENTINEL CKQUORUM): start the others.`;
      return warning(says, facts);
    }
    return ok(`It says that ${facts.master} is the master, and there are enough of them.`, facts);
  } catch (error) {
    return wrong(messageOf(unavailable(place, error)));
  } finally {
    sentinel.disconnect();
  }
}

async function infoOf(redis: Redis, section: string): Promise<Record<string, string>> {
  const lines = (await redis.info(section)).split("\r\n").filter((line) => line.includes(":"));
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)]),
  );
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
