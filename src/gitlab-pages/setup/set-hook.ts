import { Refusal } from "../../errors.ts";
import type { HookAnswer } from "../client/answers.ts";
import { GitLabError } from "../client/error.ts";
import type { HookWish } from "../client/gitlab.ts";

/** Where hooks are: those of the whole GitLab, or of one project. */
export interface HookPlace {
  list(): Promise<readonly HookAnswer[]>;
  add(wish: HookWish): Promise<HookAnswer>;
  remove(id: number): Promise<void>;
}

export type HookChange =
  | { readonly did: "made" }
  | { readonly did: "removed"; readonly id: number; readonly why: string };

export interface SetHookOptions {
  /** Only tells what would be done. */
  readonly dryRun?: boolean | undefined;
  /** Makes it anew though it looks right: after its token was changed, which GitLab never shows. */
  readonly renew?: boolean | undefined;
}

/** What events are, in words. */
const EVENTS: Readonly<Record<string, string>> = {
  push_events: "pushes",
  tag_push_events: "new tags",
  repository_update_events: "repository updates",
  pipeline_events: "pipelines",
  job_events: "jobs",
  deployment_events: "deployments",
};

/** What is wrong with a hook of ours, as the rest of a sentence; undefined when nothing is. */
export function whyWrong(hook: HookAnswer, wish: HookWish): string | undefined {
  for (const [event, wished] of Object.entries(wish.events)) {
    const field = event.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    const is = (hook as Record<string, unknown>)[field];
    if (typeof is !== "boolean" || is === wished) continue;
    const what = EVENTS[field] ?? field;
    return wished ? `it does not tell of ${what}` : `it tells of ${what}, which is not wanted`;
  }
  if (hook.enable_ssl_verification === false) return "it does not verify our certificate";
  // Older ones do not tell.
  if (wish.signingToken !== null && hook.signing_token_present === false)
    return "it has no signing token";
  if (wish.token !== null && hook.token_present === false) return "it has no secret token";
  if ((hook.custom_webhook_template ?? "") !== "") return "it sends a text of its own";
  const status = hook.alert_status ?? "executable";
  return status === "executable" ? undefined : `GitLab has switched it off (${status})`;
}

/**
 * Makes right the hook whose address is exactly ours, and touches no other: made where there is none,
 * replaced where it is wrong, the surplus removed. The new one is made first, so that a crash in
 * between leaves one too many and never none; the next time that one goes.
 * @returns what was done; nothing when it was right
 * @throws Refusal when GitLab does not take such a hook; GitLabError
 */
export async function setHook(
  place: HookPlace,
  wish: HookWish,
  { dryRun = false, renew = false }: SetHookOptions = {},
): Promise<HookChange[]> {
  const own = await ownHooks(place, wish.url);
  // The newest: an older one may be of before a change of the token.
  const right = renew ? undefined : own.findLast((hook) => whyWrong(hook, wish) === undefined);
  const changes: HookChange[] = [];
  if (right === undefined) {
    if (!dryRun) await addHook(place, wish);
    changes.push({ did: "made" });
  }
  for (const hook of own) {
    if (hook === right) continue;
    if (!dryRun) await removeHook(place, hook.id);
    const why = whyWrong(hook, wish) ?? (renew ? "it was made anew" : "it was one too many");
    changes.push({ did: "removed", id: hook.id, why });
  }
  return changes;
}

/**
 * Removes the hooks whose address is exactly ours.
 * @throws GitLabError
 */
export async function clearHooks(
  place: HookPlace,
  url: string,
  { dryRun = false }: SetHookOptions = {},
): Promise<HookChange[]> {
  const changes: HookChange[] = [];
  for (const { id } of await ownHooks(place, url)) {
    if (!dryRun) await removeHook(place, id);
    changes.push({ did: "removed", id, why: "as was asked for" });
  }
  return changes;
}

async function ownHooks(place: HookPlace, url: string): Promise<HookAnswer[]> {
  const hooks = await place.list();
  return hooks.filter((hook) => hook.url === url).toSorted((a, b) => a.id - b.id);
}

async function addHook(place: HookPlace, wish: HookWish): Promise<void> {
  let made: HookAnswer;
  try {
    made = await place.add(wish);
  } catch (error) {
    if (!(error instanceof GitLabError) || error.code !== "refused") throw error;
    throw new Refusal(
      "invalid_input",
      `GitLab does not take ${wish.url} as the address of a hook. If it leads into a private network, allow that in GitLab (Admin, Settings, Network, Outbound requests).`,
    );
  }
  const why = whyWrong(made, wish);
  if (why === undefined) return;
  // Left there it would be replaced each time.
  await removeHook(place, made.id);
  const hint =
    wish.signingToken !== null && made.signing_token_present === false
      ? " Take gitlab.hooks.signingToken out, and set gitlab.hooks.token: this GitLab does not sign."
      : "";
  throw new Refusal("conflict", `GitLab made the hook otherwise than asked for: ${why}.${hint}`);
}

async function removeHook(place: HookPlace, id: number): Promise<void> {
  try {
    await place.remove(id);
  } catch (error) {
    // Somebody else was first.
    if (!(error instanceof GitLabError) || error.code !== "not_found") throw error;
  }
}
