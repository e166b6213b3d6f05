import { Refusal } from "../errors.ts";
import type { Context } from "../domain/decision.ts";
import type { Owner } from "../domain/entities.ts";
import {
  hostOf,
  inZone,
  labelNextTo,
  labelOf,
  parseHostname,
  parseLabel,
  parsePathPrefix,
  type Hostname,
  type PathPrefix,
} from "../domain/names.ts";
import { isOwnHost } from "../domain/rules.ts";
import { endpointAt, type State } from "../domain/state.ts";
import { isReserved } from "../owners/labels.ts";

export interface PlaceInput {
  /** One of the owner's labels; their name when nothing is given. */
  readonly label?: string | undefined;
  /** A whole host instead, for admins: the apex, deeper and reserved names, the operators' own hosts. */
  readonly host?: string | undefined;
  readonly path?: string | undefined;
}

/**
 * Whether a host is one that only admins may give endpoints to: it is nobody's label.
 */
export function isAdminHost(state: State, context: Pick<Context, "rules">, host: string): boolean {
  const label = labelOf(host, context.rules.zone);
  return label === undefined || !state.labels.has(label);
}

/**
 * Finds the host that is meant, and whether the owner may have an endpoint there.
 * @throws Refusal naming the field
 */
export function parsePlace(
  state: State,
  context: Context,
  owner: Owner,
  input: PlaceInput,
): { host: Hostname; path: PathPrefix } {
  const path = parsePathPrefix(input.path ?? "", "path");
  if (input.host !== undefined) {
    if (input.label !== undefined) {
      throw new Refusal("invalid_input", "Give a label or a host, not both.", { field: "host" });
    }
    return { host: parseAdminHost(state, context, owner, input.host), path };
  }
  const label = parseLabel(input.label ?? owner.name, { field: "label", allowPunycode: true });
  const record = state.labels.get(label);
  if (record?.owner !== owner.id || record.restsUntil !== undefined) {
    throw new Refusal("not_found", `${owner.name} does not hold the name "${label}".`, {
      field: "label",
    });
  }
  return { host: hostOf(label, context.rules.zone), path };
}

function parseAdminHost(state: State, context: Context, owner: Owner, text: string): Hostname {
  const { rules } = context;
  const host = parseHostname(text, "host");
  if (!context.actor.admin) {
    throw new Refusal("forbidden", "Only an admin may use a whole host; give one of your labels.", {
      field: "host",
    });
  }
  if (host === rules.consoleHost) {
    throw new Refusal("reserved", `${host} is the console's own.`, { field: "host" });
  }
  if (!inZone(host, rules.zone) && !isOwnHost(rules, host)) {
    throw new Refusal("invalid_input", `${host} is neither in ${rules.zone} nor among ownHosts.`, {
      field: "host",
    });
  }
  const label = labelOf(host, rules.zone);
  if (label !== undefined && (state.labels.has(label) || !isReserved(state, context, label))) {
    throw new Refusal(
      "invalid_input",
      `Grant the label "${label}" to its owner and use it as label; whole hosts are for the apex, deeper and reserved names.`,
      { field: "host" },
    );
  }
  const claimant = ingressClaimant(state, context, host);
  if (claimant !== undefined && claimant !== owner.id) {
    const name = state.owners.get(claimant)?.name ?? "someone else";
    throw new Refusal("taken", `${host} is where ingresses of ${name} may be.`, { field: "host" });
  }
  return host;
}

/** Who has the hosts of ingresses that this is one of: whoever holds the label, at rest, too. */
function ingressClaimant(
  state: State,
  { rules }: Pick<Context, "rules">,
  host: Hostname,
): string | undefined {
  if (!rules.modules.has("namespaces")) return undefined;
  const label = labelNextTo(host, `${rules.namespaces.hosts}.${rules.zone}`);
  return label === undefined ? undefined : state.labels.get(label)?.owner;
}

/**
 * @param self the endpoint that is being moved, which does not stand in its own way
 * @throws Refusal `taken` when another endpoint stands at this host and path
 */
export function requireFreePlace(
  state: State,
  host: Hostname,
  path: PathPrefix,
  self?: string,
): void {
  const other = endpointAt(state, host, path);
  if (other !== undefined && other.id !== self) {
    throw new Refusal(
      "taken",
      `There is already a service at ${host}${path === "" ? "/" : path}.`,
      { field: "path" },
    );
  }
}
