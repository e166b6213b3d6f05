/** What can be wrong with where a store stands and with its history, in plain sentences. */
import type { Meta } from "./sealed.ts";
import { StoreDamaged, type Position, type StoredLink } from "./store.ts";

export const PLACE_ALTERED = "The record of where the store stands is missing or altered.";

/** What is wrong with a position, seen from the one that was acknowledged last. */
export function checkHead(found: Position, head: Position | undefined): string[] {
  if (head === undefined || head.revision < found.revision) return [];
  if (head.revision > found.revision) {
    return [
      `It stands at revision ${found.revision}, but revision ${head.revision} had been acknowledged: changes are missing.`,
    ];
  }
  if (head.commit === found.commit && head.lineage === found.lineage) return [];
  return [
    `Its revision ${found.revision} (lineage ${found.lineage}) is not the revision ${head.revision} (lineage ${head.lineage}) that had been acknowledged: this is another store's data.`,
  ];
}

/** The last link must be the one that meta names. */
export function checkLast(meta: Meta, last: StoredLink | undefined): string[] {
  const { revision, commit, lineage } = meta.position;
  if (revision === 0 && last === undefined) return [];
  if (last?.revision === revision && last.commit === commit && last.lineage === lineage) return [];
  const found = last === undefined ? "there is none" : `the last is that of ${last.revision}`;
  return [`The event of revision ${revision} is missing or another one: ${found}.`];
}

/** Two neighbours of the history: the older must be the younger's parent, without a gap. */
export function checkPair(older: StoredLink, younger: StoredLink, since: number): string[] {
  if (older.revision < since) return [];
  if (older.revision + 1 === younger.revision && older.commit === younger.parent) return [];
  return [
    `The events between revision ${older.revision} and ${younger.revision} are missing or altered.`,
  ];
}

/**
 * A history up to a position, as it is read, oldest first: what others append meanwhile is left out.
 * @param since from this revision on it must have no gap
 * @throws StoreDamaged when it has one, or does not lead to the position
 */
export async function* upTo(
  position: Position,
  since: number,
  links: AsyncIterable<StoredLink>,
): AsyncIterable<StoredLink> {
  let older: StoredLink | undefined;
  for await (const link of links) {
    if (link.revision > position.revision) break;
    const [problem] = older === undefined ? [] : checkPair(older, link, since);
    if (problem !== undefined) throw new StoreDamaged(problem);
    yield link;
    older = link;
  }
  if (older?.commit === position.commit || position.revision === 0) return;
  throw new StoreDamaged(`The history does not lead to revision ${position.revision}.`);
}

const NAMED_PROBLEMS = 20;

/** No more problems than somebody reads. */
export function shorten(problems: readonly string[]): readonly string[] {
  const more = problems.length - NAMED_PROBLEMS;
  return more > 0 ? [...problems.slice(0, NAMED_PROBLEMS), `And ${more} more.`] : problems;
}

/**
 * Holds links that were read in a row to each other.
 * @param reverse newest first
 * @throws StoreDamaged where one is missing between two, or altered
 */
export function requireUnbroken(
  links: readonly StoredLink[],
  reverse: boolean,
  since: number,
): void {
  for (const [index, link] of links.entries()) {
    const next = links[index + 1];
    if (next === undefined) break;
    const [problem] = reverse ? checkPair(next, link, since) : checkPair(link, next, since);
    if (problem !== undefined) throw new StoreDamaged(problem);
  }
}
