import type { Hostname } from "../domain/names.ts";
import type { Cut } from "./encoding/cut.ts";
import { CutSequence } from "./encoding/cut-sequence.ts";
import type { Steps } from "../turns.ts";
import { hashedHost } from "./routes.ts";

/** Neighbouring hosts in sorted order. */
export interface HostGroup {
  /** By the host that it comes behind, so that a new host renames no other group. */
  readonly id: string;
  readonly behind: Hostname | undefined;
  readonly hosts: readonly Hostname[];
}

/** What an edit did to the groups. */
export interface GroupsDiff {
  /** Groups that are new, or have other hosts. */
  readonly changed: readonly HostGroup[];
  readonly removed: readonly HostGroup[];
  /** Hosts that stand in another group than before. */
  readonly moved: readonly Hostname[];
}

/** All published hosts, in groups whose borders depend on the names alone. */
export class HostGroups {
  readonly #hosts: CutSequence<Hostname, readonly Hostname[]>;
  #groups: readonly HostGroup[] = [];

  constructor(cut: Cut) {
    this.#hosts = new CutSequence<Hostname, readonly Hostname[]>({
      cut,
      nameOf: (host) => host,
      open: (hosts) => [...hosts],
      close: (hosts) => hosts,
      isMadeOf: (piece, hosts) =>
        piece.length === hosts.length && piece.every((host, index) => host === hosts[index]),
    });
  }

  /** How many hosts there are. */
  get size(): number {
    return this.#hosts.size;
  }

  get groups(): readonly HostGroup[] {
    return this.#groups;
  }

  has(host: Hostname): boolean {
    return this.#hosts.pieceOf(host)?.includes(host) === true;
  }

  /** The id of the group that a host stands in. */
  idOf(host: Hostname): string | undefined {
    return this.#groups[this.#hosts.indexOf(host)]?.id;
  }

  /**
   * Takes hosts in and out, with a break after each group.
   * @param edits whether a host is to be there
   */
  *edit(edits: ReadonlyMap<Hostname, boolean>): Steps<void> {
    const sorted = [...edits.keys()].toSorted();
    yield* this.#hosts.edit(
      sorted.map((host) => ({ name: host, item: edits.get(host) === true ? host : null })),
    );
    const before = new Map(this.#groups.map((group) => [group.hosts, group]));
    let previous: readonly Hostname[] | undefined;
    this.#groups = this.#hosts.pieces.map((hosts) => {
      const same = before.get(hosts);
      const behind = previous?.at(-1);
      previous = hosts;
      if (same !== undefined && behind === same.behind) return same;
      return { id: behind === undefined ? "first" : hashedHost(behind), behind, hosts };
    });
  }
}

/** What lies between two looks at the groups. */
export function groupsDiff(before: readonly HostGroup[], after: readonly HostGroup[]): GroupsDiff {
  const old = new Set(before);
  const fresh = new Set(after);
  const changed = after.filter((group) => !old.has(group));
  const gone = before.filter((group) => !fresh.has(group));
  const ids = new Set(changed.map(({ id }) => id));
  const was = new Map(gone.flatMap(({ id, hosts }) => hosts.map((host) => [host, id] as const)));
  const moved = changed.flatMap(({ id, hosts }) =>
    hosts.filter((host) => was.has(host) && was.get(host) !== id),
  );
  return { changed, removed: gone.filter(({ id }) => !ids.has(id)), moved };
}
