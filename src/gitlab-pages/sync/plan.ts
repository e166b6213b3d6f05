import type { Context } from "../../domain/decision.ts";
import type { Page, PageSource } from "../../domain/entities.ts";
import type { Rules } from "../../domain/rules.ts";
import { pagesOfProject, type Change, type State } from "../../domain/state.ts";
import type { Steps } from "../../turns.ts";
import { judge, type Guard } from "./guard.ts";
import { NamespaceHosts } from "./namespace-hosts.ts";
import type { OwnerRules } from "./owners.ts";
import { planDomains } from "./plan-domains.ts";
import { planHosts } from "./plan-hosts.ts";
import { PagesPlan } from "./plan-pages.ts";
import type { Snapshot } from "./snapshot.ts";

/** What a plan goes by. */
export interface SyncSettings extends OwnerRules {
  readonly rules: Rules;
  /** When a plan is held. */
  readonly guard: Guard;
}

export interface PlanOptions {
  readonly source: PageSource;
  /** Projects that somebody has surely taken away, so that the guard does not count them. */
  readonly certain: ReadonlySet<number>;
  /** Projects whose removal an admin has approved. */
  readonly approved: ReadonlySet<number>;
  /** How many owners' sites were taken away by single reads since the last read of everything. */
  readonly spent: ReadonlySet<string>;
}

/** A page as people are told of it. */
export interface Planned {
  readonly project: number;
  readonly projectPath: string;
  readonly host: string;
  readonly path: string;
  readonly owner: string | null;
}

/** What a read of GitLab makes of the state. */
export interface Plan {
  readonly changes: readonly Change[];
  readonly created: readonly Planned[];
  readonly changed: readonly Planned[];
  readonly removed: readonly Planned[];
  /** What stays until an admin says that it may go; empty where the guard has nothing to say. */
  readonly held: readonly Planned[];
  /** Whose sites are held, or were taken away: owners' ids, or `namespace:<id>`. */
  readonly losers: ReadonlySet<string>;
  readonly heldOwners: number;
}

/**
 * What to change so that the state says what GitLab said: pure, decided on the state that it is
 * stored on. Only what the snapshot speaks of is touched.
 */
export function* planSync(
  state: State,
  context: Context,
  snapshot: Snapshot,
  settings: SyncSettings,
  { source, certain, approved, spent }: PlanOptions,
): Steps<Plan> {
  const { rules, guard } = settings;
  const hosts = new NamespaceHosts(snapshot, rules.zone);
  const isCertain = (project: number) => certain.has(project) || approved.has(project);
  const pages = new PagesPlan(state, context, snapshot, {
    owners: settings,
    hosts,
    source,
    isCertain,
  });
  yield* pages.fill();
  const { lost } = pages;
  const { losers, isHeld } = yield* judge(state, guard, lost, spent);
  const held = isHeld ? lost : [];
  if (isHeld) pages.hold();
  else pages.lose();
  const { after, changes, created, changed, removed } = pages;
  const kept = new Set(held.map((page) => page.id));
  changes.push(...(yield* planHosts(state, context, snapshot, { rules, hosts, after, kept })));
  if (snapshot.domains !== undefined) {
    const owners = new Map(after.map((page) => [page.project, page.owner]));
    const facts = {
      ownerOf: (project: number) =>
        owners.get(project) ?? pagesOfProject(state, project)[0]?.owner ?? null,
      pathOf: (project: number) => {
        const read = snapshot.sites.get(project);
        return read === undefined || read === "gone" ? undefined : read.projectPath;
      },
    };
    changes.push(...(yield* planDomains(state, context, snapshot.domains, facts)));
  }
  return {
    changes,
    created: created.map(planned),
    changed: changed.map(planned),
    removed: removed.map(planned),
    held: held.map(planned),
    losers,
    heldOwners: isHeld ? losers.size : 0,
  };
}

function planned({ project, projectPath, host, path, owner }: Page): Planned {
  return { project, projectPath, host, path, owner };
}
