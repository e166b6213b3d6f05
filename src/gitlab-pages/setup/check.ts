import type { Config } from "../../config.ts";
import { GitLabError } from "../client/error.ts";
import type { GitLab } from "../client/gitlab.ts";
import { systemHookWish, whyWrong } from "./system-hook.ts";
import { messageOf } from "../../errors.ts";

/** One thing that was looked at. */
export interface Finding {
  readonly what: string;
  readonly state: "ok" | "warning" | "problem";
  /** What was found and, where it is wrong, what to do. */
  readonly says: string;
}

type Look = () => Promise<Omit<Finding, "what">>;

/**
 * Looks at address, token, rights and hooks. What fails keeps nothing else from being looked at, but
 * for what needs GitLab to be reached. Never throws.
 */
export async function checkGitLab(
  gitlab: GitLab,
  config: Pick<Config, "publicUrl" | "gitlab">,
): Promise<Finding[]> {
  const found: Finding[] = [];
  const look = async (what: string, ask: Look) => {
    try {
      found.push({ what, ...(await ask()) });
    } catch (error) {
      const says = messageOf(error);
      found.push({ what, state: "problem", says });
      return error instanceof GitLabError && ["unavailable", "redirected"].includes(error.code);
    }
    return false;
  };
  const isAway = await look("token", async () => {
    const { username, is_admin: isAdmin } = await gitlab.whoAmI();
    return isAdmin === true
      ? { state: "ok", says: `GitLab at ${gitlab.url} knows it: ${username}, an admin.` }
      : {
          state: "problem",
          says: `It is ${username}'s, who is no admin here. Make it as an admin, with admin_mode where Admin Mode is on.`,
        };
  });
  if (isAway) return found;
  await look("version", async () => versionFinding(await gitlab.version()));
  await look("scopes", async () => {
    const { scopes, expires_at: ends } = await gitlab.tokenScopes();
    const has = `It has ${scopes.join(", ")}${ends == null ? "" : `, until ${ends}`}.`;
    if (scopes.includes("api")) return { state: "ok", says: has };
    if (!scopes.includes("read_api"))
      return { state: "problem", says: `${has} It needs read_api, and api to set hooks up.` };
    return { state: "warning", says: `${has} To set hooks up it needs api.` };
  });
  await look("projects", async () => {
    const projects = await gitlab.projectsAfter(0);
    return {
      state: "ok",
      says: projects === undefined ? "There are none yet." : "They are listed.",
    };
  });
  await look("domains", async () => {
    const { length } = await gitlab.domains();
    return { state: "ok", says: `${length} custom ${length === 1 ? "domain" : "domains"}.` };
  });
  await look("system hook", async () => {
    const wish = systemHookWish(config);
    if (wish.token === null && wish.signingToken === null) {
      return {
        state: "warning",
        says: `There is no token for hooks, so a change takes up to ${config.gitlab.interval} minutes. Set gitlab.hooks.token, then run \`gitlab install-hooks\`.`,
      };
    }
    const own = (await gitlab.systemHooks()).filter(({ url }) => url === wish.url);
    const why = own.map((hook) => whyWrong(hook, wish)).find((one) => one !== undefined);
    if (own.length === 1 && why === undefined) return { state: "ok", says: "It is there." };
    const says =
      own.length === 0 ? "It is not there" : (why ?? `There are ${own.length} to ${wish.url}`);
    return { state: "problem", says: `${says}: run \`tardis-console gitlab install-hooks\`.` };
  });
  return found;
}

function versionFinding(version: string): Omit<Finding, "what"> {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major < 16 || (major === 16 && minor < 8)) {
    return { state: "problem", says: `GitLab ${version} has no API for Pages: it came with 16.8.` };
  }
  const says = `GitLab ${version}.`;
  return major < 19
    ? { state: "ok", says: `${says} Signing tokens for hooks come with 19.0.` }
    : { state: "ok", says };
}
