import type { Redis } from "ioredis";
import type { RedisSettings } from "./client.ts";

/** What Redis promises of a change that it has acknowledged, and what is wrong with that. */
export interface Durability {
  readonly promises: "always" | "everysec" | "none" | "unknown";
  /** A sentence for operators. */
  readonly sentence: string;
  /** Why nothing is to be written, if it promises less than `redis.durability` asks for. */
  readonly refusal: string | undefined;
}

const SENTENCES: Record<Durability["promises"], string> = {
  always: "What is acknowledged is on Redis's disk.",
  everysec:
    "What is acknowledged survives the end of Redis's process; a loss of power takes up to about two seconds of changes.",
  none: "What is acknowledged lasts as long as Redis's process, or its replicas.",
  unknown:
    "Redis does not tell its settings (CONFIG is forbidden), so what it promises is not known.",
};

const RANK = { none: 0, everysec: 1, always: 2 } as const;

/** Asks Redis for the settings that decide what an acknowledgement is worth. */
export async function checkDurability(redis: Redis, settings: RedisSettings): Promise<Durability> {
  const config = await readConfig(redis);
  if (config === undefined) {
    return { promises: "unknown", sentence: SENTENCES.unknown, refusal: undefined };
  }
  const promises = promisesOf(config);
  const sentences = [SENTENCES[promises]];
  if (settings.waitReplicas > 0) {
    sentences.push(`Before that, ${settings.waitReplicas} of its replicas have it in memory.`);
  }
  return {
    promises,
    sentence: sentences.join(" "),
    refusal: refusalOf(promises, config, settings),
  };
}

function promisesOf(config: ReadonlyMap<string, string>): "always" | "everysec" | "none" {
  if (config.get("appendonly") !== "yes") return "none";
  const fsync = config.get("appendfsync");
  return fsync === "always" || fsync === "everysec" ? fsync : "none";
}

function refusalOf(
  promises: "always" | "everysec" | "none",
  config: ReadonlyMap<string, string>,
  { durability }: RedisSettings,
): string | undefined {
  const policy = config.get("maxmemory-policy") ?? "noeviction";
  if (policy.startsWith("allkeys-") && config.get("maxmemory") !== "0") {
    return `it may drop what is stored when its memory is short (maxmemory-policy ${policy}): set it to noeviction`;
  }
  if (RANK[promises] >= RANK[durability]) return undefined;
  const fsync = durability === "always" ? "always" : "everysec";
  return `it promises less than redis.durability, ${durability}, asks for: set appendonly yes and appendfsync ${fsync}`;
}

/** Undefined where it may not be asked. */
async function readConfig(redis: Redis): Promise<ReadonlyMap<string, string> | undefined> {
  let pairs: unknown;
  try {
    pairs = await redis.config("GET", "appendonly", "appendfsync", "maxmemory", "maxmemory-policy");
  } catch (error) {
    if (error instanceof Error && error.name === "ReplyError") return undefined;
    throw error;
  }
  const list = pairs as readonly string[];
  const config = new Map<string, string>();
  for (let at = 0; at < list.length; at += 2) config.set(list[at] ?? "", list[at + 1] ?? "");
  return config.size === 0 ? undefined : config;
}
