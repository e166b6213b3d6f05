import { describe, expect, it } from "vitest";
import { checkGitLab } from "../../src/gitlab-pages/setup/check.ts";
import { connect } from "../../src/gitlab-pages/setup/connect.ts";
import { installSystemHook } from "../../src/gitlab-pages/setup/system-hook.ts";
import { loadConfig } from "../../src/config.ts";
import { GitLab } from "../support/gitlab/gitlab.ts";
import { GitLabWorld } from "../support/gitlab/world.ts";

const URL = "https://gitlab.example";
const HOOK_URL = "https://console.example/hooks/gitlab";

function stage(options: { scopes?: string[]; isAdmin?: boolean; hookToken?: string | null } = {}) {
  const { scopes = ["api"], isAdmin = true, hookToken = "0123456789abcdef" } = options;
  const world = new GitLabWorld({ url: URL, zone: "tardis.test" });
  const token = world.createToken(world.createUser("someone", { isAdmin }), scopes);
  const gitlab = new GitLab(world);
  const config = loadConfig({
    env: {
      TARDIS_ZONE: "tardis.test",
      TARDIS_PUBLICURL: "https://console.example",
      TARDIS_PAGES__ENABLED: "true",
      TARDIS_GITLAB__ENABLED: "true",
      TARDIS_GITLAB__URL: URL,
      TARDIS_GITLAB__TOKEN: token,
      ...(hookToken === null ? {} : { TARDIS_GITLAB__HOOKS__TOKEN: hookToken }),
    },
  });
  return { world, config, client: connect(config.gitlab, gitlab.fetch) };
}

/** What is not right, by name. */
async function wrong(at: ReturnType<typeof stage>): Promise<string[]> {
  const found = await checkGitLab(at.client, at.config);
  return found.filter(({ state }) => state !== "ok").map(({ what, state }) => `${what}: ${state}`);
}

describe("the check", () => {
  it("finds nothing wrong once the hook is there", async () => {
    const at = stage();
    expect(await wrong(at)).toEqual(["system hook: problem"]);
    expect(await installSystemHook(at.client, at.config, false)).toHaveLength(1);
    expect(await wrong(at)).toEqual([]);
  });

  it("tells of a token that is no admin's, may too little, or is not taken", async () => {
    expect(await wrong(stage({ isAdmin: false }))).toContain("token: problem");
    expect(await wrong(stage({ scopes: ["read_api"] }))).toContain("scopes: warning");
    const at = stage();
    for (const { value } of at.world.tokens.values()) at.world.revokeToken(value);
    expect(await wrong(at)).toContain("token: problem");
  });

  it("tells of hooks that nobody could verify", async () => {
    expect(await wrong(stage({ hookToken: null }))).toEqual(["system hook: warning"]);
  });
});

describe("installing the system hook", () => {
  it("makes it once, leaves others alone, and does nothing when asked again", async () => {
    const at = stage();
    at.world.addSystemHook({ url: "https://other.example/hook" });
    expect(await installSystemHook(at.client, at.config, true)).toHaveLength(1);
    expect(at.world.systemHooks).toHaveLength(1);
    await installSystemHook(at.client, at.config, false);
    expect(at.world.systemHooks.map(({ url }) => url).toSorted()).toEqual([
      HOOK_URL,
      "https://other.example/hook",
    ]);
    expect(await installSystemHook(at.client, at.config, false)).toEqual([]);
  });

  it("replaces one that does not tell of pushes, and one too many", async () => {
    const at = stage();
    at.world.addSystemHook({ url: HOOK_URL, events: { push_events: false } });
    await installSystemHook(at.client, at.config, false);
    const own = at.world.systemHooks.filter(({ url }) => url === HOOK_URL);
    expect(own.map(({ events }) => events["push_events"])).toEqual([true]);
  });

  it("is refused without a token for hooks", async () => {
    const at = stage({ hookToken: null });
    await expect(installSystemHook(at.client, at.config, false)).rejects.toThrow("openssl rand");
    expect(at.world.systemHooks).toHaveLength(0);
  });
});
