import type { Endpoint, Entity, LabelRecord, Owner } from "../domain/entities.ts";
import { inZone, labelOf } from "../domain/names.ts";
import { isOwnHost, type Rules } from "../domain/rules.ts";
import { identityKey, type State } from "../domain/state.ts";

export interface Problem {
  readonly field: string;
  /** A sentence without its full stop. */
  readonly message: string;
}

export interface Surroundings {
  /** The whole state that the entity would be in. */
  readonly state: State;
  /** The state of now: what stands in it is not held to rules that came later. */
  readonly present: State;
  readonly rules: Rules;
}

type Fail = (field: string, message: string) => void;

/** What is wrong with an entity of a whole state, field by field: references and names. */
export function problemsOf(entity: Entity, surroundings: Surroundings): Problem[] {
  const problems: Problem[] = [];
  const fail: Fail = (field, message) => problems.push({ field, message });
  const { state } = surroundings;
  switch (entity.kind) {
    case "person":
      checkName(state, entity, fail);
      for (const identity of entity.identities) {
        if (state.personsByIdentity.get(identityKey(identity)) !== entity.id)
          fail("identities", "another person has this identity");
      }
      break;
    case "group":
      checkName(state, entity, fail);
      for (const manager of entity.managers) {
        if (state.owners.get(manager)?.kind !== "person")
          fail("managers", `there is no person "${manager}"`);
      }
      break;
    case "label":
      checkLabel(surroundings, entity, fail);
      break;
    case "endpoint":
      checkEndpoint(surroundings, entity, fail);
      break;
    case "page":
    case "pageHost":
    case "domain":
      if (entity.owner !== null && !state.owners.has(entity.owner))
        fail("owner", `there is no owner "${entity.owner}"`);
      break;
    case "token":
      if (entity.owner !== null && !state.owners.has(entity.owner))
        fail("owner", `there is no owner "${entity.owner}"`);
      if (state.tokensByHash.get(entity.hash) !== entity.id)
        fail("hash", "another token has this secret");
      break;
    case "request":
      // Who asked may be gone, as in the state that the file is of.
      if (!state.owners.has(entity.owner)) fail("owner", `there is no owner "${entity.owner}"`);
      break;
    case "bucket":
      if (entity.deleting === undefined && !state.owners.has(entity.owner))
        fail("owner", `there is no owner "${entity.owner}"`);
      if (state.bucketsByName.get(entity.name) !== entity.id)
        fail("name", `another bucket is called "${entity.name}"`);
      break;
    case "bucketKey":
      if (!entity.deleting && !state.owners.has(entity.owner))
        fail("owner", `there is no owner "${entity.owner}"`);
      break;
    case "database":
      if (entity.deleting === undefined && !state.owners.has(entity.owner))
        fail("owner", `there is no owner "${entity.owner}"`);
      if (state.databasesByName.get(entity.name) !== entity.id)
        fail("name", `another database is called "${entity.name}"`);
      break;
    case "databaseAccount":
      if (!entity.deleting && !state.owners.has(entity.owner))
        fail("owner", `there is no owner "${entity.owner}"`);
      if (state.databaseAccountsByName.get(entity.name) !== entity.id)
        fail("name", `another account is called "${entity.name}"`);
      break;
    case "namespace":
      if (entity.deleting === undefined && !state.owners.has(entity.owner))
        fail("owner", `there is no owner "${entity.owner}"`);
      if (state.namespacesByName.get(entity.name) !== entity.id)
        fail("name", `another namespace is called "${entity.name}"`);
      break;
    case "kubeconfig":
      if (!entity.deleting && state.namespaces.get(entity.namespace)?.owner !== entity.owner)
        fail("namespace", `their owner has no namespace "${entity.namespace}"`);
      break;
    case "reserved":
    case "pass":
    case "answer":
  }
  return problems;
}

/** An owner's name is nobody else's, and its label is theirs. */
function checkName(state: State, owner: Owner, fail: Fail): void {
  if (state.ownersByName.get(owner.name) !== owner.id)
    return fail("name", `"${owner.name}" is another owner's name`);
  const label = state.labels.get(owner.name);
  if (label?.owner !== owner.id) {
    if (label !== undefined) fail("name", `the label "${owner.name}" is another owner's`);
  } else if (label.restsUntil !== undefined) {
    fail("name", `the label "${owner.name}" is at rest`);
  }
}

/** An endpoint is at a host that its owner may have, where no other is. */
function checkEndpoint(
  { state, present, rules }: Surroundings,
  endpoint: Endpoint,
  fail: Fail,
): void {
  const { host, path, owner, id } = endpoint;
  if (!state.owners.has(owner)) fail("owner", `there is no owner "${owner}"`);
  if (state.endpointsByHost.get(host)?.get(path) !== id)
    fail("path", `another endpoint is at ${host}${path}`);
  // The configuration may have changed under one that is there already.
  const isKnown = present.endpoints.get(id)?.host === host;
  if (host === rules.consoleHost && !isKnown) fail("host", `${host} is the console's own`);
  if (!inZone(host, rules.zone) && !isOwnHost(rules, host) && !isKnown)
    fail("host", `${host} is neither in ${rules.zone} nor among ownHosts`);
  const label = labelOf(host, rules.zone);
  if (label === undefined) return;
  const holder = state.labels.get(label);
  if (holder === undefined) {
    if (!isReserved(state, rules, label)) fail("host", `nobody holds "${label}"`);
  } else if (holder.owner !== owner) {
    fail("host", `${host} belongs to another owner`);
  } else if (holder.restsUntil !== undefined) {
    fail("host", `the label "${label}" is at rest`);
  }
}

/** A label is held by someone, and kept from nobody. */
function checkLabel({ state, present, rules }: Surroundings, label: LabelRecord, fail: Fail): void {
  if (label.restsUntil !== undefined) return;
  const holder = state.owners.get(label.owner);
  if (holder === undefined) fail("owner", `there is no owner "${label.owner}"`);
  // What is held already stays held: only a label that comes in by this file is checked.
  if (present.labels.get(label.id)?.owner === label.owner) return;
  const reserved = state.reserved.get(label.id);
  const isOlder = reserved !== undefined && label.revision < reserved.revision;
  if (rules.reserved.has(label.id) || (reserved !== undefined && !isOlder))
    fail("id", `"${label.id}" is reserved`);
}

function isReserved(state: State, rules: Rules, label: string): boolean {
  return rules.reserved.has(label) || state.reserved.has(label);
}
