/**
 * How the embedded store lies in LevelDB:
 *
 * - `meta`: where the store stands, sealed with a checksum.
 * - `e<generation>/<kind>/<id>`: an entity's canonical JSON. Only the generation that meta names
 *   counts; a replacement is staged in the next one.
 * - `h/<revision, 16 digits>`: an event with its link of the chain.
 *
 * LevelDB checks no checksum when it reads, so each record carries what it can be checked by.
 */
import { decodeLink } from "../sealed.ts";
import type { StoredLink } from "../store.ts";

export const META_KEY = "meta";

/** A range of keys, for an iterator. */
export interface KeyRange {
  readonly gte: string;
  readonly lt: string;
}

export function eventKey(revision: number): string {
  return `h/${String(revision).padStart(16, "0")}`;
}

export const EVENTS: KeyRange = { gte: "h/", lt: "h0" };

/** Entities of every generation. */
export const ENTITIES: KeyRange = { gte: "e", lt: "f" };

export function entityPrefix(generation: number): string {
  return `e${generation}/`;
}

export function entityRange(generation: number): KeyRange {
  return { gte: `e${generation}/`, lt: `e${generation}0` };
}

/** The event at a key of the history; undefined when it is not what was written there. */
export function decodeEvent(key: string, text: string): StoredLink | undefined {
  const revision = Number(key.slice(EVENTS.gte.length));
  return eventKey(revision) === key ? decodeLink(revision, text) : undefined;
}
