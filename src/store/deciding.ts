import type { Context, Decision } from "../domain/decision.ts";
import type { Change, State } from "../domain/state.ts";
import { runToEnd, type Steps } from "../turns.ts";
import { workOut } from "./stored-state.ts";
import type { Commit } from "./store.ts";

/** A decision that is stored: durable as firmly as the store promises. */
export interface Committed<T> {
  readonly result: T;
  /** The revision it became; the present one when there was nothing to change. */
  readonly revision: number;
  readonly before: State;
  readonly after: State;
}

export type Decide<T> = (state: State, context: Context) => Decision<T>;

/** The same for what is so large that it takes turns with the rest. */
export type DecideInSteps<T> = (state: State, context: Context) => Steps<Decision<T>>;

/** What a decision comes to on a state, all of it but the storing. */
export interface Decided<T> {
  readonly committed: Committed<T>;
  /** Undefined when there is nothing to store. */
  readonly commit: Commit | undefined;
  readonly changes: readonly Change[];
}

/** @throws what the verb throws */
export function* decideInSteps<T>(
  before: State,
  context: Context,
  decide: DecideInSteps<T>,
): Steps<Decided<T>> {
  return yield* decidedOn(before, context, yield* decide(before, context));
}

/** @throws what the verb throws */
export function decideAtOnce<T>(before: State, context: Context, decide: Decide<T>): Decided<T> {
  return runToEnd(decidedOn(before, context, decide(before, context)));
}

function* decidedOn<T>(before: State, context: Context, decision: Decision<T>): Steps<Decided<T>> {
  const { result, after, commit } = yield* workOut(before, context, decision);
  const committed = { result, revision: after.revision, before, after };
  return { committed, commit, changes: decision.changes };
}
