/**
 * What every store keeps in the same form: where it stands, and the links of its history. Each
 * carries what it can be checked by.
 */
import { hash } from "node:crypto";
import { canonicalJson, digestText, eventText, linkIdWith } from "./chain.ts";
import type { Digest } from "./chain.ts";
import type { Commit, Json, Position, StoredEvent, StoredLink } from "./store.ts";

/** The format that this release writes. */
export const FORMAT = 1;

/** A lineage that another took the place of. */
export interface Superseded {
  readonly lineage: string;
  /** The revision that began the other one. */
  readonly at: number;
  /** Whether an operator decided so: then also what the history does not show is superseded. */
  readonly decided: boolean;
}

export interface Meta {
  readonly format: number;
  readonly position: Position;
  /** Which entities count. */
  readonly generation: number;
  readonly digest: Digest;
  /** From this revision on, the history is known to have no gap. */
  readonly since: number;
  readonly supersedes?: readonly Superseded[];
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
  const { position, digest, supersedes = [], ...rest } = meta;
  const past = supersedes.map(({ lineage, at, decided }): Json => ({ lineage, at, decided }));
  return seal({
    ...rest,
    ...position,
    digest: digestText(digest),
    ...(past.length === 0 ? {} : { supersedes: past }),
  });
}

/** Meta as `encodeMeta` wrote it, of this format or a newer one; undefined when it is altered. */
export function decodeMeta(sealed: string): Meta | undefined {
  const value = unseal(sealed);
  if (value === undefined) return undefined;
  const position = decodePosition(value);
  const { format, generation, digest, since, supersedes } = value;
  if (position === undefined || !isCount(format) || !isCount(generation) || !isCount(since)) {
    return undefined;
  }
  if (typeof digest !== "string" || !/^[0-9a-f]{64}$/.test(digest)) return undefined;
  const meta = { format, position, generation, digest: BigInt(`0x${digest}`), since };
  // What is sealed is what was written.
  return Array.isArray(supersedes)
    ? { ...meta, supersedes: supersedes as unknown as readonly Superseded[] }
    : meta;
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

/** A link's text; its revision is where it lies. */
export function encodeLink(link: StoredLink): string {
  const [head, tail] = aroundEvent(link);
  return head + eventText(link.event) + tail;
}

/** What stands before and after a link's event: canonical JSON, with its keys in their order. */
function aroundEvent({ commit, content, lineage, parent }: Omit<StoredLink, "event" | "revision">) {
  return [
    `{"commit":${canonicalJson(commit)},"content":${canonicalJson(content)},"event":`,
    `,"lineage":${canonicalJson(lineage)},"parent":${canonicalJson(parent)}}`,
  ] as const;
}

/** The link at a revision; undefined when it is not what was written there. */
export function decodeLink(revision: number, text: string): StoredLink | undefined {
  const value = parseJson(text);
  if (!isRecord(value)) return undefined;
  const { commit, parent, lineage, content, event } = value;
  if (typeof commit !== "string" || typeof parent !== "string") return undefined;
  if (typeof lineage !== "string" || typeof content !== "string") return undefined;
  if (!isRecord(event)) return undefined;
  const link = { lineage, parent, revision, content, event: event as Commit["event"], commit };
  const [head, tail] = aroundEvent(link);
  if (!text.startsWith(head) || !text.endsWith(tail)) return undefined;
  // As it stands there: to write a large event anew takes longer than all the rest of reading it.
  const canonical = text.slice(head.length, text.length - tail.length);
  return linkIdWith(link, canonical) === commit ? link : undefined;
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
