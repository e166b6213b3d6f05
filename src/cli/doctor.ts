import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import type { Command } from "commander";
import { controlSocket } from "../control-socket.ts";
import { createCore } from "../state-api.ts";
import { Reach } from "../checks/reach.ts";
import { ConfigError, formatProblem, type Config } from "../config.ts";
import type { DoctorLine } from "../control.ts";
import type { Core } from "../core.ts";
import { brokenConfigurationPart } from "../doctor/configuration.ts";
import type { NotAsked } from "../doctor/console.ts";
import { folderFacts } from "../doctor/data-folder.ts";
import { partsOf } from "../doctor/parts.ts";
import type { CheckLine, Report } from "../doctor/report.ts";
import { examine, PART_MS, type Progress } from "../doctor/run.ts";
import type { StoreFacts } from "../doctor/running.ts";
import type { NotOpened } from "../doctor/store.ts";
import { isListening } from "../listeners.ts";
import { silentLog } from "../observability/log.ts";
import { storeFacts } from "../self-check.ts";
import { placesIn } from "../store/leveldb/database.ts";
import { databaseFiles } from "../store/leveldb/level.ts";
import { overSocket } from "./control-client.ts";
import { print, type OutputOptions } from "./output.ts";

/** A console has looked at everything by then, or hangs. */
const SERVER_MS = 2 * PART_MS;
const SILENT_MS = 5_000;

/** `doctor`: everything that the console stands on, in words or as JSON. */
export function addDoctorCommand(program: Command, configOf: (command: Command) => Config): void {
  program
    .command("doctor")
    .description("look at everything the console needs, and say what is wrong and what to do")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nThe running console looks, with its own configuration; without one, this command does. It" +
        "\nchanges nothing. Ends with 1 when something is wrong; warnings alone end with 0.",
    )
    .action(async (options: OutputOptions, command: Command) => {
      const show = showing();
      const report = await diagnose(() => configOf(command), show);
      show(undefined);
      print(options, report, () => linesOf(report));
      if (report.state === "wrong") process.exitCode = 1;
    });
}

type Show = (progress: Progress | undefined) => void;

async function diagnose(configOf: () => Config, show: Show): Promise<Report> {
  let config: Config;
  try {
    config = configOf();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const part = brokenConfigurationPart(error.problems, formatProblem);
    return examine([part], { by: "command" });
  }
  const path = controlSocket(config);
  if (!(await isListening(path))) return diagnoseHere(config, undefined, show);
  const asked = await askConsole(path, show);
  return typeof asked === "string" ? diagnoseHere(config, asked, show) : asked;
}

/** Has the running console look. */
async function askConsole(path: string, show: Show): Promise<Report | NotAsked> {
  const late = new AbortController();
  let timer = setTimeout(() => late.abort(), SILENT_MS);
  try {
    const response = await overSocket(path, "GET", "/control/doctor", undefined, late.signal);
    clearTimeout(timer);
    if (!response.ok) return "older";
    timer = setTimeout(() => late.abort(), SERVER_MS);
    const lines = createInterface({ input: Readable.fromWeb(response.body as never) });
    for await (const text of lines) {
      const line = JSON.parse(text) as DoctorLine;
      if ("report" in line) return line.report;
      show(line.progress);
    }
    return "silent";
  } catch {
    return "silent";
  } finally {
    clearTimeout(timer);
  }
}

/** Looks from this process, and opens the store if nobody has it open. */
async function diagnoseHere(
  config: Config,
  notAsked: NotAsked | undefined,
  show: Show,
): Promise<Report> {
  let core: Core | undefined;
  let opening: Promise<StoreFacts | NotOpened> | undefined;
  const store = () => {
    opening ??= (async () => {
      const why =
        notAsked === undefined ? await whyNotOpened(config) : "The running console has it.";
      if (why !== undefined) return { notOpened: why };
      core = createCore(config, silentLog);
      await core.open();
      return storeFacts(core);
    })();
    return opening;
  };
  const subject = {
    config,
    now: () => new Date(),
    reach: new Reach(),
    state: async () => {
      await store().catch(() => undefined);
      return core?.ledger?.state;
    },
    volatile: () => core?.volatile,
  };
  const parts = partsOf({ subject, running: undefined, notAsked, store });
  try {
    return await examine(parts, { by: "command", onProgress: show });
  } finally {
    await core?.close().catch(() => undefined);
  }
}

/** To open a store writes to its folder: what that would harm, or make, is left alone. */
async function whyNotOpened({ store, data }: Config): Promise<string | undefined> {
  const { isThere, foreign } = await folderFacts(data);
  if (!isThere) return "There is no data folder yet; the first start makes it.";
  if (foreign !== undefined) {
    return `${data} is of user ${foreign.owner}, and files that ${foreign.self} makes there would shut the console out: run this command as that user.`;
  }
  const { database, salvage, fresh } = placesIn(data);
  if (store === "redis") return undefined;
  const isUnborn = (await databaseFiles(database)) === "none";
  const isPlain = !existsSync(salvage) && !existsSync(fresh);
  return isUnborn && isPlain ? "There is nothing in it yet; the first start begins it." : undefined;
}

/** One line on a terminal, which says who is waited for; what is printed in the end may go into a file. */
function showing(): Show {
  if (!process.stderr.isTTY) return () => undefined;
  const clear = "\r\u001b[K";
  return (progress) => {
    if (progress === undefined || progress.left.length === 0) process.stderr.write(clear);
    else {
      const { of, left } = progress;
      const text = `looked at ${of - left.length} of ${of}; waiting for ${left.join(", ")}`;
      process.stderr.write(clear + text.slice(0, (process.stderr.columns ?? 80) - 1));
    }
  };
}

const MARKS: Record<CheckLine["state"], string> = {
  ok: "ok     ",
  warning: "warning",
  wrong: "WRONG  ",
  skipped: "skipped",
};

function linesOf({ says, checks }: Report): string[] {
  const lines = [says];
  let part = "";
  for (const check of checks) {
    if (check.part !== part) lines.push("", check.part);
    ({ part } = check);
    lines.push(`  ${MARKS[check.state]}  ${check.what}: ${check.says}`);
  }
  return lines;
}
