import type { Context } from "../../domain/decision.ts";
import type { Page, PageSource } from "../../domain/entities.ts";
import type { Rules } from "../../domain/rules.ts";
import {
  identityKey,
  pagesAt,
  pagesOfProject,
  type Change,
  type State,
} from "../../domain/state.ts";
import { isOwnDomain } from "../../traefik/page-conflict.ts";
import { planDomains } from "./plan-domains.ts";
import { planHosts } from "./plan-hosts.ts";
import { NamespaceHosts } from "./namespace-hosts.ts";
import type { Place } from "./sites.ts";
import type { RootNamespace, SiteRead, Snapshot } from "./snapshot.ts";

/** How GitLab's namespaces and users become owners here, and when a plan is held. */
export interface SyncSettings {
  readonly rules: Rules;
  /** The issuer of persons' identities in GitLab. */
  readonly issuer: string;
  /** Owners' names by the id of a namespace in GitLab. */
  readonly owners: ReadonlyMap<number, string>;
  readonly guard: { readonly owners: number; readonly percent: number };
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

/** A page that stops being served because its project is gone or says that nothing is deployed. */
interface Loss {
  readonly page: Page;
  readonly next: Page | null;
}

/**
 * What to change so that the state says what GitLab said: pure, decided on the state that it is
 * stored on. Only what the snapshot speaks of is touched.
 */
export function planSync(
  state: State,
  context: Context,
  snapshot: Snapshot,
  settings: SyncSettings,
  options: PlanOptions,
): Plan {
  return new Planner(state, context, snapshot, settings, options).plan();
}

class Planner {
  readonly #state: State;
  readonly #context: Context;
  readonly #snapshot: Snapshot;
  readonly #settings: SyncSettings;
  readonly #options: PlanOptions;
  readonly #changes: Change[] = [];
  readonly #created: Page[] = [];
  readonly #changed: Page[] = [];
  readonly #removed: Page[] = [];
  readonly #losses: Loss[] = [];
  readonly #hosts: NamespaceHosts;
  /** The pages of the state to come that the snapshot speaks of. */
  readonly #after: Page[] = [];

  constructor(
    state: State,
    context: Context,
    snapshot: Snapshot,
    settings: SyncSettings,
    options: PlanOptions,
  ) {
    this.#state = state;
    this.#context = context;
    this.#snapshot = snapshot;
    this.#settings = settings;
    this.#options = options;
    this.#hosts = new NamespaceHosts(snapshot, settings.rules.zone);
  }

  plan(): Plan {
    for (const [project, read] of this.#snapshot.sites) this.#site(project, read);
    this.#leaveTakenNames();
    const { held, losers, heldOwners } = this.#guard();
    const { rules } = this.#settings;
    const kept = new Set(held.map((page) => page.id));
    this.#changes.push(
      ...planHosts(this.#state, this.#context, this.#snapshot, {
        rules,
        hosts: this.#hosts,
        after: this.#after,
        kept,
      }),
    );
    const owners = new Map(this.#after.map((page) => [page.project, page.owner]));
    const ownerOfProject = (project: number) =>
      owners.get(project) ?? pagesOfProject(this.#state, project)[0]?.owner ?? null;
    const pathOf = (project: number) => {
      const read = this.#snapshot.sites.get(project);
      return read === undefined || read === "gone" ? undefined : read.projectPath;
    };
    if (this.#snapshot.domains !== undefined) {
      this.#changes.push(
        ...planDomains(this.#state, this.#context, this.#snapshot.domains, {
          ownerOf: ownerOfProject,
          pathOf,
        }),
      );
    }
    return {
      changes: this.#changes,
      created: this.#created.map(planned),
      changed: this.#changed.map(planned),
      removed: this.#removed.map(planned),
      held: held.map(planned),
      losers,
      heldOwners,
    };
  }

  /**
   * A namespace that was seen at a name shows that no other has it any more, before the other's own
   * projects are read: until then they are served nowhere, as the daemon would serve the new ones.
   */
  #leaveTakenNames(): void {
    const { sites } = this.#snapshot;
    for (const [host, namespace] of this.#hosts.holders) {
      for (const page of pagesAt(this.#state, host)) {
        if (sites.has(page.project) || page.namespace === namespace || isOwnDomain(page)) continue;
        const { revision } = this.#context;
        const { source } = this.#options;
        this.#end({ page, next: { ...page, deployed: false, revision, source } });
      }
    }
  }

  #site(project: number, read: SiteRead | "gone"): void {
    const present = pagesOfProject(this.#state, project);
    if (read === "gone" || read.state === "leaving" || read.state === "excluded") {
      const isLoss = read === "gone";
      for (const page of present) this.#take(page, null, isLoss);
      return;
    }
    if (read.state === "unclear" || read.state === "withheld") {
      const { namespace } = read;
      for (const page of present) {
        // Whose it is may be known nevertheless.
        if (namespace === undefined || namespace.id === page.namespace) this.#after.push(page);
        else this.#take(page, this.#pageAt(read, page, page, false), false);
      }
      return;
    }
    if (read.state !== "deployed") {
      // The site stays for people to see; it is served nowhere.
      const [place] = read.places;
      for (const [position, page] of present.entries()) {
        if (position > 0) this.#take(page, null, read.state === "not-deployed");
        else {
          const next = this.#pageAt(read, place ?? page, page, false);
          this.#take(page, next, read.state === "not-deployed");
        }
      }
      return;
    }
    this.#serve(read, present);
  }

  /** Pairs places with the pages that are there, so that one that moves keeps its id. */
  #serve(read: SiteRead, present: readonly Page[]): void {
    const left = new Map(present.map((page) => [page.id, page]));
    const open: Place[] = [];
    const pairs: [Place, Page][] = [];
    const take = (place: Place, fits: (page: Page) => boolean) => {
      const page = [...left.values()].find(fits);
      if (page === undefined) return false;
      left.delete(page.id);
      pairs.push([place, page]);
      return true;
    };
    for (const place of read.places) {
      const isHere = (page: Page) => page.host === place.host && page.path === place.path;
      if (!take(place, isHere)) open.push(place);
    }
    for (const place of open) {
      const isAlike = (page: Page) => page.serves === place.serves;
      if (take(place, isAlike) || take(place, () => true)) continue;
      this.#put(this.#pageAt(read, place, undefined, true), undefined);
    }
    for (const [place, page] of pairs) this.#put(this.#pageAt(read, place, page, true), page);
    for (const page of left.values()) this.#take(page, null, false);
  }

  #pageAt(
    read: SiteRead,
    place: Pick<Place, "host" | "path" | "serves">,
    before: Page | undefined,
    deployed: boolean,
  ): Page {
    const { newId, now, revision } = this.#context;
    return {
      v: 2,
      kind: "page",
      id: before?.id ?? newId("pg"),
      revision,
      createdAt: before?.createdAt ?? now.toISOString(),
      project: read.project,
      projectPath: read.projectPath.slice(0, 200),
      namespace: read.namespace?.id ?? before?.namespace ?? null,
      owner:
        read.namespace === undefined
          ? (before?.owner ?? null)
          : ownerOf(this.#state, this.#settings, read.namespace),
      host: place.host,
      path: place.path,
      accessControl: read.accessControl,
      serves: place.serves,
      deployed,
      source: this.#options.source,
    };
  }

  #put(page: Page, before: Page | undefined): void {
    this.#after.push(before !== undefined && isSame(page, before) ? before : page);
    if (before === undefined) this.#created.push(page);
    else if (isSame(page, before)) return;
    else if (before.deployed) this.#changed.push(page);
    else this.#created.push(page);
    this.#changes.push({ kind: "page", id: page.id, entity: page });
  }

  /** Ends a page, or has it stay without being served. */
  #take(page: Page, next: Page | null, isLoss: boolean): void {
    if (isLoss && page.deployed && !this.#isCertain(page)) {
      this.#losses.push({ page, next });
      return;
    }
    this.#end({ page, next });
  }

  #end({ page, next }: Loss): void {
    if (next !== null && isSame(next, page)) {
      this.#after.push(page);
      return;
    }
    if (next !== null) this.#after.push(next);
    if (page.deployed) this.#removed.push(page);
    this.#changes.push({ kind: "page", id: page.id, entity: next });
  }

  /** Whether somebody has surely taken it away, or another has its name by now. */
  #isCertain(page: Page): boolean {
    const { certain, approved } = this.#options;
    if (certain.has(page.project) || approved.has(page.project)) return true;
    const holder = this.#hosts.holders.get(page.host);
    return holder !== undefined && holder !== page.namespace;
  }

  /**
   * Losses that nobody is known to have asked for are held, once they are of many owners: it is
   * rather a fault than the will of all of them.
   */
  #guard(): { held: readonly Page[]; losers: ReadonlySet<string>; heldOwners: number } {
    const { guard } = this.#settings;
    const { spent } = this.#options;
    const losers = new Set(this.#losses.map(({ page }) => loserOf(page)));
    if (losers.size === 0) return { held: [], losers, heldOwners: 0 };
    const all = new Set<string>();
    for (const page of this.#state.pages.values()) if (page.deployed) all.add(loserOf(page));
    const limit = Math.max(guard.owners, Math.ceil((guard.percent / 100) * all.size));
    if (new Set([...losers, ...spent]).size >= limit) {
      for (const { page } of this.#losses) this.#after.push(page);
      return { held: this.#losses.map(({ page }) => page), losers, heldOwners: losers.size };
    }
    for (const loss of this.#losses) this.#end(loss);
    return { held: [], losers, heldOwners: 0 };
  }
}

/**
 * Whose the sites of a namespace are. Owners are known by GitLab's ids, never by what they are called
 * there.
 */
export function ownerOf(
  state: State,
  { owners, issuer }: Pick<SyncSettings, "owners" | "issuer">,
  { id, kind, user }: RootNamespace,
): string | null {
  const named = owners.get(id);
  if (named !== undefined) return state.ownersByName.get(named) ?? null;
  if (kind !== "user" || user === undefined) return null;
  return state.personsByIdentity.get(identityKey({ issuer, subject: String(user) })) ?? null;
}

function loserOf(page: Page): string {
  return page.owner ?? `namespace:${page.namespace ?? 0}`;
}

function isSame(a: Page, b: Page): boolean {
  return (
    a.host === b.host &&
    a.path === b.path &&
    a.projectPath === b.projectPath &&
    a.namespace === b.namespace &&
    a.owner === b.owner &&
    a.accessControl === b.accessControl &&
    a.serves === b.serves &&
    a.deployed === b.deployed
  );
}

function planned({ project, projectPath, host, path, owner }: Page): Planned {
  return { project, projectPath, host, path, owner };
}
