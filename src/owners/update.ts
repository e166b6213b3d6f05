import { Refusal } from "../errors.ts";
import { requireUnchanged, type Context, type Decision, type Verb } from "../domain/decision.ts";
import type { Group, Owner, OwnTargetGrant, Person, Quota } from "../domain/entities.ts";
import { hostOf, type Label } from "../domain/names.ts";
import { authorise } from "../domain/policy.ts";
import { parseRange, reachesLoopback } from "../domain/addresses.ts";
import { parsePorts } from "../domain/targets.ts";
import {
  endpointAt,
  endpointsOf,
  findOwner,
  identityKey,
  type Change,
  type State,
} from "../domain/state.ts";
import { personIds, requireFreeName } from "./create.ts";
import { claimLabel, rest } from "./labels.ts";

/** What an admin alone may change of an owner. `null` takes a setting away. */
export interface AdminFields {
  readonly name?: string | undefined;
  readonly quota?: { readonly [K in keyof Quota]?: Quota[K] | undefined } | null | undefined;
  readonly targets?: readonly OwnTargetGrant[] | undefined;
  readonly membershipEndsAt?: string | null | undefined;
}

interface Common extends AdminFields {
  readonly id: string;
  readonly ifMatch?: number | undefined;
  readonly displayName?: string | undefined;
}

export interface PersonUpdate extends Common {
  readonly email?: string | null | undefined;
  readonly role?: Person["role"] | undefined;
  readonly identities?: Person["identities"] | undefined;
}

export interface GroupUpdate extends Common {
  readonly managers?: readonly string[] | undefined;
}

/** Changes a person: what describes them by themselves, the rest by an admin. */
export const updatePerson: Verb<PersonUpdate, Person> = (state, context, input) => {
  const person = requireKind(state, context, "person", input);
  let next: Person = person;
  if (input.email !== undefined) {
    const { email: _old, ...rest } = next;
    next = input.email === null ? rest : { ...rest, email: input.email };
  }
  if (input.role !== undefined || input.identities !== undefined) {
    authorise(state, context.actor, "owner.administer", person.id, "person");
    next = {
      ...next,
      role: input.role ?? next.role,
      identities: input.identities ?? next.identities,
    };
    requireOwnIdentities(state, next);
  }
  return finish(state, context, person, next, input);
};

/** Changes a group. Its managers may hand it over in one step, also to people other than themselves. */
export const updateGroup: Verb<GroupUpdate, Group> = (state, context, input) => {
  const group = requireKind(state, context, "group", input);
  let next: Group = group;
  if (input.managers !== undefined) {
    authorise(state, context.actor, "group.managers", group.id, "group");
    const managers = personIds(state, input.managers);
    if (managers.length === 0 && !context.actor.admin) {
      throw new Refusal("conflict", "A group needs a manager; hand it over before you leave.", {
        field: "managers",
      });
    }
    next = { ...next, managers };
  }
  return finish(state, context, group, next, input);
};

function requireKind<K extends Owner["kind"]>(
  state: State,
  context: Context,
  kind: K,
  input: Common,
): Extract<Owner, { kind: K }> {
  const owner = findOwner(state, input.id);
  const found = owner?.kind === kind ? owner : undefined;
  authorise(state, context.actor, "owner.describe", found?.id ?? null, kind);
  if (found === undefined) throw new Refusal("not_found", `There is no such ${kind}.`);
  requireUnchanged(found, input.ifMatch);
  return found as Extract<Owner, { kind: K }>;
}

function requireOwnIdentities(state: State, person: Person): void {
  person.identities.forEach((identity, position) => {
    const holder = state.personsByIdentity.get(identityKey(identity));
    if (holder !== undefined && holder !== person.id) {
      throw new Refusal("taken", "This identity belongs to another person.", {
        field: `identities.${position}`,
      });
    }
  });
}

/** @throws Refusal for a grant that no admin may give, or that could never match */
function requireGrants(context: Context, targets: readonly OwnTargetGrant[]): void {
  targets.forEach((grant, position) => {
    for (const ports of grant.ports) {
      const { from, to } = parsePorts(ports);
      if (from >= 1 && from <= to && to <= 65_535) continue;
      throw new Refusal("invalid_input", `"${ports}" is no port or range from 1 to 65535.`, {
        field: `targets.${position}.ports`,
      });
    }
    if ("suffix" in grant && grant.suffix === `.${context.rules.zone}`) {
      // Members' own names lead back to Traefik.
      throw new Refusal("target_refused", "Names directly in the zone cannot be targets.", {
        field: `targets.${position}.suffix`,
      });
    }
    if ("network" in grant && reachesLoopback(parseRange(grant.network))) {
      throw new Refusal("target_refused", "Loopback is granted in the configuration only.", {
        field: `targets.${position}.network`,
      });
    }
  });
}

/** The part that persons and groups share: what admins set, and the name. */
function finish<T extends Owner>(
  state: State,
  context: Context,
  before: T,
  described: T,
  input: Common,
): Decision<T> {
  let next: T = described;
  if (input.displayName !== undefined) next = { ...next, displayName: input.displayName };
  const administers = [input.name, input.quota, input.targets, input.membershipEndsAt].some(
    (field) => field !== undefined,
  );
  if (administers) authorise(state, context.actor, "owner.administer", before.id, before.kind);
  if (input.quota !== undefined) next = withField(next, "quota", quotaFrom(input.quota));
  if (input.targets !== undefined) {
    requireGrants(context, input.targets);
    next = withField(next, "targets", [...input.targets]);
  }
  if (input.membershipEndsAt !== undefined)
    next = withMembership(context, next, input.membershipEndsAt);
  const changes: Change[] = [];
  if (input.name !== undefined && input.name.toLowerCase() !== before.name) {
    const moved = rename(state, context, next, input.name);
    next = moved.owner;
    changes.push(...moved.changes);
  }
  next = { ...next, revision: context.revision };
  changes.push({ kind: next.kind, id: next.id, entity: next } as Change);
  const managers =
    next.kind === "group" && before.kind === "group" ? [...before.managers, ...next.managers] : [];
  return {
    changes,
    event: {
      type: `${before.kind}.updated`,
      summary: `${before.name} was changed`,
      owners: [...new Set([before.id, ...managers])],
    },
    result: next,
  };
}

function withField<T extends Owner, K extends "quota" | "targets" | "membership" | "suspended">(
  owner: T,
  field: K,
  value: T[K] | undefined,
): T {
  const { [field]: _old, ...rest } = owner;
  return (value === undefined ? rest : { ...rest, [field]: value }) as T;
}

/** What is set of a quota; undefined when nothing is. */
function quotaFrom(quota: NonNullable<AdminFields["quota"]> | null): Owner["quota"] {
  const set = Object.entries(quota ?? {}).filter(([, value]) => value !== undefined);
  return set.length === 0 ? undefined : Object.fromEntries(set);
}

/** Sets when a membership ends. A later end than now takes the suspension by its old end away. */
export function withMembership<T extends Owner>(
  context: Context,
  owner: T,
  endsAt: string | null,
): T {
  const next = withField(owner, "membership", endsAt === null ? undefined : { endsAt });
  const lives = endsAt === null || Date.parse(endsAt) > context.now.getTime();
  return lives && next.suspended?.cause === "membership"
    ? withField(next, "suspended", undefined)
    : next;
}

/** A new name: its label is claimed, the old one rests, and what stood under it moves along. */
function rename<T extends Owner>(
  state: State,
  context: Context,
  owner: T,
  name: string,
): { owner: T; changes: Change[] } {
  const held = state.labels.get(name.toLowerCase());
  const isOwn = held?.owner === owner.id && held.restsUntil === undefined;
  const claimed = isOwn ? undefined : claimLabel(state, context, name, owner.id, "name");
  const label = claimed?.label ?? (name.toLowerCase() as Label);
  requireFreeName(state, label, "name");
  const old = state.labels.get(owner.name);
  const oldHost = hostOf(owner.name, context.rules.zone);
  const host = hostOf(label, context.rules.zone);
  const moved = endpointsOf(state, owner.id).filter((endpoint) => endpoint.host === oldHost);
  const clash = moved.find(({ path }) => endpointAt(state, host, path) !== undefined);
  if (clash !== undefined) {
    throw new Refusal("taken", `There is already a service at ${host}${clash.path || "/"}.`, {
      field: "name",
    });
  }
  return {
    owner: { ...owner, name: label },
    changes: [
      ...(claimed === undefined ? [] : [claimed.change]),
      ...(old?.owner === owner.id ? [rest(context, old)] : []),
      ...moved.map((endpoint): Change => ({
        kind: "endpoint",
        id: endpoint.id,
        entity: { ...endpoint, host, revision: context.revision },
      })),
    ],
  };
}
