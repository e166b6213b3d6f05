import { endOfRest, stamp, type Context } from "../../domain/decision.ts";
import type { Page, PageHost } from "../../domain/entities.ts";
import { inZone, type Hostname } from "../../domain/names.ts";
import type { Rules } from "../../domain/rules.ts";
import type { Change, State } from "../../domain/state.ts";
import { isHeldBy, whyPageConflicts } from "../../traefik/page-conflict.ts";
import type { Steps } from "../../turns.ts";
import type { NamespaceHosts } from "./namespace-hosts.ts";
import { namespaceHost } from "./sites.ts";
import type { Snapshot } from "./snapshot.ts";

export interface HostFacts {
  readonly rules: Rules;
  /** Of the namespaces in the snapshot. */
  readonly hosts: NamespaceHosts;
  /** The pages of the state to come that the snapshot speaks of. */
  readonly after: readonly Page[];
  /** Ids of pages that stay although they were not found. */
  readonly kept: ReadonlySet<string>;
}

/** Pages, or hosts, between two pauses: well below a millisecond. */
const STEP = 64;

/**
 * Who holds the hosts of pages: a host is given to the namespace or project that has a page there
 * first. It rests once its holder is gone or is called otherwise, and its holder may come back.
 */
export function* planHosts(
  state: State,
  context: Context,
  snapshot: Snapshot,
  { rules, hosts, after, kept }: HostFacts,
): Steps<Change[]> {
  const changes = new Map<string, Change>();
  const put = (entity: PageHost) =>
    changes.set(entity.id, { kind: "pageHost", id: entity.id, entity });
  const inUse = new Set<string>();
  let looked = 0;
  for (const page of after) {
    if (++looked % STEP === 0) yield;
    if (!page.deployed) continue;
    const held = state.pageHosts.get(page.host);
    if (held !== undefined && isHeldBy(held, page)) {
      inUse.add(page.host);
      const named = { ...held, name: nameOf(held, page), owner: page.owner };
      const { restsUntil, ...awake } = named;
      const isSame = held.name === named.name && held.owner === named.owner;
      if (restsUntil !== undefined || !isSame) put({ ...awake, revision: context.revision });
    } else if (held === undefined && !changes.has(page.host)) {
      const holder = holderOf(page, snapshot, rules.zone);
      if (holder === undefined || whyPageConflicts(state, rules, page) !== undefined) continue;
      inUse.add(page.host);
      put({
        ...stamp(context),
        kind: "pageHost",
        id: page.host,
        holder,
        name: nameOf({ holder }, page),
        owner: page.owner,
      });
    }
  }
  for (const held of state.pageHosts.values()) {
    if (++looked % STEP === 0) yield;
    if (held.restsUntil !== undefined || inUse.has(held.id)) continue;
    const isKept = [...(state.pagesByHost.get(held.id) ?? [])].some((id) => kept.has(id));
    if (isKept || !hasLeft(held, snapshot, hosts)) continue;
    if (rules.restDays === 0) {
      changes.set(held.id, { kind: "pageHost", id: held.id, entity: null });
      continue;
    }
    put({
      ...held,
      revision: context.revision,
      restsUntil: endOfRest({ now: context.now, rules }),
    });
  }
  return [...changes.values()];
}

/** @returns undefined where nobody can hold the host: it is outside the zone */
function holderOf(page: Page, snapshot: Snapshot, zone: Hostname): PageHost["holder"] | undefined {
  if (!inZone(page.host, zone) || page.namespace === null) return undefined;
  const read = snapshot.sites.get(page.project);
  const namespace = read === undefined || read === "gone" ? undefined : read.namespace;
  if (namespace === undefined) return undefined;
  return namespaceHost(namespace.path, zone) === page.host
    ? { kind: "namespace", id: namespace.id }
    : { kind: "project", id: page.project };
}

function nameOf({ holder }: Pick<PageHost, "holder">, { projectPath }: Page): string {
  return holder.kind === "project" ? projectPath : (projectPath.split("/")[0] ?? projectPath);
}

/** Whether the snapshot says that the holder is gone, or is called otherwise. */
function hasLeft({ id, holder }: PageHost, snapshot: Snapshot, hosts: NamespaceHosts): boolean {
  if (holder.kind === "namespace") {
    // Who else has the name now shows that the holder has it no more.
    if (!snapshot.namespaces.has(holder.id)) return hosts.holders.has(id);
    return hosts.of(holder.id) !== id;
  }
  const read = snapshot.sites.get(holder.id);
  if (read === undefined) return false;
  if (read === "gone" || read.state === "leaving") return true;
  return read.state === "deployed" && !read.places.some(({ host }) => host === id);
}
