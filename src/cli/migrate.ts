import { Option, type Command } from "commander";
import type { Config } from "../config.ts";
import { migrate, type MigrationProgress, type StoreKind } from "../migration.ts";
import { print, progress, type OutputOptions } from "./output.ts";

/** `migrate`: the state from one kind of store to the other. */
export function addMigrateCommand(program: Command, configOf: (command: Command) => Config): void {
  program
    .command("migrate")
    .description("move the state and its history from LevelDB to Redis, or back")
    .addOption(
      new Option("--to <store>", "where to; from is the other one")
        .choices(["redis", "leveldb"])
        .makeOptionMandatory(),
    )
    .option("--dry-run", "only read, and say what would be moved")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nBoth places are those of the configuration (data, redis.*), whatever `store` says. End the" +
        "\nconsoles first. The old store stays as it is; set `store` and start them again.",
    )
    .action(
      async (options: OutputOptions & { to: StoreKind; dryRun?: boolean }, command: Command) => {
        const dryRun = options.dryRun ?? false;
        const moved = await migrate(configOf(command), {
          to: options.to,
          dryRun,
          report: (message) => process.stderr.write(`${message}\n`),
          onProgress: showing(options),
        });
        const { revision, records, events, from, to, aside } = moved;
        const what = `${records} records and ${events} events`;
        const places = `from the store ${from} to the one ${to}`;
        print(options, moved, () => [
          dryRun
            ? `${what} would be moved ${places}; nothing was changed.`
            : `${what} were moved ${places}, read back and compared.`,
          ...(aside === null
            ? []
            : [`An earlier copy of the state ${dryRun ? "would be" : "is"} kept as ${aside}.`]),
          ...(dryRun
            ? []
            : [`Set \`store: ${options.to}\` and start: it goes on at revision ${revision}.`]),
        ]);
      },
    );
}

function showing(options: OutputOptions): (progress: MigrationProgress) => void {
  const shows = new Map<MigrationProgress["step"], ReturnType<typeof progress>>();
  return ({ step, done, of }) => {
    const show = shows.get(step) ?? progress(step, options);
    shows.set(step, show);
    show(done, of);
  };
}
