import type { Standing, Standings } from "../../reconcile/standing.ts";

/**
 * The ids of what is not as it should be, by what the last attempts came to.
 * @param known what there is of the kind, by id
 */
export async function wrongIn(
  standings: Standings | undefined,
  kind: string,
  known: { has(id: string): boolean },
): Promise<readonly string[]> {
  const all = await standings?.all(kind).catch(() => new Map<string, Standing>());
  return [...(all ?? [])]
    .filter(([id, standing]) => isWrong(standing) && known.has(id))
    .map(([id]) => id)
    .toSorted();
}

/** Whether something is not as it should be, by what the last attempt came to. */
export function isWrong({ state, tries }: Pick<Standing, "state" | "tries">): boolean {
  return state === "stuck" || state === "conflict" || tries > 0;
}
