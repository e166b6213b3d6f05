import type { Command } from "commander";
import type { Config } from "../config.ts";
import type { HookDone } from "../gitlab-pages/setup/install.ts";
import type { SiteProject } from "../gitlab-pages/setup/project-hooks.ts";
import { openControl } from "./control-client.ts";
import { allOf } from "./list.ts";
import { CommandError, print, progress, table, type OutputOptions } from "./output.ts";

interface InstallOptions extends OutputOptions {
  readonly dryRun?: boolean;
  readonly projects?: boolean;
  readonly remove?: boolean;
  readonly renew?: boolean;
}

/** `gitlab`: whether the connection with GitLab is right, and its hooks. */
export function addGitLabCommands(program: Command, configOf: (command: Command) => Config): void {
  const gitlab = program.command("gitlab").description("check the connection with GitLab");
  gitlab
    .command("check")
    .description("say whether address, token, rights and hooks are right; ends with 1 if not")
    .option("--json", "print JSON")
    .action((options: OutputOptions, command: Command) => check(configOf(command), options));
  gitlab
    .command("install-hooks")
    .description("set GitLab's hooks up, so that changes are seen at once")
    .option("--projects", "a pipeline hook on each project with a site, too")
    .option("--renew", "make them anew, as after a change of their token")
    .option("--remove", "take them away")
    .option("--dry-run", "only say what would be done")
    .option("--json", "print JSON")
    .action((options: InstallOptions, command: Command) => install(configOf(command), options));
}

/** Somebody waits for the answer: a GitLab that is away is told of soon. */
const TRIES = 2;

async function check(config: Config, options: OutputOptions): Promise<void> {
  const { connect } = await import("../gitlab-pages/client/connect.ts");
  const { checkGitLab } = await import("../gitlab-pages/setup/check.ts");
  const gitlab = connect(config.gitlab, { tries: TRIES });
  const found = await checkGitLab(gitlab, config, { sites: () => projectsWithSites(config) });
  print(options, found, () =>
    table(
      ["STATE", "WHAT", ""],
      found.map(({ what, state, says }) => [state, what, says]),
    ),
  );
  const problems = found.filter(({ state }) => state === "problem").length;
  if (problems > 0)
    throw new CommandError(`${problems} ${problems === 1 ? "problem" : "problems"}`);
}

async function install(config: Config, options: InstallOptions): Promise<void> {
  if (!config.gitlab.enabled) {
    throw new CommandError("gitlab.enabled is off: set it, gitlab.url and gitlab.token first.");
  }
  const { connect } = await import("../gitlab-pages/client/connect.ts");
  const { installHooks } = await import("../gitlab-pages/setup/install.ts");
  const withProjects = options.projects === true || config.gitlab.hooks.projects;
  const projects = withProjects ? await projectsWithSites(config) : undefined;
  const done: HookDone[] = [];
  const tell = () => print(options, done, () => done.map(({ says }) => says));
  try {
    await installHooks(connect(config.gitlab), config, (one) => done.push(one), {
      ...options,
      projects,
      progress: process.stderr.isTTY ? progress("projects", options) : undefined,
    });
  } catch (error) {
    // What ends it half-way does not undo what was done.
    if (done.length > 0) tell();
    throw error;
  }
  if (done.length > 0 || options.json === true) tell();
  else print(options, done, () => nothing(projects));
  const failed = done.filter(({ did }) => did === "failed").length;
  if (failed > 0) throw new CommandError(`${failed} ${failed === 1 ? "hook" : "hooks"} failed`);
}

function nothing(projects: readonly SiteProject[] | undefined): string {
  if (projects === undefined) return "Nothing to do for the system hook.";
  const { length } = projects;
  return `Nothing to do for the system hook and those of ${length} ${length === 1 ? "project" : "projects"}.`;
}

/** The projects that have sites, as the console knows them, each once. */
async function projectsWithSites(config: Config): Promise<SiteProject[]> {
  const control = await openControl(config);
  try {
    const pages = await allOf<{ project: number; projectPath: string }>(control, "/api/v1/pages");
    const byId = new Map(pages.map(({ project, projectPath }) => [project, projectPath]));
    return [...byId]
      .map(([project, path]) => ({ project, path }))
      .toSorted((a, b) => a.project - b.project);
  } finally {
    await control.close();
  }
}
