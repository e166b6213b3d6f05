import type { Rules } from "../domain/rules.ts";
import type { State } from "../domain/state.ts";
import { buildDocument, type DocumentSettings } from "./document.ts";
import { encodeDocument } from "./encode.ts";
import type { Route, RoutingTable, Unrouted } from "./routes.ts";
import { routingTable } from "./table.ts";

/** A state as Traefik is to see it. */
export interface Rendered {
  readonly revision: number;
  readonly table: RoutingTable;
  readonly body: Buffer;
  /** Everything of the state that is not in the document, with the reason. */
  readonly unrouted: readonly Unrouted[];
}

/**
 * State to bytes: routing table, document, gate, encoding.
 * @throws GateError when the document as a whole must not be published
 */
export function render(
  state: State,
  settings: DocumentSettings & { readonly rules: Rules },
): Rendered {
  const table = routingTable(state, {
    rules: settings.rules,
    userhomes: settings.userhomes.enabled,
  });
  const document = buildDocument(table, settings);
  const quarantined = document.quarantined.map(({ route, reason }): Unrouted => {
    const { kind, id } = recordOf(route);
    return { kind, id, owner: route.owner, state: "set-aside", reason };
  });
  return {
    revision: state.revision,
    table,
    body: encodeDocument(document),
    unrouted: [...table.unrouted, ...quarantined],
  };
}

/** What of the state a route comes from; the host itself for routes that no single record makes. */
function recordOf({ service, host }: Route): Pick<Unrouted, "kind" | "id"> {
  if (service.kind === "endpoint") return { kind: "endpoint", id: service.endpoint.id };
  if (service.kind === "pages" && service.page !== null)
    return { kind: "page", id: service.page.id };
  return { kind: "record", id: host };
}
