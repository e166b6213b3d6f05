import {
  canonicalJson,
  digestWith,
  digestWithout,
  entityHash,
  linkId,
  writesHash,
} from "../chain.ts";
import { assertKey } from "../store.ts";
import type { Commit, Key } from "../store.ts";
import type { Level } from "./level.ts";
import { META_KEY, encodeEvent, encodeMeta, entityPrefix, eventKey } from "./record.ts";
import type { Meta } from "./record.ts";

type Operation =
  | { readonly type: "put"; readonly key: string; readonly value: string }
  | { readonly type: "del"; readonly key: string };

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
  const { generation } = before;
  let { position } = before;
  const events: Operation[] = [];
  const after = new Map<Key, string | undefined>();
  for (const { writes, event } of commits) {
    for (const { key, value } of writes) {
      assertKey(key);
      after.set(key, value === null ? undefined : canonicalJson(value));
    }
    const { lineage, commit: parent } = position;
    const revision = position.revision + 1;
    const link = { lineage, parent, revision, content: writesHash(writes), event };
    position = { lineage, revision, commit: linkId(link) };
    const value = encodeEvent({ ...link, commit: position.commit });
    events.push({ type: "put", key: eventKey(revision), value });
  }

  const keys = [...after.keys()];
  const prefix = entityPrefix(generation);
  const old = keys.length === 0 ? [] : await level.getMany(keys.map((key) => prefix + key));
  let { digest } = before;
  const entities = keys.map((key, index): Operation => {
    const was = old[index];
    const text = after.get(key);
    if (was !== undefined) digest = digestWithout(digest, entityHash(key, was));
    if (text === undefined) return { type: "del", key: prefix + key };
    digest = digestWith(digest, entityHash(key, text));
    return { type: "put", key: prefix + key, value: text };
  });

  const meta = { ...before, position, digest };
  const place: Operation = { type: "put", key: META_KEY, value: encodeMeta(meta) };
  return { meta, operations: [...entities, ...events, place] };
}
