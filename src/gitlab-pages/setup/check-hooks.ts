import { messageOf } from "../../errors.ts";
import { isMissing } from "../client/error.ts";
import type { GitLab, HookWish } from "../client/gitlab.ts";
import { ok, problem, warning, type Findings, type Found } from "./finding.ts";
import { hookWishFor, projectHooks, type SiteProject } from "./project-hooks.ts";
import { whyWrong, type HookPlace } from "./set-hook.ts";
import { systemHooks, systemHookWish, type HookSettings } from "./system-hook.ts";

/** So many projects are asked for their hook. */
const ASKED = 20;
const INSTALL = "Run `tardis-console gitlab install-hooks`.";

/** Whether the system hook to us is there and right. Only where there is a token for hooks. */
export async function checkSystemHook(
  findings: Findings,
  gitlab: GitLab,
  settings: HookSettings,
): Promise<void> {
  const wish = systemHookWish(settings);
  const forbidden = "GitLab shows its system hooks to admins only: see token.";
  await findings.look(
    "system hook",
    async () => {
      const { right, own, why } = await stateOf(systemHooks(gitlab), wish);
      if (own === 0) return { found: problem(`There is none to ${wish.url}. ${INSTALL}`) };
      if (!right) return { found: problem(`It is not right: ${why}. ${INSTALL}`) };
      if (own > 1) return { found: warning(`There are ${own} to ${wish.url}. ${INSTALL}`) };
      return { found: ok(`It is there. ${tokensOf(wish)}`) };
    },
    { forbidden },
  );
}

/** Whether projects with sites have their pipeline hook: some of them are asked. */
export async function checkProjectHooks(
  findings: Findings,
  gitlab: GitLab,
  settings: HookSettings,
  sites: () => Promise<readonly SiteProject[]>,
): Promise<void> {
  const wish = hookWishFor(settings);
  let projects: readonly SiteProject[];
  try {
    projects = await sites();
  } catch (error) {
    const why = messageOf(error);
    findings.add("project hooks", warning(`Which projects have sites is not known: ${why}`));
    return;
  }
  await findings.look("project hooks", async () => {
    const wrong: string[] = [];
    const asked = projects.slice(0, ASKED);
    for (const { project, path } of asked) {
      try {
        const { right, own, why } = await stateOf(projectHooks(gitlab, project), wish);
        if (!right) wrong.push(own === 0 ? `${path} has none` : `${path}: ${why}`);
      } catch (error) {
        // The next sync takes its site off.
        if (!isMissing(error)) throw error;
      }
    }
    return { found: projectsFinding(wrong, asked.length, projects.length) };
  });
}

function projectsFinding(wrong: readonly string[], asked: number, of: number): Found {
  if (of === 0) return ok("No project has a site yet.");
  const all = of === 1 ? "1 project was" : `${of} projects were`;
  const of_ = `${asked < of ? `${asked} of ` : ""}${all} asked`;
  if (wrong.length === 0) return ok(`They are right (${of_}).`);
  const shown = wrong.slice(0, 3).join("; ");
  const more = wrong.length > 3 ? `; and ${wrong.length - 3} more` : "";
  return problem(`${shown}${more} (${of_}). ${INSTALL}`);
}

async function stateOf(
  place: HookPlace,
  wish: HookWish,
): Promise<{ own: number; right: boolean; why: string | undefined }> {
  const own = (await place.list()).filter(({ url }) => url === wish.url);
  const reasons = own.map((hook) => whyWrong(hook, wish));
  return {
    own: own.length,
    right: reasons.includes(undefined),
    why: reasons.find((reason) => reason !== undefined),
  };
}

/** GitLab never shows a token, so whether it is ours only a hook that arrives can tell. */
function tokensOf({ signingToken }: HookWish): string {
  const which = signingToken === null ? "token" : "signingToken";
  return `Was gitlab.hooks.${which} changed since? Then run \`install-hooks --renew\`.`;
}
