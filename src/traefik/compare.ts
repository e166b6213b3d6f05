import type { Route, RoutingTable } from "./routes.ts";

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

/** Compares two tables, place by place. */
export function compareTables(before: RoutingTable, after: RoutingTable): TableChange {
  const change = { added: 0, removed: 0, changed: 0, examples: [] as string[] };
  const note = (kind: "added" | "removed" | "changed", mark: string, place: string) => {
    change[kind]++;
    if (change.examples.length < EXAMPLES_MAX) change.examples.push(`${mark} ${place}`);
  };
  const hosts = new Set([...before.hosts.keys(), ...after.hosts.keys()]);
  for (const host of [...hosts].toSorted()) {
    const old = placesOf(before, host);
    const fresh = placesOf(after, host);
    for (const [place, text] of fresh) {
      const was = old.get(place);
      if (was === undefined) note("added", "+", place);
      else if (was !== text) note("changed", "~", place);
    }
    for (const place of old.keys()) if (!fresh.has(place)) note("removed", "-", place);
  }
  return change;
}

function placesOf(table: RoutingTable, host: string): Map<string, string> {
  const routes = table.hosts.get(host)?.routes ?? [];
  return new Map(routes.map((route) => [placeOf(route), servedBy(route)]));
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
