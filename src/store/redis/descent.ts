import {
  samePosition,
  StoreDamaged,
  StoreDiverged,
  type Position,
  type StoredLink,
} from "../store.ts";
import type { Meta, Superseded } from "../sealed.ts";
import { linkOf, namesKeys, revisionOf, type StreamEntry } from "./layout.ts";

/** What the history shows of a position: its own entry, if that is kept, and the first that is. */
export interface Evidence {
  readonly at: readonly StreamEntry[];
  readonly first: readonly StreamEntry[];
}

/**
 * Holds a store to the position that this process knew: it stands there, or its history leads
 * through it, or an operator has decided that it counts no more.
 * @param place where the store is, for the message
 * @throws StoreDiverged when it is older, empty of what was known, or another's
 * @throws StoreDamaged when the history's entry there is altered
 */
export function requireDescent(
  place: string,
  meta: Meta,
  known: Position,
  { at, first }: Evidence,
): void {
  const { position, supersedes = [] } = meta;
  if (samePosition(position, known)) return;
  const past = supersedes.find(({ lineage }) => lineage === known.lineage);
  if (past?.decided === true && known.revision < past.at) return;
  if (known.revision > position.revision) {
    throw new StoreDiverged(
      `Redis (${place}) stands at revision ${position.revision}, but revision ${known.revision} had been acknowledged: it is an older copy, or lost what was written last.`,
    );
  }
  const [entry] = at;
  if (entry !== undefined) {
    const link = linkOf(entry);
    if (link === undefined) {
      throw new StoreDamaged(`The event of revision ${known.revision} in Redis is altered.`);
    }
    if (link.commit === known.commit) return;
  } else if (isTrimmed(known.revision, first)) {
    // Its own entry is gone; the lineage has to do.
    const imported = past !== undefined && known.revision < past.at;
    if (known.lineage === position.lineage || imported) return;
  }
  throw new StoreDiverged(
    `Redis (${place}) holds another state: its history (lineage ${position.lineage}, revision ${position.revision}) does not lead through revision ${known.revision} (lineage ${known.lineage}), which this console knew.`,
  );
}

/** Revision 0 has no entry, and old ones are not kept for ever. */
function isTrimmed(revision: number, [first]: readonly StreamEntry[]): boolean {
  return revision === 0 || first === undefined || revisionOf(first[0]) > revision;
}

/** @throws StoreDiverged for a store in which nothing is, where this console knew something */
export function requireBlankKnown(place: string, known: Position | undefined): void {
  if (known === undefined || known.revision === 0) return;
  throw new StoreDiverged(
    `Redis (${place}) is empty, but revision ${known.revision} had been acknowledged.`,
  );
}

/**
 * The links of entries that lead from the one position to the other, each the parent of the next and
 * with the keys that it wrote: so that what became of those is all that became of the state.
 * @returns undefined where they do not
 */
export function linksBetween(
  from: Position,
  entries: readonly StreamEntry[],
  to: Position,
): readonly StoredLink[] | undefined {
  const links: StoredLink[] = [];
  let { commit, revision } = from;
  for (const entry of entries) {
    const link = linkOf(entry);
    if (link?.parent !== commit || link.revision !== revision + 1) return undefined;
    if (!namesKeys(entry)) return undefined;
    links.push(link);
    ({ commit, revision } = link);
  }
  return commit === to.commit && revision === to.revision ? links : undefined;
}

const SUPERSEDED_MAX = 64;

/** The lineages that a new state ends, the latest first. */
export function superseding(
  meta: Meta | undefined,
  lineages: readonly string[],
  at: number,
  decided: boolean,
): Superseded[] {
  const fresh = [...new Set(lineages)].map((lineage) => ({ lineage, at, decided }));
  const old = (meta?.supersedes ?? []).filter(({ lineage }) => !lineages.includes(lineage));
  return [...fresh, ...old].slice(0, SUPERSEDED_MAX);
}
