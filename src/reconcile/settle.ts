import { Refusal } from "../errors.ts";
import type { Attempt, Attempts, Outcome } from "./attempt.ts";
import type { Step } from "./kind.ts";
import { type AnyAttempts, attemptAll } from "./loop.ts";
import type { PartOutcome } from "./module.ts";
import { Busy, LeaseLost, Trouble } from "./trouble.ts";

/** How long a verb waits for whoever does something with the same thing. */
const PATIENCE_MS = 5_000;

/**
 * Commits what a verb decides, and tries at once to bring the thing there, with nothing in between.
 * @param given what only this verb can give, of what it decided
 * @throws Refusal what the verb refuses; `unavailable` when something else is being done with it
 */
export async function settle<T, Observed, S extends Step, Given>(
  attempts: Attempts<Observed, S, Given>,
  id: string,
  commit: () => Promise<T>,
  given: (done: T) => Given | undefined,
): Promise<{ done: T; outcome: Outcome }> {
  try {
    return await attempts.holding(
      id,
      async (attempt: Attempt<Given>) => {
        const done = await commit();
        return { done, outcome: await attempt(given(done)) };
      },
      PATIENCE_MS,
    );
  } catch (error) {
    if (error instanceof Busy || error instanceof LeaseLost || error instanceof Trouble)
      throw new Refusal("unavailable", error.message, { retryAfter: 2 });
    throw error;
  }
}

/** Attempts parts of an owner's at once. @returns what came of each, to be listed */
export async function settleParts(
  attempts: AnyAttempts,
  kind: PartOutcome["kind"],
  things: readonly { readonly id: string; readonly name: string }[],
): Promise<PartOutcome[]> {
  const outcomes = await attemptAll(
    attempts,
    things.map(({ id }) => id),
  );
  return things.map((thing) => partOf(kind, thing, outcomes.get(thing.id)));
}

function partOf(
  kind: PartOutcome["kind"],
  { id, name }: { readonly id: string; readonly name: string },
  outcome: Outcome | "busy",
): PartOutcome {
  if (outcome === "busy")
    return { kind, id, name, state: "busy", why: "Something else is being done with it." };
  if (outcome === undefined) return { kind, id, name, state: "gone", why: null };
  const { state, why, unfinished } = outcome;
  return { kind, id, name, state, why, ...(unfinished === true ? { unfinished } : {}) };
}
