import type { Endpoint, Owner, Page } from "../../domain/entities.ts";
import { hostOf, labelOf, type Hostname } from "../../domain/names.ts";
import type { Actor } from "../../domain/policy.ts";
import { endpointsOf, groupsOf, labelsOf, pagesOf, type State } from "../../domain/state.ts";
import { urlOf } from "../../api/routing.ts";
import { standingAt } from "../../traefik/page-standing.ts";
import type { Route } from "../../traefik/routes.ts";
import { hostPart } from "../../traefik/host-part.ts";
import { endpointStanding, type TableSettings } from "../../traefik/table.ts";
import type { Delivery } from "../delivery.ts";
import { isCalled, servedAt, servedBy, type Served } from "./host-places.ts";
import { deliveredAs, endpointShown, pageShown, type Shown } from "./standing.ts";

/** A host of someone's, by name alone: what is at it is worked out when it is shown. */
export interface HostName {
  readonly owner: Owner;
  readonly host: Hostname;
  /** Until when it rests, if it was given back. */
  readonly restsUntil?: string | undefined;
}

/** One place of a host, and what serves it. */
export interface Place {
  readonly path: string;
  readonly url: string;
  readonly kind: "endpoint" | "page" | "rest";
  /** What serves it, in a few words. */
  readonly what: string;
  readonly shown: Shown;
  /** Where more is to be seen and done. */
  readonly href?: string | undefined;
}

/** The person, and the groups that they manage. */
export function ownersFor(state: State, person: Owner): Owner[] {
  const groups = groupsOf(state, person.id).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return [person, ...groups];
}

/** Owners of a state whose hosts are kept: those of whoever looks at their sites. */
const OWNERS_KEPT = 64;

const known = new WeakMap<State, Map<Owner, readonly HostName[]>>();

/** All hosts of an owner: that of their own name first, then the others by name. */
export function hostsOf(state: State, zone: Hostname, owner: Owner): readonly HostName[] {
  let owners = known.get(state);
  if (owners === undefined) known.set(state, (owners = new Map()));
  let hosts = owners.get(owner);
  if (hosts === undefined) {
    // An owner may have thousands of things, on a few hosts.
    hosts = findHosts(state, zone, owner);
    const [oldest] = owners.keys();
    if (owners.size >= OWNERS_KEPT && oldest !== undefined) owners.delete(oldest);
    owners.set(owner, hosts);
  }
  return hosts;
}

function findHosts(state: State, zone: Hostname, owner: Owner): HostName[] {
  const hosts = new Map<string, HostName>();
  for (const { host } of [...endpointsOf(state, owner.id), ...pagesOf(state, owner.id)]) {
    hosts.set(host, { owner, host });
  }
  for (const { id, restsUntil } of labelsOf(state, owner.id)) {
    const host = hostOf(id, zone);
    hosts.set(host, restsUntil === undefined ? { owner, host } : { owner, host, restsUntil });
  }
  const own = hostOf(owner.name, zone);
  const rank = ({ host }: HostName) => (host === own ? "" : host);
  return [...hosts.values()].sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
}

/** What a picture is made of. */
export interface View {
  readonly state: State;
  readonly table: TableSettings;
  readonly actor: Actor;
  readonly delivery: Delivery;
  /** Projects of GitLab whose removal is held. */
  readonly held: ReadonlySet<number>;
}

/** What is at a host: a few of its places, and how many there are. */
export interface HostPicture {
  readonly places: readonly Place[];
  readonly total: number;
}

/** Which places of a host are looked at. */
interface Looked {
  readonly limit: number;
  readonly from?: number;
  /** Only those that are called so, in lower case; all of them, where it is empty. */
  readonly query?: string;
}

/**
 * What is at a host, as far as the actor may see it, by path; what takes the rest comes last. Only
 * what is shown is worked out: a host may have thousands of places.
 */
export function pictureOf(
  view: View,
  host: Hostname,
  { limit, from = 0, query = "" }: Looked,
): HostPicture {
  const all = servedAt(view.state, view.actor, host);
  const found = query === "" ? all : all.filter((served) => isCalled(served, query));
  const places = found.slice(from, from + limit).map((served) => placeOf(view, served));
  const isTaken = all
    .filter(({ path }) => path === "")
    .some((served) => placeOf(view, served).shown.tone !== "off");
  const rest =
    isTaken || query !== ""
      ? undefined
      : restOf(view, host, hostPart(view.state, view.table, host).routes);
  return { places: rest === undefined ? places : [...places, rest], total: found.length };
}

/** Whether something at a host is called so, or the host itself. @param query in lower case */
export function isFoundAt({ state, actor }: View, host: Hostname, query: string): boolean {
  return (
    host.includes(query) || servedAt(state, actor, host).some((served) => isCalled(served, query))
  );
}

function placeOf(view: View, served: Served): Place {
  return served.kind === "page" ? pagePlace(view, served) : endpointPlace(view, served);
}

function endpointPlace(view: View, endpoint: Endpoint): Place {
  const { state, table, delivery } = view;
  const standing = endpointStanding(state, table, endpoint);
  return {
    path: endpoint.path || "/",
    what: servedBy(endpoint),
    url: urlOf(table.rules, endpoint.host, endpoint.path, endpoint.stripPrefix),
    kind: "endpoint",
    shown: endpointShown(standing, endpoint, delivery),
    href: `/endpoints/${endpoint.id}`,
  };
}

function pagePlace(view: View, page: Page): Place {
  const { state, table, delivery, held } = view;
  const standing = standingAt(hostPart(state, table, page.host), table, page, held);
  return {
    path: page.path || "/",
    what: servedBy(page),
    url: urlOf(table.rules, page.host, page.path, true),
    kind: "page",
    shown: pageShown(standing, page, delivery),
    href: `/pages/${page.id}`,
  };
}

/** What answers on a host wherever nothing else does. */
function restOf(view: View, host: Hostname, routes: readonly Route[]): Place | undefined {
  const { table, delivery } = view;
  const whole = routes.find(({ path, kind }) => path === "" && kind !== "page-sign-in");
  const place = { path: "/", url: urlOf(table.rules, host, ""), kind: "rest" } as const;
  switch (whole?.kind) {
    case "suspended":
      return { ...place, what: "A page that says so", shown: { tone: "bad", word: "Suspended" } };
    case "given-back":
      return { ...place, what: "A page that says so", shown: { tone: "off", word: "Given back" } };
    case "console":
      return { ...place, what: "This console", shown: deliveredAs(delivery, 0) };
    case "endpoint":
    case "page":
      return undefined;
    case "default":
    case "page-sign-in":
    case undefined:
  }
  const isHome = table.userhomes && labelOf(host, table.rules.zone) !== undefined;
  const shown: Shown = isHome
    ? deliveredAs(delivery, 0)
    : { tone: "off", word: "Empty", reason: "Visitors are told that there is nothing." };
  return { ...place, what: isHome ? "Home page" : "Nothing", shown };
}
