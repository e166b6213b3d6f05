import { ingressHost } from "../domain/namespaces.ts";
import type { Hostname, Label } from "../domain/names.ts";
import type { Rules } from "../domain/rules.ts";
import { labelsOf, type State } from "../domain/state.ts";
import { allBelow } from "./routes.ts";

type Hosts = Pick<Rules, "zone" | "modules" | "namespaces">;

/** Whose ingresses a host is for. */
export interface IngressClaim {
  readonly owner: string;
  readonly label: Label;
  /** Whether it is the label's own host, and not one below it. */
  readonly isOwn: boolean;
}

/**
 * Who may have ingresses at a host, by the labels held and the namespaces that there are; undefined:
 * nobody. Such a host is left to the cluster's own provider.
 */
export function ingressClaim(
  state: State,
  { zone, modules, namespaces }: Hosts,
  host: string,
): IngressClaim | undefined {
  const below = `.${namespaces.hosts}.${zone}`;
  if (!modules.has("namespaces") || !host.endsWith(below)) return undefined;
  const rest = host.slice(0, -below.length);
  const label = rest.slice(rest.lastIndexOf(".") + 1);
  const record = state.labels.get(label);
  if (record === undefined || record.restsUntil !== undefined) return undefined;
  if (!state.namespacesByOwner.has(record.owner)) return undefined;
  return { owner: record.owner, label: record.id, isOwn: rest === label };
}

/** Under which name in the table a host may stand with others; it asks for no state. */
export function ingressesAround(
  { zone, namespaces }: Omit<Hosts, "modules">,
  host: string,
): Hostname | undefined {
  const below = `.${namespaces.hosts}.${zone}`;
  if (!host.endsWith(below)) return undefined;
  const dot = host.lastIndexOf(".", host.length - below.length - 1);
  return dot === -1 ? undefined : allBelow(host.slice(dot + 1) as Hostname);
}

/** As the table names them, the hosts of an owner's labels that it may block, and all below. */
export function ingressHostsOf(state: State, rules: Hosts, owner: string): Hostname[] {
  return labelsOf(state, owner).flatMap(({ id }) => ingressHostOf(rules, id));
}

/** As `ingressHostsOf`, of one label. */
export function ingressHostOf({ zone, modules, namespaces }: Hosts, label: Label): Hostname[] {
  if (!modules.has("namespaces")) return [];
  const host = ingressHost(label, namespaces.hosts, zone);
  return [host, allBelow(host)];
}
