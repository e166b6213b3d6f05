import {
  grace,
  requireQuota,
  requireUnchanged,
  stamp,
  type Context,
  type Decision,
  type Verb,
} from "../../domain/decision.ts";
import type { Owner } from "../../domain/entities.ts";
import type { Namespace, NamespaceLimits } from "../../domain/namespaces.ts";
import { authorise } from "../../domain/policy.ts";
import { findOwner, kubeconfigsInto, namespacesOf, type State } from "../../domain/state.ts";
import { Refusal } from "../../errors.ts";
import { namespaceName } from "../names.ts";

/** What an admin sets for one namespace; null: the configuration's again. */
export type LimitsInput = { readonly [K in keyof NamespaceLimits]?: number | null | undefined };

export interface CreateNamespaceInput {
  /** Drawn by the caller, who takes the lease on it before this is decided. */
  readonly id: string;
  readonly owner: string;
  /** Without the owner's name. */
  readonly name: string;
}

/** Asks for a namespace. It is made once this is stored. */
export const createNamespace: Verb<CreateNamespaceInput, Namespace> = (state, context, input) => {
  const owner = ownerOf(state, context, input.owner);
  if (owner.suspended !== undefined)
    throw new Refusal("conflict", `${owner.name} is suspended and gets nothing new.`);
  const name = namespaceName(owner.name, input.name);
  const namesake = state.namespaces.get(state.namespacesByName.get(name) ?? "");
  if (namesake !== undefined) {
    const isLeaving = namesake.owner === owner.id && namesake.deleting !== undefined;
    throw new Refusal(
      "taken",
      isLeaving
        ? `${name} is being deleted: undo that, or wait until it is gone.`
        : `There is a namespace ${name} already.`,
      { field: "name" },
    );
  }
  requireQuota(context, owner, "namespaces", namespacesOf(state, owner.id).length);
  const namespace: Namespace = {
    ...stamp(context),
    kind: "namespace",
    id: input.id,
    owner: owner.id,
    name,
  };
  return decided(namespace, "namespace.created", `the namespace ${name} was asked for`);
};

export interface LimitNamespaceInput {
  readonly id: string;
  readonly limits: LimitsInput;
  readonly ifMatch?: number | undefined;
}

/** Sets what may be used in a namespace. By admins. */
export const limitNamespace: Verb<LimitNamespaceInput, Namespace> = (state, context, input) => {
  const before = state.namespaces.get(input.id);
  authorise(state, context.actor, "namespace.limit", before?.owner ?? null, "namespace");
  if (before === undefined) throw new Refusal("not_found", "There is no such namespace.");
  requireUnchanged(before, input.ifMatch);
  const { limits: old, ...rest } = before;
  const merged = Object.entries({ ...old, ...withoutUndefined(input.limits) });
  const limits = Object.fromEntries(merged.filter(([, value]) => value !== null));
  const next: Namespace = {
    ...rest,
    revision: context.revision,
    ...(Object.keys(limits).length === 0 ? {} : { limits }),
  };
  return decided(next, "namespace.limited", `what ${next.name} may use was set`);
};

/**
 * Closes a namespace. It is deleted with all that is in it when the grace period is over.
 * @param input `name`: the namespace's whole name, typed by the person who wants it gone
 */
export const deleteNamespace: Verb<
  { id: string; name: string; ifMatch?: number | undefined },
  Namespace
> = (state, context, input) => {
  const namespace = ownNamespace(state, context, input.id, input.ifMatch);
  if (input.name !== namespace.name) {
    throw new Refusal("invalid_input", `Type the whole name, ${namespace.name}, to delete it.`, {
      field: "name",
    });
  }
  requireInUse(namespace);
  const next = { ...namespace, revision: context.revision, deleting: grace(context, "namespaces") };
  return decided(
    next,
    "namespace.deleting",
    `the namespace ${namespace.name} was closed, to be deleted on ${next.deleting.until.slice(0, 10)}`,
  );
};

/** Undoes a deletion, while there is time. An admin may give it to another owner with it. */
export const restoreNamespace: Verb<
  { id: string; owner?: string | undefined; ifMatch?: number | undefined },
  Namespace
> = (state, context, input) => {
  const namespace = ownNamespace(state, context, input.id, input.ifMatch);
  const { deleting, ...rest } = namespace;
  if (deleting === undefined)
    throw new Refusal("conflict", `${namespace.name} is not being deleted.`);
  if (Date.parse(deleting.until) <= context.now.getTime())
    throw new Refusal("conflict", `It is too late: ${namespace.name} is being deleted for good.`);
  const owner = ownerOf(state, context, input.owner ?? namespace.owner);
  if (owner.id !== namespace.owner) {
    authorise(state, context.actor, "namespace.adopt", owner.id, "namespace");
    // They would open it to who has it no more.
    if (kubeconfigsInto(state, namespace.id).length > 0)
      throw new Refusal(
        "conflict",
        `There are kubeconfigs for ${namespace.name}: revoke them first.`,
      );
  }
  const next = { ...rest, owner: owner.id, revision: context.revision };
  return decided(next, "namespace.restored", `the namespace ${namespace.name} was opened again`);
};

export interface AdoptNamespaceInput {
  readonly id: string;
  readonly owner: string;
  /** As it is called at Kubernetes. */
  readonly name: string;
  readonly uid: string;
}

/** Takes over a namespace that was there before the console. By admins. */
export const adoptNamespace: Verb<AdoptNamespaceInput, Namespace> = (state, context, input) => {
  const owner = findOwner(state, input.owner);
  authorise(state, context.actor, "namespace.adopt", owner?.id ?? null, "owner");
  if (owner === undefined)
    throw new Refusal("not_found", "There is no such owner.", { field: "owner" });
  requireNewName(state, input.name);
  const namespace: Namespace = {
    ...stamp(context),
    kind: "namespace",
    id: input.id,
    owner: owner.id,
    name: input.name,
    uid: input.uid,
  };
  return decided(namespace, "namespace.adopted", `the namespace ${input.name} was taken over`);
};

/** An owner that the actor may make namespaces for. Another's is answered like a missing one. */
function ownerOf(state: State, context: Context, idOrName: string): Owner {
  const owner = findOwner(state, idOrName);
  authorise(state, context.actor, "namespace.write", owner?.id ?? null, "owner");
  if (owner === undefined)
    throw new Refusal("not_found", "There is no such owner.", { field: "owner" });
  return owner;
}

/** A namespace that the actor may change. Another's is answered like a missing one. */
export function ownNamespace(
  state: State,
  context: Context,
  id: string,
  ifMatch?: number,
): Namespace {
  const namespace = state.namespaces.get(id);
  authorise(state, context.actor, "namespace.write", namespace?.owner ?? null, "namespace");
  if (namespace === undefined) throw new Refusal("not_found", "There is no such namespace.");
  requireUnchanged(namespace, ifMatch);
  return namespace;
}

export function requireInUse({ name, deleting }: Namespace): void {
  if (deleting !== undefined)
    throw new Refusal("conflict", `${name} is being deleted; undo that first.`);
}

function withoutUndefined(limits: LimitsInput): LimitsInput {
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
}

function decided(namespace: Namespace, type: string, summary: string): Decision<Namespace> {
  return {
    changes: [{ kind: "namespace", id: namespace.id, entity: namespace }],
    event: { type, summary, owners: [namespace.owner] },
    result: namespace,
  };
}

/** @throws Refusal `taken` for what the console has already */
export function requireNewName(state: State, name: string): void {
  if (!state.namespacesByName.has(name)) return;
  throw new Refusal("taken", `The console has a namespace ${name} already.`, { field: "name" });
}
