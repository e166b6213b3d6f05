import { Refusal } from "../errors.ts";
import { stamp, type Context, type Verb } from "../domain/decision.ts";
import type { Owner } from "../domain/entities.ts";
import { authorise, operator } from "../domain/policy.ts";
import type { RequestRecord, Wish } from "../domain/requests.ts";
import { findOwner, groupsOf, requestsOf, type State } from "../domain/state.ts";
import { renewalOf } from "../owners/renew.ts";
import { putRequest } from "./find.ts";
import { fulfil, inWish, requestInWords } from "./wish.ts";

export interface AskInput {
  /** For whom, by id or name. */
  readonly owner: string;
  readonly wish: Wish;
  readonly reason: string;
}

/** Asks the admins for something that they could grant as things stand. */
export const askAdmins: Verb<AskInput, RequestRecord> = (state, context, input) => {
  const owner = findOwner(state, input.owner);
  authorise(state, context.actor, "request.ask", owner?.id ?? null, "owner");
  if (owner === undefined)
    throw new Refusal("not_found", "There is no such owner.", { field: "owner" });
  requireStanding(owner, input.wish);
  requireFew(state, context);
  requireNew(state, owner, input.wish);
  requireNeeded(context, owner, input.wish);
  try {
    // What an admin would decide now, thrown away: nobody is to wait for what cannot be granted.
    fulfil(state, { ...context, actor: operator }, owner, input.wish);
  } catch (error) {
    throw inWish(error, input.wish);
  }
  const request: RequestRecord = {
    ...stamp(context),
    v: 2,
    kind: "request",
    id: context.newId("req"),
    owner: owner.id,
    asker: context.actor.owner,
    wish: input.wish,
    reason: input.reason,
    state: "open",
  };
  const summary = `${requestInWords(state, request)} was sent`;
  return putRequest(request, { type: "request.asked", summary }, [owner.id]);
};

/** Of a suspended group, its managers may at most ask to have an ended membership renewed. */
function requireStanding({ name, suspended }: Owner, wish: Wish): void {
  if (suspended === undefined) return;
  if (suspended.cause === "membership" && wish.kind === "renewal") return;
  throw new Refusal("conflict", `${name} is suspended: ${suspended.reason} Ask an admin.`);
}

/** Holds a person to a number of open requests, for themselves and for the groups they manage now. */
function requireFew(state: State, { actor, rules }: Context): void {
  if (actor.admin || actor.owner === null) return;
  const owners = [actor.owner, ...groupsOf(state, actor.owner).map(({ id }) => id)];
  const open = owners
    .flatMap((id) => requestsOf(state, id))
    .filter((request) => request.state === "open" && request.asker === actor.owner);
  if (open.length < rules.requests.open) return;
  throw new Refusal(
    "quota_exceeded",
    `You have ${open.length} of ${rules.requests.open} requests open; withdraw one, or wait for an answer.`,
  );
}

/** What tells wishes for the same thing: of a limit there is one, whatever the amount. */
function subjectOf(wish: Wish): string {
  return wish.kind === "quota" ? `quota ${wish.of}` : JSON.stringify(wish);
}

function requireNew(state: State, owner: Owner, wish: Wish): void {
  const isSame = (request: RequestRecord) =>
    request.state === "open" && subjectOf(request.wish) === subjectOf(wish);
  if (requestsOf(state, owner.id).some(isSame))
    throw new Refusal("conflict", "There is an open request for this already; withdraw it first.");
}

function requireNeeded(context: Context, owner: Owner, wish: Wish): void {
  if (wish.kind !== "renewal" || renewalOf(context, owner) !== "self") return;
  throw new Refusal("conflict", "No admin is needed for this: renew the membership yourself.", {
    field: "wish.kind",
  });
}
