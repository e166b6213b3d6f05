import type { Config } from "../../config.ts";
import { Refusal } from "../../errors.ts";
import type { HookAnswer } from "../client/answers.ts";
import type { GitLab, HookWish } from "../client/gitlab.ts";
import { HOOK_PATH } from "../hooks/receive.ts";

type Settings = Pick<Config, "publicUrl" | "gitlab">;

/** The system hook as it should be. Projects, users and groups are told of without being asked for. */
export function systemHookWish({ publicUrl, gitlab }: Settings): HookWish {
  return {
    url: publicUrl + HOOK_PATH,
    token: gitlab.hooks.token,
    signingToken: gitlab.hooks.signingToken,
    events: { pushEvents: true, tagPushEvents: false, repositoryUpdateEvents: true },
  };
}

/** What is wrong with a hook of ours; undefined when nothing is. */
export function whyWrong(hook: HookAnswer, wish: HookWish): string | undefined {
  if (hook.push_events === false) return "it does not tell of pushes";
  if (hook.repository_update_events === false) return "it does not tell of repository updates";
  if (hook.enable_ssl_verification === false) return "it does not verify our certificate";
  if (wish.signingToken !== null && hook.signing_token_present === false)
    return "it has no signing token";
  if (wish.token !== null && hook.token_present === false) return "it has no secret token";
  if (hook.alert_status !== undefined && hook.alert_status !== null) {
    if (hook.alert_status !== "executable")
      return `GitLab has switched it off (${hook.alert_status})`;
  }
  return undefined;
}

/**
 * Makes the system hook right: the one whose address is ours. Others are not touched. What is wrong is
 * replaced, the new one made first, so that a crash in between leaves one too many and never none.
 * @param dryRun only tells
 * @returns what was done, a sentence each; nothing when it was right
 * @throws Refusal when there is no token for hooks; GitLabError
 */
export async function installSystemHook(
  gitlab: GitLab,
  settings: Settings,
  dryRun: boolean,
): Promise<string[]> {
  const wish = systemHookWish(settings);
  if (wish.token === null && wish.signingToken === null) {
    throw new Refusal(
      "invalid_input",
      "There is no token for hooks, so they would be refused: put the output of `openssl rand -hex 24` into a file and name it in TARDIS_GITLAB__HOOKS__TOKEN_FILE.",
    );
  }
  const own = (await gitlab.systemHooks()).filter(({ url }) => url === wish.url);
  const right = own.find((hook) => whyWrong(hook, wish) === undefined);
  const done: string[] = [];
  if (right === undefined) {
    if (!dryRun) await gitlab.addSystemHook(wish);
    done.push(`made the system hook to ${wish.url}`);
  }
  for (const hook of own) {
    if (hook === right) continue;
    if (!dryRun) await gitlab.removeSystemHook(hook.id);
    done.push(`removed system hook ${hook.id}: ${whyWrong(hook, wish) ?? "it was one too many"}`);
  }
  return done;
}
