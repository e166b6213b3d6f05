import type { Endpoint, Owner } from "../../domain/entities.ts";
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

/** What is at a host, as far as the actor may see it, by path; what takes the rest comes last. */
export function placesAt(view: View, host: Hostname): Place[] {
  const { state, table, actor, delivery, held } = view;
  const at = hostRoutes(state, table, host);
  const places: Place[] = [];
  for (const id of state.endpointsByHost.get(host)?.values() ?? []) {
    const endpoint = state.endpoints.get(id);
    if (endpoint === undefined || !sees(state, actor, endpoint.owner)) continue;
    const standing = endpointStanding(state, table, endpoint);
    places.push({
      path: endpoint.path === "" ? "/" : endpoint.path,
      url: urlOf(table.rules, host, endpoint.path, endpoint.stripPrefix),
      kind: "endpoint",
      what: targetsInWords(endpoint),
      shown: endpointShown(standing, endpoint, delivery),
      href: `/endpoints/${endpoint.id}`,
    });
  }
  for (const page of pagesAt(state, host)) {
    if (!sees(state, actor, page.owner)) continue;
    places.push({
      path: page.path === "" ? "/" : page.path,
      url: urlOf(table.rules, host, page.path, true),
      kind: "page",
      what: `GitLab Pages: ${page.projectPath}`,
      shown: pageShown(standingAt(at, table, page, held), page, delivery),
      href: `/pages/${page.id}`,
    });
  }
  const isWhole = places.some(({ path, shown }) => path === "/" && shown.tone !== "off");
  const rest = isWhole ? undefined : restOf(view, host, at.routes);
  places.sort((a, b) => (a.path === b.path ? 0 : a.path < b.path ? -1 : 1));
  return rest === undefined ? places : [...places, rest];
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
