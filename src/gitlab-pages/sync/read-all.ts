import type { ProjectAnswer } from "../client/answers.ts";
import { GitLabError } from "../client/error.ts";
import { eachAtOnce } from "../client/gate.ts";
import type { DeploymentNode, NamespacePages } from "../client/namespace-pages.ts";
import {
  pagesOf,
  readSite,
  requireAdmin,
  rootAbove,
  rootPath,
  siteOf,
  usually,
  whyOut,
  whyWithheld,
  type ReadOptions,
} from "./read-one.ts";
import { placesOf } from "./sites.ts";
import type { DomainRead, RootNamespace, SiteRead, Snapshot } from "./snapshot.ts";

/** How far a read of everything has come. */
export interface Progress {
  readonly phase: "projects" | "sites" | "domains";
  readonly done: number;
  /** Undefined while it is not known. */
  readonly of: number | undefined;
}

export interface ReadAllOptions extends ReadOptions {
  /** Calls at once. */
  readonly concurrency: number;
  readonly graphql: boolean;
  /** Projects whose pages are known: what is not found of them is gone. */
  readonly known: ReadonlySet<number>;
  /** Top namespaces that hosts are bound to. */
  readonly bound: ReadonlySet<number>;
  readonly progress?: ((progress: Progress) => void) | undefined;
}

/** The domain that GitLab draws for one site: the project's path and some hex digits. */
const DRAWN = /-[0-9a-f]{6,}$/;
/** So many known sites without a deployment are asked for once more; more than that an admin sees. */
const CONFIRM_MAX = 200;
/** So many sites may be withheld from an admin, by some rule or fault of GitLab's; more is no read. */
const WITHHELD_MAX = 20;

/**
 * Everything that decides about sites, read from beginning to end. A walk over all projects by
 * keyset, then the sites of each namespace: one question by GraphQL where it has several candidates,
 * else one a project. What moved meanwhile is read again by itself.
 * @throws GitLabError when anything could not be read: half a read is none
 */
export async function readAll(options: ReadAllOptions): Promise<Snapshot> {
  const { gitlab } = options;
  const reader = new Reader(options);
  let domains: readonly DomainRead[];
  // Who lost its rights sees less, before and after.
  await requireAdmin(gitlab);
  try {
    await reader.walk();
    await reader.readSites();
    await reader.readNamespaces();
    domains = await reader.readDomains();
  } catch (error) {
    if (error instanceof GitLabError && error.code === "forbidden") await requireAdmin(gitlab);
    throw error;
  }
  await requireAdmin(gitlab);
  const { sites, namespaces, notes } = reader;
  return { sites, namespaces, domains, notes };
}

class Reader {
  readonly sites = new Map<number, SiteRead | "gone">();
  readonly namespaces = new Map<number, string | null>();
  readonly notes: string[] = [];
  readonly #options: ReadAllOptions;
  /** Namespaces that have projects of their own, by their path in lower case. */
  readonly #rootsByPath = new Map<string, RootNamespace>();
  /** The top groups above groups, by the id of these. */
  readonly #rootsAbove = new Map<number, RootNamespace>();
  /** Projects that may have a site, by the path of their namespace. */
  readonly #candidates = new Map<string, ProjectAnswer[]>();
  #graphql: boolean;
  /** Projects that turned up in another namespace than the walk had seen them in. */
  readonly #strays = new Set<number>();
  #confirmed = 0;
  #withheld = 0;
  #done = 0;

  constructor(options: ReadAllOptions) {
    this.#options = options;
    this.#graphql = options.graphql;
  }

  async walk(): Promise<void> {
    const { gitlab, known, signal, progress } = this.#options;
    let last = 0;
    let done = 0;
    const seen = new Set<number>();
    for (;;) {
      signal?.throwIfAborted();
      const projects = await gitlab.projectsAfter(last);
      if (projects === undefined) break;
      for (const project of projects) {
        this.#consider(project);
        if (known.has(project.id)) seen.add(project.id);
      }
      last = projects.at(-1)?.id ?? last;
      done += projects.length;
      progress?.({ phase: "projects", done, of: undefined });
    }
    for (const project of known) if (!seen.has(project)) this.sites.set(project, "gone");
  }

  #consider(project: ProjectAnswer): void {
    const { namespace } = project;
    const { known, exclude } = this.#options;
    const path = namespace.full_path.toLowerCase();
    if (namespace.parent_id == null) {
      this.#sees(namespace.id, namespace.full_path);
      const { id, kind } = namespace;
      const before = this.#rootsByPath.get(path);
      const user = project.owner?.id ?? (before?.id === id ? before.user : undefined);
      this.#rootsByPath.set(path, { id, kind, path: namespace.full_path, user });
    }
    const out = whyOut(project, exclude);
    if (out !== undefined) {
      if (known.has(project.id)) {
        this.sites.set(project.id, siteOf(project, undefined, { state: out }));
      }
      return;
    }
    const others = this.#candidates.get(path);
    if (others === undefined) this.#candidates.set(path, [project]);
    else others.push(project);
  }

  async readSites(): Promise<void> {
    const { concurrency, progress } = this.#options;
    const all = [...this.#candidates];
    const of = all.reduce((sum, [, projects]) => sum + projects.length, 0);
    await eachAtOnce(all, concurrency, async ([path, projects]) => {
      await this.#readNamespace(path, projects);
      this.#done += projects.length;
      progress?.({ phase: "sites", done: this.#done, of });
    });
    await eachAtOnce(this.#strays, concurrency, (project) => this.#readAgain(project));
  }

  async #readNamespace(path: string, projects: readonly ProjectAnswer[]): Promise<void> {
    this.#options.signal?.throwIfAborted();
    const found = projects.length > 1 && this.#graphql ? await this.#ask(path) : undefined;
    if (found === undefined) {
      for (const project of projects) await this.#readProject(project);
      return;
    }
    const byProject = new Map<number, DeploymentNode[]>();
    for (const node of found.nodes) {
      const own = byProject.get(node.project);
      if (own === undefined) byProject.set(node.project, [node]);
      else own.push(node);
    }
    const listed = new Set(projects.map(({ id }) => id));
    for (const id of byProject.keys()) if (!listed.has(id)) this.#strays.add(id);
    for (const project of projects) {
      // Another namespace has the path by now.
      if (project.namespace.id !== found.namespace) await this.#readAgain(project.id);
      else await this.#take(project, byProject.get(project.id) ?? []);
    }
  }

  /** @returns undefined where GraphQL does not help: the projects are asked for one by one */
  async #ask(path: string): Promise<NamespacePages | undefined> {
    try {
      return await this.#options.gitlab.namespacePages(path);
    } catch (error) {
      const codes = ["refused", "not_found", "forbidden", "invalid"];
      if (!(error instanceof GitLabError) || !codes.includes(error.code)) throw error;
      if (this.#graphql) this.notes.push(`GraphQL is not used: ${error.message}`);
      this.#graphql = false;
      return undefined;
    }
  }

  /** A project's site as its namespace's answer tells of it. */
  async #take(project: ProjectAnswer, nodes: readonly DeploymentNode[]): Promise<void> {
    const { zone, known } = this.#options;
    const path = project.path_with_namespace;
    if (nodes.length === 0) {
      if (known.has(project.id) && this.#confirmed++ < CONFIRM_MAX) {
        return this.#readAgain(project.id);
      }
      return this.#isNotDeployed(project);
    }
    const moved = nodes.some((node) => node.projectPath.toLowerCase() !== path.toLowerCase());
    const sited = placesOf(path, nodes, zone);
    if (moved || "unclear" in sited || this.#isDoubtful(sited.unique)) {
      return this.#readAgain(project.id);
    }
    await this.#deployed(project, sited.places, null);
  }

  /** Whether a site's own domain could as well be a namespace's host. */
  #isDoubtful(unique: string | undefined): boolean {
    return unique !== undefined && (!DRAWN.test(unique) || this.#rootsByPath.has(unique));
  }

  async #readProject(project: ProjectAnswer): Promise<void> {
    const { gitlab, zone } = this.#options;
    const found = await pagesOf(gitlab, project.id);
    if (found === "withheld") {
      const reason = whyWithheld(project);
      return this.#isWithheld(siteOf(project, undefined, { state: "withheld", reason }));
    }
    if (found === undefined) {
      if (this.#options.known.has(project.id)) await this.#readAgain(project.id);
      return;
    }
    if (found.deployments.length === 0) return this.#isNotDeployed(project);
    const sited = placesOf(project.path_with_namespace, found.deployments, zone);
    if ("unclear" in sited || found.isUnique !== (sited.unique !== undefined)) {
      return this.#readAgain(project.id);
    }
    await this.#deployed(project, sited.places, found.latest);
  }

  #isWithheld(read: SiteRead): void {
    const { project, reason = "" } = read;
    if (++this.#withheld > WITHHELD_MAX) throw new GitLabError("forbidden", reason);
    this.notes.push(reason);
    if (this.#options.known.has(project)) this.sites.set(project, read);
  }

  #isNotDeployed(project: ProjectAnswer): void {
    const { known, zone } = this.#options;
    if (!known.has(project.id)) return;
    const namespace = this.#knownRoot(project);
    const places = usually(project, zone);
    this.sites.set(project.id, siteOf(project, namespace, { state: "not-deployed", places }));
  }

  /** Its root as far as it is known without asking. */
  #knownRoot(project: ProjectAnswer): RootNamespace | undefined {
    const { id, parent_id: parent } = project.namespace;
    if (parent != null) return this.#rootsAbove.get(id);
    const root = this.#rootsByPath.get(rootPath(project).toLowerCase());
    return root?.id === id ? root : undefined;
  }

  async #deployed(
    project: ProjectAnswer,
    places: SiteRead["places"],
    latestDeployment: string | null,
  ): Promise<void> {
    const namespace = await this.#root(project);
    if (namespace === undefined) return this.#readAgain(project.id);
    const parts = { state: "deployed", places, latestDeployment } as const;
    this.sites.set(project.id, siteOf(project, namespace, parts));
  }

  async #readAgain(project: number): Promise<void> {
    const read = await readSite(project, this.#options);
    const isKnown = this.#options.known.has(project);
    if (read !== "gone" && read.state === "withheld") {
      this.#isWithheld(read);
    } else if (read === "gone" || read.state !== "deployed") {
      if (isKnown || (read !== "gone" && read.state === "unclear")) this.sites.set(project, read);
    } else {
      this.sites.set(project, read);
    }
    if (read !== "gone" && read.state === "unclear" && read.reason !== undefined) {
      this.notes.push(read.reason);
    }
    if (read === "gone" || read.namespace === undefined) return;
    this.#sees(read.namespace.id, read.namespace.path);
  }

  /** @returns undefined when the namespace has moved since the walk */
  async #root(project: ProjectAnswer): Promise<RootNamespace | undefined> {
    if (project.namespace.parent_id != null) return this.#rootAbove(project);
    const known = this.#knownRoot(project);
    if (known?.kind !== "user" || known.user !== undefined) return known;
    const root = { ...known, user: await this.#options.gitlab.userOf(known.path, known.id) };
    this.#rootsByPath.set(root.path.toLowerCase(), root);
    return root;
  }

  async #rootAbove(project: ProjectAnswer): Promise<RootNamespace | undefined> {
    let above = this.#knownRoot(project);
    if (above === undefined) {
      above = await rootAbove(this.#options.gitlab, project);
      if (above === undefined) return undefined;
      this.#rootsAbove.set(project.namespace.id, above);
      this.#sees(above.id, above.path);
    }
    const path = rootPath(project).toLowerCase();
    // The walk may have seen another of that name.
    const seen = this.#rootsByPath.get(path);
    const isAnothers = seen !== undefined && seen.id !== above.id;
    return isAnothers || above.path.toLowerCase() !== path ? undefined : above;
  }

  /** What was seen last is what a name stands for. */
  #sees(namespace: number, path: string | null): void {
    this.namespaces.delete(namespace);
    this.namespaces.set(namespace, path);
  }

  /** What has become of namespaces that hosts are bound to, and that have no projects. */
  async readNamespaces(): Promise<void> {
    const { gitlab, bound, concurrency } = this.#options;
    const missing = [...bound].filter((id) => !this.namespaces.has(id));
    await eachAtOnce(missing, concurrency, async (id) => {
      try {
        const { full_path: path, parent_id: above } = await gitlab.namespace(id);
        // A group within another has no host any more.
        this.#sees(id, above == null ? path : null);
      } catch (error) {
        if (!(error instanceof GitLabError) || error.code !== "not_found") throw error;
        this.#sees(id, null);
      }
    });
  }

  async readDomains(): Promise<readonly DomainRead[]> {
    const found = await this.#options.gitlab.domains();
    this.#options.progress?.({ phase: "domains", done: found.length, of: found.length });
    return found.map((one) => ({
      domain: one.domain,
      project: one.project_id,
      verified: one.verified === true,
      verificationCode: one.verification_code ?? null,
      enabledUntil: one.enabled_until ?? null,
      autoSsl: one.auto_ssl_enabled === true,
      certificateUntil: one.certificate_expiration?.expiration ?? null,
    }));
  }
}
