import type { DocumentSettings } from "./document.ts";
import { checkEntry, type SectionName } from "./gate.ts";
import { inZone } from "../domain/names.ts";
import { UNCLAIMED_PRIORITY } from "./routes.ts";
import * as rule from "./rule.ts";

/** An entry that is there whatever the state is. */
export interface SharedEntry {
  readonly protocol: "http" | "tcp";
  readonly section: SectionName;
  readonly name: string;
  readonly value: object;
}

/** The ceiling of requests at once, for members' routers. */
export const LIMIT = "limit-requests";
/** For services below a prefix. */
export const KEEP_SCOPE = "no-service-worker-scope";
const TO_HTTPS = "to-https";

/**
 * What the configuration alone puts into the document.
 * @throws GateError for what Traefik would not take
 */
export function sharedEntries(settings: DocumentSettings): SharedEntry[] {
  const entries = [
    ...sharedServices(settings),
    ...sharedTransports(settings),
    ...sharedMiddlewares(settings),
    ...unclaimedRouters(settings),
    ...customDomains(settings),
  ];
  for (const entry of entries) checkEntry(entry);
  return entries;
}

function http(section: SectionName, name: string, value: object): SharedEntry {
  return { protocol: "http", section, name, value };
}

function server(url: string, passHostHeader: boolean): object {
  return { loadBalancer: { passHostHeader, servers: [{ url }] } };
}

function sharedServices({ traefik, userhomes, pages }: DocumentSettings): SharedEntry[] {
  const entries = [http("services", "console", server(traefik.consoleUrl, true))];
  if (userhomes.enabled) {
    entries.push(http("services", "userhomes", server(userhomes.url, userhomes.passHostHeader)));
  }
  if (pages.enabled) entries.push(http("services", "pages", server(pages.url, true)));
  return entries;
}

function sharedTransports({ limits: { responseHeaderTimeout } }: DocumentSettings): SharedEntry[] {
  const patience =
    responseHeaderTimeout === null
      ? {}
      : { forwardingTimeouts: { responseHeaderTimeout: `${responseHeaderTimeout}s` } };
  return [
    http("serversTransports", "member", { ...patience, insecureSkipVerify: false }),
    http("serversTransports", "member-self-signed", { ...patience, insecureSkipVerify: true }),
  ];
}

function sharedMiddlewares({ limits: { inFlight }, traefik }: DocumentSettings): SharedEntry[] {
  const entries: SharedEntry[] = [];
  if (inFlight !== null) {
    // Counted for each router by a header that Traefik itself writes: with `requestHost`, every
    // spelling of the host (upper case, a dot, a port) would have a count of its own.
    const sourceCriterion = { requestHeaderName: "X-Forwarded-Server" };
    const inFlightReq = { amount: inFlight, sourceCriterion };
    entries.push(http("middlewares", LIMIT, { inFlightReq }));
  }
  // An empty value removes the header: a service below a prefix must not claim the whole host.
  const customResponseHeaders = { "Service-Worker-Allowed": "" };
  const redirectScheme = {
    permanent: true,
    ...(traefik.httpsPort === 443 ? {} : { port: String(traefik.httpsPort) }),
    scheme: "https",
  };
  entries.push(
    http("middlewares", KEEP_SCOPE, { headers: { customResponseHeaders } }),
    http("middlewares", TO_HTTPS, { redirectScheme }),
  );
  return entries;
}

/** A router of the plain entry point that sends everything to HTTPS. */
export function redirectTo(
  priority: number,
  matches: rule.Rule,
  { traefik }: DocumentSettings,
): object {
  return {
    entryPoints: traefik.entryPoints.http,
    middlewares: [TO_HTTPS],
    priority,
    rule: matches,
    service: "console",
  };
}

/**
 * What nobody claims: plain HTTP goes to HTTPS, and the rest of the zone to its default. That one
 * router carries the certificate of the zone.
 */
function unclaimedRouters(settings: DocumentSettings): SharedEntry[] {
  const { traefik, rules, userhomes } = settings;
  const wildcard = { domains: [{ main: rules.zone, sans: [`*.${rules.zone}`] }] };
  return [
    http("routers", "redirect", redirectTo(UNCLAIMED_PRIORITY, rule.everyPath(), settings)),
    http("routers", "zone-default", {
      entryPoints: traefik.entryPoints.https,
      ...(traefik.middlewares.length === 0 ? {} : { middlewares: traefik.middlewares }),
      priority: UNCLAIMED_PRIORITY,
      rule: rule.oneLabelBelow(rules.zone),
      service: userhomes.enabled ? "userhomes" : "console",
      tls: traefik.certResolver === null ? {} : { certResolver: traefik.certResolver, ...wildcard },
    }),
  ];
}

/** The hosts that are never handed to Pages: the operators' own, and the console's. */
export function keptHosts(settings: Pick<DocumentSettings, "ownHosts" | "rules">): string[] {
  const { consoleHost, zone } = settings.rules;
  const kept = new Set(settings.ownHosts);
  if (!consoleHost.startsWith("[") && !inZone(consoleHost, zone)) kept.add(consoleHost);
  return [...kept].toSorted();
}

/** Custom domains: their TLS goes to GitLab Pages untouched, their HTTP-01 challenges to its port 80. */
function customDomains(settings: DocumentSettings): SharedEntry[] {
  const { pages, traefik, rules } = settings;
  if (!pages.enabled || !pages.customDomains) return [];
  const kept = keptHosts(settings);
  const tcp = (section: SectionName, name: string, value: object): SharedEntry => ({
    protocol: "tcp",
    section,
    name,
    value,
  });
  const entries = [
    http("services", "pages-challenge", server(pages.challengeUrl, true)),
    http("routers", "pages-challenge", {
      entryPoints: traefik.entryPoints.http,
      priority: UNCLAIMED_PRIORITY + 1,
      rule: rule.and(rule.acmeChallenge(), rule.foreignHost(rules.zone, kept)),
      service: "pages-challenge",
    }),
    tcp("routers", "pages-passthrough", {
      entryPoints: traefik.entryPoints.https,
      priority: UNCLAIMED_PRIORITY,
      rule: rule.foreignSni(rules.zone, kept),
      service: "pages-tls",
      tls: { passthrough: true },
    }),
    tcp("services", "pages-tls", {
      loadBalancer: {
        servers: [{ address: pages.tlsAddress }],
        ...(pages.proxyProtocol ? { serversTransport: "pages-tls" } : {}),
      },
    }),
  ];
  if (pages.proxyProtocol) {
    entries.push(tcp("serversTransports", "pages-tls", { proxyProtocol: { version: 2 } }));
  }
  return entries;
}
