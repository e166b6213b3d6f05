import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openLevelStore } from "../src/store/leveldb.ts";
import { freePorts } from "../test/support/ports.ts";
import { waitFor } from "../test/support/wait.ts";
import { seedRecords } from "./seed.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** The built console as a process of its own, as operators run it. */
export interface ConsoleProcess {
  readonly pid: number;
  readonly httpPort: number;
  readonly internalPort: number;
  readonly token: string;
  /** Milliseconds from the start of the process to the first document. */
  readonly firstDocumentMs: number;
  stop(): Promise<void>;
}

/** A data folder with so many endpoints, in the embedded store. */
export async function seededFolder(
  endpoints: number,
  seed: Parameters<typeof seedRecords>[2] = {},
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tardis-bench-"));
  if (endpoints > 0) {
    const store = await openLevelStore(folder);
    const { position } = await store.load();
    await store.replace(position, seedRecords(endpoints, "localhost", seed), { type: "seeded" });
    await store.close();
  }
  return folder;
}

/**
 * Starts `dist/main.js`; `npm run build` comes before.
 * @param ports those of an earlier process, for a restart with the same configuration
 */
export async function startProcess(
  data: string,
  ports?: Pick<ConsoleProcess, "httpPort" | "internalPort">,
  more: NodeJS.ProcessEnv = {},
): Promise<ConsoleProcess> {
  const [freeHttp = 0, freeInternal = 0] = await freePorts(2);
  const { httpPort, internalPort } = ports ?? { httpPort: freeHttp, internalPort: freeInternal };
  const token = "bench-token-bench-token";
  const started = performance.now();
  const child = spawn(process.execPath, ["dist/main.js", "start"], {
    cwd: root,
    stdio: ["ignore", "ignore", "pipe"],
    env: {
      PATH: process.env["PATH"],
      TARDIS_DATA: data,
      TARDIS_HTTP__PORT: String(httpPort),
      TARDIS_INTERNAL__PORT: String(internalPort),
      TARDIS_BOOTSTRAP_TOKEN: token,
      TARDIS_LOG__LEVEL: "error",
      TARDIS_TRAEFIK__VERSION: "3.7",
      ...more,
    },
  });
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  await waitFor(
    async () => {
      if (child.exitCode !== null) return true;
      const response = await fetch(`http://127.0.0.1:${internalPort}/traefik/config`);
      await response.arrayBuffer();
      return response.ok;
    },
    { timeout: 60_000, describe: () => `the first document; ${errors}` },
  );
  if (child.exitCode !== null) throw new Error(`the console ended: ${errors}`);
  const firstDocumentMs = performance.now() - started;
  await apiAnswers(httpPort, token);
  return {
    pid: child.pid ?? 0,
    httpPort,
    internalPort,
    token,
    firstDocumentMs,
    stop: () => end(child),
  };
}

/** The API comes a moment after the first document, and the state's own document with it. */
async function apiAnswers(port: number, token: string): Promise<void> {
  const headers = { Authorization: `Bearer ${token}` };
  await waitFor(
    async () => {
      const response = await fetch(`http://127.0.0.1:${port}/api/v1/whoami`, { headers });
      await response.arrayBuffer();
      return response.ok;
    },
    { describe: "an answer of the API" },
  );
}

async function end(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await ended;
}

/** Resident memory in MB, as the kernel counts it. */
export async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}

export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}
