import { Refusal } from "../errors.ts";
import { grace, requireUnchanged, type Verb } from "../domain/decision.ts";
import type { Owner } from "../domain/entities.ts";
import { authorise } from "../domain/policy.ts";
import {
  bucketKeysOf,
  bucketsOf,
  databaseAccountsOf,
  databasesOf,
  endpointsOf,
  findOwner,
  groupsOf,
  kubeconfigsOf,
  labelsOf,
  namespacesOf,
  pagesOf,
  requestsOf,
  tokensOf,
  type Change,
} from "../domain/state.ts";
import { rest } from "./labels.ts";
import { passesOf } from "./passes.ts";

export interface DeleteOwnerInput {
  readonly id: string;
  readonly kind: "person" | "group";
  readonly ifMatch?: number | undefined;
}

/**
 * Removes an owner: endpoints, tokens and requests with them, labels put to rest; keys to buckets and
 * accounts at databases are ended, namespaces closed, and what is in them kept for as long as any that is
 * deleted. Groups that a person managed stay, with their other managers.
 * @returns the owner as they were
 */
export const deleteOwner: Verb<DeleteOwnerInput, Owner> = (state, context, input) => {
  const found = findOwner(state, input.id);
  const owner = found?.kind === input.kind ? found : undefined;
  authorise(state, context.actor, "owner.delete", owner?.id ?? null, input.kind);
  if (owner === undefined) throw new Refusal("not_found", `There is no such ${input.kind}.`);
  requireUnchanged(owner, input.ifMatch);
  if (owner.id === context.actor.owner)
    throw new Refusal("conflict", "You cannot delete yourself.");
  const { revision } = context;
  const changes: Change[] = [
    ...endpointsOf(state, owner.id).map((endpoint): Change => ({
      kind: "endpoint",
      id: endpoint.id,
      entity: null,
    })),
    ...tokensOf(state, owner.id).map((token): Change => ({
      kind: "token",
      id: token.id,
      entity: null,
    })),
    ...requestsOf(state, owner.id).map((request): Change => ({
      kind: "request",
      id: request.id,
      entity: null,
    })),
    ...passesOf(state, owner.id).map(({ id }): Change => ({ kind: "pass", id, entity: null })),
    // They are taken away step by step, and buckets only after their time: their records stay until then.
    ...bucketKeysOf(state, owner.id).map((key): Change => ({
      kind: "bucketKey",
      id: key.id,
      entity: { ...key, deleting: true, revision },
    })),
    ...bucketsOf(state, owner.id).map((bucket): Change => ({
      kind: "bucket",
      id: bucket.id,
      entity: { ...bucket, deleting: bucket.deleting ?? grace(context, "buckets"), revision },
    })),
    ...databaseAccountsOf(state, owner.id).map((account): Change => ({
      kind: "databaseAccount",
      id: account.id,
      entity: { ...account, deleting: true, revision },
    })),
    ...databasesOf(state, owner.id).map((database): Change => ({
      kind: "database",
      id: database.id,
      entity: { ...database, deleting: database.deleting ?? grace(context, "databases"), revision },
    })),
    ...kubeconfigsOf(state, owner.id).map((kubeconfig): Change => ({
      kind: "kubeconfig",
      id: kubeconfig.id,
      entity: { ...kubeconfig, deleting: true, revision },
    })),
    ...namespacesOf(state, owner.id).map((namespace): Change => ({
      kind: "namespace",
      id: namespace.id,
      entity: {
        ...namespace,
        deleting: namespace.deleting ?? grace(context, "namespaces"),
        revision,
      },
    })),
    // What GitLab has stays, without an owner; the sync does not come by hosts that rest any more.
    ...[
      ...pagesOf(state, owner.id),
      ...[...state.pageHosts.values(), ...state.domains.values()].filter(
        (one) => one.owner === owner.id,
      ),
    ].map((one) => {
      const { kind, id } = one;
      return { kind, id, entity: { ...one, owner: null, revision } } as Change;
    }),
    ...labelsOf(state, owner.id)
      .filter((label) => label.restsUntil === undefined)
      .map((label) => rest(context, label)),
  ];
  for (const group of groupsOf(state, owner.id)) {
    if (group.kind !== "group") continue;
    const managers = group.managers.filter((manager) => manager !== owner.id);
    changes.push({ kind: "group", id: group.id, entity: { ...group, managers, revision } });
  }
  changes.push({ kind: owner.kind, id: owner.id, entity: null });
  return {
    changes,
    event: {
      type: `${owner.kind}.deleted`,
      summary: `${owner.name} was removed`,
      owners: [owner.id],
    },
    result: owner,
  };
};
