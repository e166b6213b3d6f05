import type { Page, PageHost } from "../domain/entities.ts";
import { inZone, labelNextTo, labelOf, type Label } from "../domain/names.ts";
import { isOwnHost, type Rules } from "../domain/rules.ts";
import type { State } from "../domain/state.ts";

/**
 * Why a page must not be served at its host, or undefined. A page never takes a host from the one
 * who holds it, nor from the operators, nor from the namespace in GitLab that had it first.
 */
export function whyPageConflicts(state: State, rules: Rules, page: Page): string | undefined {
  const { host } = page;
  const { zone } = rules;
  if (!inZone(host, zone)) return `${host} is not in ${zone}.`;
  if (host === zone || isOwnHost(rules, host)) return `${host} is kept by the operators.`;
  // Who holds a label also holds the names below it.
  const next = labelNextTo(host, zone) as Label;
  if (labelOf(host, zone) === undefined && !rules.severalLabels) {
    return `${host} is more than one name below ${zone}; such hosts are off.`;
  }
  const record = state.labels.get(next);
  if (record?.restsUntil !== undefined) return `"${next}" was given back and rests.`;
  if (record !== undefined) {
    return record.owner === page.owner ? undefined : `"${next}" is held by someone else.`;
  }
  if (rules.reserved.has(next) || state.reserved.has(next)) return `"${next}" is reserved.`;
  const held = state.pageHosts.get(host);
  if (held === undefined) return undefined;
  if (!isHeldBy(held, page)) {
    const until =
      held.restsUntil === undefined ? "" : ` and rests until ${held.restsUntil.slice(0, 10)}`;
    return `${host} was given to another ${held.holder.kind} of GitLab, ${held.name}${until}.`;
  }
  return held.restsUntil === undefined ? undefined : `${host} was left and rests.`;
}

/**
 * Why a page is nowhere to be seen at its host although nothing conflicts with it: GitLab's daemon
 * serves the domain that is a site's own before a namespace of that name, and nothing else there.
 * @param ownDomains those of the host's pages that `isOwnDomain` finds
 */
export function whyUnseen(page: Page, ownDomains: readonly Page[]): string | undefined {
  const other = ownDomains.find(({ namespace }) => namespace !== page.namespace);
  return other && `GitLab serves ${other.projectPath} on all of ${page.host}.`;
}

/** Whether a page's host is the domain of its site alone, which may be called as its namespace is. */
export function isOwnDomain({ host, path, projectPath, serves, deployed }: Page): boolean {
  if (!deployed || serves !== "site") return false;
  const [root = "", ...rest] = projectPath.toLowerCase().split("/");
  if (!host.startsWith(`${root}.`)) return true;
  const below = rest.join("/");
  return below !== host && !path.toLowerCase().startsWith(`/${below}`);
}

/** Whether a host was given to the namespace, or to the project, that a page is of. */
export function isHeldBy({ holder }: PageHost, page: Pick<Page, "namespace" | "project">): boolean {
  return holder.id === (holder.kind === "namespace" ? page.namespace : page.project);
}
