import { type Config, loadConfig } from "../../../src/config.ts";
import { checkGitLab, type CheckOptions } from "../../../src/gitlab-pages/setup/check.ts";
import { connect } from "../../../src/gitlab-pages/client/connect.ts";
import {
  type HookDone,
  installHooks,
  type InstallOptions,
} from "../../../src/gitlab-pages/setup/install.ts";
import type { ApiOptions } from "../../support/gitlab/api.ts";
import { replaced } from "../../support/gitlab/faults.ts";
import { GitLab } from "../../support/gitlab/gitlab.ts";
import type { InstanceOptions } from "../../support/gitlab/instance.ts";
import { GitLabWorld } from "../../support/gitlab/world.ts";

export const GITLAB_URL = "https://gitlab.example";
export const HOOK_URL = "https://console.example/hooks/gitlab";
export const HOOK_TOKEN = "0123456789abcdef";
export const SIGNING_TOKEN = "whsec_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";
/** The day of the stand-in's clock. */
export const TODAY = new Date("2026-01-05T18:00:00.000Z");

export interface StageOptions extends Pick<InstanceOptions, "version" | "adminMode"> {
  readonly scopes?: readonly string[];
  readonly isAdmin?: boolean;
  readonly expiresAt?: Date;
  readonly api?: ApiOptions;
  readonly env?: Readonly<Record<string, string>>;
}

/** A console's settings, a GitLab without sockets, and the client between them. */
export function stage(options: StageOptions = {}) {
  const { scopes = ["api"], isAdmin = true, expiresAt, env = {}, api = {}, ...instance } = options;
  const world = new GitLabWorld({ url: GITLAB_URL, zone: "tardis.test", ...instance });
  const root = world.createUser("root", { isAdmin });
  const token = world.createToken(root, scopes, expiresAt);
  const gitlab = new GitLab(world, api);
  const config = loadConfig({
    env: {
      TARDIS_ZONE: "tardis.test",
      TARDIS_PUBLICURL: "https://console.example",
      TARDIS_PAGES__ENABLED: "true",
      TARDIS_GITLAB__ENABLED: "true",
      TARDIS_GITLAB__URL: GITLAB_URL,
      TARDIS_GITLAB__TOKEN: token,
      TARDIS_GITLAB__HOOKS__TOKEN: HOOK_TOKEN,
      ...env,
    },
  });
  const client = connect(config.gitlab, { send: gitlab.send, tries: 1 });
  return {
    world,
    root,
    gitlab,
    config,
    client,
    /** What the check finds, as `what: state`, without what is right. */
    wrong: async (options: CheckOptions = {}) =>
      (await check(config, client, options))
        .filter(({ state }) => state !== "ok")
        .map(({ what, state }) => `${what}: ${state}`),
    /** What the check says of one thing, with its state. */
    said: async (what: string, options: CheckOptions = {}) => {
      const found = await check(config, client, options);
      const one = found.find((finding) => finding.what === what);
      return one === undefined ? undefined : `${one.state}: ${one.says}`;
    },
    /** Sets hooks up. @returns what was done */
    install: async (options: InstallOptions = {}) => {
      const done: HookDone[] = [];
      await installHooks(client, config, (one) => done.push(one), options);
      return done.map(({ says }) => says);
    },
    /** Ids of the system hooks to us. */
    own: () => world.systemHooks.filter(({ url }) => url === HOOK_URL).map(({ id }) => id),
    /** Requests that change something, from the last time on. */
    changes: () => {
      const changing = gitlab.log.filter(({ method }) => method !== "GET");
      const lines = changing.map(({ method, path }) => `${method} ${path.replace("/api/v4", "")}`);
      gitlab.forget();
      return lines;
    },
    /** Has GitLab tell more of each hook than this stand-in knows. */
    hooksAlsoSay: (more: object) =>
      gitlab.faults.add(
        { path: /\/hooks(?:\?|$)/ },
        replaced((body) =>
          Array.isArray(body)
            ? body.map((hook: object) => ({ ...hook, ...more }))
            : { ...(body as object), ...more },
        ),
      ),
  };
}

export type Stage = ReturnType<typeof stage>;

function check(config: Config, client: Stage["client"], options: CheckOptions) {
  return checkGitLab(client, config, { now: TODAY, ...options });
}
