import type { Config } from "../../config.ts";
import type { GitLab, HookWish } from "../client/gitlab.ts";
import { HOOK_PATH } from "../hooks/receive.ts";
import type { HookPlace } from "./set-hook.ts";

/** What hooks depend on. */
export type HookSettings = Pick<Config, "publicUrl" | "gitlab">;

/** The system hook as it should be. Projects, users and groups are told of without being asked for. */
export function systemHookWish(settings: HookSettings): HookWish {
  const events = { pushEvents: true, tagPushEvents: false, repositoryUpdateEvents: true };
  return { ...ourHook(settings), events };
}

/** Address and tokens of every hook of ours. */
export function ourHook({ publicUrl, gitlab }: HookSettings): Omit<HookWish, "events"> {
  const { token, signingToken } = gitlab.hooks;
  return { url: publicUrl + HOOK_PATH, token, signingToken };
}

export function systemHooks(gitlab: GitLab): HookPlace {
  return {
    list: () => gitlab.systemHooks(),
    add: (wish) => gitlab.addSystemHook(wish),
    remove: (id) => gitlab.removeSystemHook(id),
  };
}
