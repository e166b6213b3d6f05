import { hostOf, labelNextTo, type Hostname, type Label } from "../domain/names.ts";
import type { Rules } from "../domain/rules.ts";
import { endpointsOf, labelsOf, pagesOf, type Change, type State } from "../domain/state.ts";
import { ingressHostOf, ingressHostsOf } from "./ingress-host.ts";

/**
 * Every host whose routes may depend on what was changed, as one of the two states knows it: ask
 * for both. The cost follows the change, not the state.
 * @param below the hosts below each label; it must know at least those of the state
 */
export function touchedHosts(
  state: State,
  changes: readonly Change[],
  rules: Pick<Rules, "zone" | "modules" | "namespaces">,
  below: Pick<HostsBelow, "of">,
): Set<Hostname> {
  const { zone } = rules;
  const hosts = new Set<Hostname>();
  const add = (host: Hostname | undefined) => {
    if (host !== undefined) hosts.add(host);
  };
  for (const { kind, id } of changes) {
    switch (kind) {
      case "endpoint":
        add(state.endpoints.get(id)?.host);
        break;
      case "person":
      case "group":
        for (const endpoint of endpointsOf(state, id)) add(endpoint.host);
        for (const page of pagesOf(state, id)) add(page.host);
        for (const label of labelsOf(state, id)) add(hostOf(label.id, zone));
        for (const host of ingressHostsOf(state, rules, id)) add(host);
        break;
      case "page": {
        const page = state.pages.get(id);
        add(page?.host);
        // Another page of the owner may fall out of the quota, or back into it.
        for (const other of page?.owner ? pagesOf(state, page.owner) : []) add(other.host);
        break;
      }
      case "label":
      case "reserved":
        add(hostOf(id as Label, zone));
        for (const host of ingressHostOf(rules, id as Label)) add(host);
        // Whoever holds a label keeps the names below it from others.
        for (const host of below.of(id)) add(host);
        break;
      case "pageHost":
        add(id as Hostname);
        break;
      case "namespace": {
        // Services of one's own namespaces may be targets.
        const owner = state.namespaces.get(id)?.owner;
        if (owner === undefined) break;
        for (const endpoint of endpointsOf(state, owner)) add(endpoint.host);
        for (const host of ingressHostsOf(state, rules, owner)) add(host);
        break;
      }
      case "domain":
      case "token":
      case "request":
      case "pass":
      case "bucket":
      case "bucketKey":
      case "database":
      case "databaseAccount":
      case "kubeconfig":
      case "answer":
        break;
    }
  }
  return hosts;
}

/**
 * The hosts of several labels, by the label next to the zone: `x.alice.tardis.ac` under `alice`.
 * It follows one state through its changes.
 */
export class HostsBelow {
  readonly #zone: Hostname;
  readonly #hosts = new Map<string, Set<Hostname>>();

  constructor(zone: Hostname) {
    this.#zone = zone;
  }

  /** Those of a whole state. */
  static of(state: State, zone: Hostname): HostsBelow {
    const below = new HostsBelow(zone);
    for (const host of state.endpointsByHost.keys()) below.add(host as Hostname);
    for (const host of state.pagesByHost.keys()) below.add(host as Hostname);
    return below;
  }

  /** The hosts below a label; they may be more than the state has. */
  of(label: string): Iterable<Hostname> {
    return this.#hosts.get(label) ?? [];
  }

  /** Takes up a host of the state. */
  add(host: Hostname): void {
    const label = this.#labelAbove(host);
    if (label === undefined) return;
    const hosts = this.#hosts.get(label);
    if (hosts === undefined) this.#hosts.set(label, new Set([host]));
    else hosts.add(host);
  }

  #delete(host: Hostname): void {
    const label = this.#labelAbove(host);
    const hosts = label === undefined ? undefined : this.#hosts.get(label);
    if (label === undefined || hosts === undefined) return;
    hosts.delete(host);
    if (hosts.size === 0) this.#hosts.delete(label);
  }

  /** Follows a state to the next one. */
  follow(after: State, changes: readonly Change[], before: State): void {
    for (const { kind, id } of changes) {
      if (kind !== "endpoint" && kind !== "page") continue;
      const place = (state: State) =>
        (kind === "page" ? state.pages : state.endpoints).get(id)?.host;
      const [left, taken] = [place(before), place(after)];
      if (left !== undefined && !isClaimed(after, left)) this.#delete(left);
      if (taken !== undefined) this.add(taken);
    }
  }

  #labelAbove(host: Hostname): string | undefined {
    const label = labelNextTo(host, this.#zone);
    return host === `${label}.${this.#zone}` ? undefined : label;
  }
}

function isClaimed(state: State, host: Hostname): boolean {
  return state.endpointsByHost.has(host) || state.pagesByHost.has(host);
}
