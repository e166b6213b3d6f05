import type { Endpoint, Owner, Page } from "../../domain/entities.ts";
import { hostOf, labelOf, type Hostname } from "../../domain/names.ts";
import { sees, type Actor } from "../../domain/policy.ts";
import {
  endpointsOf,
  groupsOf,
  labelsOf,
  pagesAt,
  pagesOf,
  type State,
} from "../../domain/state.ts";
import { urlOf } from "../../api/routing.ts";
import { standingAt } from "../../traefik/page-standing.ts";
import type { Route } from "../../traefik/routes.ts";
import { endpointStanding, hostRoutes, type TableSettings } from "../../traefik/table.ts";
import type { Delivery } from "../delivery.ts";
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

/** All hosts of an owner: that of their own name first, then the others by name. */
export function hostsOf(state: State, zone: Hostname, owner: Owner): HostName[] {
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

/** A place by what is compared and searched, before it is worked out. */
interface Found {
  readonly path: string;
  readonly what: string;
  readonly make: () => Place;
}

/**
 * What is at a host, as far as the actor may see it, by path; what takes the rest comes last. Only
 * what is shown is worked out: a host may have thousands of places.
 */
export function pictureOf(view: View, host: Hostname, limit: number, from = 0): HostPicture {
  const found = foundAt(view, host).sort((a, b) =>
    a.path === b.path ? 0 : a.path < b.path ? -1 : 1,
  );
  const places = found.slice(from, from + limit).map(({ make }) => make());
  const whole = found.filter(({ path }) => path === "/").map(({ make }) => make());
  const rest = whole.some(({ shown }) => shown.tone !== "off")
    ? undefined
    : restOf(view, host, partOf(view, host).routes);
  return { places: rest === undefined ? places : [...places, rest], total: found.length };
}

/** Whether something at a host, or the host itself, is called so. */
export function isCalled(view: View, host: Hostname, query: string): boolean {
  if (host.includes(query)) return true;
  return foundAt(view, host).some(
    ({ path, what }) => path.toLowerCase().includes(query) || what.toLowerCase().includes(query),
  );
}

function foundAt(view: View, host: Hostname): Found[] {
  const { state, actor } = view;
  const found: Found[] = [];
  for (const id of state.endpointsByHost.get(host)?.values() ?? []) {
    const endpoint = state.endpoints.get(id);
    if (endpoint === undefined || !sees(state, actor, endpoint.owner)) continue;
    const path = endpoint.path === "" ? "/" : endpoint.path;
    const what = targetsInWords(endpoint);
    found.push({ path, what, make: () => endpointPlace(view, endpoint, path, what) });
  }
  for (const page of pagesAt(state, host)) {
    if (!sees(state, actor, page.owner)) continue;
    const path = page.path === "" ? "/" : page.path;
    const what = `GitLab Pages: ${page.projectPath}`;
    found.push({ path, what, make: () => pagePlace(view, page, path, what) });
  }
  return found;
}

function endpointPlace(view: View, endpoint: Endpoint, path: string, what: string): Place {
  const { state, table, delivery } = view;
  const standing = endpointStanding(state, table, endpoint);
  return {
    path,
    what,
    url: urlOf(table.rules, endpoint.host, endpoint.path, endpoint.stripPrefix),
    kind: "endpoint",
    shown: endpointShown(standing, endpoint, delivery),
    href: `/endpoints/${endpoint.id}`,
  };
}

function pagePlace(view: View, page: Page, path: string, what: string): Place {
  const { table, delivery, held } = view;
  const standing = standingAt(partOf(view, page.host), table, page, held);
  return {
    path,
    what,
    url: urlOf(table.rules, page.host, page.path, true),
    kind: "page",
    shown: pageShown(standing, page, delivery),
    href: `/pages/${page.id}`,
  };
}

type HostPart = ReturnType<typeof hostRoutes>;
const parts = new WeakMap<State, Map<string, HostPart>>();

/** What the table says of a host; asked once for each state. */
function partOf({ state, table }: View, host: Hostname): HostPart {
  let known = parts.get(state);
  if (known === undefined) parts.set(state, (known = new Map()));
  let part = known.get(host);
  if (part === undefined) known.set(host, (part = hostRoutes(state, table, host)));
  return part;
}

/** A target or several, in a few words. */
export function targetsInWords({ targets }: Pick<Endpoint, "targets">): string {
  const [first = "", ...more] = targets;
  return more.length === 0 ? first : `${first} and ${more.length} more`;
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
