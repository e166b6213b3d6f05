import type { BriefView, EventView } from "../../api/events.ts";
import { hostOf, type Label } from "../../domain/names.ts";
import type { State } from "../../domain/state.ts";
import { Time } from "../parts/time.tsx";
import { ChangedRoutes, SIGNS } from "./changed-routes.tsx";
import type { RoutesChanged } from "./past-routes.ts";
import type { AdminServices } from "./services.ts";
import { counted, sentence } from "../words.ts";

const PLACES_SHOWN = 8;

/** A place of the routing table that an event's changes bear on. */
export interface Touched {
  readonly how: "added" | "removed" | "changed";
  readonly place: string;
}

/** Which places a revision added, removed or changed, as far as its event says. */
export function placesTouched({ changes }: Pick<EventView, "changes">, zone: string): Touched[] {
  return changes.flatMap(({ kind, id, before, after }): Touched[] => {
    const how = before === null ? "added" : after === null ? "removed" : "changed";
    switch (kind) {
      case "endpoint":
      case "page": {
        const old = placeOf(before);
        const place = placeOf(after);
        if (old !== undefined && place !== undefined && old !== place) {
          return [
            { how: "removed", place: old },
            { how: "added", place },
          ];
        }
        const found = place ?? old;
        return found === undefined ? [] : [{ how, place: found }];
      }
      case "label":
        return [{ how: "changed", place: hostOf(id as Label, zone) }];
      case "pageHost":
        return [{ how: "changed", place: id }];
      case "person":
      case "group": {
        const isOther =
          before !== null &&
          after !== null &&
          (before["suspended"] === undefined) !== (after["suspended"] === undefined);
        const name = after?.["name"];
        const place = `every host of ${typeof name === "string" ? name : id}`;
        return isOther ? [{ how: "changed", place }] : [];
      }
      default:
        return [];
    }
  });
}

function placeOf(record: EventView["changes"][number]["before"]): string | undefined {
  const host = record?.["host"];
  const path = record?.["path"];
  return typeof host === "string" ? `${host}${typeof path === "string" ? path : ""}` : undefined;
}

/**
 * Events, the newest first: what, by whom, when, and which routes.
 * @param routes what the revisions changed, as far as it is known; of others, what their records say
 */
export function EventList({
  services,
  state,
  events,
  routes,
}: {
  services: AdminServices;
  state: State;
  events: readonly BriefView[];
  routes?: ReadonlyMap<number, RoutesChanged>;
}) {
  const now = services.site.now();
  return (
    <ol class="events">
      {events.map((event) => (
        <li>
          <p class="what">{sentence(event.summary)}</p>
          <p class="who-when">
            {event.actor.name}
            {event.actor.asAdmin ? ", as an admin" : ""}
            <Concerned state={state} event={event} />, <Time at={event.at} now={now} />, revision{" "}
            {event.revision}, <code>{event.type}</code>
          </p>
          <Routed services={services} event={event} routes={routes?.get(event.revision)} />
        </li>
      ))}
    </ol>
  );
}

function Routed({
  services: { rules, table },
  event,
  routes,
}: {
  services: AdminServices;
  event: BriefView;
  routes: RoutesChanged | undefined;
}) {
  return routes === undefined ? (
    <Places touched={placesTouched(event, rules.zone)} more={event.leftOut} />
  ) : (
    <ChangedRoutes routes={routes} table={table} />
  );
}

/** For whom it was done, where that is somebody else. */
function Concerned({ state, event }: { state: State; event: EventView }) {
  const others = event.owners.filter((id) => id !== event.actor.owner);
  if (others.length === 0) return null;
  return (
    <>
      , for{" "}
      {others.slice(0, 5).map((id, index) => (
        <>
          {index === 0 ? "" : ", "}
          <a href={`/admin/owners/${id}`}>{state.owners.get(id)?.name ?? id}</a>
        </>
      ))}
      {others.length > 5 ? ` and ${others.length - 5} more` : ""}
    </>
  );
}

/** @param more changes whose places are not looked at */
function Places({ touched, more }: { touched: readonly Touched[]; more: number }) {
  if (touched.length === 0) return null;
  const shown = touched.slice(0, PLACES_SHOWN);
  return (
    <ul class="touched">
      {shown.map(({ how, place }) => (
        <li>
          <span aria-hidden="true">{SIGNS[how]}</span> <span class="unseen">{how}</span> {place}
        </li>
      ))}
      {more > 0 ? (
        <li>and the places of {counted(more + touched.length - shown.length, "more change")}</li>
      ) : touched.length > shown.length ? (
        <li>and {touched.length - shown.length} more</li>
      ) : null}
    </ul>
  );
}
