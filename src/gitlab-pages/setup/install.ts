import { Refusal } from "../../errors.ts";
import { GitLabError } from "../client/error.ts";
import type { GitLab } from "../client/gitlab.ts";
import {
  hookWishFor,
  setProjectHooks,
  type ProjectHookResult,
  type ProjectHooksOptions,
  type SiteProject,
} from "./project-hooks.ts";
import { requireApi } from "./scopes.ts";
import { clearHooks, setHook } from "./set-hook.ts";
import { systemHooks, systemHookWish, type HookSettings } from "./system-hook.ts";
import { signsHooks } from "./version.ts";

/** One thing that was done, or would be. */
export interface HookDone {
  readonly hook: "system" | "project";
  readonly project?: number;
  readonly did: "made" | "repaired" | "removed" | "skipped" | "failed";
  /** A sentence. */
  readonly says: string;
}

export interface InstallOptions extends ProjectHooksOptions {
  /** Projects with sites, to have a hook each; undefined: only the system hook is looked at. */
  readonly projects?: readonly SiteProject[] | undefined;
}

/**
 * Makes GitLab's hooks to us right, or takes them away. Whatever ends it, asked again it goes on.
 * @param tell is told of each thing when it is done, and of nothing where all was right
 * @throws Refusal when hooks could not work: no token for them, no rights; GitLabError
 */
export async function installHooks(
  gitlab: GitLab,
  settings: HookSettings,
  tell: (done: HookDone) => void,
  options: InstallOptions = {},
): Promise<void> {
  const { remove = false, projects, dryRun = false } = options;
  if (!remove) await requireTokens(gitlab, settings);
  await requireApi(gitlab);
  const wish = systemHookWish(settings);
  const place = systemHooks(gitlab);
  const changes = await (
    remove ? clearHooks(place, wish.url, options) : setHook(place, wish, options)
  ).catch(explained);
  const was = dryRun ? "would be" : "was";
  for (const change of changes) {
    const says =
      change.did === "made"
        ? `The system hook to ${wish.url} ${was} made.`
        : `System hook ${change.id} ${was} removed: ${change.why}.`;
    tell({ hook: "system", did: change.did, says });
  }
  if (projects === undefined) return;
  const tellOf = (result: ProjectHookResult) => {
    const done = doneFor(result, was);
    if (done !== undefined) tell({ hook: "project", project: result.project, ...done });
  };
  await setProjectHooks(gitlab, projects, hookWishFor(settings), tellOf, options);
}

function doneFor(
  { outcome, path, reason = "" }: ProjectHookResult,
  was: string,
): Pick<HookDone, "did" | "says"> | undefined {
  const hook = `The pipeline hook of ${path}`;
  switch (outcome) {
    case "present":
    case "absent":
      return undefined;
    case "created":
      return { did: "made", says: `${hook} ${was} made.` };
    case "repaired":
      return { did: "repaired", says: `${hook} ${was} made right.` };
    case "removed":
      return { did: "removed", says: `${hook} ${was} removed.` };
    case "missing":
      return { did: "skipped", says: `${path} is not in GitLab any more, or not to be seen.` };
    case "failed":
      return { did: "failed", says: `${hook} could not be set: ${reason}` };
  }
}

/** @throws Refusal when what GitLab would send could not be told from a stranger's */
async function requireTokens(gitlab: GitLab, { gitlab: config }: HookSettings): Promise<void> {
  const { token, signingToken } = config.hooks;
  if (token === null && signingToken === null) {
    throw new Refusal(
      "invalid_input",
      "There is no token for hooks, so they would be refused: put the output of `openssl rand -hex 24` into a file and name it in TARDIS_GITLAB__HOOKS__TOKEN_FILE. (GitLab 19 can sign instead: `whsec_` and the output of `openssl rand -base64 32`, in TARDIS_GITLAB__HOOKS__SIGNINGTOKEN_FILE.) Then restart the console.",
    );
  }
  if (signingToken === null) return;
  const version = await gitlab.version();
  if (!signsHooks(version)) {
    throw new Refusal(
      "conflict",
      `GitLab ${version} does not sign hooks, so with gitlab.hooks.signingToken all of them would be refused: take it out, and set gitlab.hooks.token.`,
    );
  }
}

function explained(error: unknown): never {
  if (error instanceof GitLabError && error.code === "forbidden") {
    throw new Refusal(
      "forbidden",
      "GitLab shows its system hooks to admins only: gitlab.token must be an admin's, with admin_mode where Admin Mode is on.",
    );
  }
  throw error;
}
