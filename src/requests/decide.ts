import { Refusal } from "../errors.ts";
import type { Context, Decision, Verb } from "../domain/decision.ts";
import { requireOwner } from "../domain/decision.ts";
import type { RequestRecord } from "../domain/requests.ts";
import type { State } from "../domain/state.ts";
import { putRequest, requireOpen, requireRequest, type RequestInput } from "./find.ts";
import { fulfil, requestInWords } from "./wish.ts";

/**
 * Grants a request, and carries it out in the same commit, by the verb and the rules that hold for
 * an admin who does it by hand.
 * @throws Refusal what that verb refuses, or `conflict` when who asked may not ask for it any more;
 *   the request stays open then
 */
export const grantRequest: Verb<RequestInput & { answer?: string | undefined }, RequestRecord> = (
  state,
  context,
  input,
) => {
  const request = requireRequest(state, context, "request.decide", input);
  requireOpen(request);
  requireAsker(state, request);
  const owner = requireOwner(state, request.owner);
  const { changes, event } = carriedOut(() => fulfil(state, context, owner, request.wish));
  const decision = decided(state, context, request, "granted", input.answer);
  return {
    ...decision,
    changes: [...changes, ...decision.changes],
    event: {
      ...decision.event,
      owners: [...new Set([...decision.event.owners, ...event.owners])],
    },
  };
};

/** Declines a request, and says why. */
export const declineRequest: Verb<RequestInput & { answer: string }, RequestRecord> = (
  state,
  context,
  input,
) => {
  const request = requireRequest(state, context, "request.decide", input);
  requireOpen(request);
  return decided(state, context, request, "declined", input.answer);
};

/** The request itself has no field that a refusal could be about. */
function carriedOut<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new Refusal(error.code, error.message);
  }
}

/**
 * A group's request is its managers': what someone asked for who has left it since is not theirs
 * to get, nor is the group to have it unasked.
 */
function requireAsker(state: State, { asker, owner }: RequestRecord): void {
  if (asker === null || asker === owner) return;
  const person = state.owners.get(asker);
  const group = state.owners.get(owner);
  if (person?.kind === "person" && person.role === "admin") return;
  if (group?.kind === "group" && group.managers.includes(asker)) return;
  const name = group?.name ?? "them";
  throw new Refusal(
    "conflict",
    `${person?.name ?? "Who asked"} does not manage ${name} any more; decline it, and have a manager ask anew.`,
  );
}

function decided(
  state: State,
  context: Context,
  request: RequestRecord,
  outcome: "granted" | "declined",
  answer: string | undefined,
): Decision<RequestRecord> {
  const next: RequestRecord = {
    ...request,
    revision: context.revision,
    state: outcome,
    decided: {
      by: context.actor.owner,
      at: context.now.toISOString(),
      ...(answer === undefined || answer === "" ? {} : { answer }),
    },
  };
  const summary = `${requestInWords(state, request)} was ${outcome}`;
  return putRequest(next, { type: `request.${outcome}`, summary }, [request.owner]);
}
