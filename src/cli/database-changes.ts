import type { Command } from "commander";
import type { ControlClient, WithControl } from "./control-client.ts";
import { allOf } from "./list.ts";
import { answerOf, CommandError, print, type OutputOptions } from "./output.ts";

interface Standing {
  readonly state: string;
  readonly why: string | null;
}
interface MadeDatabase {
  readonly id: string;
  readonly name: string;
  readonly deletingUntil: string | null;
  readonly standing: Standing;
}
interface MadeAccount {
  readonly id: string;
  readonly name: string;
  readonly password: string;
  readonly standing: Standing;
  readonly snippets: { readonly mysql: string };
}

/** What changes databases and accounts, below `databases`. */
export function addDatabaseChanges(databases: Command, withControl: WithControl): void {
  databases
    .command("create")
    .description("make a database")
    .argument("<owner>", "a person or a group, by name or id")
    .argument("<name>", "without the prefix and the owner's name")
    .option("--json", "print JSON")
    .action(async (owner: string, name: string, options: OutputOptions, command: Command) => {
      await withControl(command, async (control) => {
        const body = JSON.stringify({ owner, name });
        const made = await answerOf<MadeDatabase>(
          await control.request("POST", "/api/v1/databases", body),
        );
        print(options, made, () => `${made.name}: ${said(made.standing)}`);
      });
    });
  databases
    .command("delete")
    .description("take a database out of use; it is deleted with all that is in it after some days")
    .argument("<name>", "its whole name")
    .option("--json", "print JSON")
    .action(async (name: string, options: OutputOptions, command: Command) => {
      await withControl(command, async (control) => {
        const id = await idOf(control, "/api/v1/databases", name);
        const query = `?name=${encodeURIComponent(name)}`;
        const gone = await answerOf<MadeDatabase>(
          await control.request("DELETE", `/api/v1/databases/${id}${query}`),
        );
        print(
          options,
          gone,
          () => `${gone.name} is out of use, and is deleted after ${gone.deletingUntil}.`,
        );
      });
    });
  databases
    .command("restore")
    .description("undo a database's deletion, while there is time")
    .argument("<name>", "its whole name")
    .option("--owner <name>", "give it to another owner")
    .option("--json", "print JSON")
    .action(async (name: string, options: OutputOptions & { owner?: string }, command: Command) => {
      await withControl(command, async (control) => {
        const id = await idOf(control, "/api/v1/databases", name);
        const body = JSON.stringify({ owner: options.owner });
        const back = await answerOf<MadeDatabase>(
          await control.request("POST", `/api/v1/databases/${id}/restore`, body),
        );
        print(options, back, () => `${back.name}: ${said(back.standing)}`);
      });
    });
  addAccounts(databases, withControl);
}

function addAccounts(databases: Command, withControl: WithControl): void {
  const account = databases.command("account").description("make accounts, and end them");
  account
    .command("create")
    .description("make an account; its password is shown once")
    .argument("<owner>", "a person or a group, by name or id")
    .argument("<name>", "without the prefix and the owner's name")
    .option("--read-only", "it may read and not write")
    .option("--database <name...>", "what it is for; without it, all of the owner's")
    .option("--json", "print JSON")
    .action(
      async (
        owner: string,
        name: string,
        options: OutputOptions & { readOnly?: boolean; database?: string[] },
        command: Command,
      ) => {
        await withControl(command, async (control) => {
          const access = options.readOnly === true ? "read" : "write";
          const body = JSON.stringify({ owner, name, access, databases: options.database ?? null });
          const made = await answerOf<MadeAccount>(
            await control.request("POST", "/api/v1/database-accounts", body),
          );
          print(options, made, () => shown(made));
        });
      },
    );
  account
    .command("rotate")
    .description("set another password, shown once; the one before ends at once")
    .argument("<name>", "its whole name")
    .option("--json", "print JSON")
    .action(async (name: string, options: OutputOptions, command: Command) => {
      await withControl(command, async (control) => {
        const id = await idOf(control, "/api/v1/database-accounts", name);
        const made = await answerOf<MadeAccount>(
          await control.request("POST", `/api/v1/database-accounts/${id}/rotate`),
        );
        print(options, made, () => shown(made));
      });
    });
  account
    .command("delete")
    .description("end an account, with all that is open of it")
    .argument("<name>", "its whole name")
    .action(async (name: string, _options: object, command: Command) => {
      await withControl(command, async (control) => {
        const id = await idOf(control, "/api/v1/database-accounts", name);
        const response = await control.request("DELETE", `/api/v1/database-accounts/${id}`);
        if (response.status >= 300) await answerOf(response);
        process.stdout.write(`${name} was ended.\n`);
      });
    });
}

function shown({ name, password, snippets, standing }: MadeAccount): string[] {
  return [
    password,
    `(the password of ${name}, not shown again; ${said(standing)})`,
    snippets.mysql,
  ];
}

function said({ state, why }: Standing): string {
  return why === null ? state : `${state}. ${why}`;
}

/** @throws CommandError when there is none */
async function idOf(control: ControlClient, path: string, name: string): Promise<string> {
  const items = await allOf<{ id: string; name: string }>(control, path, {});
  const found = items.find((item) => item.name === name || item.id === name);
  if (found === undefined) throw new CommandError(`There is no "${name}".`, 1);
  return found.id;
}
