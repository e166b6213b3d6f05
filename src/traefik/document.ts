import type { Config } from "../config.ts";
import type { Hostname } from "../domain/names.ts";
import type { Rules } from "../domain/rules.ts";
import type { Entry, Quarantined } from "./gate.ts";
import { groupEntries, hostParts, layOut } from "./host-entries.ts";
import { HostGroups } from "./host-groups.ts";
import { layoutFor } from "./layout.ts";
import type { RoutingTable } from "./routes.ts";
import type { Shape } from "./shape.ts";
import { sharedEntries } from "./shared-entries.ts";
import { runToEnd } from "../turns.ts";

/** What of the configuration shapes the document. */
export type DocumentSettings = Pick<
  Config,
  "traefik" | "pages" | "userhomes" | "limits" | "ownHosts"
> & {
  readonly rules: Rules;
};

type Entries = Map<string, object>;

/** Traefik's dynamic configuration, section by section, each entry under its name. */
export interface Document {
  readonly http: {
    readonly routers: Entries;
    readonly services: Entries;
    readonly middlewares: Entries;
    readonly serversTransports: Entries;
  };
  readonly tcp: {
    readonly routers: Entries;
    readonly services: Entries;
    readonly serversTransports: Entries;
  };
  readonly quarantined: readonly Quarantined[];
}

/**
 * Builds a table's document. An entry that the gate refuses is left out and named.
 * @throws GateError for a fault that is not one route's alone
 */
export function buildDocument(
  table: RoutingTable,
  settings: DocumentSettings,
  shape: Shape,
): Document {
  const document: Document = {
    http: {
      routers: new Map(),
      services: new Map(),
      middlewares: new Map(),
      serversTransports: new Map(),
    },
    tcp: { routers: new Map(), services: new Map(), serversTransports: new Map() },
    quarantined: [],
  };
  const put = ({ section, name, value }: Entry) => document.http[section].set(name, value);
  const all = [...table.hosts.values()].map((host) => hostParts(host, settings));
  const published = all.filter(({ parts }) => parts.length > 0);
  const groups = new HostGroups(shape.hosts);
  runToEnd(groups.edit(new Map(published.map(({ host }): [Hostname, boolean] => [host, true]))));
  const layout = layoutFor(settings.traefik, groups.size, shape);
  for (const parts of published) {
    layOut(parts, settings, layout, groups.idOf(parts.host) ?? "").forEach(put);
  }
  for (const group of groups.groups) groupEntries(group, settings, layout).forEach(put);
  for (const { protocol, section, name, value } of sharedEntries(settings)) {
    const sections: { readonly [section: string]: Entries } = document[protocol];
    sections[section]?.set(name, value);
  }
  return { ...document, quarantined: all.flatMap(({ quarantined }) => quarantined) };
}
