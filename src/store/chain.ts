import { createHash, hash } from "node:crypto";
import type { Steps } from "../turns.ts";
import type { Commit, Json, Key, Write } from "./store.ts";

/**
 * JSON with sorted keys: the same value always gives the same text.
 * @throws TypeError for what would not read back as it was written (`undefined`, NaN, infinities).
 */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map((item: Json) => canonicalJson(item)).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const record = value as { readonly [key: string]: Json };
    const parts = Object.keys(record)
      .toSorted()
      .map((key) => `${JSON.stringify(key)}:${canonicalJson(record[key] as Json)}`);
    return `{${parts.join(",")}}`;
  }
  const text: string | undefined = JSON.stringify(value);
  if (text === undefined || (typeof value === "number" && !Number.isFinite(value))) {
    throw new TypeError(`${String(value)} cannot be kept as JSON`);
  }
  return text;
}

interface WritesAhead {
  /** The canonical JSON of each value, in their order. */
  readonly texts: readonly string[];
  readonly hash: string;
}

/** What was worked out ahead of large commits; it goes with them. */
const writesAhead = new WeakMap<readonly Write[], WritesAhead>();
const eventsAhead = new WeakMap<Commit["event"], string>();

/** Values between two pauses: well below a millisecond. */
const STEP = 32;

/**
 * Works the texts of a commit out, which takes long for thousands of records: who asks for them later
 * has them at once.
 * @throws what `canonicalJson` throws
 */
export function* workOutTexts({ writes, event }: Commit): Steps<void> {
  const texts: string[] = [];
  const content = createHash("sha256");
  for (const { key, value } of writes) {
    const text = canonicalJson(value);
    texts.push(text);
    content.update(`${key}\n${text}\n`);
    if (texts.length % STEP === 0) yield;
  }
  writesAhead.set(writes, { texts, hash: content.digest("base64url") });
  eventsAhead.set(event, yield* canonicalInSteps(event));
}

/** What `canonicalJson` gives, for a value with a long list in it. */
function* canonicalInSteps(value: Json): Steps<string> {
  if (value === null || typeof value !== "object") return canonicalJson(value);
  const parts: string[] = [];
  if (Array.isArray(value)) {
    for (const item of value as readonly Json[]) {
      parts.push(canonicalJson(item));
      if (parts.length % STEP === 0) yield;
    }
    return `[${parts.join(",")}]`;
  }
  const record = value as { readonly [key: string]: Json };
  for (const key of Object.keys(record).toSorted()) {
    parts.push(`${JSON.stringify(key)}:${yield* canonicalInSteps(record[key] as Json)}`);
  }
  return `{${parts.join(",")}}`;
}

/** The canonical JSON of the values that are written, in their order. */
export function writtenTexts(writes: readonly Write[]): readonly string[] {
  return writesAhead.get(writes)?.texts ?? writes.map(({ value }) => canonicalJson(value));
}

/** The canonical JSON of an event. */
export function eventText(event: Commit["event"]): string {
  return eventsAhead.get(event) ?? canonicalJson(event);
}

/** SHA-256, base64url, over writes in their order: what one commit did to the entities. */
export function writesHash(writes: readonly Write[]): string {
  const ahead = writesAhead.get(writes);
  if (ahead !== undefined) return ahead.hash;
  const lines = writes.map((write) => `${write.key}\n${canonicalJson(write.value)}\n`);
  return hash("sha256", lines.join(""), "base64url");
}

/** One link of a history: everything that the id of a commit is made of. */
export interface Link {
  readonly lineage: string;
  readonly parent: string;
  readonly revision: number;
  /** What became of the entities: `writesHash`, or after a replacement the digest of all of them. */
  readonly content: string;
  readonly event: Commit["event"];
}

/**
 * The id of a link: SHA-256 over all of it, in base64url. It is made of the writes' hash and not of
 * the writes, so a history can be checked from its events alone.
 */
export function linkId(link: Link): string {
  return linkIdWith(link, eventText(link.event));
}

/** `linkId`, where the canonical JSON of the event is at hand. */
export function linkIdWith(link: Omit<Link, "event">, event: string): string {
  const head = `${link.lineage}\n${link.parent}\n${link.revision}\n${link.content}\n`;
  return hash("sha256", head + event, "base64url");
}

/**
 * The id of a commit, chained to its parent's: over lineage, parent, revision, writes and event.
 * Equal ids mean equal histories.
 */
export function commitId(
  lineage: string,
  parent: string,
  revision: number,
  commit: Commit,
): string {
  const content = writesHash(commit.writes);
  return linkId({ lineage, parent, revision, content, event: commit.event });
}

/** The digest of a state: the sum of its entities' hashes modulo 2^256, in any order. */
export type Digest = bigint;

/** The hash of one entity, from its canonical JSON: the summand of the state's digest. */
export function entityHash(key: Key, text: string): bigint {
  return BigInt(`0x${hash("sha256", `${key}\n${text}`, "hex")}`);
}

/** Adds an entity's hash to a digest. */
export function digestWith(digest: Digest, summand: bigint): Digest {
  return BigInt.asUintN(256, digest + summand);
}

/** Takes an entity's hash out of a digest. */
export function digestWithout(digest: Digest, summand: bigint): Digest {
  return BigInt.asUintN(256, digest - summand);
}

/** A digest as 64 hexadecimal digits. */
export function digestText(digest: Digest): string {
  return digest.toString(16).padStart(64, "0");
}
