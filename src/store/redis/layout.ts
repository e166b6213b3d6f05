/**
 * How the store lies in Redis. All keys have one hash tag, so that a script may touch them together.
 *
 * - `{prefix}:meta`: where the store stands, sealed as in the embedded store. Equal texts mean equal
 *   states.
 * - `{prefix}:e:<generation>`: a hash, an entity's canonical JSON a field. Only the generation that
 *   meta names counts; a replacement is staged in another one, which expires unless it is taken up.
 * - `{prefix}:h`: a stream, an event an entry, its id `<revision>-0`: the link of the chain, and the
 *   keys that it wrote, a line each; without them what it wrote is not known one by one.
 * - `{prefix}:w:<writer>`: what a process has stored last.
 * - `{prefix}:v:…`: the volatile part; `{prefix}:fence`: the last fence of its leases.
 */
import { decodeLink } from "../sealed.ts";
import type { StoredLink } from "../store.ts";

export interface RedisKeys {
  readonly meta: string;
  readonly history: string;
  /** The channel on which each commit is told. */
  readonly channel: string;
  readonly entities: (generation: number | string) => string;
  readonly writer: (id: string) => string;
  /** A stream on its way to become the history. */
  readonly stagedHistory: (id: string) => string;
  readonly volatile: (key: string) => string;
  readonly fence: string;
}

export function keysOf(prefix: string): RedisKeys {
  const tag = `{${prefix}}`;
  return {
    meta: `${tag}:meta`,
    history: `${tag}:h`,
    channel: `${tag}:commits`,
    entities: (generation) => `${tag}:e:${generation}`,
    writer: (id) => `${tag}:w:${id}`,
    stagedHistory: (id) => `${tag}:staged:${id}`,
    volatile: (key) => `${tag}:v:${key}`,
    fence: `${tag}:fence`,
  };
}

/** An entry of a stream, as ioredis gives it. */
export type StreamEntry = [id: string, fields: string[]];

export function entryId(revision: number): string {
  return `${revision}-0`;
}

export function revisionOf(id: string): number {
  return Number(id.slice(0, id.indexOf("-")));
}

/** Whether an entry says which keys it wrote. */
export function namesKeys([, fields]: StreamEntry): boolean {
  return fields.includes("keys");
}

/** The link in an entry; undefined when it is not what was written there. */
export function linkOf([id, fields]: StreamEntry): StoredLink | undefined {
  const revision = revisionOf(id);
  const at = fields.indexOf("link");
  if (at < 0 || entryId(revision) !== id) return undefined;
  return decodeLink(revision, fields[at + 1] ?? "");
}
