import { open } from "node:fs/promises";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import type { Command } from "commander";
import type { ImportLine, RecoverChoice, RecoverPreview } from "../control.ts";
import type { TableChange } from "../traefik/compare.ts";
import type { WithControl } from "./control-client.ts";
import { readText } from "./input.ts";
import { messageOf } from "../errors.ts";
import { answerOf, CommandError, print, progress } from "./output.ts";
import type { OutputOptions } from "./output.ts";

/** `export`, `import` and `recover`: whole states. */
export function addTransferCommands(program: Command, withControl: WithControl): void {
  program
    .command("export")
    .description("write the whole state as one file (it holds hashes of tokens: keep it private)")
    .option("-o, --output <file>", "write there, readable by you alone, instead of standard output")
    .option("--json", "print what was written as JSON (with --output)")
    .action(async (options: OutputOptions & { output?: string }, command: Command) => {
      await withControl(command, async (control) => {
        const response = await control.request("GET", "/control/export");
        if (!response.ok) await answerOf(response);
        const text = await response.text();
        if (options.output === undefined) {
          process.stdout.write(text);
          return;
        }
        await writePrivately(options.output, text);
        print(
          options,
          { file: options.output, bytes: Buffer.byteLength(text) },
          () => `The state is in ${options.output}.`,
        );
      });
    });

  program
    .command("import")
    .description("replace the whole state by a file's, all of it or nothing")
    .argument("<file>", "an export, or - for standard input")
    .option("--merge", "put what the file holds over the present state instead")
    .option("--dry-run", "only check the file and say what would come of it")
    .option("--json", "print JSON")
    .action(
      async (
        file: string,
        options: OutputOptions & { merge?: boolean; dryRun?: boolean },
        command: Command,
      ) => {
        const text = await readText(file);
        await withControl(command, async (control) => {
          const query = new URLSearchParams({
            merge: String(options.merge ?? false),
            dryRun: String(options.dryRun ?? false),
          });
          const response = await control.request(
            "POST",
            `/control/import?${query.toString()}`,
            text,
          );
          if (!response.ok) await answerOf(response);
          await followImport(response, options);
        });
      },
    );

  program
    .command("recover")
    .description(
      "decide what is true after the store was damaged; without an option, show what there is",
    )
    .option("--accept", "take what the store gives")
    .option("--from-memory", "take what the running server knew last")
    .option("--from-export <file>", "take an export")
    .option("--dry-run", "only show what each would change")
    .option("--json", "print JSON")
    .action(async (options: OutputOptions & RecoverOptions, command: Command) => {
      const choice = await choiceOf(options);
      await withControl(command, async (control) => {
        if (choice === undefined || options.dryRun === true) {
          const text = choice?.kind === "export" ? choice.text : "";
          const preview = await answerOf<RecoverPreview>(
            await control.request("POST", "/control/recover/preview", text),
          );
          print(options, preview, () => describe(preview));
          return;
        }
        const done = await answerOf<{ revision: number }>(
          await control.request("POST", "/control/recover", JSON.stringify(choice)),
        );
        print(
          options,
          done,
          () => `The state stands at revision ${done.revision}; changes are taken again.`,
        );
      });
    });
}

interface RecoverOptions {
  readonly accept?: boolean;
  readonly fromMemory?: boolean;
  readonly fromExport?: string;
  readonly dryRun?: boolean;
}

/** @throws CommandError when more than one is given, or the file cannot be read */
async function choiceOf(options: RecoverOptions): Promise<RecoverChoice | undefined> {
  const { accept, fromMemory, fromExport } = options;
  if ([accept === true, fromMemory === true, fromExport !== undefined].filter(Boolean).length > 1) {
    throw new CommandError("give one of --accept, --from-memory and --from-export", 2);
  }
  if (accept === true) return { kind: "accept" };
  if (fromMemory === true) return { kind: "memory" };
  if (fromExport === undefined) return undefined;
  return { kind: "export", text: await readText(fromExport) };
}

function describe(preview: RecoverPreview): string[] {
  if (preview.fault === null)
    return [
      `The store is sound, at revision ${preview.store?.revision ?? 0}. There is nothing to recover.`,
    ];
  return [
    `What is wrong: ${preview.fault}`,
    ...preview.problems.map((problem) => `  - ${problem}`),
    preview.store === null
      ? "The store gives nothing."
      : `The store gives ${preview.store.records} records, of revision ${preview.store.revision}.`,
    preview.memory === null
      ? "There is no state in memory."
      : `The server has ${preview.memory.records} records in memory, of revision ${preview.memory.revision}.`,
    preview.lastGood === null
      ? "There is no last good document."
      : `The last good document is of revision ${preview.lastGood.revision}; it is served meanwhile.`,
    "",
    "recover --accept            takes what the store gives; a damaged folder is kept beside it",
    ...changeLines(preview.accept),
    ...(preview.memory === null
      ? []
      : [
          "recover --from-memory       takes what this server knew last",
          "    routes stay as they are",
        ]),
    "recover --from-export FILE  takes an export",
    ...changeLines(preview.fromExport),
  ];
}

/** What a choice would route differently, below its line. */
function changeLines(change: TableChange | null): string[] {
  if (change === null) return [];
  const { added, removed, changed, examples } = change;
  const more = added + removed + changed - examples.length;
  return [
    `    routes: ${added} more, ${removed} fewer, ${changed} different`,
    ...examples.map((line) => `      ${line}`),
    ...(more > 0 ? [`      and ${more} more`] : []),
  ];
}

/**
 * Writes a file that this user alone may read, also where a file was before.
 * @throws CommandError
 */
async function writePrivately(path: string, text: string): Promise<void> {
  try {
    const file = await open(path, "w", 0o600);
    try {
      if ((await file.stat()).isFile()) await file.chmod(0o600);
      await file.writeFile(text);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new CommandError(`${path} cannot be written: ${messageOf(error)}`);
  }
}

/** Reads an import's lines as they come, so that its progress is seen. */
async function followImport(
  response: Response,
  options: OutputOptions & { dryRun?: boolean },
): Promise<void> {
  const show = progress("staged", options);
  const lines = createInterface({ input: Readable.fromWeb(response.body as never) });
  for await (const text of lines) {
    const line = JSON.parse(text) as ImportLine;
    if ("staged" in line) show(line.staged, line.of);
    else if ("error" in line) {
      throw new CommandError(
        [line.error, ...(line.problems ?? []).map((problem) => `  ${problem}`)].join("\n"),
        1,
        line,
      );
    } else {
      const counts = Object.entries(line.counts)
        .map(([section, count]) => `${count} ${section}`)
        .join(", ");
      const verb =
        options.dryRun === true
          ? "would be imported; nothing was changed"
          : `imported; the state is at revision ${line.revision}`;
      print(options, line, () => [
        `${counts}: ${verb}.`,
        ...line.setAside.map((entry) => `  not routed: ${entry}`),
      ]);
      return;
    }
  }
  throw new CommandError("the import ended without an answer; look at the server's log");
}
