import { readFileSync } from "node:fs";
import { Redis, type RedisOptions } from "ioredis";
import type { Config } from "../../config.ts";
import { StoreUnavailable } from "../store.ts";
import { messageOf } from "../../errors.ts";

export type RedisSettings = Config["redis"];

type Options = Omit<RedisOptions, "protocol" | "replyMapping">;

const RECONNECT_MAX_MS = 1_000;
const CONNECT_MS = 3_000;

/**
 * A connection to Redis, or to the master that the Sentinels name. It connects by itself and again;
 * what is asked meanwhile fails at once. Nothing is ever sent twice.
 * @throws StoreUnavailable when the file of certificates cannot be read
 */
export function connectRedis(settings: RedisSettings, name: string): Redis {
  const options: Options = {
    connectionName: `tardis-console-${name}`,
    db: settings.database,
    connectTimeout: CONNECT_MS,
    commandTimeout: settings.commandTimeout,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: backOff,
    // A master that became a replica: connect anew, the Sentinels know the next one.
    reconnectOnError: (error) => error.message.includes("READONLY"),
    ...(settings.username === null ? {} : { username: settings.username }),
    ...(settings.password === null ? {} : { password: settings.password }),
    ...tlsOf(settings),
  };
  if (settings.sentinels.length === 0) {
    const { host, port } = addressOf(settings.url.replace(/^rediss?:\/\//, ""));
    return connect({ ...options, host, port });
  }
  return connect({
    ...options,
    sentinels: settings.sentinels.map(addressOf),
    name: settings.sentinelName,
    sentinelRetryStrategy: backOff,
    sentinelCommandTimeout: settings.commandTimeout,
    enableTLSForSentinelMode: settings.url.startsWith("rediss:"),
    ...(settings.sentinelPassword === null ? {} : { sentinelPassword: settings.sentinelPassword }),
  });
}

/**
 * A connection to one of the Sentinels themselves.
 * @param address `host:port`
 */
export function connectSentinel(settings: RedisSettings, address: string): Redis {
  return connect({
    ...addressOf(address),
    connectTimeout: CONNECT_MS,
    commandTimeout: settings.commandTimeout,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: backOff,
    ...(settings.sentinelPassword === null ? {} : { password: settings.sentinelPassword }),
  });
}

function backOff(times: number): number {
  return Math.min(50 * 2 ** Math.min(times, 10), RECONNECT_MAX_MS);
}

/** Without a listener an error ends the process; what went wrong is told to whoever asks something. */
function connect(options: Options): Redis {
  return new Redis({ ...options, protocol: 2, replyMapping: "legacy" }).on(
    "error",
    () => undefined,
  );
}

function tlsOf({ url, tls }: RedisSettings): Options {
  if (!url.startsWith("rediss:")) return {};
  try {
    return {
      tls: {
        ...(tls.ca === null ? {} : { ca: readFileSync(tls.ca) }),
        ...(tls.serverName === null ? {} : { servername: tls.serverName }),
      },
    };
  } catch (error) {
    const reason = messageOf(error);
    throw new StoreUnavailable(`redis.tls.ca cannot be read: ${reason}.`, "not-written");
  }
}

function addressOf(text: string): { host: string; port: number } {
  const colon = text.lastIndexOf(":");
  return {
    host: text.slice(0, colon).replace(/^\[|\]$/g, ""),
    port: Number(text.slice(colon + 1)),
  };
}

/** Where a store is, for people. */
export function placeOf(settings: RedisSettings): string {
  const at =
    settings.sentinels.length === 0
      ? settings.url
      : `${settings.sentinelName} of the Sentinels ${settings.sentinels.join(", ")}`;
  return `${at}, database ${settings.database}, prefix ${settings.prefix}`;
}

/** What Redis says no with, by the word that its answer begins with, and what to do about it. */
const REPLIES: Readonly<Record<string, string>> = {
  NOAUTH: "it asks for a password: set redis.password",
  WRONGPASS: "redis.username or redis.password is wrong",
  NOPERM: "the user of redis.username may not do what is needed",
  LOADING: "it is still reading its data",
  READONLY: "it is a replica, not the master",
  MASTERDOWN: "it is a replica, and its master is away",
  MISCONF: "it cannot save to its disk",
  OOM: "its memory is full (maxmemory)",
  NOREPLICAS: "it has fewer replicas than min-replicas-to-write asks for",
  BUSY: "a script keeps it busy",
  MOVED: "it is a Redis Cluster, which is not supported",
  CLUSTERDOWN: "it is a Redis Cluster, which is not supported",
  CROSSSLOT: "it is a Redis Cluster, which is not supported",
  WRONGTYPE: "other data lie under this prefix",
};

/**
 * An error of Redis or of the way to it, in words. What Redis itself refused is not written; nor is
 * what was not sent. What was sent and not answered may be.
 */
export function unavailable(place: string, error: unknown): StoreUnavailable {
  if (error instanceof StoreUnavailable) return error;
  forgetCommand(error);
  const message = messageOf(error);
  const refused = error instanceof Error && error.name === "ReplyError";
  const unsent = message.includes("isn't writeable") || message.includes("Connection is closed.");
  const reason = refused
    ? reasonOf(message)
    : unsent
      ? "there is no connection to it"
      : message.includes("timed out")
        ? "it does not answer in time"
        : "the connection was cut";
  return new StoreUnavailable(
    `Redis (${place}) cannot be used: ${reason}.`,
    refused || message.includes("isn't writeable") ? "not-written" : "unknown",
    { cause: error },
  );
}

/** The client hangs what was asked on its errors: passwords, and what is stored. */
function forgetCommand(error: unknown): void {
  if (error instanceof Error && "command" in error) delete error.command;
}

function reasonOf(message: string): string {
  const word = Object.keys(REPLIES).find((key) => new RegExp(`\\b${key}\\b`).test(message));
  return word === undefined ? `it says ${JSON.stringify(message.slice(0, 200))}` : REPLIES[word]!;
}

/**
 * Resolves once the connection is there.
 * @throws StoreUnavailable when it does not come in time
 */
export async function whenReady(redis: Redis, place: string, patience: number): Promise<void> {
  if (redis.status === "ready") return;
  let last: unknown;
  const onError = (error: unknown) => {
    forgetCommand(error);
    last = error;
  };
  redis.on("error", onError);
  try {
    await new Promise<void>((resolve, reject) => {
      const done = () => {
        clearTimeout(timer);
        redis.off("ready", done);
        resolve();
      };
      const timer = setTimeout(() => {
        redis.off("ready", done);
        reject(new Error("no connection"));
      }, patience);
      redis.on("ready", done);
    });
  } catch {
    const message = last instanceof Error ? last.message || last.name : "there is no answer";
    const known = last instanceof Error && last.name === "ReplyError";
    const reason = known ? reasonOf(message) : `there is no connection to it (${message})`;
    throw new StoreUnavailable(`Redis (${place}) cannot be used: ${reason}.`, "not-written", {
      cause: last,
    });
  } finally {
    redis.off("error", onError);
  }
}
