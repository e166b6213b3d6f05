import { Refusal } from "../errors.ts";
import { authorise } from "../domain/policy.ts";
import {
  endOfRest,
  requireOwner,
  requireQuota,
  requireUnchanged,
  stamp,
  type Context,
  type Decision,
  type Verb,
} from "../domain/decision.ts";
import type { LabelRecord, Owner, Reserved } from "../domain/entities.ts";
import { hostOf, parseLabel, type Label } from "../domain/names.ts";
import { endpointsOf, labelsOf, type Change, type State } from "../domain/state.ts";

/** Whether nobody may have this label, by the configuration or by an admin's word. */
export function isReserved(state: State, context: Pick<Context, "rules">, label: string): boolean {
  return context.rules.reserved.has(label) || state.reserved.has(label);
}

/** What stands of a label. `free` also when its rest is over and nobody has asked since. */
export function labelStatus(
  state: State,
  context: Pick<Context, "rules" | "now">,
  label: Label,
): "held" | "resting" | "reserved" | "free" {
  const record = state.labels.get(label);
  if (record !== undefined && record.restsUntil === undefined) return "held";
  // Whose it is cannot be read; it is surely not free.
  if (state.setAside.some(({ key }) => key === `label/${label}`)) return "held";
  if (isReserved(state, context, label)) return "reserved";
  return restOf(state, context, label) === undefined ? "free" : "resting";
}

/** The rest that a label is at, as a label or as a host of GitLab Pages, and who may end it. */
function restOf(
  state: State,
  context: Pick<Context, "rules" | "now">,
  label: Label,
): { readonly until: string; readonly owner: string | null } | undefined {
  const pageHost = state.pageHosts.get(hostOf(label, context.rules.zone));
  for (const left of [state.labels.get(label), pageHost]) {
    if (left?.restsUntil === undefined) continue;
    if (Date.parse(left.restsUntil) > context.now.getTime())
      return { until: left.restsUntil, owner: left.owner };
  }
  return undefined;
}

/**
 * Parses a label and gives it to an owner, if it is free, or at rest and was theirs.
 * @throws Refusal `reserved`, `taken`, `resting` or what `parseLabel` throws
 */
export function claimLabel(
  state: State,
  context: Context,
  text: string,
  owner: string,
  field: string,
): { label: Label; change: Change } {
  const label = parseLabel(text, { field, allowPunycode: context.actor.admin });
  const status = labelStatus(state, context, label);
  const resting = restOf(state, context, label);
  const stranger = endpointsAtHost(state, context, label).some(
    (id) => state.endpoints.get(id)?.owner !== owner,
  );
  if (status === "reserved") {
    throw new Refusal("reserved", `"${label}" is reserved.`, { field });
  }
  if (status === "held" || stranger) {
    throw new Refusal("taken", `"${label}" is already taken.`, { field });
  }
  if (resting !== undefined && resting.owner !== owner) {
    throw new Refusal(
      "resting",
      `"${label}" was given back and rests until ${resting.until.slice(0, 10)}.`,
      { field },
    );
  }
  const entity: LabelRecord = { ...stamp(context), kind: "label", id: label, owner };
  return { label, change: { kind: "label", id: label, entity } };
}

function endpointsAtHost(state: State, context: Context, label: Label): string[] {
  return [...(state.endpointsByHost.get(hostOf(label, context.rules.zone))?.values() ?? [])];
}

/** A label put to rest: it answers 410, and only its last holder may have it back. */
export function rest(context: Context, record: LabelRecord): Change {
  const restsUntil = endOfRest(context);
  return {
    kind: "label",
    id: record.id,
    entity: { ...record, revision: context.revision, restsUntil },
  };
}

/** Gives an owner one more label. */
export const grantLabel: Verb<{ label: string; owner: string }, LabelRecord> = (
  state,
  context,
  input,
) => {
  authorise(state, context.actor, "label.grant", null, "label");
  const owner = requireOwner(state, input.owner, "owner");
  requireQuota(context, owner, "labels", heldLabels(state, owner.id).length);
  const { change } = claimLabel(state, context, input.label, owner.id, "label");
  return {
    changes: [change],
    event: {
      type: "label.granted",
      summary: `${owner.name} got the name ${change.id}`,
      owners: [owner.id],
    },
    result: change.entity as LabelRecord,
  };
};

export function heldLabels(state: State, owner: string): LabelRecord[] {
  return labelsOf(state, owner).filter((label) => label.restsUntil === undefined);
}

function requireLabel(
  state: State,
  context: Context,
  text: string,
  action: "label.give-back" | "label.free",
): LabelRecord {
  const record = state.labels.get(text.toLowerCase());
  authorise(state, context.actor, action, record?.owner ?? null, "label");
  if (record === undefined) throw new Refusal("not_found", "There is no such label.");
  return record;
}

/** Gives a label back, with every endpoint under it. It rests before anyone else may have it. */
export const giveBackLabel: Verb<{ label: string; ifMatch?: number | undefined }, LabelRecord> = (
  state,
  context,
  input,
) => {
  const record = requireLabel(state, context, input.label, "label.give-back");
  requireUnchanged(record, input.ifMatch);
  if (record.restsUntil !== undefined) {
    throw new Refusal("conflict", `"${record.id}" has already been given back.`);
  }
  const owner: Owner | undefined = state.owners.get(record.owner);
  if (owner?.name === record.id) {
    throw new Refusal(
      "conflict",
      `"${record.id}" is the owner's own name; rename or delete the owner instead.`,
    );
  }
  const host = hostOf(record.id, context.rules.zone);
  const removed = endpointsOf(state, record.owner).filter((endpoint) => endpoint.host === host);
  const resting = rest(context, record);
  return {
    changes: [
      ...removed.map((endpoint): Change => ({ kind: "endpoint", id: endpoint.id, entity: null })),
      resting,
    ],
    event: {
      type: "label.given-back",
      summary: `the name ${record.id} was given back`,
      owners: [record.owner],
    },
    result: resting.entity as LabelRecord,
  };
};

/**
 * Ends a name's rest early: whoever asks next may have it. A host of GitLab Pages that its namespace
 * left rests like a label.
 */
export const freeLabel: Verb<{ label: string; ifMatch?: number | undefined }, null> = (
  state,
  context,
  input,
) => {
  const host = hostOf(input.label.toLowerCase() as Label, context.rules.zone);
  const pageHost = state.pageHosts.get(host);
  if (pageHost?.restsUntil !== undefined && !state.labels.has(input.label.toLowerCase())) {
    authorise(state, context.actor, "label.free", pageHost.owner, "label");
    requireUnchanged(pageHost, input.ifMatch);
    return freed(input.label.toLowerCase(), [{ kind: "pageHost", id: host, entity: null }]);
  }
  const record = requireLabel(state, context, input.label, "label.free");
  requireUnchanged(record, input.ifMatch);
  if (record.restsUntil === undefined) {
    throw new Refusal("conflict", `"${record.id}" is held; it must be given back first.`);
  }
  const changes: Change[] = [{ kind: "label", id: record.id, entity: null }];
  if (pageHost?.restsUntil !== undefined)
    changes.push({ kind: "pageHost", id: host, entity: null });
  return freed(record.id, changes);
};

function freed(label: string, changes: readonly Change[]): Decision<null> {
  return {
    changes,
    event: {
      type: "label.freed",
      summary: `the rest of the name ${label} was ended`,
      owners: [],
    },
    result: null,
  };
}

/** Keeps a name from everyone. What is held already stays with its holder. */
export const reserveLabel: Verb<{ label: string; reason: string }, Reserved> = (
  state,
  context,
  input,
) => {
  authorise(state, context.actor, "label.reserve", null, "label");
  const label = parseLabel(input.label, { field: "label", allowPunycode: true });
  if (isReserved(state, context, label))
    throw new Refusal("taken", `"${label}" is already reserved.`, { field: "label" });
  const entity: Reserved = { ...stamp(context), kind: "reserved", id: label, reason: input.reason };
  return {
    changes: [{ kind: "reserved", id: label, entity }],
    event: { type: "label.reserved", summary: `the name ${label} was reserved`, owners: [] },
    result: entity,
  };
};

/** Takes a name off the list of reserved ones; the configuration's own list stays. */
export const releaseLabel: Verb<{ label: string; ifMatch?: number | undefined }, null> = (
  state,
  context,
  input,
) => {
  authorise(state, context.actor, "label.reserve", null, "label");
  const label = input.label.toLowerCase();
  const reserved = state.reserved.get(label);
  if (reserved === undefined)
    throw new Refusal("not_found", `"${label}" is not on the list of reserved names.`);
  requireUnchanged(reserved, input.ifMatch);
  return {
    changes: [{ kind: "reserved", id: label, entity: null }],
    event: {
      type: "label.released",
      summary: `the name ${label} is no longer reserved`,
      owners: [],
    },
    result: null,
  };
};
