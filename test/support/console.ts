import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Overrides, type RunningConsole, startConsole } from "../../src/app.ts";
import { loadConfig } from "../../src/config.ts";
import { silentLog } from "../../src/observability/log.ts";
import { builtMain } from "./built.ts";
import { bundledMain } from "./bundled.ts";
import { waitFor } from "./wait.ts";

export const zone = "tardis.test";
export const consoleHost = `console.${zone}`;
/** The admin token that consoles under test start with. */
export const adminToken = "tardis_test-admin-token-0123456789";

/** Writes a configuration file for the zone, all on loopback; JSON is YAML. @returns its path */
export function writeConfig(folder: string, more: object = {}): string {
  const file = join(folder, "tardis.yaml");
  const settings = {
    zone,
    publicUrl: `https://${consoleHost}`,
    data: join(folder, "data"),
    http: { port: 0 },
    internal: { port: 0 },
    targets: { loopback: [{ cidr: "127.0.0.0/8" }] },
    ...more,
  };
  writeFileSync(file, JSON.stringify(settings, null, 2));
  return file;
}

/** A console in this process. */
export function startTestConsole(
  folder: string,
  more: object = {},
  overrides: Overrides = {},
): Promise<RunningConsole> {
  const config = loadConfig({ file: writeConfig(folder, more), env: {} });
  return startConsole(config, { log: silentLog, bootstrapToken: adminToken, ...overrides });
}

/** What an API request was answered. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** The JSON of it; null for none. */
  // oxlint-disable-next-line typescript/no-explicit-any -- tests read whatever the API answers
  readonly body: any;
}

export type ApiClient = (
  method: string,
  path: string,
  body?: object,
  headers?: Record<string, string>,
) => Promise<ApiAnswer>;

/** Asks a console's API, below `/api/v1`, on its public port. */
export function apiClient(port: number, token: string | undefined = adminToken): ApiClient {
  return async (method, path, body, headers = {}) => {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1${path}`, {
      method,
      headers: {
        ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get("content-type") ?? "");
    return {
      status: response.status,
      headers: response.headers,
      body: isJson && text !== "" ? JSON.parse(text) : null,
    };
  };
}

/** Asks for what must succeed, and gives the answer's body. */
export type MustClient = (
  method: string,
  path: string,
  body?: object,
) => Promise<ApiAnswer["body"]>;

/** As `apiClient`; it throws for every refusal. */
export function mustClient(port: number, token: string = adminToken): MustClient {
  const api = apiClient(port, token);
  return async (method, path, body) => {
    const answer = await api(method, path, body);
    if (answer.status < 300) return answer.body;
    throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  };
}

/** How a process ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A console in a process of its own. */
export interface ConsoleProcess {
  readonly pid: number;
  readonly httpPort: number;
  readonly internalPort: number;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly ended: Promise<Ended>;
  kill(signal: NodeJS.Signals): void;
  /** Ends it by force, if it has not ended. */
  stop(): Promise<void>;
}

export interface ProcessOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** For standard input. */
  readonly input?: string;
}

const children = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of children) child.kill("SIGKILL");
});

interface Run {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly ended: Promise<Ended>;
}

async function run(
  program: string,
  args: readonly string[],
  { env = {}, cwd, input }: ProcessOptions,
): Promise<Run> {
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...cleanEnvironment(), ...env },
    ...(cwd === undefined ? {} : { cwd }),
  });
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
  // A command that ends early does not read it.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input ?? "");
  children.add(child);
  const ended = once(child, "close").then(([code, signal]) => {
    children.delete(child);
    return { code, signal };
  });
  return { child, stdout: () => out, stderr: () => err, ended };
}

/** This process's environment without what would configure a console. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith("TARDIS_")),
  );
}

/** Starts a console as a process and waits until it says that it runs. */
export async function spawnConsole(
  folder: string,
  more: object = {},
  options: ProcessOptions = {},
): Promise<ConsoleProcess> {
  const file = writeConfig(folder, more);
  const { child, stdout, stderr, ended } = await run(
    await builtMain(),
    ["--config", file, "start"],
    {
      ...options,
      env: { TARDIS_BOOTSTRAP_TOKEN: adminToken, ...options.env },
    },
  );
  const line = await waitFor(
    () => {
      if (child.exitCode !== null) return "ended";
      return stderr()
        .split("\n")
        .find((text) => text.includes("tardis-console runs"));
    },
    { timeout: 20_000, describe: () => `the console to run:\n${stderr()}` },
  );
  if (line === "ended") throw new Error(`the console ended: ${stderr()}`);
  const { public: httpPort, internal: internalPort } = JSON.parse(line) as {
    public: number;
    internal: number;
  };
  return {
    pid: child.pid as number,
    httpPort,
    internalPort,
    stdout,
    stderr,
    ended,
    kill: (signal) => void child.kill(signal),
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
      await ended;
    },
  };
}

/** What a command printed, and how it ended. */
export interface CommandResult extends Ended {
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output as one JSON value. Throws when it is none. */
  readonly json: () => ApiAnswer["body"];
}

/** Runs one command to its end: of the program as one file, as most of a command's time is to start. */
export async function runCommand(
  args: readonly string[],
  options: ProcessOptions = {},
): Promise<CommandResult> {
  const { stdout, stderr, ended } = await run(await bundledMain(), args, options);
  const how = await ended;
  return { ...how, stdout: stdout(), stderr: stderr(), json: () => JSON.parse(stdout()) };
}
