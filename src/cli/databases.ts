import type { Command } from "commander";
import type { Config } from "../config.ts";
import { consoleGrants, type Product } from "../databases/console-grants.ts";
import { addAdoption } from "./adoption.ts";
import type { WithControl } from "./control-client.ts";
import { allOf } from "./list.ts";
import { answerOf, print, table, type OutputOptions } from "./output.ts";
import { addDatabaseChanges } from "./database-changes.ts";

interface DatabaseAnswer {
  readonly id: string;
  readonly name: string;
  readonly ownerName: string | null;
  readonly standing: { readonly state: string; readonly why: string | null };
  readonly usage: { readonly bytes: number; readonly tables: number } | null;
}

interface StatusAnswer {
  readonly enabled: boolean;
  readonly ok: boolean;
  readonly findings: readonly { readonly ok: boolean; readonly message: string }[];
}

/** `databases`: what an operator asks of members' databases, and does with them, through the API. */
export function addDatabaseCommands(
  program: Command,
  withControl: WithControl,
  configOf: (command: Command) => Config,
): void {
  const databases = program
    .command("databases")
    .description("members' databases, and accounts for them");
  databases
    .command("list")
    .description("list databases, and how they stand")
    .option("--owner <name>", "only this owner's")
    .option("--json", "print JSON")
    .action(async (options: OutputOptions & { owner?: string }, command: Command) => {
      await withControl(command, async (control) => {
        const items = await allOf<DatabaseAnswer>(control, "/api/v1/databases", {
          owner: options.owner,
        });
        print(options, items, () =>
          table(
            ["ID", "NAME", "OWNER", "STATE", "BYTES", "WHY"],
            items.map(({ id, name, ownerName, standing, usage }) => [
              id,
              name,
              ownerName ?? "",
              standing.state,
              usage === null ? "" : String(usage.bytes),
              standing.why ?? "",
            ]),
          ),
        );
      });
    });
  databases
    .command("grants")
    .description("print the SQL that makes the console's own account, for an admin of the server")
    .option("--mysql", "for MySQL, as Percona XtraDB Cluster is; without it, for MariaDB")
    .option("--also <name...>", "databases outside of the prefix that are to be taken over")
    .action((options: { mysql?: boolean; also?: string[] }, command: Command) => {
      const { user, prefix } = configOf(command).databases;
      const product: Product = options.mysql === true ? "MySQL" : "MariaDB";
      const also = options.also ?? [];
      const lines = consoleGrants({ product, user: user ?? "tardis-console", prefix, also });
      process.stdout.write(`${lines.join("\n")}\n`);
    });
  databases
    .command("check")
    .description("whether the server answers, and what stands wrong; exit code 1 if anything does")
    .option("--json", "print JSON")
    .action(async (options: OutputOptions, command: Command) => {
      await withControl(command, async (control) => {
        const status = await answerOf<StatusAnswer>(
          await control.request("GET", "/api/v1/databases/status"),
        );
        print(options, status, () =>
          status.findings.map(({ ok, message }) => `${ok ? "ok   " : "wrong"} ${message}`),
        );
        if (!status.ok) process.exitCode = 1;
      });
    });
  addDatabaseChanges(databases, withControl);
  addAdoption(databases, withControl, "databases");
}
