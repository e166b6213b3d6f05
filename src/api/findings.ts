import type { Standing, Standings } from "../reconcile/standing.ts";

/** One sentence on how a module's system stands. */
export interface Finding {
  readonly ok: boolean;
  readonly message: string;
}

const SHOWN_MAX = 50;

/**
 * What is not as it should be among a module's things, the first of it.
 * @param names by kind, what a thing is called; undefined: it is gone
 */
export async function wrongAmong(
  standings: Standings,
  names: Readonly<Record<string, (id: string) => string | undefined>>,
): Promise<Finding[]> {
  const wrong: Finding[] = [];
  for (const [kind, nameOf] of Object.entries(names)) {
    const all = await standings.all(kind).catch(() => new Map<string, Standing>());
    for (const [id, { state, why, tries }] of all) {
      const name = nameOf(id);
      const isWrong = state === "stuck" || state === "conflict" || tries > 0;
      if (name === undefined || !isWrong) continue;
      wrong.push({ ok: false, message: `${name} (${id}): ${state}. ${why ?? ""}` });
    }
  }
  if (wrong.length <= SHOWN_MAX) return wrong;
  const more = { ok: false, message: `${wrong.length - SHOWN_MAX} more are not right.` };
  return [...wrong.slice(0, SHOWN_MAX), more];
}
