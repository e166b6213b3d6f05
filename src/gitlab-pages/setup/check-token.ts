import type { TokenAnswer } from "../client/answers.ts";
import type { GitLab } from "../client/gitlab.ts";
import { ok, problem, warning, type Findings, type Found } from "./finding.ts";
import { scopesOf } from "./scopes.ts";
import { hasPagesApi, signsHooks } from "./version.ts";

const MAKE_ONE =
  "Make one in GitLab as an admin (avatar, Edit profile, Access tokens) with the scopes read_api, or api to set hooks up, and put it into the file that TARDIS_GITLAB__TOKEN_FILE names.";
const DAY_MS = 86_400_000;
const SOON_DAYS = 14;

/**
 * Whether GitLab takes the token, whose it is, what it may do and for how long, and which GitLab it is.
 * @param wantsHooks whether there is a token for hooks
 * @returns the name of the token's user; undefined when GitLab does not take it
 */
export async function checkToken(
  findings: Findings,
  gitlab: GitLab,
  { wantsHooks, wantsSigned, now }: { wantsHooks: boolean; wantsSigned: boolean; now: Date },
): Promise<string | undefined> {
  const asked = scopesOf(gitlab);
  // That they could not be asked for is said where they are spoken of.
  const scopes = await asked.catch(() => undefined);
  const user = await findings.look(
    "token",
    async () => {
      const { username, is_admin: isAdmin } = await gitlab.whoAmI();
      if (isAdmin === true) return { found: ok(`It is ${username}'s, an admin.`), value: username };
      const hint =
        scopes?.scopes.includes("admin_mode") === false
          ? " If they are an admin, GitLab has Admin Mode on: the token needs the scope admin_mode, too."
          : "";
      const says = `It is ${username}'s, who is no admin, so GitLab hides projects from it.${hint} ${MAKE_ONE}`;
      return { found: problem(says), value: username };
    },
    {
      unauthorized: `GitLab does not take it: it is mistyped, expired or taken back. ${MAKE_ONE}`,
      forbidden: `It may not ask who it is. ${MAKE_ONE}`,
    },
  );
  if (user === undefined) return undefined;
  await findings.look("scopes", async () => ({ found: scopesFinding(await asked, wantsHooks) }));
  if (scopes !== undefined) findings.add("expiry", expiryFinding(scopes.expires_at, now));
  await findings.look(
    "version",
    async () => ({ found: versionFinding(await gitlab.version(), wantsSigned) }),
    {
      not_found: "GitLab does not tell it, so it is older than 15.2. Pages need 16.8: upgrade it.",
    },
  );
  return user;
}

function scopesFinding(token: TokenAnswer | undefined, wantsHooks: boolean): Found {
  if (token === undefined) {
    return warning(
      "GitLab does not tell what it may do: is it a personal access token of an admin's, as it should be?",
    );
  }
  const has = `It has ${token.scopes.join(", ") || "none"}.`;
  if (token.scopes.includes("api")) return ok(has);
  if (!token.scopes.includes("read_api")) return problem(`${has} It needs read_api. ${MAKE_ONE}`);
  return wantsHooks
    ? warning(`${has} To set hooks up it needs api: give \`install-hooks\` a token that has it.`)
    : ok(has);
}

function expiryFinding(expiresAt: string | null | undefined, now: Date): Found {
  if (expiresAt == null) return ok("It does not expire.");
  // A token ends when its day begins, at midnight UTC.
  const days = Math.ceil((Date.parse(expiresAt) - now.getTime()) / DAY_MS);
  if (days > SOON_DAYS || Number.isNaN(days)) return ok(`It expires on ${expiresAt}.`);
  return warning(
    `It expires on ${expiresAt}, in ${days} ${days === 1 ? "day" : "days"}. From then on GitLab is not read any more, and sites stay as they are. ${MAKE_ONE}`,
  );
}

function versionFinding(version: string, wantsSigned: boolean): Found {
  if (!hasPagesApi(version)) {
    return problem(`GitLab ${version} has no API for Pages, which came with 16.8. Upgrade it.`);
  }
  if (signsHooks(version)) return ok(`GitLab ${version}.`);
  return wantsSigned
    ? problem(
        `GitLab ${version} does not sign hooks (19.0 and later do), so all of them are refused. Take gitlab.hooks.signingToken out, set gitlab.hooks.token, restart the console, and run \`tardis-console gitlab install-hooks\`.`,
      )
    : ok(`GitLab ${version}. Its hooks cannot be signed, which 19.0 and later can.`);
}
