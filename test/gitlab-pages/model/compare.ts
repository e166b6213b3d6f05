import { expect } from "vitest";
import { pagesOfProject, type State } from "../../../src/domain/state.ts";
import { routingTable, type TableSettings } from "../../../src/traefik/table.ts";
import type { Oracle } from "./oracle.ts";

/** After a read of everything: routed is what GitLab has, and what rests answers 410. */
export function expectRouted(
  state: State,
  settings: TableSettings,
  oracle: Oracle,
  run: string,
): void {
  const routed = new Map<string, number>();
  const resting: string[] = [];
  for (const { host, routes } of routingTable(state, settings).hosts.values()) {
    if (routes[0]?.kind === "given-back") resting.push(host);
    for (const { kind, path, service } of routes) {
      if (kind !== "page" || service.kind !== "pages" || service.page === null) continue;
      routed.set(host + path, service.page.project);
    }
  }
  const expected = oracle.expected();
  const sorted = (found: Iterable<string>) => [...found].toSorted();
  expect(sorted(routed.keys()), `after ${run}`).toEqual(sorted(expected.keys()));
  expect(sorted(resting), `410 after ${run}`).toEqual(oracle.resting());
  for (const [place, project] of routed) expect([...expected.get(place)!]).toContain(project);
}

/**
 * A project that was read by itself while everything was, and has not changed since, is at no place
 * that the older news say. It may be taken off: they may say that another has its name.
 */
export function expectNotOlder(state: State, oracle: Oracle, project: number): void {
  const pages = pagesOfProject(state, project).filter(({ deployed }) => deployed);
  const places = pages.map(({ host, path }) => host + path);
  expect(oracle.placesOf(project), `project ${project}`).toEqual(expect.arrayContaining(places));
}
