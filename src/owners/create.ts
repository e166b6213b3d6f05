import { Refusal } from "../errors.ts";
import { stamp, type Verb } from "../domain/decision.ts";
import type { Group, Person } from "../domain/entities.ts";
import { authorise } from "../domain/policy.ts";
import { findOwner, type State } from "../domain/state.ts";
import { claimLabel } from "./labels.ts";

export interface PersonInput {
  readonly username: string;
  readonly displayName?: string | undefined;
  readonly email?: string | undefined;
}

/** Makes a person, with the label of their name. */
export const createPerson: Verb<PersonInput, Person> = (state, context, input) => {
  authorise(state, context.actor, "owner.create", null, "person");
  const id = context.newId("per");
  const { label, change } = claimLabel(state, context, input.username, id, "username");
  requireFreeName(state, label, "username");
  const person: Person = {
    ...stamp(context),
    v: 3,
    kind: "person",
    id,
    name: label,
    role: "member",
    identities: [],
    ...(input.displayName === undefined ? {} : { displayName: input.displayName }),
    ...(input.email === undefined ? {} : { email: input.email }),
  };
  return {
    changes: [{ kind: "person", id, entity: person }, change],
    event: { type: "person.created", summary: `${label} was added`, owners: [id] },
    result: person,
  };
};

export interface GroupInput {
  readonly name: string;
  readonly displayName?: string | undefined;
  /** Ids or usernames of persons. */
  readonly managers?: readonly string[] | undefined;
}

/** Makes a group, with the label of its name. */
export const createGroup: Verb<GroupInput, Group> = (state, context, input) => {
  authorise(state, context.actor, "owner.create", null, "group");
  const id = context.newId("grp");
  const { label, change } = claimLabel(state, context, input.name, id, "name");
  requireFreeName(state, label, "name");
  const group: Group = {
    ...stamp(context),
    v: 2,
    kind: "group",
    id,
    name: label,
    managers: personIds(state, input.managers ?? []),
    ...(input.displayName === undefined ? {} : { displayName: input.displayName }),
  };
  return {
    changes: [{ kind: "group", id, entity: group }, change],
    event: {
      type: "group.created",
      summary: `the group ${label} was added`,
      owners: [id, ...group.managers],
    },
    result: group,
  };
};

/** @throws Refusal `taken` when an owner goes by this name already */
export function requireFreeName(state: State, name: string, field: string): void {
  if (state.ownersByName.has(name)) {
    throw new Refusal("taken", `"${name}" is already taken.`, { field });
  }
}

/**
 * The ids of persons given by id or username, each once.
 * A group cannot manage a group: who may act must be seen at one look.
 * @throws Refusal `invalid_input` naming the entry
 */
export function personIds(state: State, managers: readonly string[]): string[] {
  const ids = managers.map((entry, position) => {
    const owner = findOwner(state, entry);
    if (owner?.kind !== "person") {
      throw new Refusal("invalid_input", `There is no such person.`, {
        field: `managers.${position}`,
      });
    }
    return owner.id;
  });
  return [...new Set(ids)];
}
