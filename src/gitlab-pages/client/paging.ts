import { z } from "zod";
import { read } from "./answers.ts";
import { GitLabError } from "./error.ts";

/** Items a page, the most that GitLab gives. */
export const PAGE = 100;
/** No list has more pages; one that does not end fills no memory. */
export const PAGES_MAX = 1_000;

/** One page by number, as the client asks for it. */
export interface PageWish {
  readonly page: number;
  readonly perPage: number;
  readonly showExpanded: true;
}

const expanded = z.object({
  data: z.unknown(),
  paginationInfo: z.object({ next: z.number().nullish() }).optional(),
});

/**
 * A list that GitLab gives by page number, to its end
 * (https://docs.gitlab.com/api/rest/#offset-based-pagination). The end is a page that is not full and
 * names no next one: headers alone are not believed, as a proxy may take them away.
 * @param keyOf what tells two items apart: one that moved to the next page meanwhile counts once
 * @param ask for one page
 * @throws GitLabError also when the same page comes again and again
 */
export async function everyPage<Schema extends z.ZodType>(
  schema: Schema,
  what: string,
  keyOf: (item: z.output<Schema>) => string | number,
  ask: (wish: PageWish) => Promise<unknown>,
): Promise<z.output<Schema>[]> {
  const items = new Map<string | number, z.output<Schema>>();
  for (let page = 1; ; page++) {
    const answer = await ask({ page, perPage: PAGE, showExpanded: true });
    const { data, paginationInfo } = read(expanded, answer, what);
    const found = read(z.array(schema), data, what);
    const before = items.size;
    for (const item of found) items.set(keyOf(item), item);
    if (found.length < PAGE && paginationInfo?.next == null) return [...items.values()];
    if (items.size === before || page === PAGES_MAX) {
      throw new GitLabError("invalid", `GitLab's list of ${what} does not end.`);
    }
  }
}
