import { digestWith, entityHash } from "../chain.ts";
import type { Digest } from "../chain.ts";
import { StoreDamaged, isKey } from "../store.ts";
import type { Json, Key, Position, StoredLink } from "../store.ts";
import type { Level } from "./level.ts";
import { chunks, readError } from "./level.ts";
import { PLACE_ALTERED, checkHead, checkLast, checkPair, shorten } from "../checks.ts";
import { decodeFormat, decodeMeta, parseJson } from "../sealed.ts";
import type { Meta } from "../sealed.ts";
import { ENTITIES, EVENTS, META_KEY, decodeEvent, entityPrefix, entityRange } from "./record.ts";

/** Everything that a database says of itself, and what is wrong with it. */
export interface Inspection {
  /** Undefined when it is missing or altered, or of a format whose meta cannot be read. */
  readonly meta: Meta | undefined;
  /** The format, where meta could be read at all. */
  readonly format: number | undefined;
  readonly entities: ReadonlyMap<Key, Json>;
  readonly digest: Digest;
  /** The newest event that can be read. */
  readonly last: StoredLink | undefined;
  /** Plain sentences; none when all is as it was written. */
  readonly problems: readonly string[];
  /** Whether LevelDB itself could not read on, so that repairing a copy may show more. */
  readonly cutOff: boolean;
}

/** How many events before the last are checked at every start: about what a log holds. */
const TAIL = 256;

/** A database that has just been made: no meta, no entity, no event. */
export async function isBlank(level: Level): Promise<boolean> {
  return (await level.keys({ limit: 1 }).all()).length === 0;
}

/**
 * Reads all entities and checks them against meta's digest, the end of the history against meta's
 * position, and that position against the one that was acknowledged last.
 * @throws StoreUnavailable when the machine, not the data, is at fault.
 */
export async function inspect(
  level: Level,
  head: Position | undefined,
  everyEvent = false,
): Promise<Inspection> {
  const problems: string[] = [];
  let cutOff = false;
  /** Runs a part of the reading; LevelDB's own complaint becomes a problem. */
  const guarded = async (read: () => Promise<void>): Promise<void> => {
    try {
      await read();
    } catch (error) {
      const reason = readError(level.location, error);
      if (!(reason instanceof StoreDamaged)) throw reason;
      cutOff = true;
      problems.push(`${reason.message}.`);
    }
  };

  let sealed: string | undefined;
  await guarded(async () => void (sealed = await level.get(META_KEY)));
  const format = sealed === undefined ? undefined : decodeFormat(sealed);
  const meta = sealed === undefined ? undefined : decodeMeta(sealed);
  if (meta === undefined) problems.push(PLACE_ALTERED);
  if (meta !== undefined) problems.push(...checkHead(meta.position, head));

  const entities = new Map<Key, Json>();
  let digest: Digest = 0n;
  await guarded(async () => {
    const generation = meta?.generation ?? (await fullestGeneration(level));
    const bad: string[] = [];
    digest = await readEntities(level, generation, entities, bad);
    problems.push(...bad.map((key) => `The record ${JSON.stringify(key)} is unreadable.`));
  });
  if (meta !== undefined && meta.digest !== digest) {
    problems.push(
      `The ${entities.size} records are not those of revision ${meta.position.revision}: some are missing, older or altered.`,
    );
  }

  let last: StoredLink | undefined;
  await guarded(async () => {
    last = await readEvents(level, meta, everyEvent, problems);
  });
  return { meta, format, entities, digest, last, problems: shorten(problems), cutOff };
}

/** Entities of one generation; what cannot be one goes to `bad`. */
async function readEntities(
  level: Level,
  generation: number | undefined,
  entities: Map<Key, Json>,
  bad: string[],
): Promise<Digest> {
  let digest: Digest = 0n;
  if (generation === undefined) return digest;
  const skip = entityPrefix(generation).length;
  for await (const chunk of chunks(level, entityRange(generation))) {
    for (const [stored, text] of chunk) {
      const key = stored.slice(skip);
      const value = parseJson(text);
      if (value === undefined || !isKey(key)) {
        bad.push(key);
        continue;
      }
      digest = digestWith(digest, entityHash(key, text));
      entities.set(key, value as Json);
    }
  }
  return digest;
}

/**
 * Without meta: the generation with the most entities. A second one is either a replacement that
 * was not staged to its end or an old state not deleted to its end.
 */
async function fullestGeneration(level: Level): Promise<number | undefined> {
  const counts = new Map<number, number>();
  for await (const chunk of chunks(level, ENTITIES)) {
    for (const [key] of chunk) {
      const generation = Number(key.slice(1, key.indexOf("/")));
      counts.set(generation, (counts.get(generation) ?? 0) + 1);
    }
  }
  return [...counts].toSorted((a, b) => b[1] - a[1])[0]?.[0];
}

/**
 * Reads back from the newest event, as far as it is worth at a start or all of them, and checks
 * each and that it is the parent of the one after it.
 * @returns the newest that can be read.
 */
async function readEvents(
  level: Level,
  meta: Meta | undefined,
  everyEvent: boolean,
  problems: string[],
): Promise<StoredLink | undefined> {
  let newest: StoredLink | undefined;
  let younger: StoredLink | undefined;
  let left = everyEvent ? Number.POSITIVE_INFINITY : TAIL;
  const since = meta?.since ?? 1;
  const iterator = level.iterator({ ...EVENTS, reverse: true });
  try {
    for (; left > 0; left -= 1) {
      const entry = await iterator.next();
      if (entry === undefined) break;
      const link = decodeEvent(...entry);
      if (link === undefined) {
        problems.push(`The event at ${JSON.stringify(entry[0])} is altered.`);
        continue;
      }
      newest ??= link;
      if (younger !== undefined) problems.push(...checkPair(link, younger, since));
      younger = link;
      if (link.revision <= since && !everyEvent) break;
    }
  } finally {
    await iterator.close();
  }
  if (meta !== undefined) {
    problems.push(...checkLast(meta, newest));
    if (left > 0 && younger !== undefined && younger.revision > since) {
      problems.push(`The events before revision ${younger.revision} are missing.`);
    }
  }
  return newest;
}
