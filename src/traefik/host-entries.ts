import type { Endpoint } from "../domain/entities.ts";
import { labelOf, type Hostname } from "../domain/names.ts";
import type { DocumentSettings } from "./document.ts";
import { checkEntry, type Entry, type Quarantined } from "./gate.ts";
import type { HostGroup } from "./host-groups.ts";
import type { Layout } from "./layout.ts";
import {
  aboveAll,
  BELOW_PRIORITY,
  CLAIMED_PRIORITY,
  hashedHost,
  priorityOf,
  type HostRoutes,
  type Route,
} from "./routes.ts";
import * as rule from "./rule.ts";
import { KEEP_SCOPE, LIMIT, redirectTo } from "./shared-entries.ts";
import { messageOf } from "../errors.ts";

/** A route's entries as far as the layout does not matter. */
interface Part {
  readonly route: Route;
  /** The router as it stands in the flat layout. */
  readonly router: Router;
  readonly others: readonly Entry[];
}

interface Router {
  readonly entryPoints: readonly string[];
  readonly middlewares?: readonly string[];
  readonly priority: number;
  readonly rule: rule.Rule;
  readonly service: string;
  readonly tls: object;
}

/** What of a host passed the gate. Without a part it is not published. */
export interface HostParts {
  readonly host: Hostname;
  readonly parts: readonly Part[];
  readonly quarantined: readonly Quarantined[];
}

/** Builds and checks a host's routes one by one: one that the gate refuses is left out and named. */
export function hostParts({ host, routes }: HostRoutes, settings: DocumentSettings): HostParts {
  const parts: Part[] = [];
  const quarantined: Quarantined[] = [];
  const attempt = (route: Route) => {
    try {
      parts.push(partOf(route, settings));
    } catch (error) {
      quarantined.push({ route, reason: messageOf(error) });
    }
  };
  for (const route of routes) attempt(route);
  // What is left of the host still is ours as a whole.
  if (parts.length > 0 && parts.every(({ route }) => route.path !== "")) {
    attempt(defaultRoute(host, settings));
  }
  return { host, parts, quarantined };
}

function defaultRoute(host: Hostname, { rules, userhomes }: DocumentSettings): Route {
  const isHome = userhomes.enabled && labelOf(host, rules.zone) !== undefined;
  return {
    name: `default-${hashedHost(host)}`,
    kind: "default",
    host,
    path: "" as Route["path"],
    owner: null,
    service: { kind: isHome ? "userhomes" : "console" },
  };
}

/**
 * A host's entries in a layout. In the tree, requests come to a host's routers by its group; a host
 * with several routes has a router of its own between, whose children ask for the path only. The
 * routers that have a service are named the same in both layouts.
 * @param group the id of the group that the host stands in
 * @throws GateError when an entry would not be taken: the routes themselves have passed before
 */
export function layOut(
  { host, parts }: HostParts,
  settings: DocumentSettings,
  layout: Layout,
  group: string,
): Entry[] {
  const entries = parts.flatMap(({ others }) => others);
  const add = (name: string, value: object) => entries.push({ section: "routers", name, value });
  const own = asksForCertificate(host, settings);
  if (layout === "flat" || standsAlone(host) || (own && parts.length === 1)) {
    for (const { route, router } of parts) add(route.name, router);
    return entries;
  }
  const hostRouter = `host-${hashedHost(host)}`;
  const root = { entryPoints: settings.traefik.entryPoints.https, tls: tlsOf(host, settings) };
  const parent = { parentRefs: [rootName(group)] };
  for (const { route, router } of parts) {
    const { entryPoints: _, tls: __, ...child } = router;
    if (parts.length === 1) add(route.name, { ...child, ...parent });
    else add(route.name, { ...child, parentRefs: [hostRouter], rule: ruleWithin(route) });
  }
  if (parts.length > 1) {
    add(hostRouter, {
      ...(own ? root : parent),
      priority: CLAIMED_PRIORITY,
      rule: rule.host(host),
    });
  }
  for (const entry of entries) checkEntry(entry);
  return entries;
}

/** A group's entries: the redirect of its hosts to HTTPS, and in the tree the root above them. */
export function groupEntries(
  { id, hosts }: HostGroup,
  settings: DocumentSettings,
  layout: Layout,
): Entry[] {
  const { rules, traefik } = settings;
  const entries: Entry[] = [
    {
      section: "routers",
      name: redirectName(id),
      value: redirectTo(CLAIMED_PRIORITY, rule.anyHost(hosts, rules.zone), settings),
    },
  ];
  const below = hosts.filter((host) => !asksForCertificate(host, settings) && !standsAlone(host));
  if (layout === "tree" && below.length > 0) {
    entries.push({
      section: "routers",
      name: rootName(id),
      value: {
        entryPoints: traefik.entryPoints.https,
        priority: CLAIMED_PRIORITY,
        rule: rule.anyHost(below, rules.zone),
        tls: {},
      },
    });
  }
  for (const entry of entries) checkEntry(entry);
  return entries;
}

function rootName(group: string): string {
  return `hosts-${group}`;
}

function redirectName(group: string): string {
  return `redirect-claimed-${group}`;
}

/** Every name that a group can have in the document. */
export function groupNames({ id }: Pick<HostGroup, "id">): Pick<Entry, "section" | "name">[] {
  return [rootName(id), redirectName(id)].map((name) => ({ section: "routers", name }));
}

/** Every name that a host can have in the document, in any layout. */
export function hostNames({ host, routes }: HostRoutes): Pick<Entry, "section" | "name">[] {
  const hash = hashedHost(host);
  const names: Pick<Entry, "section" | "name">[] = [
    { section: "routers", name: `host-${hash}` },
    { section: "routers", name: `default-${hash}` },
  ];
  for (const { name, service } of routes) {
    names.push({ section: "routers", name });
    if (service.kind !== "endpoint") continue;
    names.push({ section: "services", name }, { section: "middlewares", name: stripName(name) });
  }
  return names;
}

function stripName(route: string): string {
  return `${route}-strip`;
}

/** @throws GateError, or what the rule's builder throws */
function partOf(route: Route, settings: DocumentSettings): Part {
  const others: Entry[] = [];
  const middlewares = [...settings.traefik.middlewares];
  let service: string = route.service.kind;
  if (route.service.kind === "endpoint") {
    const { endpoint } = route.service;
    service = route.name;
    others.push({ section: "services", name: service, value: endpointService(endpoint) });
    if (settings.limits.inFlight !== null) middlewares.push(LIMIT);
    if (endpoint.path !== "") middlewares.push(KEEP_SCOPE);
    if (endpoint.stripPrefix && endpoint.path !== "") {
      const name = stripName(route.name);
      others.push({
        section: "middlewares",
        name,
        value: { stripPrefix: { prefixes: [endpoint.path] } },
      });
      middlewares.push(name);
    }
  }
  const router: Router = {
    entryPoints: settings.traefik.entryPoints.https,
    ...(middlewares.length === 0 ? {} : { middlewares }),
    priority: standsAlone(route.host) ? BELOW_PRIORITY : priorityOf(route),
    rule: routeRule(route, settings),
    service,
    tls: route.path === "" ? tlsOf(route.host, settings) : {},
  };
  for (const entry of others) checkEntry(entry);
  checkEntry({ section: "routers", name: route.name, value: router });
  return { route, router, others };
}

/**
 * All hosts below one are under no root: roots have one priority, and a host of these may be claimed by
 * itself, in another group.
 */
function standsAlone(host: Hostname): boolean {
  return aboveAll(host) !== undefined;
}

function routeRule(route: Route, { rules }: DocumentSettings): rule.Rule {
  const host = standsAlone(route.host)
    ? rule.anyHost([route.host], rules.zone)
    : rule.host(route.host);
  return isWhole(route) ? host : rule.and(host, ruleWithin(route));
}

function isWhole({ path, queryParameter }: Route): boolean {
  return path === "" && queryParameter === undefined;
}

/** What a route's requests are told from others of its host by. */
function ruleWithin(route: Route): rule.Rule {
  if (isWhole(route)) return rule.host(route.host);
  if (route.queryParameter !== undefined) {
    return rule.exactPathWithQuery(route.path, route.queryParameter);
  }
  const paths = route.otherPath === undefined ? [route.path] : [route.path, route.otherPath];
  return rule.atPath(...paths);
}

/** A name that the zone's wildcard does not cover asks for its own certificate, once: at its rest. */
function tlsOf(host: Hostname, settings: DocumentSettings): object {
  const { certResolver } = settings.traefik;
  return asksForCertificate(host, settings) ? { certResolver, domains: [{ main: host }] } : {};
}

function asksForCertificate(host: Hostname, { rules, traefik }: DocumentSettings): boolean {
  const isCovered = host === rules.zone || labelOf(host, rules.zone) !== undefined;
  return traefik.certResolver !== null && !isCovered && !standsAlone(host);
}

function endpointService(endpoint: Endpoint): object {
  const { healthCheck } = endpoint;
  return {
    loadBalancer: {
      ...(healthCheck === undefined
        ? {}
        : {
            healthCheck: {
              // A redirect would let a member's service send the check anywhere.
              followRedirects: false,
              interval: `${healthCheck.intervalSeconds}s`,
              path: healthCheck.path,
              timeout: `${healthCheck.timeoutSeconds}s`,
            },
          }),
      passHostHeader: endpoint.passHostHeader,
      servers: endpoint.targets.map((url) => ({ url })),
      serversTransport: endpoint.acceptSelfSigned ? "member-self-signed" : "member",
    },
  };
}
