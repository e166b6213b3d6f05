import { urlOf, type RoutesDiff } from "../../api/routing.ts";
import type { Previewed } from "../../api/carry-out.ts";
import { sees, type Actor } from "../../domain/policy.ts";
import type { State } from "../../domain/state.ts";
import { labelOf } from "../../domain/names.ts";
import { routeAt } from "../../traefik/answer.ts";
import type { Route } from "../../traefik/routes.ts";
import { keptLookup } from "../../traefik/host-part.ts";
import type { TableSettings } from "../../traefik/table.ts";
import { targetsInWords } from "./host-places.ts";

/** What answers at an address now, and then. */
interface Moved {
  readonly url: string;
  readonly now: string;
  readonly later: string;
}

/** Which addresses would lead elsewhere, as a table. */
export function RouteChanges({
  previewed,
  table,
  actor,
}: {
  previewed: Previewed<unknown>;
  table: TableSettings;
  actor: Actor;
}) {
  const moved = movedBy(previewed, table, actor);
  if (moved.length === 0) return <p>No address leads elsewhere by this.</p>;
  return (
    <ul class="moves">
      {moved.map(({ url, now, later }) => (
        <li>
          <code>{url}</code>
          <span class="now">
            <span class="when">Now</span> {now}
          </span>
          <span class="then">
            <span class="when">Then</span> {later}
          </span>
        </li>
      ))}
    </ul>
  );
}

function movedBy(
  { before, after, routes }: Previewed<unknown>,
  table: TableSettings,
  actor: Actor,
): Moved[] {
  return placesOf(routes).flatMap(({ host, path, url }) => {
    const now = servedAt(before, table, actor, host, path);
    const later = servedAt(after, table, actor, host, path);
    return now === later ? [] : [{ url: url ?? urlOf(table.rules, host, path), now, later }];
  });
}

/** The places that a change touches, each once, the rest of a host left out where it stays. */
function placesOf({ added, removed, changed }: RoutesDiff) {
  const views = [...added, ...removed, ...changed.map(({ after }) => after)];
  const places = new Map<string, { host: string; path: string; url: string | null }>();
  for (const { host, path, url, queryParameter } of views) {
    if (host === null || path === null || queryParameter !== null) continue;
    places.set(`${host}${path}`, { host, path, url });
  }
  return [...places.values()];
}

/** What answers at a place, in words for the actor: of others' things only that they are there. */
function servedAt(
  state: State,
  table: TableSettings,
  actor: Actor,
  host: string,
  path: string,
): string {
  const route = routeAt(keptLookup(state, table), host, path === "" ? "/" : path);
  if (route === undefined) return restInWords(host, table);
  if (route.owner !== null && !sees(state, actor, route.owner))
    return "something of someone else's";
  return routeInWords(route, table);
}

/** What a route leads to, in words. */
export function routeInWords({ kind, service, host }: Route, table: TableSettings): string {
  switch (kind) {
    case "endpoint":
      return service.kind === "endpoint" ? targetsInWords(service.endpoint.targets) : "a service";
    case "page":
      return service.kind === "pages" && service.page !== null
        ? `GitLab Pages: ${service.page.projectPath}`
        : "GitLab Pages";
    case "page-sign-in":
      return "GitLab Pages";
    case "console":
      return "this console";
    case "suspended":
      return "a page that says it is suspended";
    case "given-back":
      return "a page that says it was given back";
    case "default":
      return service.kind === "userhomes" ? "the home page" : restInWords(host, table);
  }
}

function restInWords(host: string, table: TableSettings): string {
  const isHome = table.userhomes && labelOf(host, table.rules.zone) !== undefined;
  return isHome ? "the home page" : "nothing: visitors are told so";
}
