import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requireService } from "../../scripts/services/require.ts";
import { configDefaults } from "../../src/config/defaults.ts";
import type { RedisSettings } from "../../src/store/redis/client.ts";
import { freePorts } from "./ports.ts";
import { waitFor } from "./wait.ts";

export interface RedisOptions {
  /** Further settings, as on the command line: `{ appendfsync: "always" }`. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly port?: number;
}

/** A real Redis, in a folder of its own. */
export interface RedisServer {
  readonly port: number;
  readonly folder: string;
  readonly pid: number;
  /** Sends a signal to its process: SIGSTOP, SIGCONT, SIGKILL. */
  signal(signal: NodeJS.Signals): void;
  /** Ends it orderly, its data left. */
  end(): Promise<void>;
  /** Ends it by force, its data left. */
  kill(): Promise<void>;
  /** Starts it again on the same port and data. */
  start(): Promise<void>;
  /** Deletes its data; it must not run. */
  empty(): Promise<void>;
  /** Copies its data; it must not run. */
  copy(): Promise<string>;
  /** Puts a copy of its data in place; it must not run. */
  putBack(copy: string): Promise<void>;
  /** One command, its answer as Redis writes it; an error is thrown. */
  command(...parts: string[]): Promise<string>;
  /** Ends it and removes all. */
  destroy(): Promise<void>;
}

const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Durable by default: each write is on the disk before it is answered. */
const DURABLE = { save: "", appendonly: "yes", appendfsync: "always" };

export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const [free = 0] = await freePorts(1);
  const port = options.port ?? free;
  const folder = await mkdtemp(join(tmpdir(), "tardis-redis-"));
  const data = join(folder, "data");
  await mkdir(data);
  const settings = { ...DURABLE, ...options.settings };
  let child: ChildProcess;
  let log = "";

  async function start(): Promise<void> {
    const given = { bind: "127.0.0.1", port: String(port), dir: data, ...settings };
    const args = Object.entries(given).flatMap(([key, value]) => [
      `--${key}`,
      ...(key === "replicaof" ? value.split(" ") : [value]),
    ]);
    child = spawn(requireService("redis"), args, { stdio: ["ignore", "pipe", "pipe"] });
    running.add(child);
    const keep = (chunk: Buffer) => (log = (log + chunk.toString()).slice(-4_000));
    child.stdout?.on("data", keep);
    child.stderr?.on("data", keep);
    const started = child;
    child.once("exit", () => running.delete(started));
    await waitFor(() => started.exitCode !== null || answers(port), {
      describe: () => `Redis to listen\n${log}`,
    });
    if (started.exitCode !== null) throw new Error(`Redis ended:\n${log}`);
  }

  async function stop(signal: NodeJS.Signals): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
  }

  const password = settings["requirepass" as keyof typeof settings] as string | undefined;
  const server: RedisServer = {
    port,
    folder,
    get pid() {
      return child.pid ?? 0;
    },
    signal: (signal) => void child.kill(signal),
    end: () => stop("SIGTERM"),
    kill: () => stop("SIGKILL"),
    start,
    async empty() {
      await rm(data, { recursive: true });
      await mkdir(data);
    },
    async copy() {
      const to = await mkdtemp(join(folder, "copy-"));
      await cp(data, to, { recursive: true });
      return to;
    },
    async putBack(copy) {
      await rm(data, { recursive: true });
      await cp(copy, data, { recursive: true });
    },
    command: (...parts) => redisCommand(port, parts, password),
    async destroy() {
      await stop("SIGKILL");
      await rm(folder, { recursive: true, force: true });
    },
  };
  await start();
  return server;
}

/** Three Sentinels that watch one master. @returns their ports, and what ends them */
export async function startSentinels(
  master: number,
  quorum = 2,
): Promise<{ readonly ports: readonly number[]; destroy(): Promise<void> }> {
  const ports = await freePorts(3);
  const folder = await mkdtemp(join(tmpdir(), "tardis-sentinel-"));
  const children = await Promise.all(
    ports.map(async (port) => {
      const file = join(folder, `${port}.conf`);
      const lines = [
        `port ${port}`,
        "bind 127.0.0.1",
        `dir ${folder}`,
        `sentinel monitor mymaster 127.0.0.1 ${master} ${quorum}`,
        "sentinel down-after-milliseconds mymaster 1000",
        // For as long Sentinel leaves a replica alone that follows its master by another way than
        // it knows, as tests have it do.
        "sentinel failover-timeout mymaster 20000",
        "sentinel parallel-syncs mymaster 1",
      ];
      await writeFile(file, `${lines.join("\n")}\n`);
      const child = spawn(requireService("redis"), [file, "--sentinel"], { stdio: "ignore" });
      running.add(child);
      await waitFor(() => answers(port), { describe: "a Sentinel to listen" });
      return child;
    }),
  );
  await waitFor(
    async () => {
      const infos = await Promise.all(
        ports.map((port) => redisCommand(port, ["INFO", "sentinel"])),
      );
      return infos.every((info) => /sentinels=3/.test(info) && /status=ok/.test(info));
    },
    { timeout: 30_000, describe: "the Sentinels to know each other" },
  );
  return {
    ports,
    async destroy() {
      for (const child of children) {
        running.delete(child);
        const ended = once(child, "exit");
        child.kill("SIGKILL");
        await ended;
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Settings of the console for a Redis on this machine. */
export function redisSettings(port: number, more: Partial<RedisSettings> = {}): RedisSettings {
  const { redis } = configDefaults() as { redis: RedisSettings };
  return { ...redis, url: `redis://127.0.0.1:${port}`, durability: "none", ...more };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

/** One command over a connection of its own, as RESP; the raw answer. */
export function redisCommand(
  port: number,
  parts: readonly string[],
  password?: string,
): Promise<string> {
  const encode = (words: readonly string[]) =>
    `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("")}`;
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    let text = "";
    socket.setTimeout(5_000, () => socket.destroy(new Error("Redis does not answer")));
    socket.on("data", (chunk) => {
      text += chunk.toString();
    });
    socket.on("error", reject);
    socket.on("close", () => {
      const own = password === undefined ? text : text.slice(text.indexOf("\r\n") + 2);
      if (own.startsWith("-")) reject(new Error(own.trim()));
      else resolve(own);
    });
    const auth = password === undefined ? "" : encode(["AUTH", password]);
    socket.end(auth + encode(parts));
  });
}
