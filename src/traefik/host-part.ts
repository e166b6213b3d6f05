import type { Hostname } from "../domain/names.ts";
import type { State } from "../domain/state.ts";
import type { RouteLookup } from "./routes.ts";
import { hostRoutes, lookupBy, type TableSettings } from "./table.ts";

/** What the table says of a host. */
export type HostPart = ReturnType<typeof hostRoutes>;

/** Hosts of a state that are kept: those of one page or one change, and few more. */
const HOSTS_KEPT = 256;

interface Kept extends TableSettings {
  readonly hosts: Map<string, HostPart>;
}

const parts = new WeakMap<State, Kept>();

/**
 * What the table says of a host, worked out once for each state: for those who ask several times of
 * few hosts, one of which may have thousands of places.
 */
export function hostPart(state: State, settings: TableSettings, host: Hostname): HostPart {
  const { rules, userhomes } = settings;
  let kept = parts.get(state);
  if (kept?.rules !== rules || kept.userhomes !== userhomes) {
    parts.set(state, (kept = { rules, userhomes, hosts: new Map() }));
  }
  const { hosts } = kept;
  let part = hosts.get(host);
  if (part === undefined) {
    part = hostRoutes(state, settings, host);
    const [oldest] = hosts.keys();
    if (hosts.size >= HOSTS_KEPT && oldest !== undefined) hosts.delete(oldest);
    hosts.set(host, part);
  }
  return part;
}

/** The table of a state for those who ask several times of few hosts. */
export function keptLookup(state: State, settings: TableSettings): RouteLookup {
  return lookupBy(settings, (host) => hostPart(state, settings, host));
}
