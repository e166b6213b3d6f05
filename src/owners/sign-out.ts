import { requireUnchanged, type Verb } from "../domain/decision.ts";
import type { Person } from "../domain/entities.ts";
import { authorise } from "../domain/policy.ts";
import { findOwner } from "../domain/state.ts";
import { Refusal } from "../errors.ts";

export interface SignOutInput {
  /** A person by id or name. */
  readonly id: string;
  readonly ifMatch?: number | undefined;
}

/** Signs a person out everywhere: each of their sessions that has begun is dead. */
export const signOut: Verb<SignOutInput, Person> = (state, context, input) => {
  const owner = findOwner(state, input.id);
  const person = owner?.kind === "person" ? owner : undefined;
  authorise(state, context.actor, "session.revoke", person?.id ?? null, "person");
  if (person === undefined) throw new Refusal("not_found", "There is no such person.");
  requireUnchanged(person, input.ifMatch);
  const next: Person = {
    ...person,
    revision: context.revision,
    signedOut: context.now.toISOString(),
  };
  return {
    changes: [{ kind: "person", id: person.id, entity: next }],
    event: {
      type: "person.signed-out",
      summary: `${person.name} was signed out everywhere`,
      owners: [person.id],
    },
    result: next,
  };
};

/**
 * Writes down that somebody else ended one of a person's sessions. The session itself is none of the
 * state: their record is only written anew.
 */
export const recordSessionEnd: Verb<{ readonly id: string }, Person> = (state, context, { id }) => {
  const owner = state.owners.get(id);
  const person = owner?.kind === "person" ? owner : undefined;
  authorise(state, context.actor, "session.revoke", person?.id ?? null, "person");
  if (person === undefined) throw new Refusal("not_found", "There is no such person.");
  const next: Person = { ...person, revision: context.revision };
  return {
    changes: [{ kind: "person", id: person.id, entity: next }],
    event: {
      type: "person.session-ended",
      summary: `one of the sessions of ${person.name} was ended`,
      owners: [person.id],
    },
    result: next,
  };
};
