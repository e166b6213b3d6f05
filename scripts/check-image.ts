import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { freePorts } from "../test/support/ports.ts";
import { type BuiltImage, buildImage } from "./image/build.ts";
import { parseDockerfile } from "./image/dockerfile.ts";

const help = `Checks the Dockerfile without Docker: runs its steps in a clean folder with what
.dockerignore lets through, starts what it made as the image's user (when this is root), asks its
health check, and ends it by SIGTERM.

Usage: npm run check:image

Options:
  --keep   leave the folder
  --help   show this text
`;

const context = fileURLToPath(new URL("..", import.meta.url));
const startTimeout = 30_000;
const endTimeout = 5_000;

async function main(args: string[]): Promise<void> {
  const options = { keep: { type: "boolean" }, help: { type: "boolean" } } as const;
  const { values } = parseArgs({ args, options });
  if (values.help) {
    process.stdout.write(help);
    return;
  }
  const into = mkdtempSync(join(tmpdir(), "tardis-image-"));
  try {
    // The image's user has to reach it.
    chmodSync(into, 0o755);
    const stages = parseDockerfile(readFileSync(join(context, "Dockerfile"), "utf8"));
    const image = buildImage({ stages, context, into, report: console.log });
    requireProductionOnly(image);
    await runImage(image);
    console.log("The image's steps build it, it becomes healthy, and it ends when told to.");
  } finally {
    if (values.keep) console.log(`The folder is ${into}`);
    else rmSync(into, { recursive: true, force: true });
  }
}

function requireProductionOnly({ workdir }: BuiltImage): void {
  const file = readFileSync(join(workdir, "node_modules/.package-lock.json"), "utf8");
  const { packages } = JSON.parse(file) as { packages: Record<string, { dev?: boolean }> };
  const dev = Object.entries(packages).filter(([, { dev }]) => dev === true);
  const names = dev.map(([name]) => name);
  if (names.length > 0) throw new Error(`development packages are left: ${names.join(", ")}`);
}

async function runImage(image: BuiltImage): Promise<void> {
  const [http = 0, internal = 0] = await freePorts(2);
  // Set by whoever runs the image; where the data folder is, only this check can say.
  const env = {
    ...image.env,
    TARDIS_DATA: join(image.root, image.env["TARDIS_DATA"] ?? "/data"),
    TARDIS_HTTP__PORT: String(http),
    TARDIS_INTERNAL__PORT: String(internal),
  };
  const user = process.getuid?.() === 0 ? image.user : undefined;
  if (user) chownSync(env.TARDIS_DATA, user.uid, user.gid);
  const options = { cwd: image.workdir, env, ...user };
  const [command, ...words] = commandOf([...image.entrypoint, ...image.cmd]);
  console.log(
    `start${user ? ` as ${user.uid}` : ""}: ${[...image.entrypoint, ...image.cmd].join(" ")}`,
  );
  const child = spawn(command, words, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  const output = collect(child);
  try {
    await untilHealthy(image, options, child, output);
    const began = performance.now();
    child.kill("SIGTERM");
    const [code] = (await Promise.race([once(child, "exit"), delay(endTimeout, ["late"])])) as [
      unknown,
    ];
    if (code !== 0) throw new Error(`after SIGTERM: ${String(code)}, not 0\n${output()}`);
    console.log(`ended with 0, ${Math.round(performance.now() - began)} ms after SIGTERM`);
  } finally {
    child.kill("SIGKILL");
  }
}

async function untilHealthy(
  image: BuiltImage,
  options: object,
  child: ChildProcess,
  output: () => string,
): Promise<void> {
  const [command, ...words] = commandOf(image.healthcheck);
  const began = performance.now();
  for (;;) {
    const check = spawnSync(command, words, { ...options, encoding: "utf8", timeout: 5_000 });
    if (check.status === 0) break;
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}\n${output()}`);
    if (performance.now() - began > startTimeout) {
      throw new Error(`not healthy: ${check.stderr}\n${output()}`);
    }
    await delay(100);
  }
  console.log(`healthy after ${Math.round(performance.now() - began)} ms`);
}

/** The image's Node is this one. */
function commandOf([node, ...words]: readonly string[]): [string, ...string[]] {
  if (node !== "/nodejs/bin/node") throw new Error(`${node} is not the image's Node`);
  return [process.execPath, ...words];
}

function collect(child: ChildProcess): () => string {
  let output = "";
  const keep = (chunk: Buffer) => {
    output += chunk.toString();
  };
  child.stdout?.on("data", keep);
  child.stderr?.on("data", keep);
  return () => output;
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
