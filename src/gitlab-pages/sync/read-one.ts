import type { Hostname } from "../../domain/names.ts";
import type { ProjectAnswer } from "../client/answers.ts";
import { GitLabError, isMissing } from "../client/error.ts";
import type { GitLab } from "../client/gitlab.ts";
import type { Clock } from "../clock.ts";
import { placesOf, usualPlace, type Place } from "./sites.ts";
import type { RootNamespace, SiteRead } from "./snapshot.ts";

export interface ReadOptions {
  readonly gitlab: GitLab;
  readonly zone: Hostname;
  /** Paths of namespaces and projects that are not routed, in lower case. */
  readonly exclude: readonly string[];
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}

const TRIES = 3;
const PAUSE_MS = 1_000;
/** A delayed deletion renames what it deletes. */
const DELETION = /-deletion_scheduled-\d+(?:\/|$)/;

/**
 * One project's site as it is now: two calls, one more in a subgroup. A project that moves while it
 * is read is read again.
 * @throws GitLabError
 */
export async function readSite(project: number, options: ReadOptions): Promise<SiteRead | "gone"> {
  for (let tries = 1; ; tries++) {
    const read = await readOnce(project, options);
    if (read === "gone" || read.state !== "unclear" || tries === TRIES) return read;
    await options.clock.sleep(PAUSE_MS, options.signal);
  }
}

async function readOnce(id: number, options: ReadOptions): Promise<SiteRead | "gone"> {
  const { gitlab, zone } = options;
  let project: ProjectAnswer;
  try {
    project = await gitlab.project(id);
  } catch (error) {
    if (!isMissing(error)) throw error;
    // A token that lost its rights finds nothing either.
    await requireAdmin(gitlab);
    return "gone";
  }
  const out = whyOut(project, options.exclude);
  if (out !== undefined) return siteOf(project, undefined, { state: out });
  const found = await pagesOf(gitlab, id);
  const namespace = await rootOf(gitlab, project);
  if (found === "withheld") {
    // Nothing that another try would show, unless it moved.
    const state = namespace === undefined ? "unclear" : "withheld";
    return siteOf(project, namespace, { state, reason: whyWithheld(project) });
  }
  if (found === undefined) {
    return siteOf(project, namespace, { state: "hidden", places: usually(project, zone) });
  }
  const { deployments, isUnique, latest } = found;
  if (deployments.length === 0) {
    return siteOf(project, namespace, { state: "not-deployed", places: usually(project, zone) });
  }
  const sited = placesOf(project.path_with_namespace, deployments, zone);
  if ("unclear" in sited) {
    return siteOf(project, namespace, { state: "unclear", reason: sited.unclear });
  }
  const isOdd = isUnique !== (sited.unique !== undefined);
  // A domain of its own may be called as its namespace is; else its namespace was renamed meanwhile.
  const hasMoved = isOdd && (!isUnique || !(await isStill(gitlab, project)));
  if (namespace === undefined || hasMoved) {
    const reason = `${project.path_with_namespace} moved while it was read.`;
    return siteOf(project, namespace, { state: "unclear", reason });
  }
  return siteOf(project, namespace, {
    state: "deployed",
    places: sited.places,
    latestDeployment: latest,
  });
}

/** What an admin is told of a project whose Pages GitLab does not show. */
export function whyWithheld({ path_with_namespace: path }: ProjectAnswer): string {
  return `GitLab refuses to show the Pages of ${path}, or fails at it; its sites stay as they are.`;
}

/** Whether a project still has the path that it was read with. */
async function isStill(gitlab: GitLab, { id, path_with_namespace: path }: ProjectAnswer) {
  try {
    return (await gitlab.project(id)).path_with_namespace === path;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** @throws GitLabError `forbidden` when the token is not an admin's, so that what it sees is not all */
export async function requireAdmin(gitlab: GitLab): Promise<void> {
  const { is_admin: isAdmin } = await gitlab.whoAmI();
  if (isAdmin !== true) {
    throw new GitLabError(
      "forbidden",
      "gitlab.token is not an admin's (or Admin Mode keeps it from being one), so GitLab hides projects from it.",
    );
  }
}

/** Why a project's site is not asked for, if it is not. */
export function whyOut(
  project: ProjectAnswer,
  exclude: readonly string[],
): "hidden" | "leaving" | "excluded" | undefined {
  const path = project.path_with_namespace.toLowerCase();
  const marked = project.marked_for_deletion_on ?? project.marked_for_deletion_at ?? null;
  if (marked !== null || DELETION.test(path)) return "leaving";
  if (exclude.some((rule) => isExcluded(path, rule))) return "excluded";
  return project.pages_access_level === "disabled" ? "hidden" : undefined;
}

/** `sandbox` means the namespace or project of that path, and all that is in it. */
function isExcluded(path: string, rule: string): boolean {
  if (rule.endsWith("/*")) return path.startsWith(rule.slice(0, -1));
  return path === rule || path.startsWith(`${rule}/`);
}

/**
 * @returns undefined where the project has no Pages, or is not there any more; `withheld` where
 *   not even an admin gets to see them: one project must not keep all others from being read
 */
export async function pagesOf(gitlab: GitLab, project: number) {
  try {
    const { deployments, is_unique_domain_enabled: isUnique } = await gitlab.pages(project);
    const times = deployments.map((one) => one.created_at ?? "").toSorted();
    return {
      isUnique,
      deployments: deployments.map((one) => ({ url: one.url, pathPrefix: one.path_prefix ?? "" })),
      latest: times.at(-1) || null,
    };
  } catch (error) {
    if (!(error instanceof GitLabError)) throw error;
    if (error.code === "not_found") return undefined;
    // GitLab stumbles over this one each time.
    if (error.status === 500) return "withheld";
    if (error.code !== "forbidden") throw error;
    await requireAdmin(gitlab);
    return "withheld";
  }
}

/** @returns undefined when its namespace moved meanwhile */
async function rootOf(gitlab: GitLab, project: ProjectAnswer): Promise<RootNamespace | undefined> {
  const { namespace } = project;
  if (namespace.parent_id != null) return rootAbove(gitlab, project);
  const path = rootPath(project);
  if (namespace.full_path.toLowerCase() !== path.toLowerCase()) return undefined;
  if (namespace.kind === "group") return { id: namespace.id, kind: "group", path };
  const user = project.owner?.id ?? (await gitlab.userOf(path, namespace.id));
  return { id: namespace.id, kind: "user", path, user };
}

/**
 * The top group of a project in a subgroup, as one answer of GitLab's has it.
 * @returns undefined when it is not called as the project's path says: something moved meanwhile
 */
export async function rootAbove(
  gitlab: GitLab,
  project: ProjectAnswer,
): Promise<RootNamespace | undefined> {
  try {
    const root = await gitlab.rootGroupOf(project.id);
    if (root?.path.toLowerCase() !== rootPath(project).toLowerCase()) return undefined;
    return { id: root.id, kind: "group", path: root.path };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** The name at the top of a project's path, in its real case. */
export function rootPath({ path_with_namespace: path }: ProjectAnswer): string {
  return path.split("/")[0] ?? "";
}

/** Where a site that is not there now would be. */
export function usually(project: ProjectAnswer, zone: Hostname): Place[] {
  const place = usualPlace(project.path_with_namespace, zone);
  return place === undefined ? [] : [place];
}

/** https://docs.gitlab.com/user/project/pages/pages_access_control/ */
function asksVisitors({ pages_access_level: level, visibility }: ProjectAnswer): boolean {
  return level === "private" || (level === "enabled" && visibility !== "public");
}

export function siteOf(
  project: ProjectAnswer,
  namespace: RootNamespace | undefined,
  parts: Pick<SiteRead, "state"> & Partial<SiteRead>,
): SiteRead {
  return {
    project: project.id,
    projectPath: project.path_with_namespace,
    namespace,
    accessControl: asksVisitors(project),
    places: [],
    latestDeployment: null,
    ...parts,
  };
}
