import { createHash } from "node:crypto";
import type { Endpoint, Page } from "../domain/entities.ts";
import type { Hostname, PathPrefix } from "../domain/names.ts";

/**
 * One place of a host and what serves it. Routes are named by kind and id, never by what a person
 * typed: the name is the router's in Traefik, in its logs and in its metrics.
 */
export interface Route {
  readonly name: string;
  readonly kind: RouteKind;
  readonly host: Hostname;
  readonly path: PathPrefix;
  /** A second spelling of the path, where GitLab reports lower case and serves the real one. */
  readonly otherPath?: PathPrefix;
  /** Only requests with this query parameter, whatever its value. */
  readonly queryParameter?: string;
  readonly owner: string | null;
  readonly service: RouteService;
}

export type RouteKind =
  | "endpoint"
  | "page"
  | "page-sign-in"
  | "console"
  /** The rest of a host that something claims. */
  | "default"
  | "suspended"
  | "given-back";

export type RouteService =
  | { readonly kind: "endpoint"; readonly endpoint: Endpoint }
  | { readonly kind: "pages"; readonly page: Page | null }
  | { readonly kind: "userhomes" }
  /** The console's public listener: itself, or a host's 403, 404 or 410 page. */
  | { readonly kind: "console" };

/** All routes of a claimed host: longest path first, the last one taking the rest of the host. */
export interface HostRoutes {
  readonly host: Hostname;
  readonly routes: readonly Route[];
}

/** Why something of the state is not routed. */
export interface Unrouted {
  readonly kind: "endpoint" | "page" | "record";
  readonly id: string;
  readonly owner: string | null;
  readonly state: "set-aside" | "conflict" | "shadowed";
  /** A sentence for the owner and the admins. */
  readonly reason: string;
  /** For what is shadowed: the route that stands in its place. */
  readonly by?: string;
}

/** What is routed, host by host: all that the answer to a request needs. */
export interface RouteLookup {
  /** By the name that they have in the table. */
  readonly hosts: Pick<ReadonlyMap<string, HostRoutes>, "get">;
  /** What is routed at a host that is asked for, by itself or with all below another. */
  readonly at: (host: string) => HostRoutes | undefined;
}

/** What is routed, as everything that wants to know it asks: the document, explain, the pages. */
export interface RoutingTable extends RouteLookup {
  readonly revision: number;
  /** Claimed hosts only, in the order of their names. */
  readonly hosts: ReadonlyMap<string, HostRoutes>;
  readonly unrouted: readonly Unrouted[];
}

/** Priorities of claimed hosts start here: above every priority that comes from a rule's length. */
export const CLAIMED_PRIORITY = 1_000_000_000;
/** Below every rule's length: other providers' routers win on hosts that we do not claim. */
export const UNCLAIMED_PRIORITY = -1_000_000_000;
/**
 * All hosts below one: above everything of other providers, and below each host that is claimed by
 * itself.
 */
export const BELOW_PRIORITY = 900_000_000;
const QUERY_BONUS = 1_000;
const ALL = "*.";

/** Under which name all hosts below one stand in the table, at any depth: no host is called so. */
export function allBelow(host: Hostname): Hostname {
  return `${ALL}${host}` as Hostname;
}

/** Of a name in the table the host that all below are meant of; undefined: it is a host's own. */
export function aboveAll(name: Hostname): Hostname | undefined {
  return name.startsWith(ALL) ? (name.slice(ALL.length) as Hostname) : undefined;
}

/**
 * A route's rank within the zone: the longest path wins, and at one path the route that also asks
 * for a query parameter.
 */
export function priorityOf(route: Pick<Route, "path" | "queryParameter">): number {
  return (
    CLAIMED_PRIORITY + route.path.length + (route.queryParameter === undefined ? 0 : QUERY_BONUS)
  );
}

/** Hosts stand in names of routers by a hash: a person may have typed the host. */
export function hashedHost(host: string): string {
  return createHash("sha256").update(host).digest("hex").slice(0, 16);
}
