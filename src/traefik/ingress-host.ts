import { ingressHost } from "../domain/namespaces.ts";
import type { Hostname, Label } from "../domain/names.ts";
import type { Rules } from "../domain/rules.ts";
import { labelsOf, type State } from "../domain/state.ts";

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

/** The hosts of labels of an owner that `ingressClaim` may speak of, in this state or another. */
export function ingressHostsOf(state: State, rules: Hosts, owner: string): Hostname[] {
  return labelsOf(state, owner).flatMap(({ id }) => ingressHostOf(rules, id));
}

/** As `ingressHostsOf`, of one label. */
export function ingressHostOf({ zone, modules, namespaces }: Hosts, label: Label): Hostname[] {
  return modules.has("namespaces") ? [ingressHost(label, namespaces.hosts, zone)] : [];
}
