import type { State } from "../../domain/state.ts";
import type { Plan } from "./plan.ts";

/**
 * What a plan did, for the history of all whom it concerns: a project is named as it is called there,
 * and only if all that changed is of that one.
 */
export function summaryOf({ created, changed, removed }: Plan): string {
  const parts = [
    [created, "came"],
    [changed, "changed"],
    [removed, "went"],
  ] as const;
  const said = parts
    .filter(([pages]) => pages.length > 0)
    .map(([pages, verb]) => `${pages.length} ${verb}`);
  const [path, ...others] = new Set(
    [...created, ...changed, ...removed].map(({ projectPath }) => projectPath),
  );
  const what = path === undefined || others.length > 0 ? "GitLab Pages" : `GitLab Pages of ${path}`;
  return `${what}: ${said.length === 0 ? "hosts and domains were brought up to date" : said.join(", ")}`;
}

/** Those whom it concerns: they may read the event. */
export function ownersOf(state: State, { created, changed, removed }: Plan): string[] {
  const owners = [...created, ...changed, ...removed].map(({ owner }) => owner);
  return [...new Set(owners)].filter(
    (owner) => owner !== null && state.owners.has(owner),
  ) as string[];
}
