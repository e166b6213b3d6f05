import type { Config } from "../config.ts";
import type { Endpoint } from "../domain/entities.ts";
import { inZone, labelOf } from "../domain/names.ts";
import type { Rules } from "../domain/rules.ts";
import { checkEntry, type Entry, type Quarantined } from "./gate.ts";
import {
  CLAIMED_PRIORITY,
  priorityOf,
  UNCLAIMED_PRIORITY,
  type HostRoutes,
  type Route,
  type RoutingTable,
} from "./routes.ts";
import * as rule from "./rule.ts";

/** What of the configuration shapes the document. */
export type DocumentSettings = Pick<
  Config,
  "traefik" | "pages" | "userhomes" | "limits" | "ownHosts"
> & {
  readonly rules: Rules;
};

type Section = Map<string, object>;

/** Traefik's dynamic configuration, section by section, each entry under its name. */
export interface Document {
  readonly http: {
    readonly routers: Section;
    readonly services: Section;
    readonly middlewares: Section;
    readonly serversTransports: Section;
  };
  readonly tcp: {
    readonly routers: Section;
    readonly services: Section;
    readonly serversTransports: Section;
  };
  readonly quarantined: readonly Quarantined[];
}

const HOSTS_A_REDIRECT = 64;
const LIMIT = "limit-requests";
const KEEP_SCOPE = "no-service-worker-scope";

/** Builds the flat layout: one router a route. An entry that the gate refuses is left out and named. */
export function buildDocument(table: RoutingTable, settings: DocumentSettings): Document {
  const document = {
    http: {
      routers: new Map(),
      services: new Map(),
      middlewares: new Map(),
      serversTransports: new Map(),
    } as Document["http"],
    tcp: {
      routers: new Map(),
      services: new Map(),
      serversTransports: new Map(),
    } as Document["tcp"],
    quarantined: [] as Quarantined[],
  };
  addShared(document, settings);
  const published: HostRoutes[] = [];
  for (const host of table.hosts.values()) {
    const before = document.http.routers.size;
    for (const route of host.routes) {
      const outcome = tryRoute(route, settings);
      if ("reason" in outcome) document.quarantined.push({ route, reason: outcome.reason });
      else addEntries(document, outcome.entries);
    }
    // A host whose name itself was refused must not come back in a rule for many.
    if (document.http.routers.size > before) published.push(host);
  }
  addHttp(document, published, settings);
  addZoneDefault(document, settings);
  addCustomDomains(document, settings);
  return document;
}

function addEntries(document: Document, entries: readonly Entry[]): void {
  for (const { section, name, value } of entries) document.http[section].set(name, value);
}

function tryRoute(
  route: Route,
  settings: DocumentSettings,
): { entries: Entry[] } | { reason: string } {
  try {
    if (route.service.kind === "endpoint")
      return { entries: endpointEntries(route, route.service.endpoint, settings) };
    return { entries: checked(routeEntries(route, settings)) };
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}

function checked(entries: Entry[]): Entry[] {
  for (const entry of entries) checkEntry(entry);
  return entries;
}

/**
 * What an endpoint's entries were built to, for as long as the endpoint stays as it is: a change
 * builds and checks its own entries only.
 */
const built = new WeakMap<DocumentSettings, WeakMap<Endpoint, Entry[]>>();

function endpointEntries(route: Route, endpoint: Endpoint, settings: DocumentSettings): Entry[] {
  let known = built.get(settings);
  if (known === undefined) built.set(settings, (known = new WeakMap()));
  let entries = known.get(endpoint);
  if (entries === undefined) {
    entries = checked(routeEntries(route, settings));
    known.set(endpoint, entries);
  }
  return entries;
}

function routeEntries(route: Route, settings: DocumentSettings): Entry[] {
  const entries: Entry[] = [];
  const middlewares = [...settings.traefik.middlewares];
  let service: string = route.service.kind;
  if (route.service.kind === "endpoint") {
    const { endpoint } = route.service;
    service = route.name;
    entries.push({ section: "services", name: service, value: endpointService(endpoint) });
    if (settings.limits.inFlight !== null) middlewares.push(LIMIT);
    if (endpoint.path !== "") middlewares.push(KEEP_SCOPE);
    if (endpoint.stripPrefix && endpoint.path !== "") {
      const name = `${route.name}-strip`;
      entries.push({
        section: "middlewares",
        name,
        value: { stripPrefix: { prefixes: [endpoint.path] } },
      });
      middlewares.push(name);
    }
  }
  entries.push({
    section: "routers",
    name: route.name,
    value: {
      entryPoints: settings.traefik.entryPoints.https,
      ...(middlewares.length === 0 ? {} : { middlewares }),
      priority: priorityOf(route),
      rule: routeRule(route),
      service,
      tls: tlsOf(route, settings),
    },
  });
  return entries;
}

function routeRule(route: Route): rule.Rule {
  const host = rule.host(route.host);
  if (route.queryParameter !== undefined) {
    return rule.and(host, rule.exactPathWithQuery(route.path, route.queryParameter));
  }
  if (route.path === "") return host;
  const paths = route.otherPath === undefined ? [route.path] : [route.path, route.otherPath];
  return rule.and(host, rule.atPath(...paths));
}

/** A name that the zone's wildcard does not cover asks for its own certificate, once: at its rest. */
function tlsOf(route: Route, { rules, traefik }: DocumentSettings): object {
  const covered = route.host === rules.zone || labelOf(route.host, rules.zone) !== undefined;
  if (covered || traefik.certResolver === null || route.path !== "") return {};
  return { certResolver: traefik.certResolver, domains: [{ main: route.host }] };
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

function server(url: string, passHostHeader: boolean): object {
  return { loadBalancer: { passHostHeader, servers: [{ url }] } };
}

function addShared(document: Document, settings: DocumentSettings): void {
  const { services, middlewares, serversTransports } = document.http;
  const { responseHeaderTimeout, inFlight } = settings.limits;
  services.set("console", server(settings.traefik.consoleUrl, true));
  if (settings.userhomes.enabled) {
    services.set("userhomes", server(settings.userhomes.url, settings.userhomes.passHostHeader));
  }
  if (settings.pages.enabled) services.set("pages", server(settings.pages.url, true));
  const patience =
    responseHeaderTimeout === null
      ? {}
      : { forwardingTimeouts: { responseHeaderTimeout: `${responseHeaderTimeout}s` } };
  serversTransports.set("member", { ...patience, insecureSkipVerify: false });
  serversTransports.set("member-self-signed", { ...patience, insecureSkipVerify: true });
  if (inFlight !== null) {
    // Counted for each router by a header that Traefik itself writes: with `requestHost`, every
    // spelling of the host (upper case, a dot, a port) would have a count of its own.
    const sourceCriterion = { requestHeaderName: "X-Forwarded-Server" };
    middlewares.set(LIMIT, { inFlightReq: { amount: inFlight, sourceCriterion } });
  }
  // An empty value removes the header: a service below a prefix must not claim the whole host.
  middlewares.set(KEEP_SCOPE, {
    headers: { customResponseHeaders: { "Service-Worker-Allowed": "" } },
  });
  middlewares.set("to-https", {
    redirectScheme: {
      permanent: true,
      ...(settings.traefik.httpsPort === 443 ? {} : { port: String(settings.traefik.httpsPort) }),
      scheme: "https",
    },
  });
}

/** Plain HTTP: always to HTTPS. On claimed hosts no other provider's router comes before that. */
function addHttp(
  document: Document,
  hosts: readonly HostRoutes[],
  settings: DocumentSettings,
): void {
  const { routers } = document.http;
  const redirect = (priority: number, matches: rule.Rule) => ({
    entryPoints: settings.traefik.entryPoints.http,
    middlewares: ["to-https"],
    priority,
    rule: matches,
    service: "console",
  });
  routers.set("redirect", redirect(UNCLAIMED_PRIORITY, rule.everyPath()));
  for (let start = 0; start < hosts.length; start += HOSTS_A_REDIRECT) {
    const names = hosts.slice(start, start + HOSTS_A_REDIRECT).map(({ host }) => host);
    routers.set(
      `redirect-claimed-${start / HOSTS_A_REDIRECT}`,
      redirect(CLAIMED_PRIORITY, rule.anyHost(names)),
    );
  }
}

/** What nobody claims in the zone. This one router carries the certificate of the zone. */
function addZoneDefault(document: Document, settings: DocumentSettings): void {
  const { traefik, rules, userhomes } = settings;
  const wildcard = { domains: [{ main: rules.zone, sans: [`*.${rules.zone}`] }] };
  document.http.routers.set("zone-default", {
    entryPoints: traefik.entryPoints.https,
    ...(traefik.middlewares.length === 0 ? {} : { middlewares: traefik.middlewares }),
    priority: UNCLAIMED_PRIORITY,
    rule: rule.oneLabelBelow(rules.zone),
    service: userhomes.enabled ? "userhomes" : "console",
    tls: traefik.certResolver === null ? {} : { certResolver: traefik.certResolver, ...wildcard },
  });
}

/** The hosts that are never handed to Pages: the operators' own, and the console's. */
export function keptHosts(settings: Pick<DocumentSettings, "ownHosts" | "rules">): string[] {
  const { consoleHost, zone } = settings.rules;
  const kept = new Set(settings.ownHosts);
  if (!consoleHost.startsWith("[") && !inZone(consoleHost, zone)) kept.add(consoleHost);
  return [...kept].toSorted();
}

/** Custom domains: their TLS goes to GitLab Pages untouched, their HTTP-01 challenges to its port 80. */
function addCustomDomains(document: Document, settings: DocumentSettings): void {
  const { pages, traefik, rules } = settings;
  if (!pages.enabled || !pages.customDomains) return;
  const kept = keptHosts(settings);
  document.http.services.set("pages-challenge", server(pages.challengeUrl, true));
  document.http.routers.set("pages-challenge", {
    entryPoints: traefik.entryPoints.http,
    priority: UNCLAIMED_PRIORITY + 1,
    rule: rule.and(rule.acmeChallenge(), rule.foreignHost(rules.zone, kept)),
    service: "pages-challenge",
  });
  document.tcp.routers.set("pages-passthrough", {
    entryPoints: traefik.entryPoints.https,
    priority: UNCLAIMED_PRIORITY,
    rule: rule.foreignSni(rules.zone, kept),
    service: "pages-tls",
    tls: { passthrough: true },
  });
  document.tcp.services.set("pages-tls", {
    loadBalancer: {
      servers: [{ address: pages.tlsAddress }],
      ...(pages.proxyProtocol ? { serversTransport: "pages-tls" } : {}),
    },
  });
  if (pages.proxyProtocol)
    document.tcp.serversTransports.set("pages-tls", { proxyProtocol: { version: 2 } });
}
