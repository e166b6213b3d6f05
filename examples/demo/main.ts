import { spawn } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { findTraefik } from "../../scripts/services/find.ts";
import { ensureService } from "../../scripts/services/install.ts";
import { hasCurl, send, sendWithNode } from "./request.ts";
import { type Scene, apiRequest, playScene, siteUrl, waitForText } from "./scene.ts";
import { linesToTry, picture } from "./screen.ts";
import { type Stage, setStage } from "./stage.ts";
import { type Step, lineOf, pauseMs, stepsOf } from "./steps.ts";

const help = `Runs the console with a real Traefik, a userhomes server, a stand-in for GitLab Pages and
three members' services, all on 127.0.0.1 and on free ports, and shows curl lines to try.

Usage: npm run demo [-- --once]

Options:
  --once   run every line, check what it shows, and end: 0 all as expected, 1 not
  --help   show this text

Nothing stays: the state is in a temporary folder. Traefik is taken from the path or from
TARDIS_TRAEFIK; else it is installed into the user's cache, once.
`;

/** @returns the exit code: 0 well, 1 a line showed something else, 2 wrong arguments */
async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { help: { type: "boolean" }, once: { type: "boolean" } },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  // Listening from here on: a Ctrl-C during the start must leave nothing running either.
  const interrupted = untilInterrupted();
  if (findTraefik() === undefined) {
    await ensureService("traefik", (line) => process.stderr.write(`${line}\n`));
  }
  const stage = await setStage();
  try {
    const scene = await playScene(stage);
    const steps = stepsOf(stage, scene);
    if (values.once) {
      return await Promise.race([runAll(stage, scene, steps), interrupted.then(() => 130)]);
    }
    process.stdout.write(`${picture(stage, scene)}\n${linesToTry(steps)}\nCtrl-C ends the demo.\n`);
    await interrupted;
    process.stdout.write("\nEnding …\n");
    return 0;
  } finally {
    await stage.close();
  }
}

function untilInterrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.once(signal, () => resolve());
    }
  });
}

/** Runs each line as it is shown. */
async function runAll(stage: Stage, scene: Scene, steps: readonly Step[]): Promise<number> {
  const withCurl = hasCurl();
  process.stdout.write(picture(stage, scene));
  if (!withCurl)
    process.stdout.write("\ncurl is missing; the same requests are sent without it.\n");
  let failures = 0;
  for (const step of steps) {
    const shown = withCurl ? await runInShell(lineOf(step)) : await runWithNode(step);
    const missing = step.expect.filter((expected) => !expected.test(shown));
    if (missing.length === 0) {
      process.stdout.write(`ok       ${step.title}: ${step.see}\n`);
    } else {
      failures++;
      process.stdout.write(`NOT OK   ${step.title}: ${step.see}\n  ${lineOf(step)}\n`);
      process.stdout.write(
        `  not in the answer: ${missing.join(", ")}\n  ${shown.slice(0, 2000)}\n`,
      );
    }
  }
  process.stdout.write(
    `\nPausing took ${await timePause(stage, scene)} ms until a visitor saw it.\n`,
  );
  process.stdout.write(`${steps.length - failures} of ${steps.length} lines as expected.\n`);
  return failures === 0 ? 0 : 1;
}

/** @returns what the line wrote, errors included */
function runInShell(line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn("sh", ["-c", line], { stdio: ["ignore", "pipe", "pipe"], timeout: 30_000 });
    let output = "";
    const keep = (chunk: Buffer) => {
      output += chunk.toString();
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.once("error", reject);
    child.once("close", () => resolve(output));
  });
}

async function runWithNode({ requests }: Step): Promise<string> {
  let shown = "";
  for (const [index, request] of requests.entries()) {
    if (index > 0) await delay(pauseMs);
    shown += await sendWithNode(request);
  }
  return shown;
}

/** Milliseconds from the API's answer until Traefik serves the home page in the endpoint's place. */
async function timePause(stage: Stage, { notes }: Scene): Promise<number> {
  await send(apiRequest(stage, "PATCH", `/endpoints/${notes}`, { paused: true }));
  const answeredAt = performance.now();
  await waitForText(siteUrl(stage, "alice", "/notes"), "userhomes: the home page at alice");
  return Math.round(performance.now() - answeredAt);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const wrongUse = (error as { code?: string }).code?.startsWith("ERR_PARSE_ARGS") === true;
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  if (wrongUse) process.stderr.write("See npm run demo -- --help\n");
  process.exitCode = wrongUse ? 2 : 1;
}
