import type { Redis } from "ioredis";
import { checkLast, checkPair, requireUnbroken } from "../checks.ts";
import { digestWith, entityHash, type Digest } from "../chain.ts";
import { parseJson, type Meta } from "../sealed.ts";
import { isKey, StoreDamaged, type HistoryQuery, type Json, type Key } from "../store.ts";
import type { StoredEvent, StoredLink } from "../store.ts";
import { toStoredEvent } from "../sealed.ts";
import { entryId, linkOf, type StreamEntry } from "./layout.ts";

/** How many entities one answer brings, about. */
const SCAN_COUNT = 2_000;
/** How many events before the last are checked at every start. */
const TAIL = 256;

/**
 * The texts of all entities of a hash. What is written meanwhile may be in it or not, each field by
 * itself.
 */
export async function scanTexts(redis: Redis, key: string): Promise<Map<Key, string>> {
  const texts = new Map<Key, string>();
  let cursor = "0";
  do {
    const [next, fields] = await redis.hscan(key, cursor, "COUNT", SCAN_COUNT);
    for (let at = 0; at < fields.length; at += 2) {
      texts.set(fields[at] as string, fields[at + 1] as string);
    }
    cursor = next;
  } while (cursor !== "0");
  return texts;
}

/** Entities as they were read, with what is wrong with them. */
export interface ReadEntities {
  readonly entities: ReadonlyMap<Key, Json>;
  readonly digest: Digest;
  readonly problems: readonly string[];
}

const SLICE = 1_000;

/** Parses texts, and lets others have a turn now and then: there may be 100,000. */
export async function parseTexts(texts: ReadonlyMap<Key, string>): Promise<ReadEntities> {
  const entities = new Map<Key, Json>();
  const problems: string[] = [];
  let digest: Digest = 0n;
  let count = 0;
  for (const [key, text] of texts) {
    const value = parseJson(text);
    if (value === undefined || !isKey(key)) {
      problems.push(`The record ${JSON.stringify(key)} is unreadable.`);
      continue;
    }
    digest = digestWith(digest, entityHash(key, text));
    entities.set(key, value as Json);
    if (++count % SLICE === 0) await new Promise(setImmediate);
  }
  return { entities, digest, problems };
}

/** What is wrong with the history, or with its end. @param meta undefined where it is not known */
export async function checkEvents(
  meta: Meta | undefined,
  newestFirst: AsyncIterable<StreamEntry> | Iterable<StreamEntry>,
): Promise<string[]> {
  const problems: string[] = [];
  const since = meta?.since ?? 1;
  let newest: StoredLink | undefined;
  let younger: StoredLink | undefined;
  for await (const entry of newestFirst) {
    const link = linkOf(entry);
    if (link === undefined) {
      problems.push(`The event ${JSON.stringify(entry[0])} is altered.`);
      continue;
    }
    newest ??= link;
    if (younger !== undefined) problems.push(...checkPair(link, younger, since));
    younger = link;
  }
  if (meta !== undefined) problems.push(...checkLast(meta, newest));
  return problems;
}

/** The last events, newest first: all told, or up to a revision. */
export function readTail(redis: Redis, history: string, upTo?: number): Promise<StreamEntry[]> {
  const newest = upTo === undefined ? "+" : entryId(upTo);
  return redis.xrevrange(history, newest, "-", "COUNT", TAIL);
}

/**
 * Events of the history, each checked by its link and by its neighbour.
 * @throws StoreDamaged
 */
export async function readHistory(
  redis: Redis,
  history: string,
  query: HistoryQuery,
  since: number,
): Promise<readonly StoredEvent[]> {
  const { after = 0, before, reverse = false, limit } = query;
  if (limit <= 0 || (before ?? 1) <= 0) return [];
  const low = after <= 0 ? "-" : entryId(after + 1);
  const high = before === undefined ? "+" : entryId(before - 1);
  if (before !== undefined && before - 1 < after + 1) return [];
  const entries = reverse
    ? await redis.xrevrange(history, high, low, "COUNT", limit)
    : await redis.xrange(history, low, high, "COUNT", limit);
  const links = entries.map((entry) => {
    const link = linkOf(entry);
    if (link === undefined) throw new StoreDamaged(`The event ${entry[0]} in Redis is altered.`);
    return link;
  });
  requireUnbroken(links, reverse, since);
  return links.map(toStoredEvent);
}

const LINKS_A_READ = 1_000;

/** All events, newest first. */
export async function* readBack(redis: Redis, history: string): AsyncIterable<StreamEntry> {
  let from = "+";
  for (;;) {
    const entries = await redis.xrevrange(history, from, "-", "COUNT", LINKS_A_READ);
    yield* entries;
    const last = entries.at(-1);
    if (last === undefined || entries.length < LINKS_A_READ) return;
    from = `(${last[0]}`;
  }
}

/** The whole history, oldest first. @throws StoreDamaged for an event that is altered */
export async function* readLinks(redis: Redis, history: string): AsyncIterable<StoredLink> {
  let from = "-";
  for (;;) {
    const entries = await redis.xrange(history, from, "+", "COUNT", LINKS_A_READ);
    for (const entry of entries) {
      const link = linkOf(entry);
      if (link === undefined) throw new StoreDamaged(`The event ${entry[0]} in Redis is altered.`);
      yield link;
    }
    const last = entries.at(-1);
    if (last === undefined || entries.length < LINKS_A_READ) return;
    from = `(${last[0]}`;
  }
}
