import { createHash } from "node:crypto";
import { z } from "@hono/zod-openapi";
import { apply, type State } from "../domain/state.ts";
import { Refusal } from "../errors.ts";
import type { Decide } from "../store/ledger.ts";

/** Said to who was shown something else than what is there now. */
export const CHANGED =
  "What is there is not as it was when you looked at it. Look at it once more.";

export const seenField = z.string().max(64).optional().openapi({
  description:
    "`seen` of the dry run that was looked at: refused with 409 when another one would show something else now.",
});
export const seenShown = z.string().openapi({
  description: "Stands for what is shown here; send it along to have just that done.",
});

/**
 * Stands for what somebody was shown of a thing that is to be taken over: what else they would be
 * shown gives another text. An id that is drawn anew with each look must not be in it.
 * @param after the state in which it is its owner's
 * @param shown what JSON can be made of
 */
export function seenOf(
  after: State,
  { owner, name }: { readonly owner: string; readonly name: string },
  shown: unknown,
): string {
  const suspended = after.owners.get(owner)?.suspended ?? null;
  const text = JSON.stringify([name, owner, suspended, shown]);
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

/**
 * A decision that is refused where it comes to something else than what was seen.
 * @param seen undefined where nobody looked before
 * @param seenOfResult what stands for what it comes to now
 */
export function asSeen<Result>(
  decide: Decide<Result>,
  seen: string | undefined,
  seenOfResult: (result: Result, after: State) => string,
): Decide<Result> {
  if (seen === undefined) return decide;
  return (state, context) => {
    const decision = decide(state, context);
    const after = apply(state, decision.changes, context.revision);
    if (seenOfResult(decision.result, after) !== seen) throw new Refusal("conflict", CHANGED);
    return decision;
  };
}
