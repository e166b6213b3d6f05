import type { Command } from "commander";
import { withoutControls } from "../domain/names.ts";
import { agreed } from "./confirm.ts";
import type { ControlClient, WithControl } from "./control-client.ts";
import { wholeNumber } from "./input.ts";
import { allOf } from "./list.ts";
import { answerOf, CommandError, print, table, type OutputOptions } from "./output.ts";

/** What one module's adoption has of its own. */
interface Kind {
  readonly one: string;
  /** What is listed. */
  readonly candidates: string;
  /** What is known of each beside its name. */
  readonly columns: readonly (readonly [title: string, key: string])[];
  /** Whether an admin says how much it may hold. */
  readonly hasGigabytes: boolean;
}

const KINDS = {
  buckets: {
    one: "bucket",
    candidates: "list what is at the storage and not the console's, to be taken over",
    columns: [
      ["BYTES", "bytes"],
      ["OBJECTS", "objects"],
      ["MADE", "createdAt"],
    ],
    hasGigabytes: true,
  },
  databases: {
    one: "database",
    candidates: "list what is at the server and not the console's, as far as its account sees it",
    columns: [
      ["BYTES", "bytes"],
      ["TABLES", "tables"],
    ],
    hasGigabytes: false,
  },
  namespaces: {
    one: "namespace",
    candidates: "list what the cluster's admin has labelled to be taken over",
    columns: [["MADE", "createdAt"]],
    hasGigabytes: false,
  },
} as const satisfies Readonly<Record<string, Kind>>;

interface Found {
  readonly name: string;
  readonly [key: string]: string | number;
}

interface Preview {
  readonly result: {
    readonly name: string;
    readonly seen: string;
    readonly steps?: readonly string[];
    readonly notes?: readonly string[];
    readonly publicRead?: boolean;
    readonly expireDays?: number | null;
    readonly gigabytes?: number;
  };
}

interface ThingAnswer {
  readonly id: string;
  readonly name: string;
  readonly ownerName: string | null;
  readonly standing: { readonly state: string; readonly why: string | null };
}

interface AdoptOptions extends OutputOptions {
  readonly owner: string;
  readonly gigabytes?: number;
  readonly seen?: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

/** `adoptable` and `adopt`, below a module's command: takes over what was there before the console. */
export function addAdoption(
  parent: Command,
  withControl: WithControl,
  module: keyof typeof KINDS,
): void {
  const kind: Kind = KINDS[module];
  const path = `/api/v1/${module}`;
  parent
    .command("adoptable")
    .description(kind.candidates)
    .option("--json", "print JSON")
    .action(async (options: OutputOptions, command: Command) => {
      await withControl(command, async (control) => {
        const items = await allOf<Found>(control, `${path}/adoptable`);
        print(options, items, () =>
          table(
            ["NAME", ...kind.columns.map(([title]) => title)],
            items.map((item) =>
              ["name", ...kind.columns.map(([, key]) => key)].map((key) =>
                withoutControls(String(item[key] ?? "")),
              ),
            ),
          ),
        );
      });
    });
  const adopt = parent
    .command("adopt")
    .description(`take over a ${kind.one} that was there before; shows first what that does`)
    .argument("<name>", "what it is called there; it stays so")
    .requiredOption("--owner <name>", "whose it is to be: a person or a group, by name or id");
  if (kind.hasGigabytes) {
    const keeps = "what it may hold, about; without it, the limit that it has, or the usual one";
    adopt.option("--gigabytes <number>", keeps, wholeNumber);
  }
  adopt
    .option("--dry-run", "only show what it would do")
    .option("--seen <text>", "refuse if a dry run with this `seen` would show something else now")
    .option("--yes", "do it without asking")
    .option("--json", "print JSON")
    .action(async (name: string, options: AdoptOptions, command: Command) => {
      await withControl(command, (control) => adoptThing(control, path, name, options));
    });
}

async function adoptThing(
  control: ControlClient,
  path: string,
  name: string,
  options: AdoptOptions,
): Promise<void> {
  const { owner, gigabytes, dryRun, yes } = options;
  let { seen } = options;
  const ask = (query: string) =>
    control.request(
      "POST",
      `${path}/adopt${query}`,
      JSON.stringify({ name, owner, gigabytes, seen }),
    );
  if (dryRun === true || yes !== true) {
    const preview = await answerOf<Preview>(await ask("?dryRun=true"));
    print(options, preview, () => previewLines(preview, owner));
    if (dryRun === true) return;
    // Two values would be no JSON any more.
    const answer = options.json === true ? undefined : await agreed("Take it over?");
    if (answer === undefined)
      throw new CommandError("Nothing was changed: say --yes to take it over.", 2);
    if (!answer) throw new CommandError("Nothing was changed.");
    ({ seen } = preview.result);
  }
  const { id } = await answerOf<{ id: string }>(await ask(""));
  const thing = await answerOf<ThingAnswer>(await control.request("GET", `${path}/${id}`));
  const { state, why } = thing.standing;
  const standing = why === null ? state : `${state}. ${why}`;
  print(options, thing, () => `${thing.name} (${id}) is ${thing.ownerName}'s now: ${standing}`);
}

function previewLines({ result }: Preview, owner: string): string[] {
  const { name, steps = [], notes = [], publicRead, expireDays, gigabytes } = result;
  const end =
    expireDays === null ? "never by themselves" : `${expireDays} days after they were put in`;
  return [
    `${name} would be ${owner}'s.`,
    ...(publicRead === undefined ? [] : [`  read by: ${publicRead ? "everyone" : "keys alone"}`]),
    ...(expireDays === undefined ? [] : [`  objects are deleted: ${end}`]),
    ...(gigabytes === undefined ? [] : [`  may hold: ${gigabytes} GB`]),
    ...(steps.length === 0 ? ["What is in it stays as it is."] : ["The console will have"]),
    ...indented(steps),
    ...(notes.length === 0 ? [] : ["What to know of it:"]),
    ...indented(notes),
  ];
}

/** What other systems call theirs may hold what a terminal obeys. */
function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${withoutControls(line)}`);
}
