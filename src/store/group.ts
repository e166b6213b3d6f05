import {
  digestText,
  digestWith,
  digestWithout,
  entityHash,
  linkId,
  writesHash,
  writtenTexts,
  type Digest,
} from "./chain.ts";
import { assertKey, type Commit, type Key, type Position, type StoredLink } from "./store.ts";

/** Commits, worked out as far as no store has to be asked. */
export interface WorkedOut {
  /** Where the store stands after them. */
  readonly position: Position;
  /** The links of the history, each with the keys that its commit wrote. */
  readonly links: readonly { readonly link: StoredLink; readonly keys: readonly Key[] }[];
  /** What they leave: canonical JSON, or undefined for what is deleted. */
  readonly after: ReadonlyMap<Key, string | undefined>;
}

/** @throws TypeError for a key or a value that no store can keep. */
export function workOutCommits(from: Position, commits: readonly Commit[]): WorkedOut {
  let position = from;
  const after = new Map<Key, string | undefined>();
  const links = commits.map(({ writes, event }) => {
    const texts = writtenTexts(writes);
    for (const [index, { key, value }] of writes.entries()) {
      assertKey(key);
      after.set(key, value === null ? undefined : texts[index]);
    }
    const { lineage, commit: parent } = position;
    const revision = position.revision + 1;
    const made = { lineage, parent, revision, content: writesHash(writes), event };
    const link = { ...made, commit: linkId(made) };
    position = { lineage, revision, commit: link.commit };
    return { link, keys: writes.map(({ key }) => key) };
  });
  return { position, links, after };
}

/**
 * The digest of a state after writes.
 * @param before the texts that were there, in the order of `after`; none for what was not
 */
export function digestAfter(
  digest: Digest,
  after: WorkedOut["after"],
  before: readonly (string | null | undefined)[],
): Digest {
  let sum = digest;
  [...after].forEach(([key, text], index) => {
    const was = before[index];
    if (was !== undefined && was !== null) sum = digestWithout(sum, entityHash(key, was));
    if (text !== undefined) sum = digestWith(sum, entityHash(key, text));
  });
  return sum;
}

/**
 * The one link of a whole state that takes another's place under a new lineage.
 * @param after the revision that it comes after
 */
export function replacementLink(
  after: number,
  parent: string,
  digest: Digest,
  event: Commit["event"],
  lineage: string,
): StoredLink {
  const link = { lineage, parent, revision: after + 1, content: digestText(digest), event };
  return { ...link, commit: linkId(link) };
}

/** The position that a link leads to. */
export function positionOf({ lineage, revision, commit }: StoredLink): Position {
  return { lineage, revision, commit };
}
