import type { SiteRead, Snapshot } from "./snapshot.ts";

/** What reads of single projects have seen since a read of everything began: newer than that. */
export interface Newer {
  readonly projects: Set<number>;
  /** What top namespaces are called, by id. */
  readonly names: Map<number, string>;
}

export function nothingNewer(): Newer {
  return { projects: new Set(), names: new Map() };
}

/**
 * A read of everything without what has been overtaken: projects that were read by themselves are not
 * in it, a site below a name that is another's by now says nothing, and names are what was seen last.
 */
export function withoutOvertaken(
  snapshot: Snapshot,
  { projects, names }: Readonly<Newer>,
): Snapshot {
  if (projects.size === 0 && names.size === 0) return snapshot;
  const holders = new Map([...names].map(([id, path]) => [path.toLowerCase(), id]));
  /** Whether a namespace may still have a name that it was seen to have. */
  const isCurrent = (id: number, path: string) =>
    (names.get(id) ?? path).toLowerCase() === path.toLowerCase() &&
    (holders.get(path.toLowerCase()) ?? id) === id;
  const sites = new Map<number, SiteRead | "gone">();
  let overtaken = 0;
  for (const [project, read] of snapshot.sites) {
    if (projects.has(project)) continue;
    const root = read === "gone" ? undefined : read.namespace;
    if (read === "gone" || root === undefined || isCurrent(root.id, root.path)) {
      sites.set(project, read);
      continue;
    }
    overtaken++;
    const reason = `${root.path} is called otherwise by now.`;
    sites.set(project, { ...read, state: "unclear", places: [], reason });
  }
  const namespaces = new Map<number, string | null>();
  for (const [id, path] of snapshot.namespaces) {
    if (!names.has(id) && (path === null || isCurrent(id, path))) namespaces.set(id, path);
  }
  for (const [id, path] of names) namespaces.set(id, path);
  const notes =
    overtaken === 0
      ? snapshot.notes
      : [...snapshot.notes, `Names moved meanwhile: ${overtaken} sites stay until the next read.`];
  return { ...snapshot, sites, namespaces, notes };
}
