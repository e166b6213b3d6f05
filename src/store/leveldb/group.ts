import { digestAfter, workOutCommits } from "../group.ts";
import { encodeLink, encodeMeta } from "../sealed.ts";
import type { Meta } from "../sealed.ts";
import type { Commit } from "../store.ts";
import type { Level, Operation } from "./level.ts";
import { META_KEY, entityPrefix, eventKey } from "./record.ts";

/** Commits, worked out into one batch for LevelDB. */
export interface Group {
  /** Where the store stands after it. */
  readonly meta: Meta;
  readonly operations: Operation[];
}

/**
 * Works out what a group of commits writes. The old texts, which leave the digest, are read from
 * the database: that costs one read in the shadow of an fsync, a map of all hashes 10 MB for each
 * 100,000 entities.
 * @throws TypeError for a key or a value that no store can keep.
 */
export async function workOut(
  level: Level,
  before: Meta,
  commits: readonly Commit[],
): Promise<Group> {
  const { position, links, after } = workOutCommits(before.position, commits);
  const prefix = entityPrefix(before.generation);
  const old =
    after.size === 0 ? [] : await level.getMany([...after.keys()].map((key) => prefix + key));
  const meta = { ...before, position, digest: digestAfter(before.digest, after, old) };
  const operations: Operation[] = [...after].map(([key, text]) =>
    text === undefined
      ? { type: "del", key: prefix + key }
      : { type: "put", key: prefix + key, value: text },
  );
  for (const { link } of links) {
    operations.push({ type: "put", key: eventKey(link.revision), value: encodeLink(link) });
  }
  operations.push({ type: "put", key: META_KEY, value: encodeMeta(meta) });
  return { meta, operations };
}
