import { whyUnreachable } from "../../checks/unreachable.ts";
import { GitLabError } from "../client/error.ts";
import type { GitLab } from "../client/gitlab.ts";
import { ok, problem, type Findings } from "./finding.ts";

const NOT_GITLAB =
  "What answers there is not GitLab's API. Is gitlab.url the address that you open GitLab at, with its path if it has one?";

/**
 * Whether GitLab is reached at its address, whatever it says to the token.
 * @returns whether there is somebody to go on with
 */
export async function checkAddress(findings: Findings, gitlab: GitLab): Promise<boolean> {
  const at = `GitLab at ${gitlab.url}`;
  try {
    await gitlab.whoAmI();
    findings.add("address", ok(`${at} answers.`));
    return true;
  } catch (error) {
    if (!(error instanceof GitLabError)) throw error;
    if (error.code === "unauthorized" || error.code === "forbidden") {
      findings.add("address", ok(`${at} answers.`));
      return true;
    }
    findings.add("address", problem(whyNot(error, gitlab.url)));
    return false;
  }
}

/** In words for who has to mend it. */
function whyNot(error: GitLabError, url: string): string {
  const { code, message, reason = "" } = error;
  if (code === "redirected") return `${message} Set gitlab.url to where it really is.`;
  if (code === "invalid" || code === "not_found" || code === "refused") return NOT_GITLAB;
  if (code === "limited") return `${message} If it stays so, raise this user's limits in GitLab.`;
  return (
    whyUnreachable(reason, { name: "GitLab", key: "gitlab.url", url }) ??
    `${message} Is GitLab up (open it in a browser), and is there a firewall between?`
  );
}
