import type { State } from "../../../src/domain/state.ts";
import type { Namespace, Project } from "../../support/gitlab/model.ts";
import { deploymentUrl } from "../../support/gitlab/urls.ts";
import type { GitLabWorld } from "../../support/gitlab/world.ts";

/** To whom a host was given: a top namespace, or a project whose own domain it is. */
interface Binding {
  readonly kind: "namespace" | "project";
  readonly id: number;
  readonly resting: boolean;
}

interface Place {
  readonly host: string;
  readonly path: string;
  /** Whether the site is served there, and not only a way to its own domain. */
  readonly isSite: boolean;
}

/** A published place, with whom its host would be given to for it. */
interface Claim extends Place {
  readonly kind: "namespace" | "project";
  readonly id: number;
  readonly project: Project;
  /** Whether the host is the project's own domain. */
  readonly isOwn: boolean;
}

export interface Rights {
  /** Names of owners here, by the id of the top namespace in GitLab that is theirs. */
  readonly owners: ReadonlyMap<number, string>;
  /** Who holds labels here. */
  readonly labels: ReadonlyMap<string, string>;
  readonly reserved: ReadonlySet<string>;
  /** Paths of namespaces and projects that are left out. */
  readonly excluded: readonly string[];
}

/**
 * What is to be routed, from what is in GitLab alone.
 *
 * 1. A project is *published* when it has an active deployment, its Pages are not switched off, neither
 *    it nor a group above it is about to be deleted, and the configuration does not leave it out.
 * 2. Its *places* are those of GitLab's URLs of its deployments, and for a domain of its own also the
 *    namespace's address, which leads there. What is below another place of the project is no place.
 * 3. A host is given to the first that is seen with a published place there and has a right to it: to
 *    the top namespace of that name, else to the project. It stays theirs. It *rests* when they are seen
 *    to be gone or elsewhere, and not before; a published place of theirs wakes it.
 * 4. A place is routed where the label is its owner's. Where nobody holds the label, it is not reserved,
 *    and the host was given to the namespace or the project, and does not rest.
 * 5. But where GitLab serves a project's own domain, it serves nothing else. So a place of another
 *    namespace is not routed there.
 */
export class Oracle {
  readonly bindings = new Map<string, Binding>();
  /** All who ever had a place at a host, or its name, as `host kind id`. */
  readonly #ever = new Set<string>();
  readonly #world: GitLabWorld;
  readonly #rights: Rights;

  constructor(world: GitLabWorld, rights: Rights) {
    this.#world = world;
    this.#rights = rights;
  }

  isPublished(project: Project): boolean {
    const path = this.#world.fullPath(project).toLowerCase();
    return (
      this.#world.activeDeployments(project).length > 0 &&
      project.pagesAccess !== "disabled" &&
      !this.#isLeaving(project) &&
      !this.#rights.excluded.some((out) => `${path}/`.startsWith(`${out}/`))
    );
  }

  rootOf(project: Project): Namespace {
    return this.#world.rootOf(this.#world.namespaceOf(project));
  }

  ownerOf(namespace: number): string | undefined {
    return this.#rights.owners.get(namespace);
  }

  /** Called after each change in GitLab. */
  note(): void {
    // What is about to be deleted is served, too: a read may have seen where, and not yet that it goes.
    // And where a namespace's own page has just got its place, a read may take it for its own domain.
    for (const project of this.#world.projects.values())
      for (const { host, kind, id } of this.#claimsOf(project))
        this.#ever.add(`${host} ${kind} ${id}`).add(`${host} project ${project.id}`);
    // And a project in a subgroup may be taken for one of the namespace that took its group's name.
    for (const { id, parentId, path } of this.#world.namespaces.values())
      if (parentId === null) this.#ever.add(`${this.#hostOf(path)} namespace ${id}`);
  }

  /**
   * A read of everything, with nothing changing meanwhile.
   * @param held projects whose removal waits for an admin
   */
  observeAll(state: State, held: ReadonlySet<number>): void {
    const all = [...this.#all()];
    this.#give(all, state);
    for (const [host, binding] of this.bindings) {
      const isKept = [...state.pages.values()].some(
        (page) => page.host === host && held.has(page.project),
      );
      const isUsed = all.some((at) => at.host === host && this.#isOf(binding, at.project));
      if (!isUsed && !isKept && this.#hasLeft(binding, host)) this.#rest(host);
    }
  }

  /** A read of one project. It also shows what its namespace is called now, if it may have a site. */
  observeProject(id: number, state: State, isHeld: boolean): void {
    const project = this.#world.projects.get(id);
    const seen = [...this.#all()].filter((at) => at.project.id === id);
    this.#give(seen, state);
    const root = project && this.#isAsked(project) ? this.rootOf(project) : undefined;
    for (const [host, binding] of this.bindings) {
      if (seen.some((at) => at.host === host && this.#isOf(binding, at.project))) continue;
      if (binding.kind === "project") {
        if (binding.id === id && !isHeld && this.#hasLeft(binding, host)) this.#rest(host);
      } else if (root !== undefined) {
        const isCalledSo = host === this.#hostOf(root.path);
        if (isCalledSo !== (binding.id === root.id)) this.#rest(host);
      }
    }
  }

  /**
   * What a read came to during which GitLab changed, so that nobody can say what it has seen.
   * @throws Error where it cannot have seen that
   */
  adopt(state: State): void {
    for (const [host, before] of this.bindings) {
      const holder = state.pageHosts.get(host)?.holder;
      if (holder?.id !== before.id || holder.kind !== before.kind)
        throw new Error(`${host} was taken from ${before.kind} ${before.id}`);
    }
    for (const [host, { holder, restsUntil }] of state.pageHosts) {
      if (!this.#ever.has(`${host} ${holder.kind} ${holder.id}`))
        throw new Error(`${host} was given to ${holder.kind} ${holder.id}, who never had it`);
      this.bindings.set(host, { ...holder, resting: restsUntil !== undefined });
    }
  }

  /** The projects that may be routed, by `host/path`: all places, and nothing but these. */
  expected(): Map<string, Set<number>> {
    const all = [...this.#all()];
    const places = new Map<string, Set<number>>();
    for (const { host, path, project } of all) {
      const root = this.rootOf(project);
      const isHidden = all.some(
        (at) => at.host === host && at.isOwn && this.rootOf(at.project) !== root,
      );
      const given = this.bindings.get(host);
      const isGiven = given !== undefined && this.#isOf(given, project) && !given.resting;
      const holder = this.#rights.labels.get(labelOf(host));
      const isTheirs = holder === undefined ? isGiven : holder === this.ownerOf(root.id);
      if (isHidden || !isTheirs || this.#rights.reserved.has(labelOf(host))) continue;
      const there = places.get(host + path) ?? new Set();
      places.set(host + path, there.add(project.id));
    }
    return places;
  }

  /** The hosts that answer 410, sorted: those that rest, where nobody here holds the label. */
  resting(): string[] {
    const { labels } = this.#rights;
    const found = [...this.bindings].filter(
      ([host, { resting }]) => resting && !labels.has(labelOf(host)),
    );
    return found.map(([host]) => host).toSorted();
  }

  /** A project's published places as `host/path`, sorted. */
  placesOf(id: number): string[] {
    const project = this.#world.projects.get(id);
    if (project === undefined || !this.isPublished(project)) return [];
    return this.#placesOf(project)
      .map(({ host, path }) => host + path)
      .toSorted();
  }

  isOwnDomain(host: string, project: Project): boolean {
    return labelOf(host) === project.uniqueDomain;
  }

  *#all(): Generator<Claim> {
    for (const project of this.#world.projects.values()) {
      if (this.isPublished(project)) yield* this.#claimsOf(project);
    }
  }

  #claimsOf(project: Project): Claim[] {
    const root = this.rootOf(project);
    return this.#placesOf(project).map((place) => {
      const isNamespaces = place.host === this.#hostOf(root.path);
      const kind = isNamespaces ? "namespace" : "project";
      const isOwn = place.isSite && labelOf(place.host) === project.uniqueDomain;
      return { ...place, kind, id: isNamespaces ? root.id : project.id, project, isOwn };
    });
  }

  #placesOf(project: Project): Place[] {
    const [root = "", ...rest] = this.#world.fullPath(project).split("/");
    const usual = `/${rest.join("/")}`;
    const deployments = this.#world.activeDeployments(project);
    const bases = deployments.filter(({ pathPrefix }) => pathPrefix === "");
    return (bases.length > 0 ? bases : deployments).flatMap((deployment) => {
      const url = new URL(deploymentUrl(this.#world, project, deployment));
      const below = deployment.pathPrefix === "" ? "" : `/${deployment.pathPrefix}`;
      const path = url.pathname.replace(/\/$/, "");
      const host = url.hostname;
      // GitLab writes all in lower case, but serves the project's own letters.
      if (path === (usual + below).toLowerCase())
        return [{ host, path: usual + below, isSite: true }];
      const site = { host, path, isSite: true };
      const isHome = rest.join("/").toLowerCase() === this.#hostOf(root);
      if (isHome) return [site];
      return [site, { host: this.#hostOf(root), path: usual + below, isSite: false }];
    });
  }

  #give(seen: readonly Claim[], state: State): void {
    const wanted = new Map<string, Binding[]>();
    for (const { host, kind, id, project } of seen) {
      const before = this.bindings.get(host);
      if (before === undefined) {
        const label = labelOf(host);
        const holder = this.#rights.labels.get(label);
        const isTheirs = holder === undefined || holder === this.ownerOf(this.rootOf(project).id);
        if (!isTheirs || this.#rights.reserved.has(label)) continue;
        wanted.set(host, [...(wanted.get(host) ?? []), { kind, id, resting: false }]);
      } else if (this.#isOf(before, project)) {
        this.bindings.set(host, { ...before, resting: false });
      }
    }
    for (const [host, [only, ...others]] of wanted) {
      // Of several who are seen in one read, any may be the first.
      const given = state.pageHosts.get(host)?.holder;
      const chosen = others.find(({ kind, id }) => kind === given?.kind && id === given.id);
      this.bindings.set(host, chosen ?? only!);
    }
  }

  #isOf({ kind, id }: Binding, project: Project): boolean {
    return id === (kind === "project" ? project.id : this.rootOf(project).id);
  }

  #hasLeft({ kind, id }: Binding, host: string): boolean {
    if (kind === "namespace") {
      const namespace = this.#world.namespaces.get(id);
      return namespace?.parentId !== null || this.#hostOf(namespace.path) !== host;
    }
    const project = this.#world.projects.get(id);
    if (project === undefined || this.#isLeaving(project)) return true;
    return this.isPublished(project) && !this.#placesOf(project).some((at) => at.host === host);
  }

  /** Whether it, or a group above it, is about to be deleted. */
  #isLeaving(project: Project): boolean {
    let above: Namespace | undefined = this.#world.namespaceOf(project);
    let isMarked = project.markedForDeletionOn !== null;
    for (; above !== undefined; above = this.#world.namespaces.get(above.parentId ?? -1))
      isMarked ||= above.markedForDeletionOn !== null;
    return isMarked;
  }

  #isAsked(project: Project): boolean {
    const path = this.#world.fullPath(project).toLowerCase();
    const isOut = this.#rights.excluded.some((out) => `${path}/`.startsWith(`${out}/`));
    return !isOut && !this.#isLeaving(project) && project.pagesAccess !== "disabled";
  }

  #rest(host: string): void {
    this.bindings.set(host, { ...this.bindings.get(host)!, resting: true });
  }

  #hostOf(root: string): string {
    return `${root}.${this.#world.zone}`.toLowerCase();
  }
}

function labelOf(host: string): string {
  return host.split(".")[0]!;
}
