import type { Command } from "commander";
import type { ControlClient, WithControl } from "./control-client.ts";
import { answerOf, CommandError, print, table, type OutputOptions } from "./output.ts";

type Kind = "person" | "group";

interface PartAnswer {
  readonly kind: string;
  readonly name: string;
  readonly state: string;
  readonly why: string | null;
}

interface OwnerAnswer {
  readonly id: string;
  readonly membershipEndsAt: string | null;
  readonly parts?: readonly PartAnswer[];
}

interface RemovalPreview {
  readonly routes: { readonly removed: readonly { readonly url: string }[] };
}

const PARTS: Readonly<Record<string, string>> = { bucket: "bucket", bucketKey: "key to buckets" };

/** `person` and `group`: what an operator does with owners, through the API. */
export function addOwnerCommands(program: Command, withControl: WithControl): void {
  const person = program
    .command("person")
    .alias("persons")
    .description("add, renew, suspend, resume and remove persons");
  addPerson(person, withControl);
  addForBoth(person, withControl, "person");
  const group = program
    .command("group")
    .alias("groups")
    .description("add, renew, suspend, resume and remove groups");
  addGroup(group, withControl);
  addForBoth(group, withControl, "group");
}

function addPerson(person: Command, withControl: WithControl): void {
  person
    .command("add")
    .description("add a person, with the host of their name")
    .argument("<username>", "their name, and the first label of their host")
    .option("--display-name <text>", "their name for people")
    .option("--email <address>")
    .option("--json", "print JSON")
    .action(
      async (
        username: string,
        options: OutputOptions & { displayName?: string; email?: string },
        command: Command,
      ) => {
        await withControl(command, async (control) => {
          const { displayName, email } = options;
          const body = JSON.stringify({ username, displayName, email });
          const made = await answerOf<OwnerAnswer>(
            await control.request("POST", "/api/v1/persons", body),
          );
          print(options, made, () => `${username} was added (${made.id}).`);
        });
      },
    );
}

function addGroup(group: Command, withControl: WithControl): void {
  group
    .command("add")
    .description("add a group, with the host of its name")
    .argument("<name>", "its name, and the first label of its host")
    .option("--display-name <text>", "its name for people")
    .option("--manager <name...>", "persons who manage it, by name or id")
    .option("--json", "print JSON")
    .action(
      async (
        name: string,
        options: OutputOptions & { displayName?: string; manager?: string[] },
        command: Command,
      ) => {
        await withControl(command, async (control) => {
          const { displayName, manager = [] } = options;
          const body = JSON.stringify({ name, displayName, managers: manager });
          const made = await answerOf<OwnerAnswer>(
            await control.request("POST", "/api/v1/groups", body),
          );
          print(options, made, () => `${name} was added (${made.id}).`);
        });
      },
    );
}

/** What is done with persons and groups alike. */
function addForBoth(parent: Command, withControl: WithControl, kind: Kind): void {
  const pathOf = (name: string) => `/api/v1/${kind}s/${encodeURIComponent(name)}`;
  const argument = `a ${kind}, by name or id`;
  parent
    .command("renew")
    .description("add a term to a membership that ends soon or has ended")
    .argument("<name>", argument)
    .option("--json", "print JSON")
    .action(async (name: string, options: OutputOptions, command: Command) => {
      await withControl(command, async (control) => {
        const renewed = await answerOf<OwnerAnswer>(
          await control.request("POST", `${pathOf(name)}/renew`),
        );
        const end = renewed.membershipEndsAt?.slice(0, 10);
        print(options, renewed, () => `${name} is a member until ${end}.`);
      });
    });
  parent
    .command("suspend")
    .description("block their hosts, tokens, sessions and what they have in other systems, at once")
    .argument("<name>", argument)
    .requiredOption("--reason <text>", "why; they and other admins read it, visitors do not")
    .option("--json", "print JSON")
    .action(async (name: string, options: OutputOptions & { reason: string }, command: Command) => {
      await withControl(command, async (control) => {
        const body = JSON.stringify({ reason: options.reason });
        const done = await answerOf<OwnerAnswer>(
          await control.request("POST", `${pathOf(name)}/suspend`, body),
        );
        print(options, done, () => [`${name} is suspended.`, ...partLines(done)]);
      });
    });
  parent
    .command("resume")
    .description("give back what a suspension blocked")
    .argument("<name>", argument)
    .option("--json", "print JSON")
    .action(async (name: string, options: OutputOptions, command: Command) => {
      await withControl(command, async (control) => {
        const done = await answerOf<OwnerAnswer>(
          await control.request("POST", `${pathOf(name)}/resume`),
        );
        print(options, done, () => [`${name} is not suspended any more.`, ...partLines(done)]);
      });
    });
  parent
    .command("remove")
    .description("remove them for good, with all that is theirs; without --yes, say what would go")
    .argument("<name>", argument)
    .option("--yes", "do it")
    .option("--json", "print JSON")
    .action(async (name: string, options: OutputOptions & { yes?: boolean }, command: Command) => {
      await withControl(command, async (control) => {
        if (options.yes !== true) return wouldRemove(control, pathOf(name), name, options);
        const done = await answerOf<OwnerAnswer>(await control.request("DELETE", pathOf(name)));
        print(options, done, () => [`${name} was removed.`, ...partLines(done)]);
      });
    });
}

async function wouldRemove(
  control: ControlClient,
  path: string,
  name: string,
  options: OutputOptions,
): Promise<void> {
  const dry = await answerOf<RemovalPreview>(
    await control.request("DELETE", `${path}?dryRun=true`),
  );
  const urls = dry.routes.removed.map(({ url }) => url);
  print(options, dry, () => [
    `${name} would be removed, and with them ${urls.length === 1 ? "1 route" : `${urls.length} routes`}:`,
    ...urls.map((url) => `  ${url}`),
  ]);
  throw new CommandError("Nothing was changed: say --yes to remove them.", 2);
}

/** How what they have in other systems stands after it, a line each. */
function partLines({ parts = [] }: OwnerAnswer): string[] {
  return table(
    [],
    parts.map(({ kind, name, state, why }) => [`  ${PARTS[kind] ?? kind}`, name, state, why ?? ""]),
  ).slice(1);
}
