import type { Endpoint, Page } from "../../domain/entities.ts";
import type { Hostname } from "../../domain/names.ts";
import { sees, type Actor } from "../../domain/policy.ts";
import { pagesAt, type State } from "../../domain/state.ts";

/** What may stand at a place of a host. */
export type Served = Endpoint | Page;

/** Hosts of a state that are kept: those of a page of hosts, and few more. */
const HOSTS_KEPT = 64;

const sorted = new WeakMap<State, Map<string, readonly Served[]>>();

/** What stands at a host as far as the actor may see it, by path. A host may have thousands of places. */
export function servedAt(state: State, actor: Actor, host: Hostname): readonly Served[] {
  const visible = new Map<string | null, boolean>();
  return allAt(state, host).filter(({ owner }) => {
    let isVisible = visible.get(owner);
    if (isVisible === undefined) visible.set(owner, (isVisible = sees(state, actor, owner)));
    return isVisible;
  });
}

/** Sorted once for each state. */
function allAt(state: State, host: Hostname): readonly Served[] {
  let hosts = sorted.get(state);
  if (hosts === undefined) sorted.set(state, (hosts = new Map()));
  let all = hosts.get(host);
  if (all === undefined) {
    const ids = [...(state.endpointsByHost.get(host)?.values() ?? [])];
    const endpoints = ids.map((id) => state.endpoints.get(id)).filter((one) => one !== undefined);
    all = [...endpoints, ...pagesAt(state, host)].toSorted((a, b) =>
      a.path === b.path ? 0 : a.path < b.path ? -1 : 1,
    );
    const [oldest] = hosts.keys();
    if (hosts.size >= HOSTS_KEPT && oldest !== undefined) hosts.delete(oldest);
    hosts.set(host, all);
  }
  return all;
}

/** What serves a place, in a few words. */
export function servedBy(served: Served): string {
  return served.kind === "page"
    ? `GitLab Pages: ${served.projectPath}`
    : targetsInWords(served.targets);
}

/** A target or several, in a few words. */
export function targetsInWords([first = "", ...more]: readonly string[]): string {
  return more.length === 0 ? first : `${first} and ${more.length} more`;
}

/** Whether a place is called so, or what serves it is. @param query in lower case */
export function isCalled(served: Served, query: string): boolean {
  return (
    (served.path || "/").toLowerCase().includes(query) ||
    servedBy(served).toLowerCase().includes(query)
  );
}
