import type { CustomDomain, Endpoint, LabelRecord, Owner, Page } from "../../domain/entities.ts";
import type { State } from "../../domain/state.ts";

/** What a search found: some of each kind, the best first. */
export interface Found {
  readonly owners: readonly Owner[];
  readonly labels: readonly LabelRecord[];
  readonly endpoints: readonly Endpoint[];
  readonly pages: readonly Page[];
  readonly domains: readonly CustomDomain[];
  /** Kinds of which there is more than is shown. */
  readonly more: ReadonlySet<string>;
}

/** Of each kind. */
export const FOUND_MAX = 20;
/** Matches that are ranked, of each kind: a search for `a` matches everything. */
const RANKED_MAX = 500;

/**
 * Searches everything that has a name or an address. Each kind is gone through once; what fits whole
 * comes first, then what begins so, then what has it anywhere.
 */
export function find(state: State, query: string): Found {
  const text = normalised(query);
  const more = new Set<string>();
  const best = <T>(
    what: string,
    all: Iterable<T>,
    texts: (one: T) => readonly (string | undefined)[],
  ): T[] => {
    if (text === "") return [];
    const ranked: { readonly one: T; readonly rank: number }[] = [];
    for (const one of all) {
      const rank = rankOf(texts(one), text);
      if (rank === undefined) continue;
      // One that fits whole is never missed for many that only have it somewhere.
      if (ranked.length >= RANKED_MAX && rank > 0) continue;
      ranked.push({ one, rank });
    }
    if (ranked.length > FOUND_MAX) more.add(what);
    return ranked
      .sort((a, b) => a.rank - b.rank)
      .slice(0, FOUND_MAX)
      .map(({ one }) => one);
  };
  return {
    owners: best("owners", state.owners.values(), (owner) => [
      owner.name,
      owner.id,
      owner.displayName?.toLowerCase(),
      owner.kind === "person" ? owner.email?.toLowerCase() : undefined,
    ]),
    labels: best("labels", state.labels.values(), ({ id }) => [id]),
    endpoints: best("endpoints", state.endpoints.values(), ({ id, host, path, targets }) => [
      id,
      `${host}${path.toLowerCase()}`,
      ...targets,
    ]),
    pages: best("pages", state.pages.values(), ({ id, host, path, projectPath, project }) => [
      id,
      `${host}${path.toLowerCase()}`,
      projectPath.toLowerCase(),
      String(project),
    ]),
    domains: best("domains", state.domains.values(), ({ id, projectPath }) => [
      id,
      projectPath.toLowerCase(),
    ]),
    more,
  };
}

/** What people paste: an address with its scheme, a name in capitals. */
export function normalised(query: string): string {
  return query
    .trim()
    .toLowerCase()
    .replace(/^(?:https?|h2c):\/\//, "")
    .replace(/\/+$/, "")
    .slice(0, 200);
}

function rankOf(texts: readonly (string | undefined)[], text: string): number | undefined {
  let best: number | undefined;
  for (const one of texts) {
    const at = one?.indexOf(text) ?? -1;
    if (at < 0) continue;
    const rank = at > 0 ? 2 : one?.length === text.length ? 0 : 1;
    if (best === undefined || rank < best) best = rank;
  }
  return best;
}
