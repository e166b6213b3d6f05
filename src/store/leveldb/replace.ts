import { randomUUID } from "node:crypto";
import { digestWith, entityHash } from "../chain.ts";
import type { Digest } from "../chain.ts";
import { positionOf, replacementLink } from "../group.ts";
import type { Commit, Key, StoredLink } from "../store.ts";
import { FORMAT, encodeLink, encodeMeta } from "../sealed.ts";
import type { Meta } from "../sealed.ts";
import { META_KEY, entityPrefix, eventKey } from "./record.ts";

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

/** Writes links of a history in bounded batches. */
export async function stageLinks(
  write: (puts: Put[]) => Promise<void>,
  links: AsyncIterable<StoredLink>,
): Promise<void> {
  let batch: Put[] = [];
  const flush = async (): Promise<void> => {
    await write(batch);
    batch = [];
  };
  for await (const link of links) {
    batch.push({ type: "put", key: eventKey(link.revision), value: encodeLink(link) });
    if (batch.length >= BATCH_ENTRIES) await flush();
  }
  if (batch.length > 0) await flush();
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
  const link = replacementLink(after, parent, rest.digest, event, lineage);
  const meta = { format: FORMAT, position: positionOf(link), ...rest };
  const puts: Put[] = [
    { type: "put", key: eventKey(link.revision), value: encodeLink(link) },
    { type: "put", key: META_KEY, value: encodeMeta(meta) },
  ];
  return { meta, puts };
}
