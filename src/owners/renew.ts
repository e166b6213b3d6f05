import { Refusal } from "../errors.ts";
import { requireUnchanged, type Context, type Verb } from "../domain/decision.ts";
import type { Owner } from "../domain/entities.ts";
import { authorise } from "../domain/policy.ts";
import { findOwner, type Change } from "../domain/state.ts";
import { withMembership } from "./update.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

type Clock = Pick<Context, "now" | "rules">;

/** When a membership ends that can be renewed now, in milliseconds; else why it cannot, by nobody. */
function standing({ now, rules }: Clock, owner: Owner): { end: number } | { why: string } {
  const { membership, name, suspended } = owner;
  if (membership === undefined) return { why: `The membership of ${name} has no end.` };
  if (suspended?.cause === "admin")
    return { why: `${name} is suspended; an admin must resume them first.` };
  const end = Date.parse(membership.endsAt);
  const opens = end - rules.memberships.renew.windowDays * DAY_MS;
  if (opens <= now.getTime()) return { end };
  const from = dayOf(new Date(opens).toISOString());
  return {
    why: `The membership of ${name} runs until ${dayOf(membership.endsAt)}; it can be renewed from ${from} on.`,
  };
}

function dayOf(time: string): string {
  return time.slice(0, 10);
}

/**
 * How a membership can be renewed now: by its owner, or by a request to the admins, as always after
 * its end. Null: it cannot.
 */
export function renewalOf(clock: Clock, owner: Owner): "self" | "request" | null {
  const found = standing(clock, owner);
  if ("why" in found) return null;
  const hasEnded = found.end <= clock.now.getTime();
  return clock.rules.memberships.renew.self && !hasEnded ? "self" : "request";
}

/**
 * One more term for a membership, from its end on, or from now when it has ended. The window before
 * the end is shorter than a term, so that one is added once, however often it is asked for.
 */
export const renewMembership: Verb<{ id: string; ifMatch?: number | undefined }, Owner> = (
  state,
  context,
  input,
) => {
  const owner = findOwner(state, input.id);
  authorise(state, context.actor, "owner.renew", owner?.id ?? null, "owner");
  if (owner === undefined) throw new Refusal("not_found", "There is no such owner.");
  requireUnchanged(owner, input.ifMatch);
  const found = standing(context, owner);
  if ("why" in found) throw new Refusal("conflict", found.why);
  if (!context.actor.admin && renewalOf(context, owner) !== "self")
    throw new Refusal("forbidden", "Only an admin may renew it now; send them a request.");
  const from = Math.max(found.end, context.now.getTime());
  const endsAt = new Date(from + context.rules.memberships.renew.termDays * DAY_MS).toISOString();
  const next = { ...withMembership(context, owner, endsAt), revision: context.revision };
  return {
    changes: [{ kind: next.kind, id: next.id, entity: next } as Change],
    event: {
      type: "membership.renewed",
      summary: `the membership of ${owner.name} was renewed until ${dayOf(endsAt)}`,
      owners: [owner.id],
    },
    result: next,
  };
};
