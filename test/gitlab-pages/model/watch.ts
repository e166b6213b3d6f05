import type { Page } from "../../../src/domain/entities.ts";
import type { Hostname } from "../../../src/domain/names.ts";
import { hostRoutes, type TableSettings } from "../../../src/traefik/table.ts";
import type { State } from "../../../src/domain/state.ts";
import { PagesDaemon } from "../../support/gitlab/pages-daemon.ts";
import type { GitLabWorld } from "../../support/gitlab/world.ts";
import type { Oracle } from "./oracle.ts";

/** How long the daemon keeps what GitLab told it. */
export const CACHE_MS = 60_000;

/** What GitLab would serve at an address from some moment on. */
interface Content {
  /** Changes in GitLab so far. */
  readonly change: number;
  readonly at: number;
  readonly project: number | undefined;
  readonly root: number | undefined;
  /** Whether the host is the project's own domain. */
  readonly isOwn: boolean;
  /** Whether GitLab does not tell us of it. */
  readonly isSecret: boolean;
}

export interface Address {
  readonly host: string;
  readonly path: string;
}

/**
 * Asks for addresses, after everything that happens, whom they lead to: by our routes to the daemon, or
 * not, and there to a project. *Foreign* is one of another top namespace than the page was routed for,
 * unless both are the same owner's. Foreign content must be newer than what we last read:
 *
 * - newer than the start of the last complete read of everything;
 * - newer than a read of that project by itself, or of the page's where the namespace's name moved,
 *   unless something moved during that read;
 * - by the clock, not older than the interval and the time that a read took; with failed reads, as many
 *   intervals more;
 * - by the daemon's cache, 60 s longer.
 *
 * Two things are left out. A site with a domain of its own, hidden or about to be deleted, where GitLab
 * tells us nothing, but its daemon still serves that domain before a namespace of the same name. And one
 * whose project and namespace are both called as that domain, which nothing tells from the namespace's own
 * page until either is renamed: GitLab draws such domains with a random part, so it takes two renames.
 */
export class Watch {
  /** Changes in GitLab so far. */
  changes = 0;
  /** `changes` at the start of the last complete read of everything. */
  wholeRead = -1;
  /** How old foreign content may be now, without the daemon's cache; milliseconds. */
  bound = 0;
  /** `changes` at the start of the last read of a project, and whether it showed a site. */
  readonly #reads = new Map<number, number>();
  readonly #shown = new Map<number, number>();
  readonly #history = new Map<string, Content[]>();
  readonly #rootOf = new Map<number, { root: number; since: number }>();
  readonly #fresh: PagesDaemon;
  readonly #daemon: PagesDaemon;
  readonly #world: GitLabWorld;
  readonly #oracle: Oracle;
  readonly #addresses: readonly Address[];
  /** How many addresses led to foreign content in time: that they do at all shows that we look. */
  foreign = 0;

  constructor(world: GitLabWorld, oracle: Oracle, addresses: readonly Address[]) {
    this.#world = world;
    this.#oracle = oracle;
    this.#addresses = addresses;
    this.#fresh = new PagesDaemon(world, { refreshAfter: Infinity });
    this.#daemon = new PagesDaemon(world, { refreshAfter: CACHE_MS });
  }

  /** Called after each change in GitLab. */
  note(): void {
    this.changes++;
    const at = this.#now();
    for (const project of this.#world.projects.values()) {
      const root = this.#oracle.rootOf(project).id;
      if (this.#rootOf.get(project.id)?.root !== root)
        this.#rootOf.set(project.id, { root, since: at });
    }
    this.#fresh.forget();
    for (const { host, path } of this.#addresses) {
      const project = contentOf(this.#fresh, host, path);
      const root = this.#rootOf.get(project ?? -1)?.root;
      const found = this.#world.projects.get(project ?? -1);
      const isOwn = found !== undefined && this.#oracle.isOwnDomain(host, found);
      const isSecret = isOwn && (!this.#oracle.isPublished(found) || found.path === host);
      const before = this.#history.get(host + path) ?? [];
      const last = before.at(-1);
      const isSame = last?.project === project && last?.root === root;
      if (isSame && last?.isOwn === isOwn && last.isSecret === isSecret) continue;
      this.#history.set(host + path, [
        ...before,
        { change: this.changes, at, project, root, isOwn, isSecret },
      ]);
    }
  }

  /** @param isShown whether GitLab said that the project has a site, and where */
  projectWasRead(project: number, change: number, isShown: boolean): void {
    this.#reads.set(project, change);
    if (isShown) this.#shown.set(project, change);
  }

  /** @throws Error when an address leads to another owner's site beyond the bound */
  check(state: State, table: TableSettings): void {
    const hosts = new Map<string, ReturnType<typeof hostRoutes>["routes"]>();
    for (const { host, path } of this.#addresses) {
      let routes = hosts.get(host);
      if (routes === undefined) {
        routes = hostRoutes(state, table, host as Hostname).routes;
        hosts.set(host, routes);
      }
      const route = routes.find((one) => isBelow(path, one.path) || isBelow(path, one.otherPath));
      if (route?.kind !== "page" || route.service.kind !== "pages") continue;
      if (route.service.page !== null) this.#checkOne(host, path, route.service.page);
    }
  }

  #checkOne(host: string, path: string, page: Page): void {
    const now = this.#now();
    const history = this.#history.get(host + path) ?? [];
    const live = history.at(-1);
    const fail = (why: string, content: number | undefined) => {
      const found = `${host}${path} is routed for namespace ${page.namespace}, project ${page.project}`;
      throw new Error(`${found}, and serves project ${content}: ${why}`);
    };
    if (live !== undefined && this.#isForeign(live.root, page)) {
      if (!live.isSecret) {
        this.foreign++;
        const run = history.slice(
          history.findLastIndex(({ root, isSecret }) => isSecret || !this.#isForeign(root, page)) +
            1,
        );
        const { change, at } = run[0]!;
        const project = live.project!;
        if (change <= this.wholeRead) fail("everything was read since", project);
        if (!live.isOwn && change <= (this.#reads.get(page.project) ?? -1))
          fail("the page was read since", project);
        // A namespace may be called as another's own domain is, which is then not known to be gone.
        const mayGoBefore = isOwnDomain(page) && !live.isOwn;
        if (!mayGoBefore && live.change <= (this.#shown.get(project) ?? -1))
          fail("the site was read since", project);
        if (now - at > this.bound) fail(`for ${(now - at) / 1000} s`, project);
      }
    }
    const kept = contentOf(this.#daemon, host, path);
    const root = this.#rootOf.get(kept ?? -1);
    if (kept === undefined || root === undefined || !this.#isForeign(root.root, page)) return;
    const last = history.findLastIndex((one) => this.#isForeign(one.root, page));
    const ended = last < 0 ? 0 : (history[last + 1]?.at ?? now);
    const since = Math.max(ended, root.since);
    if (now - since > CACHE_MS) fail(`by a cache, ${(now - since) / 1000} s later`, kept);
  }

  #isForeign(root: number | undefined, page: Page): boolean {
    if (root === undefined || root === page.namespace) return false;
    const owner = this.#oracle.ownerOf(root);
    return owner === undefined || owner !== this.#oracle.ownerOf(page.namespace ?? -1);
  }

  #now(): number {
    return this.#world.now().getTime();
  }
}

/** The project whose site, or whose sign-in, a request gets. */
function contentOf(daemon: PagesDaemon, host: string, path: string): number | undefined {
  const served = daemon.serve(host, path);
  return served.kind === "site" || served.kind === "sign-in" ? served.projectId : undefined;
}

function isOwnDomain({ host, path, projectPath }: Page): boolean {
  const [root, ...below] = projectPath.toLowerCase().split("/");
  return host.split(".")[0] !== root || (path === "" && below.join("/") !== host);
}

function isBelow(path: string, prefix: string | undefined): boolean {
  if (prefix === undefined) return false;
  return prefix === "" || path === prefix || path.startsWith(`${prefix}/`);
}
