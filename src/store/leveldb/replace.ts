import { randomUUID } from "node:crypto";
import { canonicalJson, digestText, digestWith, entityHash, linkId } from "../chain.ts";
import type { Digest } from "../chain.ts";
import { assertKey } from "../store.ts";
import type { Commit, Json, Key } from "../store.ts";
import { FORMAT, META_KEY, encodeEvent, encodeMeta, entityPrefix, eventKey } from "./record.ts";
import type { Meta } from "./record.ts";

export type Put = { readonly type: "put"; readonly key: string; readonly value: string };

const BATCH_ENTRIES = 1000;
const BATCH_CHARS = 1 << 20;

/**
 * Writes entities of one generation in bounded batches.
 * @param write makes a batch durable. Each has to be: LevelDB moves on to a new log without syncing
 *   the last one, so a sync at the end would not cover them all.
 * @param onProgress is told how many are written.
 * @returns their digest.
 */
export async function stage(
  write: (puts: Put[]) => Promise<void>,
  generation: number,
  entities: Iterable<readonly [Key, string]>,
  onProgress?: (staged: number) => void,
): Promise<Digest> {
  let digest: Digest = 0n;
  let batch: Put[] = [];
  let chars = 0;
  let staged = 0;
  const flush = async (): Promise<void> => {
    await write(batch);
    staged += batch.length;
    batch = [];
    chars = 0;
    onProgress?.(staged);
  };
  for (const [key, text] of entities) {
    digest = digestWith(digest, entityHash(key, text));
    batch.push({ type: "put", key: entityPrefix(generation) + key, value: text });
    chars += text.length;
    if (batch.length >= BATCH_ENTRIES || chars >= BATCH_CHARS) await flush();
  }
  if (batch.length > 0) await flush();
  return digest;
}

/**
 * The one event and the meta of a whole state that takes another's place under a new lineage.
 * @param after the revision that it comes after.
 * @param lineage the new one; else it is drawn.
 */
export function replacement(
  after: number,
  parent: string,
  event: Commit["event"],
  rest: Pick<Meta, "generation" | "digest" | "since">,
  lineage: string = randomUUID(),
): { readonly meta: Meta; readonly puts: Put[] } {
  const revision = after + 1;
  const content = digestText(rest.digest);
  const link = { lineage, parent, revision, content, event };
  const commit = linkId(link);
  const meta = { format: FORMAT, position: { lineage, revision, commit }, ...rest };
  const puts: Put[] = [
    { type: "put", key: eventKey(revision), value: encodeEvent({ ...link, commit }) },
    { type: "put", key: META_KEY, value: encodeMeta(meta) },
  ];
  return { meta, puts };
}

/**
 * Entities with their canonical JSON.
 * @throws TypeError for what no store can keep, and for a key that comes twice.
 */
export function* canonical(
  entities: Iterable<readonly [Key, Json]>,
): Generator<readonly [Key, string]> {
  const seen = new Set<Key>();
  for (const [key, value] of entities) {
    assertKey(key);
    if (seen.has(key)) throw new TypeError(`The entity ${key} comes twice.`);
    if (value === null) throw new TypeError(`The entity ${key} is null, which means deleted.`);
    seen.add(key);
    yield [key, canonicalJson(value)];
  }
}
