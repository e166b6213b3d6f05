import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requireService } from "../../scripts/services/require.ts";
import { MinioAdmin } from "../../src/buckets/minio-admin/client.ts";
import { freePorts } from "./ports.ts";
import { waitFor } from "./wait.ts";

/** A real MinIO with one drive, in a folder of its own. */
export interface MinioServer {
  readonly url: string;
  readonly port: number;
  /** Where its buckets lie, each a folder. */
  readonly folder: string;
  /** The root user's keys, drawn for this server. */
  readonly accessKey: string;
  readonly secretKey: string;
  /** Sends a signal to its process: SIGSTOP, SIGCONT. */
  signal(signal: NodeJS.Signals): void;
  /** Ends it by force, its data left. */
  kill(): Promise<void>;
  /** Starts it again on the same port and data. */
  start(): Promise<void>;
  /** Ends it and removes all. */
  destroy(): Promise<void>;
}

export interface MinioOptions {
  /** Further settings, as in its environment. */
  readonly env?: Readonly<Record<string, string>>;
}

const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/**
 * It says that it is ready before it has read its accounts, and refuses a request without a signature
 * before it looks whether it has: one of its own is the only one to tell.
 */
async function isReady(url: string, admin: MinioAdmin): Promise<boolean> {
  const response = await fetch(`${url}/`, { signal: AbortSignal.timeout(1_000) });
  await response.arrayBuffer();
  if (response.status === 503) return false;
  await admin.account("nobody", AbortSignal.timeout(1_000));
  return true;
}

export async function startMinio({ env = {} }: MinioOptions = {}): Promise<MinioServer> {
  const [port = 0] = await freePorts(1);
  const folder = await mkdtemp(join(tmpdir(), "tardis-minio-"));
  const data = join(folder, "data");
  await mkdir(data);
  const url = `http://127.0.0.1:${port}`;
  const accessKey = `root-${randomBytes(8).toString("hex")}`;
  const secretKey = randomBytes(24).toString("hex");
  const admin = new MinioAdmin({
    url,
    region: "us-east-1",
    credentials: { accessKey, secretKey },
  });
  let child: ChildProcess;
  let log = "";

  async function start(): Promise<void> {
    child = spawn(requireService("minio"), ["server", data, "--address", `127.0.0.1:${port}`], {
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        PATH: process.env["PATH"],
        HOME: folder,
        MINIO_ROOT_USER: accessKey,
        MINIO_ROOT_PASSWORD: secretKey,
        MINIO_BROWSER: "off",
        MINIO_UPDATE: "off",
        ...env,
      },
    });
    running.add(child);
    const keep = (chunk: Buffer) => (log = (log + chunk.toString()).slice(-4_000));
    child.stdout?.on("data", keep);
    child.stderr?.on("data", keep);
    const started = child;
    child.once("exit", () => running.delete(started));
    await waitFor(() => started.exitCode !== null || isReady(url, admin), {
      timeout: 30_000,
      describe: () => `MinIO to be ready\n${log}`,
    });
    if (started.exitCode !== null) throw new Error(`MinIO ended:\n${log}`);
  }

  async function kill(): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }

  const server: MinioServer = {
    url,
    port,
    folder: data,
    accessKey,
    secretKey,
    signal: (signal) => void child.kill(signal),
    kill,
    start,
    async destroy() {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await start();
  return server;
}
