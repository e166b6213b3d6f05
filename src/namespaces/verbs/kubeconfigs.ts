import {
  requireUnchanged,
  stamp,
  type Context,
  type Decision,
  type Verb,
} from "../../domain/decision.ts";
import type { Kubeconfig } from "../../domain/namespaces.ts";
import { authorise } from "../../domain/policy.ts";
import { kubeconfigsInto, type State } from "../../domain/state.ts";
import { Refusal } from "../../errors.ts";
import { tokenHandleFrom } from "../names.ts";
import { ownNamespace, requireInUse } from "./namespaces.ts";

export interface CreateKubeconfigInput {
  /** Drawn by the caller, who takes the lease on it before this is decided. */
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
  /** As many as there may be, when left out. */
  readonly days?: number | undefined;
}

/** Ways into one namespace: each is a secret and a record. */
export const IN_NAMESPACE_MAX = 20;

/** Asks for a way into a namespace. Its token is issued once this is stored. */
export const createKubeconfig: Verb<CreateKubeconfigInput, Kubeconfig> = (
  state,
  context,
  input,
) => {
  const namespace = ownNamespace(state, context, input.namespace);
  requireInUse(namespace);
  if (state.owners.get(namespace.owner)?.suspended !== undefined)
    throw new Refusal("conflict", "Its owner is suspended and gets nothing new.");
  const used = kubeconfigsInto(state, namespace.id).filter(({ deleting }) => !deleting).length;
  if (used >= IN_NAMESPACE_MAX && !context.actor.admin) {
    throw new Refusal(
      "quota_exceeded",
      `There are ${used} kubeconfigs for ${namespace.name}, and ${IN_NAMESPACE_MAX} is the most: revoke one first.`,
    );
  }
  const kubeconfig: Kubeconfig = {
    ...stamp(context),
    kind: "kubeconfig",
    id: input.id,
    owner: namespace.owner,
    namespace: namespace.id,
    name: input.name,
    days: daysOf(context, input.days),
    handle: tokenHandleFrom(context.newSecret()),
    issued: false,
    retired: [],
    deleting: false,
  };
  const summary = `the kubeconfig ${kubeconfig.name} for ${namespace.name} was asked for`;
  return decided(kubeconfig, "kubeconfig.created", summary);
};

export interface RenewKubeconfigInput {
  readonly id: string;
  /** As many as it was asked for before, when left out. */
  readonly days?: number | undefined;
  readonly ifMatch?: number | undefined;
}

/** Asks for another token for a kubeconfig; the old one works until the new one does. */
export const renewKubeconfig: Verb<RenewKubeconfigInput, Kubeconfig> = (state, context, input) => {
  const kubeconfig = ownKubeconfig(state, context, input.id, input.ifMatch);
  const namespace = state.namespaces.get(kubeconfig.namespace);
  if (kubeconfig.deleting || namespace === undefined)
    throw new Refusal("conflict", `${kubeconfig.name} is being revoked.`);
  requireInUse(namespace);
  if (state.owners.get(kubeconfig.owner)?.suspended !== undefined)
    throw new Refusal("conflict", "Its owner is suspended: no kubeconfig of theirs works.");
  // What was to become the token before, and nobody got, goes the way of old ones.
  const { next, retired } = kubeconfig;
  const after: Kubeconfig = {
    ...kubeconfig,
    revision: context.revision,
    days: daysOf(context, input.days ?? Math.min(kubeconfig.days, mostDays(context))),
    next: tokenHandleFrom(context.newSecret()),
    retired: next === undefined ? retired : [...retired, next],
  };
  const summary = `the kubeconfig ${kubeconfig.name} is to get a new token`;
  return decided(after, "kubeconfig.renewing", summary);
};

/** Ends a kubeconfig's token. */
export const revokeKubeconfig: Verb<{ id: string; ifMatch?: number | undefined }, Kubeconfig> = (
  state,
  context,
  input,
) => {
  const kubeconfig = ownKubeconfig(state, context, input.id, input.ifMatch);
  const after = { ...kubeconfig, revision: context.revision, deleting: true };
  return decided(after, "kubeconfig.revoked", `the kubeconfig ${kubeconfig.name} was revoked`);
};

function mostDays({ rules }: Context): number {
  return rules.namespaces.kubeconfigDays;
}

function daysOf(context: Context, days: number | undefined): number {
  const most = mostDays(context);
  if (days !== undefined && days > most) {
    throw new Refusal("invalid_input", `A kubeconfig is good for ${most} days at most.`, {
      field: "days",
    });
  }
  return days ?? most;
}

function ownKubeconfig(
  state: State,
  context: Context,
  id: string,
  ifMatch: number | undefined,
): Kubeconfig {
  const kubeconfig = state.kubeconfigs.get(id);
  authorise(state, context.actor, "kubeconfig.write", kubeconfig?.owner ?? null, "kubeconfig");
  if (kubeconfig === undefined) throw new Refusal("not_found", "There is no such kubeconfig.");
  requireUnchanged(kubeconfig, ifMatch);
  return kubeconfig;
}

function decided(kubeconfig: Kubeconfig, type: string, summary: string): Decision<Kubeconfig> {
  return {
    changes: [{ kind: "kubeconfig", id: kubeconfig.id, entity: kubeconfig }],
    event: { type, summary, owners: [kubeconfig.owner] },
    result: kubeconfig,
  };
}
