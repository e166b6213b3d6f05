import type { Facts, ModuleDoctor } from "../checks/check.ts";
import type { State } from "../domain/state.ts";
import type { Finding } from "./setup/finding.ts";
import type { SiteProject } from "./setup/project-hooks.ts";

/** Somebody waits for the answer: a GitLab that is away is told of soon. */
const TRIES = 2;

/** GitLab: what `gitlab check` says of it. */
export const gitlabDoctor: ModuleDoctor = {
  name: "GitLab",
  off: ({ gitlab }) => (gitlab.enabled ? undefined : "gitlab.enabled is off."),
  systems: ({ gitlab }) => [{ name: "GitLab", url: gitlab.url }],
  hosts: () => [],
  look: async ({ tell, signal }, { config, state, now }) => {
    const { connect } = await import("./client/connect.ts");
    const { checkGitLab } = await import("./setup/check.ts");
    const gitlab = connect(config.gitlab, { tries: TRIES, signal });
    await checkGitLab(gitlab, config, {
      now: now(),
      sites: async () => sitesIn(await state()),
      tell: (finding) => {
        const { what, says } = finding;
        const isWrong = finding.state === "problem";
        tell(what, { state: isWrong ? "wrong" : finding.state, says, facts: factsOf(finding) });
      },
    });
  },
};

/** @throws Error where the state cannot be read */
function sitesIn(state: State | undefined): readonly SiteProject[] {
  if (state === undefined) throw new Error("The store is not read.");
  const byId = new Map([...state.pages.values()].map((page) => [page.project, page.projectPath]));
  return [...byId]
    .map(([project, path]) => ({ project, path }))
    .toSorted((a, b) => a.project - b.project);
}

function factsOf({ what, says }: Finding): Facts {
  const version = /^GitLab (\d[\w.-]*)/.exec(says)?.[1]?.replace(/\.$/, "");
  return what === "version" && version !== undefined ? { version } : {};
}
