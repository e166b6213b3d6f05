import { z } from "@hono/zod-openapi";
import type { Endpoint } from "../domain/entities.ts";
import { sees, type Actor } from "../domain/policy.ts";
import type { Rules } from "../domain/rules.ts";
import type { Change, State } from "../domain/state.ts";
import type { Hostname } from "../domain/names.ts";
import type { Ledger } from "../store/ledger.ts";
import { aboveAll, type Route, type Unrouted } from "../traefik/routes.ts";
import { hostPart } from "../traefik/host-part.ts";
import { routingTable, type TableSettings } from "../traefik/table.ts";
import { HostsBelow, touchedHosts } from "../traefik/touched-hosts.ts";

export const ROUTE_KINDS = [
  "endpoint",
  "page",
  "page-sign-in",
  "console",
  "default",
  "suspended",
  "given-back",
  "record",
] as const;
export const ROUTE_STATES = [
  "routed",
  "suspended",
  "given-back",
  "set-aside",
  "conflict",
  "shadowed",
] as const;

export const healthCheckView = z.object({
  path: z.string(),
  intervalSeconds: z.number().int(),
  timeoutSeconds: z.number().int(),
});

/** A row of the routing table, or something that should be one and is not. */
export const routeSchema = z
  .object({
    name: z
      .string()
      .nullable()
      .openapi({ description: "The router's name in Traefik; null for what is not routed." }),
    kind: z.enum(ROUTE_KINDS),
    state: z.enum(ROUTE_STATES),
    reason: z.string().nullable().openapi({ description: "Why it is not routed." }),
    by: z.string().nullable().openapi({ description: "The route that stands in its place." }),
    id: z.string().nullable().openapi({ description: "The endpoint, page or record." }),
    host: z.string().nullable(),
    path: z.string().nullable(),
    url: z.string().nullable(),
    queryParameter: z
      .string()
      .nullable()
      .openapi({ description: "Only requests that have this query parameter." }),
    owner: z.string().nullable(),
    ownerName: z.string().nullable(),
    service: z
      .object({
        kind: z.enum(["endpoint", "pages", "userhomes", "console"]),
        targets: z.array(z.string()),
        stripPrefix: z.boolean(),
        passHostHeader: z.boolean(),
        acceptSelfSigned: z.boolean(),
        healthCheck: healthCheckView.nullable(),
      })
      .nullable(),
  })
  .openapi("Route");
export type RouteView = z.infer<typeof routeSchema>;

/** What a change adds to, takes from and alters in the routing table. */
export const routesDiffSchema = z
  .object({
    added: z.array(routeSchema),
    removed: z.array(routeSchema),
    changed: z.array(z.object({ before: routeSchema, after: routeSchema })),
  })
  .openapi("RoutesDiff");
export type RoutesDiff = z.infer<typeof routesDiffSchema>;

/** The address of a place as visitors open it. A service whose prefix is stripped sees a folder. */
export function urlOf(rules: Rules, host: string, path: string, folder = false): string {
  const port = rules.httpsPort === 443 ? "" : `:${rules.httpsPort}`;
  return `https://${host}${port}${path}${path === "" || folder ? "/" : ""}`;
}

function serviceView(route: Route): RouteView["service"] {
  const endpoint: Endpoint | undefined =
    route.service.kind === "endpoint" ? route.service.endpoint : undefined;
  return {
    kind: route.service.kind,
    targets: [...(endpoint?.targets ?? [])],
    stripPrefix: endpoint?.stripPrefix ?? false,
    passHostHeader: endpoint?.passHostHeader ?? true,
    acceptSelfSigned: endpoint?.acceptSelfSigned ?? false,
    healthCheck: endpoint?.healthCheck ?? null,
  };
}

function routedView(state: State, rules: Rules, route: Route): RouteView {
  const { service, kind } = route;
  const endpoint = service.kind === "endpoint" ? service.endpoint : undefined;
  return {
    name: route.name,
    kind,
    state: kind === "suspended" || kind === "given-back" ? kind : "routed",
    reason: null,
    by: null,
    id: endpoint?.id ?? (service.kind === "pages" ? (service.page?.id ?? null) : null),
    host: route.host,
    path: route.path,
    // Nobody opens all hosts below one.
    url:
      aboveAll(route.host) === undefined
        ? urlOf(rules, route.host, route.path, endpoint?.stripPrefix)
        : null,
    queryParameter: route.queryParameter ?? null,
    owner: route.owner,
    ownerName: nameOf(state, route.owner),
    service: serviceView(route),
  };
}

function unroutedView(state: State, rules: Rules, entry: Unrouted): RouteView {
  const place =
    entry.kind === "endpoint"
      ? state.endpoints.get(entry.id)
      : entry.kind === "page"
        ? state.pages.get(entry.id)
        : undefined;
  return {
    name: null,
    kind: entry.kind,
    state: entry.state,
    reason: entry.reason,
    by: entry.by ?? null,
    id: entry.id,
    host: place?.host ?? null,
    path: place?.path ?? null,
    url: place === undefined ? null : urlOf(rules, place.host, place.path),
    queryParameter: null,
    owner: entry.owner,
    ownerName: nameOf(state, entry.owner),
    service: null,
  };
}

export function nameOf(state: State, owner: string | null): string | null {
  return owner === null ? null : (state.owners.get(owner)?.name ?? null);
}

/** The whole table as rows, in the order of their keys. */
export interface RouteRows {
  readonly keys: readonly string[];
  readonly rows: ReadonlyMap<string, RouteView>;
}

const tables = new WeakMap<State, RouteRows>();

/** The routing table of a state, built once for each state. */
export function routeRows(state: State, settings: TableSettings): RouteRows {
  let found = tables.get(state);
  if (found === undefined) {
    const table = routingTable(state, settings);
    const rows = new Map<string, RouteView>();
    const add = (view: RouteView) => rows.set(rowKey(view), view);
    for (const { routes } of table.hosts.values()) {
      for (const route of routes) add(routedView(state, settings.rules, route));
    }
    for (const entry of table.unrouted) add(unroutedView(state, settings.rules, entry));
    found = { keys: [...rows.keys()].toSorted(), rows };
    tables.set(state, found);
  }
  return found;
}

/** By host, then path; what has no host comes last. */
function rowKey(view: RouteView): string {
  return `${view.host ?? "~"} ${view.path ?? ""} ${view.queryParameter ?? ""} ${view.name ?? `~${view.kind}-${view.id}`}`;
}

/**
 * What the changes would route differently, as far as the actor may see it. Only the hosts that
 * they touch are looked at: the cost follows the change, not the state.
 * @param below those of the state before
 */
export function routesDiff(
  before: State,
  after: State,
  changes: readonly Change[],
  settings: TableSettings,
  below: HostsBelow,
  actor: Actor,
): RoutesDiff {
  const diff: RoutesDiff = { added: [], removed: [], changed: [] };
  const { rules } = settings;
  const hosts = new Set([
    ...touchedHosts(before, changes, rules, below),
    ...touchedHosts(after, changes, rules, below),
  ]);
  for (const host of [...hosts].toSorted()) {
    const old = placesAt(before, settings, host, actor);
    const fresh = placesAt(after, settings, host, actor);
    const was = (route: Route) => routedView(before, settings.rules, route);
    const is = (route: Route) => routedView(after, settings.rules, route);
    for (const [place, route] of fresh) {
      const other = old.get(place);
      if (other === undefined) diff.added.push(is(route));
      else if (
        !isSame(other, route) ||
        nameOf(before, route.owner) !== nameOf(after, route.owner)
      ) {
        const views = { before: was(other), after: is(route) };
        if (JSON.stringify(views.before) !== JSON.stringify(views.after)) diff.changed.push(views);
      }
    }
    for (const [place, route] of old) if (!fresh.has(place)) diff.removed.push(was(route));
  }
  return diff;
}

/** Whether two routes of a place are surely the same, at a glance: a host may have thousands. */
function isSame(a: Route, b: Route): boolean {
  if (a.name !== b.name || a.owner !== b.owner || a.service.kind !== b.service.kind) return false;
  return a.service.kind !== "endpoint" || b.service.kind !== "endpoint"
    ? JSON.stringify(a.service) === JSON.stringify(b.service)
    : a.service.endpoint === b.service.endpoint;
}

function placesAt(
  state: State,
  settings: TableSettings,
  host: string,
  actor: Actor,
): Map<string, Route> {
  const places = new Map<string, Route>();
  for (const route of hostPart(state, settings, host as Hostname).routes) {
    if (sees(state, actor, route.owner))
      places.set(`${route.path} ${route.queryParameter ?? ""}`, route);
  }
  return places;
}

/** The hosts below each label as the ledger's state has them: looked up once, then kept up to date. */
export function hostsBelowIn(ledger: Ledger, zone: Hostname): () => HostsBelow {
  let known: { readonly state: State; readonly below: HostsBelow } | undefined;
  ledger.onCommit((state, changes) => {
    if (known === undefined) return;
    const { state: before, below } = known;
    known = changes === undefined ? undefined : { state, below };
    if (changes !== undefined) below.follow(state, changes, before);
  });
  return () => {
    known ??= { state: ledger.state, below: HostsBelow.of(ledger.state, zone) };
    return known.below;
  };
}
