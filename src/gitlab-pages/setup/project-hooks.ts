import { messageOf } from "../../errors.ts";
import { GitLabError, isMissing } from "../client/error.ts";
import { eachAtOnce } from "../client/gate.ts";
import type { GitLab, HookWish } from "../client/gitlab.ts";
import { clearHooks, setHook, type HookPlace, type SetHookOptions } from "./set-hook.ts";
import { ourHook, type HookSettings } from "./system-hook.ts";

/** A project that has a site. */
export interface SiteProject {
  readonly project: number;
  readonly path: string;
}

export type ProjectHookOutcome = "present" | "created" | "repaired";

/** What became of one project's hook; `missing` is a project that is not there any more. */
export interface ProjectHookResult extends SiteProject {
  readonly outcome: ProjectHookOutcome | "removed" | "absent" | "missing" | "failed";
  /** Why it failed, a sentence. */
  readonly reason?: string;
}

export interface ProjectHooksOptions extends SetHookOptions {
  /** Removes them instead. */
  readonly remove?: boolean | undefined;
  readonly progress?: ((done: number, of: number) => void) | undefined;
}

/** Projects at once. */
const AT_ONCE = 2;

/**
 * The hook of a project with a site: it tells when a pipeline has ended. Pushes come by the system
 * hook already.
 */
export function hookWishFor(settings: HookSettings): HookWish {
  const events = {
    pushEvents: false,
    pipelineEvents: true,
    jobEvents: true,
    deploymentEvents: true,
  };
  return { ...ourHook(settings), events };
}

/**
 * Makes a project's hook right: the one whose address is exactly that of the wish. One call when it
 * is.
 * @param project GitLab's id
 * @throws Refusal when GitLab does not take such a hook; GitLabError, for which `isMissing` says
 * whether the project is gone
 */
export async function ensureProjectHook(
  gitlab: GitLab,
  project: number,
  wish: HookWish,
  options: SetHookOptions = {},
): Promise<ProjectHookOutcome> {
  const changes = await setHook(projectHooks(gitlab, project), wish, options);
  if (changes.length === 0) return "present";
  return changes.some(({ did }) => did === "removed") ? "repaired" : "created";
}

/**
 * The hooks of many projects, some at once. What fails for one is told of and keeps none of the
 * others; GitLab being away, or refusing the token, ends it.
 * @param tell is told of each project when it is done
 * @throws GitLabError
 */
export async function setProjectHooks(
  gitlab: GitLab,
  projects: readonly SiteProject[],
  wish: HookWish,
  tell: (result: ProjectHookResult) => void,
  { remove = false, progress, ...options }: ProjectHooksOptions = {},
): Promise<void> {
  let done = 0;
  await eachAtOnce(projects, AT_ONCE, async (site) => {
    const { project } = site;
    const set = () => ensureProjectHook(gitlab, project, wish, options);
    const clear = async () => {
      const changes = await clearHooks(projectHooks(gitlab, project), wish.url, options);
      return changes.length > 0 ? "removed" : "absent";
    };
    tell({ ...site, ...(await resultOf<ProjectHookResult["outcome"]>(remove ? clear : set)) });
    progress?.(++done, projects.length);
  });
}

/**
 * What became of one project's hook, whether or not it could be set.
 * @throws GitLabError where it will be the same with each other project
 */
export async function resultOf<Outcome>(
  work: () => Promise<Outcome>,
): Promise<{ readonly outcome: Outcome | "missing" | "failed"; readonly reason?: string }> {
  try {
    return { outcome: await work() };
  } catch (error) {
    if (isMissing(error)) return { outcome: "missing" };
    if (endsAll(error)) throw error;
    return { outcome: "failed", reason: messageOf(error) };
  }
}

export function projectHooks(gitlab: GitLab, project: number): HookPlace {
  return {
    list: () => gitlab.projectHooks(project),
    add: (wish) => gitlab.addProjectHook(project, wish),
    remove: (id) => gitlab.removeProjectHook(project, id),
  };
}

function endsAll(error: unknown): boolean {
  const codes = ["unauthorized", "limited", "unavailable", "redirected"];
  return error instanceof GitLabError && codes.includes(error.code);
}
