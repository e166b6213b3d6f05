import type { SetAside } from "../domain/state.ts";
import type { Quarantined } from "./gate.ts";
import type { Route, Unrouted } from "./routes.ts";

/** What the gate kept out, as something that is not routed. */
export function keptOut({ route, reason }: Quarantined): Unrouted {
  return { ...recordOf(route), owner: route.owner, state: "set-aside", reason };
}

/** A record that could not be read, as something that is not routed. */
export function unreadable({ key, owner, reason }: SetAside): Unrouted {
  return { kind: "record", id: key, owner: owner ?? null, state: "set-aside", reason };
}

/** What of the state a route comes from; the host itself for routes that no single record makes. */
function recordOf({ service, host }: Route): Pick<Unrouted, "kind" | "id"> {
  if (service.kind === "endpoint") return { kind: "endpoint", id: service.endpoint.id };
  if (service.kind === "pages" && service.page !== null)
    return { kind: "page", id: service.page.id };
  return { kind: "record", id: host };
}
