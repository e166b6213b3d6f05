import type { Endpoint, LabelRecord, Owner, Page, PageHost } from "../domain/entities.ts";
import {
  hostOf,
  inZone,
  labelOf,
  type Hostname,
  type Label,
  type PathPrefix,
} from "../domain/names.ts";
import { isOwnHost, quotaOf, type Rules } from "../domain/rules.ts";
import { pagesAt, pagesOf, type State } from "../domain/state.ts";
import { ingressClaim, ingressesAround, ingressHostOf } from "./ingress-host.ts";
import { isOwnDomain, whyPageConflicts, whyUnseen } from "./page-conflict.ts";
import { whyUnreadable } from "./readable.ts";
import { unreadable } from "./set-aside.ts";
import { whyNotTargeted } from "./target-standing.ts";
import { canonicalAddress } from "../domain/addresses.ts";
import {
  aboveAll,
  hashedHost,
  priorityOf,
  type HostRoutes,
  type Route,
  type RouteLookup,
  type RoutingTable,
  type Unrouted,
} from "./routes.ts";

const WHOLE_HOST = "" as PathPrefix;
/** What people call a route of a kind, where that is not the kind itself. */
const CALLED: Partial<Record<Route["kind"], string>> = {
  endpoint: "service",
  suspended: "suspended site",
};
/** Where the routes of a host keep the daemon's sign-in: no path has a question mark. */
const SIGN_IN = "/auth?state";

/** What the table needs to know beside the state. */
export interface TableSettings {
  readonly rules: Rules;
  readonly userhomes: boolean;
}

/**
 * What the state routes: pure, and the same for the same state.
 * A host is claimed by an endpoint, a page, a suspension, a label at rest or the console itself;
 * all else is left to the zone's default.
 */
export function routingTable(state: State, settings: TableSettings): RoutingTable {
  const unrouted = state.setAside.map(unreadable);
  const builder = new TableBuilder(state, settings, unrouted);
  const hosts = new Map<string, HostRoutes>();
  for (const host of [...new Set(builder.candidates())].toSorted()) {
    const routes = builder.host(host);
    if (routes.length > 0) hosts.set(host, { host, routes });
  }
  return { revision: state.revision, ...lookupOf(settings, hosts), hosts, unrouted };
}

/**
 * One host's part of the table: what the whole table says of it, without building the rest.
 */
export function hostRoutes(
  state: State,
  settings: TableSettings,
  host: Hostname,
): { readonly routes: readonly Route[]; readonly unrouted: readonly Unrouted[] } {
  const unrouted: Unrouted[] = [];
  const routes = new TableBuilder(state, settings, unrouted).host(host);
  return { routes, unrouted };
}

/**
 * The table of a state, each host worked out when it is asked for: it costs nothing to keep, and
 * says what the whole table says.
 */
export function lookupIn(state: State, settings: TableSettings): RouteLookup {
  return lookupBy(settings, (host) => hostRoutes(state, settings, host));
}

/**
 * The table by what each host is asked for.
 * @param partAt what the table says of a host
 */
export function lookupBy(
  settings: TableSettings,
  partAt: (host: Hostname) => Pick<HostRoutes, "routes">,
): RouteLookup {
  const get = (host: string): HostRoutes | undefined => {
    const { routes } = partAt(host as Hostname);
    return routes.length === 0 ? undefined : { host: host as Hostname, routes };
  };
  return lookupOf(settings, { get });
}

/** Hosts by their names in the table, as they are asked for. */
function lookupOf({ rules }: TableSettings, hosts: RouteLookup["hosts"]): RouteLookup {
  const at = (host: string) => {
    const around = ingressesAround(rules, host);
    return hosts.get(host) ?? (around === undefined ? undefined : hosts.get(around));
  };
  return { hosts, at };
}

/** How an endpoint stands in the table. */
export interface Standing {
  readonly state: "routed" | "paused" | "suspended" | "set-aside";
  /** A sentence for its owner, when it is suspended or set aside. */
  readonly reason?: string | undefined;
}

/** How one endpoint stands, at a cost that does not grow with the host or the state. */
export function endpointStanding(
  state: State,
  settings: TableSettings,
  endpoint: Endpoint,
): Standing {
  return new TableBuilder(state, settings, []).standing(endpoint);
}

/** Builds the table host by host; what is not routed goes into the list that it is given. */
export class TableBuilder {
  readonly #state: State;
  readonly #rules: Rules;
  readonly #userhomes: boolean;
  readonly #unrouted: Unrouted[];
  /** The pages beyond their owner's quota, by owner, as far as they were asked for. */
  readonly #overQuota = new Map<string, ReadonlySet<string>>();
  /** Undefined where people open the console by an address. */
  readonly #consoleHost: string | undefined;
  readonly #signInHost: string | undefined;

  constructor(state: State, settings: TableSettings, unrouted: Unrouted[]) {
    this.#state = state;
    this.#rules = settings.rules;
    this.#userhomes = settings.userhomes;
    this.#unrouted = unrouted;
    const { consoleHost } = settings.rules;
    const address = canonicalAddress(consoleHost.replace(/^\[|\]$/g, ""));
    this.#consoleHost = address === undefined ? consoleHost : undefined;
    this.#signInHost = settings.rules.pagesEnabled ? `projects.${settings.rules.zone}` : undefined;
  }

  /** Every host that something may claim, some of them more than once. */
  *candidates(): Generator<Hostname, void> {
    const { zone } = this.#rules;
    yield* this.#state.endpointsByHost.keys() as Iterable<Hostname>;
    if (this.#rules.pagesEnabled) yield* this.#state.pagesByHost.keys() as Iterable<Hostname>;
    for (const label of this.#state.labels.values()) {
      const blocked = this.#blocked(label);
      if (blocked !== undefined) yield hostOf(label.id, zone);
      if (blocked === "suspended") yield* ingressHostOf(this.#rules, label.id);
    }
    for (const host of this.#state.pageHosts.values()) {
      if (this.#rests(host)) yield host.id;
    }
    for (const host of [this.#consoleHost, this.#signInHost]) {
      if (host !== undefined) yield host as Hostname;
    }
  }

  /** The routes of a host: longest path first; none where nothing claims it. */
  host(host: Hostname): Route[] {
    if (aboveAll(host) !== undefined) return this.#ingresses(host);
    if (host === this.#consoleHost) {
      this.#refuseEndpoints(host, `${host} is the console's own.`);
      this.#pages(host, new Map());
      return [this.#wholeHost("console", host, null, "console")];
    }
    const label = labelOf(host, this.#rules.zone);
    const record = label === undefined ? undefined : this.#state.labels.get(label);
    const blocked = record === undefined ? undefined : this.#blocked(record);
    if (record !== undefined && blocked !== undefined) {
      if (blocked === "given-back") {
        this.#refuseEndpoints(host, `"${label}" was given back and rests.`);
      }
      this.#pages(host, new Map());
      return [this.#wholeHost(blocked, host, record.owner, "console")];
    }
    const left = this.#state.pageHosts.get(host);
    if (left !== undefined && this.#rests(left)) {
      this.#pages(host, new Map());
      return [this.#wholeHost("given-back", host, left.owner, "console")];
    }
    const routes = new Map<string, Route>();
    const claimed = this.#endpoints(host, routes);
    this.#pages(host, routes);
    dropTakenSpellings(routes);
    if (host === this.#signInHost && !routes.has(WHOLE_HOST)) {
      routes.set(
        WHOLE_HOST,
        this.#route("page-sign-in", hashedHost(host), host, WHOLE_HOST, null, {
          kind: "pages",
          page: null,
        }),
      );
    }
    if (routes.size === 0 && !claimed) return this.#ingresses(host);
    if (!routes.has(WHOLE_HOST)) {
      const home = label !== undefined && this.#userhomes;
      routes.set(
        WHOLE_HOST,
        this.#wholeHost("default", host, record?.owner ?? null, home ? "userhomes" : "console"),
      );
    }
    return [...routes.values()].toSorted(
      (a, b) => priorityOf(b) - priorityOf(a) || (a.name < b.name ? -1 : 1),
    );
  }

  standing(endpoint: Endpoint): Standing {
    const owner = this.#state.owners.get(endpoint.owner);
    const label = labelOf(endpoint.host, this.#rules.zone);
    const record = label === undefined ? undefined : this.#state.labels.get(label);
    if (endpoint.host === this.#rules.consoleHost) {
      return { state: "set-aside", reason: `${endpoint.host} is the console's own.` };
    }
    const blocked = record === undefined ? undefined : this.#blocked(record);
    if (blocked === "given-back")
      return { state: "set-aside", reason: `"${label}" was given back and rests.` };
    if (blocked === "suspended" && record?.owner !== endpoint.owner) {
      return { state: "suspended", reason: `The holder of "${label}" is suspended.` };
    }
    const misplaced = whyUnreadable(endpoint) ?? this.#whyMisplaced(endpoint.host, owner);
    if (misplaced !== undefined && blocked === undefined) {
      return { state: "set-aside", reason: misplaced };
    }
    if (owner?.suspended !== undefined) {
      return { state: "suspended", reason: owner.suspended.reason };
    }
    if (endpoint.paused) return { state: "paused" };
    const reason = whyNotTargeted(this.#state, this.#rules, endpoint, owner);
    return reason === undefined ? { state: "routed" } : { state: "set-aside", reason };
  }

  /** Why the console itself answers on a label's whole host, if it does. */
  #blocked(record: LabelRecord): "given-back" | "suspended" | undefined {
    if (record.restsUntil !== undefined) return "given-back";
    return this.#state.owners.get(record.owner)?.suspended === undefined ? undefined : "suspended";
  }

  /** Hosts of ingresses are the cluster's, until whoever may have them there is suspended. */
  #ingresses(host: Hostname): Route[] {
    const claim = ingressClaim(this.#state, this.#rules, aboveAll(host) ?? host);
    if (claim?.isOwn !== true) return [];
    if (this.#state.owners.get(claim.owner)?.suspended === undefined) return [];
    return [this.#wholeHost("suspended", host, claim.owner, "console")];
  }

  /** Whether a host of pages answers 410: its holder left it, and nobody has a better right to it. */
  #rests({ id, restsUntil }: PageHost): boolean {
    if (restsUntil === undefined || !this.#rules.pagesEnabled) return false;
    const { zone } = this.#rules;
    // Others are not ours to answer for: a custom domain, or a host that the operators have since taken.
    if (!inZone(id, zone) || id === zone || isOwnHost(this.#rules, id)) return false;
    const label = labelOf(id, zone);
    if (label !== undefined && this.#state.labels.has(label)) return false;
    return !this.#state.endpointsByHost.has(id) && id !== this.#signInHost;
  }

  #isOverQuota(page: Page): boolean {
    if (page.owner === null) return false;
    let over = this.#overQuota.get(page.owner);
    if (over === undefined) {
      over = pagesOverQuota(this.#state, this.#rules, page.owner);
      this.#overQuota.set(page.owner, over);
    }
    return over.has(page.id);
  }

  #route(
    kind: Route["kind"],
    id: string,
    host: Hostname,
    path: PathPrefix,
    owner: string | null,
    service: Route["service"],
  ): Route {
    return { name: `${kind}-${id}`, kind, host, path, owner, service };
  }

  #wholeHost(
    kind: Route["kind"],
    host: Hostname,
    owner: string | null,
    service: "userhomes" | "console",
  ): Route {
    return this.#route(kind, hashedHost(host), host, WHOLE_HOST, owner, { kind: service });
  }

  /** @returns whether the host is claimed: one that is paused or has no target keeps it, too */
  #endpoints(host: Hostname, routes: Map<string, Route>): boolean {
    let claimed = false;
    // Of a host with thousands of endpoints most have the same owner.
    let last:
      | { readonly id: string; readonly owner: Owner | undefined; misplaced?: string | undefined }
      | undefined;
    for (const endpoint of this.#endpointsAt(host)) {
      const { id, path, owner: ownerId } = endpoint;
      if (last?.id !== ownerId) {
        const owner = this.#state.owners.get(ownerId);
        last = { id: ownerId, owner, misplaced: this.#whyMisplaced(host, owner) };
      }
      const { owner } = last;
      const misplaced = whyUnreadable(endpoint) ?? last.misplaced;
      if (misplaced !== undefined) {
        this.#leaveOut(endpoint, "set-aside", misplaced);
        continue;
      }
      claimed = true;
      if (endpoint.paused) continue;
      if (owner?.suspended !== undefined) {
        routes.set(path, this.#route("suspended", id, host, path, ownerId, { kind: "console" }));
        continue;
      }
      const reason = whyNotTargeted(this.#state, this.#rules, endpoint, owner);
      if (reason !== undefined) {
        this.#leaveOut(endpoint, "set-aside", reason);
        continue;
      }
      const service = { kind: "endpoint", endpoint } as const;
      routes.set(path, this.#route("endpoint", id, host, path, ownerId, service));
    }
    return claimed;
  }

  #endpointsAt(host: Hostname): Endpoint[] {
    const ids = [...(this.#state.endpointsByHost.get(host)?.values() ?? [])];
    return ids.map((id) => this.#state.endpoints.get(id)).filter((found) => found !== undefined);
  }

  #refuseEndpoints(host: Hostname, reason: string): void {
    for (const endpoint of this.#endpointsAt(host)) this.#leaveOut(endpoint, "set-aside", reason);
  }

  #leaveOut(
    { kind, id, owner }: Endpoint | Page,
    state: Unrouted["state"],
    reason: string,
    by?: string,
  ): void {
    const entry: Unrouted = { kind, id, owner, state, reason };
    this.#unrouted.push(by === undefined ? entry : { ...entry, by });
  }

  /** Why an endpoint must not stand at its host: a name may have changed hands since it was made. */
  #whyMisplaced(host: Hostname, owner: Owner | undefined): string | undefined {
    if (owner === undefined) return "Its owner is gone.";
    if (!inZone(host, this.#rules.zone) && !isOwnHost(this.#rules, host)) {
      return `${host} is neither in ${this.#rules.zone} nor among ownHosts.`;
    }
    const label = labelOf(host, this.#rules.zone);
    const holder = label === undefined ? undefined : this.#state.labels.get(label)?.owner;
    if (holder !== undefined && holder !== owner.id) return `${host} belongs to someone else.`;
    if (label !== undefined && holder === undefined && !this.#isReserved(label)) {
      return `${owner.name} no longer holds the name "${label}".`;
    }
    return undefined;
  }

  #isReserved(label: Label): boolean {
    return this.#rules.reserved.has(label) || this.#state.reserved.has(label);
  }

  #pages(host: Hostname, routes: Map<string, Route>): void {
    if (!this.#rules.pagesEnabled) return;
    const pages = pagesAt(this.#state, host).toSorted((a, b) => (a.id < b.id ? -1 : 1));
    const ownDomains = pages.filter(isOwnDomain);
    for (const page of pages) {
      const unreadable = whyUnreadable(page);
      if (unreadable !== undefined) {
        this.#leaveOut(page, "set-aside", unreadable);
        continue;
      }
      if (!page.deployed) continue;
      const conflict =
        whyPageConflicts(this.#state, this.#rules, page) ?? whyUnseen(page, ownDomains);
      const shadow = routes.get(page.path);
      if (this.#isOverQuota(page)) {
        this.#leaveOut(page, "set-aside", "There are more pages than the quota allows.");
      } else if (conflict !== undefined) {
        this.#leaveOut(page, "conflict", conflict);
      } else if (shadow !== undefined) {
        const reason = `The ${CALLED[shadow.kind] ?? shadow.kind} at the same place is served instead.`;
        this.#leaveOut(page, "shadowed", reason, shadow.name);
      } else {
        this.#page(page, routes);
      }
    }
  }

  #page(page: Page, routes: Map<string, Route>): void {
    const { id, host, path, owner } = page;
    const suspended = owner !== null && this.#state.owners.get(owner)?.suspended !== undefined;
    const route = suspended
      ? this.#route("suspended", id, host, path, owner, { kind: "console" })
      : this.#route("page", id, host, path, owner, { kind: "pages", page });
    const lower = path.toLowerCase() as PathPrefix;
    routes.set(path, lower === path ? route : { ...route, otherPath: lower });
    if (!suspended && page.accessControl && !routes.has(SIGN_IN)) {
      const service = { kind: "pages", page } as const;
      const signIn = this.#route("page-sign-in", id, host, "/auth" as PathPrefix, owner, service);
      routes.set(SIGN_IN, { ...signIn, queryParameter: "state" });
    }
  }
}

/**
 * Takes a page's second spelling away where something else stands: two routes at one place would
 * tie in Traefik, and chance would decide.
 */
function dropTakenSpellings(routes: Map<string, Route>): void {
  const taken = new Set(routes.keys());
  for (const [path, route] of routes) {
    const { otherPath, ...rest } = route;
    if (otherPath === undefined) continue;
    if (taken.has(otherPath)) routes.set(path, rest);
    taken.add(otherPath);
  }
}

/**
 * The pages of an owner beyond what their quota allows, the youngest sites first to go. All places of
 * a project are one site.
 */
function pagesOverQuota(state: State, rules: Rules, id: string): Set<string> {
  const owner = state.owners.get(id);
  const pages = pagesOf(state, id).filter(({ deployed }) => deployed);
  if (owner === undefined || pages.length <= quotaOf(rules, owner).pages) return new Set();
  const byAge = pages.toSorted((a, b) => (a.createdAt + a.id < b.createdAt + b.id ? -1 : 1));
  const sites = new Set(byAge.map(({ project }) => project));
  const over = new Set([...sites].slice(quotaOf(rules, owner).pages));
  return new Set(byAge.filter(({ project }) => over.has(project)).map((page) => page.id));
}
