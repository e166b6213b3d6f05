import { Refusal } from "../../errors.ts";
import type { TokenAnswer } from "../client/answers.ts";
import { isMissing } from "../client/error.ts";
import type { GitLab } from "../client/gitlab.ts";

/**
 * What the token may do, and until when.
 * @returns undefined where GitLab does not tell, as of a token that is no personal access token
 * @throws GitLabError where it was not to be learned now
 */
export async function scopesOf(gitlab: GitLab): Promise<TokenAnswer | undefined> {
  try {
    return await gitlab.tokenScopes();
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/**
 * What GitLab does not tell may be tried.
 * @throws Refusal when the token may surely not set hooks up; GitLabError
 */
export async function requireApi(gitlab: GitLab): Promise<void> {
  const token = await scopesOf(gitlab);
  if (token === undefined || token.scopes.includes("api")) return;
  throw new Refusal(
    "forbidden",
    `gitlab.token has ${token.scopes.join(", ") || "no scope"} and may not set hooks up: make one with the scope api, as an admin. It can be taken back afterwards, if read_api is in another.`,
  );
}
