import type { Page } from "../domain/entities.ts";
import type { State } from "../domain/state.ts";
import type { HostPart } from "./host-part.ts";
import { hostRoutes, type TableSettings } from "./table.ts";

export const PAGE_STATES = [
  "routed",
  "shadowed",
  "conflict",
  "not-deployed",
  "held",
  "set-aside",
  "suspended",
] as const;

/** How one page stands in the table. */
export interface PageStanding {
  readonly state: (typeof PAGE_STATES)[number];
  /** A sentence for its owner, where it is not simply routed. */
  readonly reason: string | null;
  /** The route that stands in its place. */
  readonly by: string | null;
}

/**
 * Tells how pages of a state stand. Each host is worked out once, however many of its pages are asked
 * for.
 * @param held the projects whose removal is held
 */
export function pageStandings(
  state: State,
  settings: TableSettings,
  held: ReadonlySet<number>,
): (page: Page) => PageStanding {
  const hosts = new Map<string, HostPart>();
  return (page) => {
    let at = hosts.get(page.host);
    if (at === undefined) {
      at = hostRoutes(state, settings, page.host);
      hosts.set(page.host, at);
    }
    return standingAt(at, settings, page, held);
  };
}

/**
 * How a page stands among what its host routes. One that is held is still routed as before: its
 * removal waits for an admin.
 * @param at what the table says of the page's host
 * @param held the projects whose removal is held
 */
export function standingAt(
  at: HostPart,
  settings: TableSettings,
  page: Page,
  held: ReadonlySet<number>,
): PageStanding {
  const { routes, unrouted } = at;
  const entry = unrouted.find(({ kind, id }) => kind === "page" && id === page.id);
  if (!settings.rules.pagesEnabled) {
    return { state: "set-aside", reason: "GitLab Pages sites are not routed here.", by: null };
  }
  if (entry !== undefined) {
    return { state: entry.state, reason: entry.reason, by: entry.by ?? null };
  }
  if (!page.deployed) {
    const reason = "GitLab has no deployment of it: it is off, expired or was removed.";
    return { state: "not-deployed", reason, by: null };
  }
  if (held.has(page.project)) {
    const reason = "GitLab no longer lists it; its removal waits for an admin, with many others.";
    return { state: "held", reason, by: null };
  }
  const isRouted = routes.some(
    ({ service }) => service.kind === "pages" && service.page?.id === page.id,
  );
  if (isRouted) return { state: "routed", reason: null, by: null };
  return { state: "suspended", reason: "Its owner is suspended.", by: null };
}
