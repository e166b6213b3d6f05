import { inZone, labelOf, type Hostname } from "../domain/names.ts";
import { keptHosts, type DocumentSettings } from "./document.ts";
import type { Route, RoutingTable } from "./routes.ts";

/** A request as it reaches Traefik. */
export interface RoutedRequest {
  readonly entryPoint: "http" | "https";
  /** The TLS server name; null for none, or for plain HTTP. */
  readonly sni: string | null;
  /** The `Host` header, port included. */
  readonly host: string;
  /** The path as sent, with its query. */
  readonly path: string;
}

/** What takes a request. `unclaimed`: other providers' routers decide; without one, `otherwise`. */
export type Answer =
  | { readonly kind: "passthrough" }
  | { readonly kind: "challenge" }
  | { readonly kind: "redirect" }
  | { readonly kind: "route"; readonly route: Route }
  | {
      readonly kind: "unclaimed";
      readonly otherwise: "userhomes" | "console" | "nothing" | "redirect" | "challenge";
    };

/** A host name as Traefik compares it: lower case, without port and trailing dot. */
export function canonicalHost(host: string): string {
  return host.toLowerCase().replace(/:\d*$/, "").replace(/\.$/, "");
}

const RESERVED = new Set(Buffer.from("%/?#[]@!$&'()*+,;=:"));

/**
 * A path as Traefik matches it: escapes of non-reserved characters decoded, then dot segments and
 * doubled slashes taken out. (`pkg/server/server_entrypoint_tcp.go`, `pkg/muxer/http/mux.go`)
 */
export function routingPath(target: string): string {
  const raw = target.split(/[?#]/, 1)[0] ?? "/";
  const decoded = raw.replaceAll(/%([0-9a-fA-F]{2})/g, (escape: string, hex: string) => {
    const code = Number.parseInt(hex, 16);
    return RESERVED.has(code) || code < 0x21 || code > 0x7e
      ? escape.toUpperCase()
      : String.fromCharCode(code);
  });
  const segments: string[] = [];
  const parts = decoded.split("/");
  for (const part of parts) {
    if (part === "..") segments.pop();
    else if (part !== "" && part !== ".") segments.push(part);
  }
  const last = parts.at(-1);
  const directory = segments.length > 0 && (last === "" || last === "." || last === "..");
  return `/${segments.join("/")}${directory ? "/" : ""}`;
}

/** The route of a claimed host that takes this path: the longest one. */
export function routeAt(table: RoutingTable, host: string, target: string): Route | undefined {
  const path = routingPath(target);
  const query = new URLSearchParams(target.split("?").slice(1).join("?"));
  return table.hosts.get(canonicalHost(host))?.routes.find((route) => {
    if (route.queryParameter !== undefined) {
      return path === route.path && (query.get(route.queryParameter) ?? "") !== "";
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
  table: RoutingTable,
  settings: DocumentSettings,
  request: RoutedRequest,
): Answer {
  const host = canonicalHost(request.host);
  const claimed = table.hosts.has(host);
  if (request.entryPoint === "http") return answerHttp(claimed, host, settings, request);
  if (isPassedThrough(table, settings, request.sni)) return { kind: "passthrough" };
  const route = routeAt(table, host, request.path);
  if (route !== undefined) return { kind: "route", route };
  const inDefault =
    labelOf(host, settings.rules.zone) !== undefined || isOneLabelBelow(host, settings.rules.zone);
  const home = settings.userhomes.enabled ? "userhomes" : "console";
  return { kind: "unclaimed", otherwise: inDefault ? home : "nothing" };
}

function answerHttp(
  claimed: boolean,
  host: string,
  settings: DocumentSettings,
  request: RoutedRequest,
): Answer {
  if (claimed) return { kind: "redirect" };
  const challenged =
    handsOver(settings) &&
    isForeign(settings, host) &&
    routingPath(request.path).startsWith("/.well-known/acme-challenge/");
  return { kind: "unclaimed", otherwise: challenged ? "challenge" : "redirect" };
}

/** A host that has one label below the zone, though not one that a member could hold (`_x`). */
function isOneLabelBelow(host: string, zone: Hostname): boolean {
  return (
    host.endsWith(`.${zone}`) &&
    !host.slice(0, -zone.length - 1).includes(".") &&
    host.length > zone.length + 1
  );
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

function isPassedThrough(
  table: RoutingTable,
  settings: DocumentSettings,
  sni: string | null,
): boolean {
  if (!handsOver(settings) || sni === null || sni === "") return false;
  const name = canonicalHost(sni);
  // A router with a Host of its own takes its connections before any TCP router.
  return !table.hosts.has(name) && isForeign(settings, name);
}
