import type { Context } from "../../domain/decision.ts";
import type { Page, PageSource } from "../../domain/entities.ts";
import { pagesAt, pagesOfProject, type Change, type State } from "../../domain/state.ts";
import { isOwnDomain } from "../../traefik/page-conflict.ts";
import type { Steps } from "../../turns.ts";
import type { NamespaceHosts } from "./namespace-hosts.ts";
import { ownerOf, type OwnerRules } from "./owners.ts";
import type { Place } from "./sites.ts";
import type { SiteRead, Snapshot } from "./snapshot.ts";

export interface PagesFacts {
  readonly owners: OwnerRules;
  /** Of the namespaces in the snapshot. */
  readonly hosts: NamespaceHosts;
  readonly source: PageSource;
  /** Projects that somebody has surely taken away, or whose removal an admin has approved. */
  readonly isCertain: (project: number) => boolean;
}

/** A page that stops being served because its project is gone or says that nothing is deployed. */
interface Loss {
  readonly page: Page;
  readonly next: Page | null;
}

/** Sites, or hosts, between two pauses: well below a millisecond. */
const STEP = 16;

/** What becomes of pages. Losses that nobody is known to have asked for are left open. */
export class PagesPlan {
  readonly changes: Change[] = [];
  readonly created: Page[] = [];
  readonly changed: Page[] = [];
  readonly removed: Page[] = [];
  /** The pages of the state to come that the snapshot speaks of. */
  readonly after: Page[] = [];
  readonly #losses: Loss[] = [];
  readonly #state: State;
  readonly #context: Context;
  readonly #snapshot: Snapshot;
  readonly #facts: PagesFacts;

  constructor(state: State, context: Context, snapshot: Snapshot, facts: PagesFacts) {
    this.#state = state;
    this.#context = context;
    this.#snapshot = snapshot;
    this.#facts = facts;
  }

  /** What would be lost. */
  get lost(): readonly Page[] {
    return this.#losses.map(({ page }) => page);
  }

  /** Has the losses happen. */
  lose(): void {
    for (const loss of this.#losses) this.#end(loss);
  }

  /** Has what would be lost stay as it is. */
  hold(): void {
    this.after.push(...this.lost);
  }

  *fill(): Steps<void> {
    let done = 0;
    for (const [project, read] of this.#snapshot.sites) {
      this.#site(project, read);
      if (++done % STEP === 0) yield;
    }
    yield* this.#leaveTakenNames();
  }

  /**
   * A namespace that was seen at a name shows that no other has it any more, before the other's own
   * projects are read: until then they are served nowhere, as the daemon would serve the new ones.
   */
  *#leaveTakenNames(): Steps<void> {
    const { sites } = this.#snapshot;
    const { hosts, source } = this.#facts;
    let done = 0;
    for (const [host, namespace] of hosts.holders) {
      if (++done % STEP === 0) yield;
      for (const page of pagesAt(this.#state, host)) {
        if (sites.has(page.project) || page.namespace === namespace || isOwnDomain(page)) continue;
        const { revision } = this.#context;
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
        if (namespace === undefined || namespace.id === page.namespace) this.after.push(page);
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
          : ownerOf(this.#state, this.#facts.owners, read.namespace),
      host: place.host,
      path: place.path,
      accessControl: read.accessControl,
      serves: place.serves,
      deployed,
      source: this.#facts.source,
    };
  }

  #put(page: Page, before: Page | undefined): void {
    this.after.push(before !== undefined && isSame(page, before) ? before : page);
    if (before === undefined) this.created.push(page);
    else if (isSame(page, before)) return;
    else if (before.deployed) this.changed.push(page);
    else this.created.push(page);
    this.changes.push({ kind: "page", id: page.id, entity: page });
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
      this.after.push(page);
      return;
    }
    if (next !== null) this.after.push(next);
    if (page.deployed) this.removed.push(page);
    this.changes.push({ kind: "page", id: page.id, entity: next });
  }

  /** Whether somebody has surely taken it away, or another has its name by now. */
  #isCertain(page: Page): boolean {
    const { isCertain, hosts } = this.#facts;
    if (isCertain(page.project)) return true;
    const holder = hosts.holders.get(page.host);
    return holder !== undefined && holder !== page.namespace;
  }
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
