import type { Actor } from "../domain/policy.ts";
import type { Change } from "../domain/state.ts";
import type { Committed, Decide } from "../store/ledger.ts";
import { routesDiff, type RoutesDiff } from "./routing.ts";
import type { Services } from "./services.ts";

/**
 * Has a verb decide and stores what came of it, within the actor's rate of changes. What came to
 * nothing is not counted.
 * @throws Refusal what the verb refuses, `rate_limited` or `unavailable`
 */
export async function carryOut<T>(
  { ledger, limits }: Pick<Services, "ledger" | "limits">,
  actor: Actor,
  decide: Decide<T>,
): Promise<Committed<T>> {
  const place = limits.beginChange(actor);
  try {
    return await ledger.change(actor, (state, context) => {
      place.require();
      return decide(state, context);
    });
  } finally {
    place.end();
  }
}

/** A decision that was not stored, and what it would route differently. */
export interface Previewed<T> extends Committed<T> {
  readonly routes: RoutesDiff;
}

/**
 * What would come of a verb. Nothing is stored.
 * @throws Refusal what the verb refuses
 */
export function preview<T>(
  { ledger, table, below }: Pick<Services, "ledger" | "table" | "below">,
  actor: Actor,
  decide: Decide<T>,
): Previewed<T> {
  let changes: readonly Change[] = [];
  const done = ledger.preview(actor, (state, decided) => {
    const decision = decide(state, decided);
    changes = decision.changes;
    return decision;
  });
  const routes = routesDiff(done.before, done.after, changes, table, below(), actor);
  return { ...done, routes };
}
