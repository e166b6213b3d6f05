import type { Route, RouteLookup, RoutingTable } from "./routes.ts";

/** What one routing table serves differently from another. */
export interface TableChange {
  /** How many routes are only in the second, only in the first, and in both, differently. */
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  /** Some of them, a line each: `- alice.tardis.ac/wiki`. */
  readonly examples: readonly string[];
}

const EXAMPLES_MAX = 20;
const MARKS = { added: "+", removed: "-", changed: "~" } as const;

/** Compares two tables, place by place. */
export function compareTables(before: RoutingTable, after: RoutingTable): TableChange {
  const change = { added: 0, removed: 0, changed: 0, examples: [] as string[] };
  const hosts = new Set([...before.hosts.keys(), ...after.hosts.keys()]);
  for (const host of [...hosts].toSorted()) {
    for (const { how, place } of compareHost(before, after, host)) {
      change[how]++;
      if (change.examples.length < EXAMPLES_MAX) change.examples.push(`${MARKS[how]} ${place}`);
    }
  }
  return change;
}

/** A place of a host that is served otherwise than before. */
export interface PlaceChange {
  readonly how: "added" | "removed" | "changed";
  /** The host and the path, as people write them. */
  readonly place: string;
  readonly before?: Route;
  readonly after?: Route;
}

/** The places of one host that two tables serve differently. */
export function compareHost(before: RouteLookup, after: RouteLookup, host: string): PlaceChange[] {
  const old = placesOf(before, host);
  const fresh = placesOf(after, host);
  const changes: PlaceChange[] = [];
  for (const [place, route] of fresh) {
    const was = old.get(place);
    if (was === undefined) changes.push({ how: "added", place, after: route });
    else if (servedBy(was) !== servedBy(route))
      changes.push({ how: "changed", place, before: was, after: route });
  }
  for (const [place, route] of old)
    if (!fresh.has(place)) changes.push({ how: "removed", place, before: route });
  return changes;
}

function placesOf(table: RouteLookup, host: string): Map<string, Route> {
  const routes = table.hosts.get(host)?.routes ?? [];
  return new Map(routes.map((route) => [placeOf(route), route]));
}

function placeOf({ host, path, queryParameter }: Route): string {
  return `${host}${path}${queryParameter === undefined ? "" : `?${queryParameter}`}`;
}

function servedBy({ name, service }: Route): string {
  if (service.kind !== "endpoint") return `${name} ${service.kind}`;
  const { targets, stripPrefix, passHostHeader, acceptSelfSigned, healthCheck } = service.endpoint;
  return JSON.stringify([
    name,
    targets,
    stripPrefix,
    passHostHeader,
    acceptSelfSigned,
    healthCheck,
  ]);
}
