import type { Context, Decision } from "../../domain/decision.ts";
import type { State } from "../../domain/state.ts";
import type { Steps } from "../../turns.ts";
import { planSync, type Plan, type PlanOptions, type SyncSettings } from "./plan.ts";
import type { Snapshot } from "./snapshot.ts";
import { ownersOf, summaryOf } from "./summary.ts";

/** A plan, and what an admin should know of the read that it was made of. */
export interface Synced {
  readonly plan: Plan;
  readonly notes: readonly string[];
}

/** What is stored of a read of GitLab. */
export function* decideSync(
  state: State,
  context: Context,
  snapshot: Snapshot,
  settings: SyncSettings,
  options: PlanOptions,
): Steps<Decision<Synced>> {
  const plan = yield* planSync(state, context, snapshot, settings, options);
  return {
    changes: plan.changes,
    event: { type: "pages.synced", summary: summaryOf(plan), owners: ownersOf(state, plan) },
    result: { plan, notes: snapshot.notes },
  };
}
