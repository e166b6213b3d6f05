import { wrong, type Look } from "../checks/check.ts";
import type { Standing, Standings } from "./standing.ts";

const WRONG_MAX = 50;

/**
 * Tells what of a module's things is not where it should be, the first of it.
 * @param names by kind, what a thing is called; undefined: it is gone
 */
export async function lookAtStandings(
  { tell }: Pick<Look, "tell">,
  standings: Pick<Standings, "all">,
  names: Readonly<Record<string, (id: string) => string | undefined>>,
): Promise<void> {
  let count = 0;
  for (const [kind, nameOf] of Object.entries(names)) {
    const all = await standings.all(kind).catch(() => new Map<string, Standing>());
    for (const [id, { state, why, tries, unfinished = false }] of all) {
      const name = nameOf(id);
      const isWrong = state === "stuck" || state === "conflict" || tries > 0 || unfinished;
      if (name === undefined || !isWrong) continue;
      count++;
      if (count <= WRONG_MAX)
        tell("standing", wrong(`${name} (${id}): ${state}. ${why ?? ""}`.trim()));
    }
  }
  if (count > WRONG_MAX) tell("standing", wrong(`${count - WRONG_MAX} more are not right.`));
}
