import { randomInt } from "node:crypto";
import { digestWith, entityHash, type Digest } from "../chain.ts";
import type { Key } from "../store.ts";
import type { RedisKeys } from "./layout.ts";
import type { RedisLink } from "./link.ts";

const BATCH_ENTRIES = 1_000;
const BATCH_CHARS = 1 << 20;
/** What was staged and not taken up goes by itself. */
export const STAGED_TTL_S = 3_600;
const GENERATIONS = 2 ** 47;

/** Entities that were staged: where, and what they are held to when they are taken up. */
export interface Staged {
  readonly generation: number;
  readonly digest: Digest;
  readonly count: number;
}

/**
 * Writes entities into a generation of their own, which is drawn: two that stage at the same time do
 * not mix.
 * @param onProgress is told how many are written
 */
export async function stageEntities(
  link: RedisLink,
  keys: RedisKeys,
  entities: Iterable<readonly [Key, string]>,
  onProgress?: (staged: number) => void,
): Promise<Staged> {
  const generation = 1 + randomInt(GENERATIONS);
  const key = keys.entities(generation);
  let digest: Digest = 0n;
  let batch: string[] = [];
  let chars = 0;
  let staged = 0;
  const flush = async () => {
    await link.ask((redis) => redis.hset(key, ...batch));
    await link.ask((redis) => redis.expire(key, STAGED_TTL_S));
    staged += batch.length / 2;
    batch = [];
    chars = 0;
    onProgress?.(staged);
  };
  for (const [field, text] of entities) {
    digest = digestWith(digest, entityHash(field, text));
    batch.push(field, text);
    chars += text.length;
    if (batch.length >= BATCH_ENTRIES * 2 || chars >= BATCH_CHARS) await flush();
  }
  if (batch.length > 0) await flush();
  return { generation, digest, count: staged };
}
