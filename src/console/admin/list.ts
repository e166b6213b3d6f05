import { paginate, type ListPage } from "../../api/list.ts";

/** Rows on a page of a list. */
const ROWS = 50;

/** One page of a list that is cut by key, and the ways to the others. */
export interface Listed<T> extends ListPage<T> {
  readonly newer: string | undefined;
  readonly older: string | undefined;
}

export const PAGER_WORDS = ["First page", "Next page"] as const;

/**
 * One page of a list, from `after` in the query on.
 * @param path of the list
 * @param query the filters, which the ways to other pages keep
 * @throws Refusal `invalid_input` for what is no place in this list
 */
export function listed<T>(
  path: string,
  query: Readonly<Record<string, string>>,
  keys: readonly string[],
  load: (key: string) => T | undefined,
): Listed<T> {
  const { after = "", ...filters } = query;
  const page = paginate(
    path,
    { limit: String(ROWS), ...(after === "" ? {} : { cursor: after }) },
    keys,
    load,
  );
  return {
    ...page,
    newer: after === "" ? undefined : pathWith(path, filters),
    older:
      page.nextCursor === null ? undefined : pathWith(path, { ...filters, after: page.nextCursor }),
  };
}

/** A path with those filters that say something. */
export function pathWith(path: string, query: Readonly<Record<string, string>>): string {
  const parameters = new URLSearchParams(
    Object.entries(query).filter(([, value]) => value !== ""),
  ).toString();
  return parameters === "" ? path : `${path}?${parameters}`;
}
