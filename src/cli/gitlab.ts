import type { Command } from "commander";
import type { Config } from "../config.ts";
import { CommandError, print, table, type OutputOptions } from "./output.ts";

/** `gitlab`: whether the connection with GitLab is right, and its hooks. */
export function addGitLabCommands(program: Command, configOf: (command: Command) => Config): void {
  const gitlab = program.command("gitlab").description("check the connection with GitLab");
  gitlab
    .command("check")
    .description("say whether address, token, rights and hooks are right; ends with 1 if not")
    .option("--json", "print JSON")
    .action(async (options: OutputOptions, command: Command) => {
      const config = enabled(configOf(command));
      const { connect } = await import("../gitlab-pages/setup/connect.ts");
      const { checkGitLab } = await import("../gitlab-pages/setup/check.ts");
      const found = await checkGitLab(connect(config.gitlab), config);
      print(options, found, () =>
        table(
          ["WHAT", "STATE", ""],
          found.map(({ what, state, says }) => [what, state, says]),
        ),
      );
      const problems = found.filter(({ state }) => state === "problem").length;
      if (problems > 0)
        throw new CommandError(`${problems} ${problems === 1 ? "problem" : "problems"}`);
    });
  gitlab
    .command("install-hooks")
    .description("set GitLab's system hook up, so that changes are seen at once")
    .option("--dry-run", "only say what would be done")
    .option("--json", "print JSON")
    .action(async (options: OutputOptions & { dryRun?: boolean }, command: Command) => {
      const config = enabled(configOf(command));
      const { connect } = await import("../gitlab-pages/setup/connect.ts");
      const { installSystemHook } = await import("../gitlab-pages/setup/system-hook.ts");
      const dry = options.dryRun === true;
      const done = await installSystemHook(connect(config.gitlab), config, dry);
      print(options, done, () => {
        if (done.length === 0) return "Nothing to do: the system hook is right.";
        return done.map((line) => (dry ? `would have ${line}` : line));
      });
    });
}

function enabled(config: Config): Config {
  if (config.gitlab.enabled) return config;
  throw new CommandError("gitlab.enabled is off: set it, gitlab.url and gitlab.token first.");
}
