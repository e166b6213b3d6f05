import { inZone, type Hostname } from "../domain/names.ts";
import type { DocumentSettings } from "./document.ts";
import { canonicalHost, hasQueryValue, readTarget, type RequestTarget } from "./request-target.ts";
import type { Route, RouteLookup } from "./routes.ts";
import { keptHosts } from "./shared-entries.ts";

/** A request as it reaches Traefik. */
export interface RoutedRequest {
  readonly entryPoint: "http" | "https";
  /** The TLS server name; null for none, or for plain HTTP. */
  readonly sni: string | null;
  /** The `Host` header, port included. */
  readonly host: string;
  /** The request target as sent, with its query. */
  readonly path: string;
}

/** What takes a request. */
export type Answer =
  /** Traefik's own answer to what cannot be read (400), or not be written into a redirect (502). */
  | { readonly kind: "refused"; readonly status: 400 | 502 }
  /** GitLab Pages ends the TLS, unless another provider has a router for just this server name. */
  | { readonly kind: "passthrough" }
  | { readonly kind: "redirect" }
  | { readonly kind: "route"; readonly route: Route }
  /** Other providers' routers decide; without one, `otherwise`. */
  | { readonly kind: "unclaimed"; readonly otherwise: Otherwise };

export type Otherwise = "userhomes" | "console" | "nothing" | "redirect" | "refused" | "challenge";

/**
 * The route of a claimed host that takes a request: the longest path.
 * @param target the request target as sent
 */
export function routeAt(table: RouteLookup, host: string, target: string): Route | undefined {
  const read = readTarget(target, host);
  return read === undefined ? undefined : findRoute(table, read);
}

function findRoute(table: RouteLookup, { host, path, query }: RequestTarget): Route | undefined {
  return table.at(host)?.routes.find((route) => {
    if (route.queryParameter !== undefined) {
      return path === route.path && hasQueryValue(query, route.queryParameter);
    }
    return isAt(path, route.path) || (route.otherPath !== undefined && isAt(path, route.otherPath));
  });
}

function isAt(path: string, prefix: string): boolean {
  return prefix === "" || path === prefix || path.startsWith(`${prefix}/`);
}

/**
 * Which route takes a request: the same answer as the real Traefik gives for the document of this
 * table, which a differential test holds.
 */
export function answer(
  table: RouteLookup,
  settings: DocumentSettings,
  request: RoutedRequest,
): Answer {
  const overTls = request.entryPoint === "https";
  // The server name alone decides about passing through: nothing of the request has been read.
  if (overTls && isPassedThrough(settings, request.sni)) return { kind: "passthrough" };
  const read = readTarget(request.path, request.host);
  if (read === undefined) return { kind: "refused", status: 400 };
  if (!overTls) return answerHttp(table, settings, read);
  const route = findRoute(table, read);
  if (route !== undefined) return { kind: "route", route };
  const home = settings.userhomes.enabled ? "userhomes" : "console";
  const inDefault = isOneLabelBelow(read.host, settings.rules.zone);
  return { kind: "unclaimed", otherwise: inDefault ? home : "nothing" };
}

/** Hosts that Traefik's redirect can write into a URL. */
const REDIRECTED = /^[^%[\]:]*(?::\d*)*$/;

function answerHttp(table: RouteLookup, settings: DocumentSettings, read: RequestTarget): Answer {
  const redirected = REDIRECTED.test(read.authority);
  if (table.at(read.host) !== undefined) {
    return redirected ? { kind: "redirect" } : { kind: "refused", status: 502 };
  }
  const challenged =
    handsOver(settings) &&
    isForeign(settings, read.host) &&
    read.path.startsWith("/.well-known/acme-challenge/");
  if (challenged) return { kind: "unclaimed", otherwise: "challenge" };
  return { kind: "unclaimed", otherwise: redirected ? "redirect" : "refused" };
}

/** Whether the zone's default takes a host: one label below it, a member's or not (`_x`). */
function isOneLabelBelow(host: string, zone: Hostname): boolean {
  const label = host.endsWith(`.${zone}`) ? host.slice(0, -zone.length - 1) : "";
  return label !== "" && !label.includes(".");
}

function handsOver(settings: DocumentSettings): boolean {
  return settings.pages.enabled && settings.pages.customDomains;
}

/** Whether a host is neither the zone's nor the operators' own. */
function isForeign(settings: DocumentSettings, host: string): boolean {
  if (inZone(host, settings.rules.zone)) return false;
  return !keptHosts(settings).some((own) =>
    own.startsWith("*.") ? host.endsWith(own.slice(1)) : host === own,
  );
}

/** No claimed host is foreign, so that none of our own routers takes such a connection first. */
function isPassedThrough(settings: DocumentSettings, sni: string | null): boolean {
  if (!handsOver(settings) || sni === null || sni === "") return false;
  return isForeign(settings, canonicalHost(sni));
}
