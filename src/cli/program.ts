import { readFileSync } from "node:fs";
import { Command } from "commander";
import { startConsole } from "../app.ts";
import { writeBootstrapToken } from "../data-folder.ts";
import { ConfigError, formatProblem, loadConfig, redactConfig, type Config } from "../config.ts";
import { rulesFrom } from "../domain/rules.ts";
import { emptyState } from "../domain/state.ts";
import { newId } from "../store/ledger.ts";
import { render } from "../traefik/render.ts";
import { planImport } from "../transfer/import.ts";
import { version } from "../version.ts";
import { openControl, type ControlClient } from "./control-client.ts";
import { readText } from "./input.ts";
import { messageOf } from "../errors.ts";
import { CommandError, print, type OutputOptions } from "./output.ts";
import { addBucketCommands } from "./buckets.ts";
import { addDoctorCommand } from "./doctor.ts";
import { addDatabaseCommands } from "./databases.ts";
import { addGitLabCommands } from "./gitlab.ts";
import { addMigrateCommand } from "./migrate.ts";
import { addKubernetesCommands, addNamespaceCommands } from "./namespaces.ts";
import { addOwnerCommands } from "./owners.ts";
import { addPagesCommands } from "./pages.ts";
import { addRequestCommands } from "./requests.ts";
import { addResourceCommands } from "./resources.ts";
import { addSignInCommands } from "./sign-in.ts";
import { addTransferCommands } from "./transfer.ts";

const DESCRIPTION = "Self-service console and Traefik configuration provider of a community host.";

/** Every command, with its help. */
export function createProgram(): Command {
  const program = new Command("tardis-console")
    .description(DESCRIPTION)
    .version(version, "-V, --version")
    .option("-c, --config <file>", "the configuration file (or TARDIS_CONFIG)")
    .showHelpAfterError("(--help says more)")
    .exitOverride();
  program
    .command("start", { isDefault: true })
    .description("run the console until it is told to end")
    .allowExcessArguments()
    .action((_options: object, command: Command) => {
      // As the default command it gets every word that is no command.
      const [word] = command.args;
      if (word !== undefined)
        throw new CommandError(`There is no command "${word}"; --help lists them.`, 2);
      return start(configOf(command));
    });
  program
    .command("check-config")
    .description("check the configuration and print it as it is in force")
    .option("--json", "print JSON")
    .action((options: OutputOptions, command: Command) => {
      const config = configOf(command);
      print(options, redactConfig(config), () => [
        `The configuration is right${config.source.file === null ? " (no file; defaults and environment)" : `: ${config.source.file}`}.`,
        ...config.warnings.map((warning) => `warning: ${warning}`),
        JSON.stringify(redactConfig(config), null, 2),
      ]);
    });
  program
    .command("render")
    .description("print the document that Traefik would get for the configuration and an export")
    .argument("[export]", "an export file; without it, the empty state")
    .option("--json", "print what is not routed as well, as JSON")
    .action((file: string | undefined, options: OutputOptions, command: Command) =>
      renderExport(configOf(command), file, options),
    );
  program
    .command("healthcheck")
    .description("end with 0 if a running console is ready, for container health checks")
    .action((_options: object, command: Command) => healthcheck(configOf(command)));
  addDoctorCommand(program, configOf);
  addTransferCommands(program, withControl);
  addMigrateCommand(program, configOf);
  addOwnerCommands(program, withControl);
  addResourceCommands(program, withControl);
  addSignInCommands(program, withControl);
  addGitLabCommands(program, configOf);
  addPagesCommands(program, withControl);
  addRequestCommands(program, withControl);
  addBucketCommands(program, withControl);
  addDatabaseCommands(program, withControl, configOf);
  addNamespaceCommands(program, withControl);
  addKubernetesCommands(program, configOf);
  for (const command of program.commands) inherit(command);
  return program;
}

/** Subcommands throw too instead of ending the process. */
function inherit(command: Command): void {
  command.exitOverride().showHelpAfterError("(--help says more)");
  for (const child of command.commands) inherit(child);
}

function configOf(command: Command): Config {
  const { config } = command.optsWithGlobals<{ config?: string }>();
  return loadConfig({ file: config, env: process.env });
}

async function withControl(
  command: Command,
  run: (control: ControlClient) => Promise<void>,
): Promise<void> {
  const control = await openControl(configOf(command));
  try {
    await run(control);
  } finally {
    await control.close();
  }
}

async function start(config: Config): Promise<void> {
  const running = await startConsole(config, {
    bootstrapToken: bootstrapToken(process.env),
    onBootstrapToken: async (secret) => {
      const lifetime = `It expires in ${config.tokens.bootstrapHours} hours, and ends when another admin token is made.`;
      if (process.stdout.isTTY) {
        process.stdout.write(
          `\nThe first admin token, shown this once:\n\n  ${secret}\n\n${lifetime}\n\n`,
        );
      } else {
        const path = await writeBootstrapToken(config, secret);
        process.stdout.write(`The first admin token is in ${path}. ${lifetime}\n`);
      }
    },
  });
  await new Promise<void>((resolve) => {
    const end = () => {
      // A second signal ends at once.
      for (const signal of ["SIGINT", "SIGTERM"] as const)
        process.once(signal, () => process.exit(130));
      resolve();
    };
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, end);
  });
  await running.close();
}

const BOOTSTRAP_MIN = 16;

/** @throws ConfigError for a secret that is too short, or a file that cannot be read */
function bootstrapToken(env: NodeJS.ProcessEnv): string | undefined {
  const key =
    env["TARDIS_BOOTSTRAP_TOKEN_FILE"] === undefined
      ? "TARDIS_BOOTSTRAP_TOKEN"
      : "TARDIS_BOOTSTRAP_TOKEN_FILE";
  const given = env[key];
  if (given === undefined || given === "") return undefined;
  let secret = given;
  if (key.endsWith("_FILE")) {
    try {
      secret = readFileSync(given, "utf8").trim();
    } catch {
      throw new ConfigError([{ key, message: `${given} cannot be read` }]);
    }
  }
  if (secret.length < BOOTSTRAP_MIN || !/^[!-~]+$/.test(secret)) {
    throw new ConfigError([
      { key, message: `must be at least ${BOOTSTRAP_MIN} printable characters without spaces` },
    ]);
  }
  return secret;
}

async function renderExport(
  config: Config,
  file: string | undefined,
  options: OutputOptions,
): Promise<void> {
  const rules = rulesFrom(config);
  const now = new Date();
  let state = emptyState;
  if (file !== undefined) {
    const plan = planImport(await readText(file), {
      rules,
      now,
      newId: (prefix) => newId(prefix, now),
      merge: false,
      present: emptyState,
    });
    if (plan.problems.length > 0)
      throw new CommandError(
        [`${file} is not a valid export:`, ...plan.problems.map((problem) => `  ${problem}`)].join(
          "\n",
        ),
        1,
        plan.problems,
      );
    state = plan.state;
  }
  const rendered = render(state, { ...config, rules });
  const document = Buffer.concat(rendered.document.json.parts).toString("latin1");
  if (options.json === true) {
    process.stdout.write(
      `{"document":${document},"unrouted":${JSON.stringify(rendered.unrouted)}}\n`,
    );
    return;
  }
  process.stdout.write(`${document}\n`);
  for (const { kind, id, reason } of rendered.unrouted)
    process.stderr.write(`not routed: ${kind} ${id}: ${reason}\n`);
}

async function healthcheck(config: Config): Promise<void> {
  const host =
    config.internal.host === "0.0.0.0"
      ? "127.0.0.1"
      : config.internal.host === "::"
        ? "[::1]"
        : config.internal.host;
  const response = await fetch(`http://${host}:${config.internal.port}/readyz`, {
    signal: AbortSignal.timeout(3000),
  }).catch(() => undefined);
  if (response?.ok !== true)
    throw new CommandError(`the console is not ready (${response?.status ?? "no answer"})`);
}

/** What a failed command prints, and its exit code. */
export function explainFailure(error: unknown): {
  text: string;
  exitCode: number;
  details?: unknown;
} {
  if (error instanceof ConfigError) {
    return {
      text: error.problems.map(formatProblem).join("\n"),
      exitCode: 2,
      details: error.problems,
    };
  }
  if (error instanceof CommandError)
    return { text: error.message, exitCode: error.exitCode, details: error.details };
  return { text: messageOf(error), exitCode: 1 };
}
