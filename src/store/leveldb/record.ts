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
import { hash } from "node:crypto";
import { canonicalJson, digestText, linkId } from "../chain.ts";
import type { Digest } from "../chain.ts";
import type { Commit, Json, Position, StoredEvent, StoredLink } from "../store.ts";

/** The format that this release writes. */
export const FORMAT = 1;

export const META_KEY = "meta";

export interface Meta {
  readonly format: number;
  readonly position: Position;
  /** Which entities count. */
  readonly generation: number;
  readonly digest: Digest;
  /** From this revision on, the history is known to have no gap. */
  readonly since: number;
}

/** A range of keys, for an iterator. */
export interface KeyRange {
  readonly gte: string;
  readonly lt: string;
}

/** A JSON text behind its own checksum. */
export function seal(value: Json): string {
  const text = canonicalJson(value);
  return `${hash("sha256", text, "base64url")} ${text}`;
}

/** What `seal` closed; undefined when it is torn or altered. */
export function unseal(sealed: string): { readonly [key: string]: unknown } | undefined {
  const at = sealed.indexOf(" ");
  const text = sealed.slice(at + 1);
  if (at < 0 || hash("sha256", text, "base64url") !== sealed.slice(0, at)) return undefined;
  const value: unknown = JSON.parse(text);
  return isRecord(value) ? value : undefined;
}

export function encodeMeta(meta: Meta): string {
  const { position, digest, ...rest } = meta;
  return seal({ ...rest, ...position, digest: digestText(digest) });
}

/** Meta as `encodeMeta` wrote it, of this format or a newer one; undefined when it is altered. */
export function decodeMeta(sealed: string): Meta | undefined {
  const value = unseal(sealed);
  if (value === undefined) return undefined;
  const position = decodePosition(value);
  const { format, generation, digest, since } = value;
  if (position === undefined || !isCount(format) || !isCount(generation) || !isCount(since)) {
    return undefined;
  }
  if (typeof digest !== "string" || !/^[0-9a-f]{64}$/.test(digest)) return undefined;
  return { format, position, generation, digest: BigInt(`0x${digest}`), since };
}

/**
 * Only the format out of meta. Every later format keeps meta sealed and its `format` in it, so
 * that this release can tell a newer store from a damaged one.
 */
export function decodeFormat(sealed: string): number | undefined {
  const format = unseal(sealed)?.["format"];
  return isCount(format) ? format : undefined;
}

export function decodePosition(value: { readonly [key: string]: unknown }): Position | undefined {
  const { lineage, revision, commit } = value;
  if (typeof lineage !== "string" || !isCount(revision) || typeof commit !== "string") {
    return undefined;
  }
  return { lineage, revision, commit };
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

export function encodeEvent(link: StoredLink): string {
  const { revision: _, ...rest } = link;
  return canonicalJson(rest);
}

/** The event at a key of the history; undefined when it is not what was written there. */
export function decodeEvent(key: string, text: string): StoredLink | undefined {
  const value = parseJson(text);
  if (!isRecord(value)) return undefined;
  const { commit, parent, lineage, content, event } = value;
  if (typeof commit !== "string" || typeof parent !== "string") return undefined;
  if (typeof lineage !== "string" || typeof content !== "string") return undefined;
  if (!isRecord(event)) return undefined;
  const revision = Number(key.slice(EVENTS.gte.length));
  const link = { lineage, parent, revision, content, event: event as Commit["event"] };
  return linkId(link) === commit && eventKey(revision) === key ? { ...link, commit } : undefined;
}

/** An event without the parts that only the chain needs. */
export function toStoredEvent(link: StoredLink): StoredEvent {
  const { revision, commit, parent, event } = link;
  return { revision, commit, parent, event };
}

/** Parses JSON; undefined when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
