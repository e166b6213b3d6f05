import type { GitLab } from "../client/gitlab.ts";
import { checkAddress } from "./check-address.ts";
import { checkProjectHooks, checkSystemHook } from "./check-hooks.ts";
import { checkReading } from "./check-reading.ts";
import { checkSettings } from "./check-settings.ts";
import { checkToken } from "./check-token.ts";
import { Findings, problem, type Finding } from "./finding.ts";
import type { SiteProject } from "./project-hooks.ts";
import type { HookSettings } from "./system-hook.ts";

export type { Finding } from "./finding.ts";

export interface CheckOptions {
  readonly now?: Date | undefined;
  /** The projects that have sites, as the console knows them. */
  readonly sites?: (() => Promise<readonly SiteProject[]>) | undefined;
  /** Told of each finding as soon as there is one. */
  readonly tell?: ((finding: Finding) => void) | undefined;
}

/**
 * Looks at address, token, rights, what is to be read, and hooks. Changes nothing. What fails keeps
 * nothing else from being looked at, but for what needs it: nothing is asked of a GitLab that is not
 * reached, or that does not take the token.
 */
export async function checkGitLab(
  gitlab: GitLab,
  settings: HookSettings,
  { now = new Date(), sites, tell }: CheckOptions = {},
): Promise<Finding[]> {
  const findings = new Findings(tell);
  const { graphql, hooks, token } = settings.gitlab;
  checkSettings(findings, settings);
  if (token === null) {
    findings.add(
      "token",
      problem(
        "There is none: GitLab shows its projects to an admin's token only. Set TARDIS_GITLAB__TOKEN_FILE.",
      ),
    );
    return findings.all;
  }
  if (!(await checkAddress(findings, gitlab))) return findings.all;
  const wantsHooks = hooks.token !== null || hooks.signingToken !== null;
  const wantsSigned = hooks.signingToken !== null;
  const user = await checkToken(findings, gitlab, { wantsHooks, wantsSigned, now });
  if (user === undefined) return findings.all;
  await checkReading(findings, gitlab, { user, graphql });
  if (!wantsHooks) return findings.all;
  await checkSystemHook(findings, gitlab, settings);
  if (hooks.projects && sites !== undefined) {
    await checkProjectHooks(findings, gitlab, settings, sites);
  }
  return findings.all;
}
