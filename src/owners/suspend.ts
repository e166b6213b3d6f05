import { Refusal } from "../errors.ts";
import { requireUnchanged, type Context, type Verb } from "../domain/decision.ts";
import type { Owner } from "../domain/entities.ts";
import { authorise } from "../domain/policy.ts";
import { findOwner, type Change, type State } from "../domain/state.ts";

export interface SuspendInput {
  readonly id: string;
  readonly reason: string;
  readonly ifMatch?: number | undefined;
}

function administered(
  state: State,
  context: Context,
  id: string,
  ifMatch: number | undefined,
): Owner {
  const owner = findOwner(state, id);
  authorise(state, context.actor, "owner.administer", owner?.id ?? null, "owner");
  if (owner === undefined) throw new Refusal("not_found", "There is no such owner.");
  requireUnchanged(owner, ifMatch);
  return owner;
}

/** The owner, suspended as of now. A person is signed out by that, and stays so when resumed. */
export function suspended<T extends Owner>(
  context: Context,
  owner: T,
  reason: string,
  cause: "admin" | "membership",
): T {
  const at = context.now.toISOString();
  return {
    ...owner,
    ...(owner.kind === "person" ? { signedOut: at } : {}),
    revision: context.revision,
    suspended: { at, reason, cause },
  };
}

/** Blocks everything of an owner: hosts answer 403, tokens are refused. Suspending again changes the reason. */
export const suspendOwner: Verb<SuspendInput, Owner> = (state, context, input) => {
  const owner = administered(state, context, input.id, input.ifMatch);
  if (owner.id === context.actor.owner) {
    throw new Refusal("conflict", "You cannot suspend yourself.");
  }
  const next = suspended(context, owner, input.reason, "admin");
  return {
    changes: [{ kind: next.kind, id: next.id, entity: next } as Change],
    event: { type: "owner.suspended", summary: `${owner.name} was suspended`, owners: [owner.id] },
    result: next,
  };
};

/** Gives an owner everything back that the suspension blocked. */
export const resumeOwner: Verb<{ id: string; ifMatch?: number | undefined }, Owner> = (
  state,
  context,
  input,
) => {
  const owner = administered(state, context, input.id, input.ifMatch);
  if (owner.suspended === undefined)
    throw new Refusal("conflict", `${owner.name} is not suspended.`);
  if (owner.suspended.cause === "membership" && context.rules.memberships.suspend) {
    throw new Refusal("conflict", `The membership of ${owner.name} has ended; renew it instead.`);
  }
  const { suspended: _gone, ...rest } = owner;
  const next = { ...rest, revision: context.revision } as Owner;
  return {
    changes: [{ kind: next.kind, id: next.id, entity: next } as Change],
    event: { type: "owner.resumed", summary: `${owner.name} was resumed`, owners: [owner.id] },
    result: next,
  };
};
