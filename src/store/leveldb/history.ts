import { StoreDamaged } from "../store.ts";
import type { HistoryQuery, Position, StoredEvent, StoredLink } from "../store.ts";
import { PLACE_ALTERED, checkHead, checkLast, requireUnbroken } from "../checks.ts";
import { decodeMeta, toStoredEvent } from "../sealed.ts";
import type { Meta } from "../sealed.ts";
import type { Level } from "./level.ts";
import { EVENTS, META_KEY, decodeEvent, eventKey } from "./record.ts";

/**
 * Events of the history, each checked by its link and by its neighbour.
 * @param since the revision from which there are no gaps.
 * @throws StoreDamaged
 */
export async function readHistory(
  level: Level,
  query: HistoryQuery,
  since: number,
): Promise<readonly StoredEvent[]> {
  const { after, before, reverse = false, limit } = query;
  if (limit <= 0 || (before ?? 1) <= 0) return [];
  const range = {
    ...(after === undefined || after < 0 ? { gte: EVENTS.gte } : { gt: eventKey(after) }),
    lt: before === undefined ? EVENTS.lt : eventKey(before),
  };
  const entries = await level.iterator({ ...range, reverse, limit }).all();
  const links = entries.map(([key, text]) => readLink(key, text));
  requireUnbroken(links, reverse, since);
  return links.map(toStoredEvent);
}

/** Links of the history after a revision, oldest first. @throws StoreDamaged for one that is altered */
export async function readLinks(
  level: Level,
  after: number,
  limit: number,
): Promise<readonly StoredLink[]> {
  const range = { gt: eventKey(after), lt: EVENTS.lt };
  const entries = await level.iterator({ ...range, limit }).all();
  return entries.map(([key, text]) => readLink(key, text));
}

/**
 * Where a database stands that was opened again, and what is wrong with that.
 * @param before the position that had been acknowledged.
 */
export async function readPlace(
  level: Level,
  before: Position,
): Promise<{ readonly meta: Meta | undefined; readonly problems: readonly string[] }> {
  const sealed = await level.get(META_KEY);
  const meta = sealed === undefined ? undefined : decodeMeta(sealed);
  if (meta === undefined) return { meta, problems: [PLACE_ALTERED] };
  const [entry] = await level.iterator({ ...EVENTS, reverse: true, limit: 1 }).all();
  const last = entry && readLink(...entry);
  return { meta, problems: [...checkHead(meta.position, before), ...checkLast(meta, last)] };
}

function readLink(key: string, text: string): StoredLink {
  const link = decodeEvent(key, text);
  if (link === undefined) throw new StoreDamaged(`The event at ${JSON.stringify(key)} is altered.`);
  return link;
}
