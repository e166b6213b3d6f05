import { readFileSync } from "node:fs";
import { connect } from "node:net";
import {
  createPool,
  type Pool,
  type PoolConnection,
  type PoolOptions,
  type RowDataPacket,
} from "mysql2/promise";
import { messageOf } from "../errors.ts";
import { partsOf } from "./address.ts";
import { ERRORS, failureOf, ServerError } from "./error.ts";

export interface ConnectionOptions {
  /** `host:port`. */
  readonly address: string;
  readonly user: string;
  readonly password: string;
  readonly tls: {
    readonly mode: "off" | "verify";
    readonly ca: string | null;
    readonly serverName: string | null;
  };
  readonly onCall?: ((outcome: string) => void) | undefined;
}

/** Values of a statement, of narrow types. */
export type Values = readonly (string | number)[];

/** Statements on one connection. */
export interface Statements {
  rows(sql: string, values?: Values): Promise<RowDataPacket[]>;
  /** Of the account or the structure: such cannot be prepared, so it is sent as it is. */
  run(sql: string): Promise<void>;
}

const AT_ONCE = 4;
const CONNECT_MS = 5_000;
const IDLE_MS = 60_000;

/** Reads wait for what other nodes wrote. */
export const SYNC_WAIT = "SET SESSION wsrep_sync_wait = 15";

/**
 * What each connection is set to; a server that does not know one does not need it. Reads wait for
 * what other nodes wrote; none are answered by a node that is cut off; sizes are the present ones; no
 * statement waits for longer than its call may take; and rights given to an account that is gone do
 * not make one without a password.
 */
const SETTINGS = [
  SYNC_WAIT,
  "SET SESSION wsrep_dirty_reads = OFF",
  "SET SESSION information_schema_stats_expiry = 0",
  "SET SESSION lock_wait_timeout = 5, innodb_lock_wait_timeout = 5",
  "SET SESSION sql_mode = CONCAT(@@SESSION.sql_mode, ',NO_AUTO_CREATE_USER')",
];

/** Connections to one address, kept for a while, each call ended by its signal. */
export class Connections {
  readonly #pool: Pool;
  readonly #options: ConnectionOptions;
  readonly #set = new WeakSet<object>();

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#pool = createPool(poolOptions(options));
  }

  async close(): Promise<void> {
    await this.#pool.end().catch(() => undefined);
  }

  /**
   * Has work done on one connection.
   * @throws ServerError; what else `work` throws that is none of mysql2's
   */
  async use<T>(signal: AbortSignal, work: (on: Statements) => Promise<T>): Promise<T> {
    const { onCall } = this.#options;
    try {
      const result = await this.#within(signal, work);
      onCall?.("ok");
      return result;
    } catch (error) {
      if (!isOfServer(error) && !signal.aborted) throw error;
      const failure = failureOf(error, signal);
      onCall?.(failure.failure);
      throw failure;
    }
  }

  async #within<T>(signal: AbortSignal, work: (on: Statements) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    let end: () => void = () => undefined;
    const ended = new Promise<never>((_, reject) => {
      end = () => reject(new ServerError("away", "The database server did not answer in time."));
    });
    ended.catch(() => undefined);
    signal.addEventListener("abort", end, { once: true });
    const got = this.#pool.getConnection();
    try {
      const connection = await Promise.race([got, ended]);
      try {
        const done = this.#on(connection, work);
        done.catch(() => undefined);
        const result = await Promise.race([done, ended]);
        connection.release();
        return result;
      } catch (error) {
        // What is still on its way there is nobody's any more; an answer to it would be taken for another's.
        if (isAnswer(error) && !signal.aborted) connection.release();
        else connection.destroy();
        throw error;
      }
    } catch (error) {
      void got.then(
        (late) => signal.aborted && late.destroy(),
        () => undefined,
      );
      throw error;
    } finally {
      signal.removeEventListener("abort", end);
    }
  }

  async #on<T>(connection: PoolConnection, work: (on: Statements) => Promise<T>): Promise<T> {
    const statements: Statements = {
      async rows(sql, values) {
        const [rows] = await connection.query<RowDataPacket[]>(sql, [...(values ?? [])]);
        return rows;
      },
      async run(sql) {
        await connection.query(sql);
      },
    };
    const raw: object = connection.connection;
    if (!this.#set.has(raw)) {
      for (const setting of SETTINGS) await ifKnown(() => statements.run(setting));
      this.#set.add(raw);
    }
    return work(statements);
  }
}

/** @returns undefined where the server knows no such variable, or no such value of it */
export async function ifKnown<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    const { errno } = error as { errno?: unknown };
    if (errno === ERRORS.unknownVariable || errno === ERRORS.wrongValue) return undefined;
    throw error;
  }
}

/** Whether it came of the server or of the way to it: a fault of our own is to be seen as one. */
function isOfServer(error: unknown): boolean {
  if (error instanceof ServerError) return true;
  const { errno, code } = error as { errno?: unknown; code?: unknown };
  return errno !== undefined || code !== undefined;
}

function isAnswer(error: unknown): boolean {
  const { errno, fatal } = error as { errno?: unknown; fatal?: unknown };
  return typeof errno === "number" && errno >= 1000 && fatal !== true;
}

function poolOptions({ address, user, password, tls }: ConnectionOptions): PoolOptions {
  const { host, port } = partsOf(address);
  const named = tls.mode === "verify" && tls.serverName !== null ? tls.serverName : undefined;
  return {
    host: named ?? host,
    port,
    // mysql2 looks for the host's name in the certificate, and for no other.
    ...(named === undefined ? {} : { stream: () => connect({ host, port }) }),
    user,
    password,
    connectionLimit: AT_ONCE,
    maxIdle: AT_ONCE,
    idleTimeout: IDLE_MS,
    connectTimeout: CONNECT_MS,
    charset: "utf8mb4",
    multipleStatements: false,
    ...(tls.mode === "off"
      ? {}
      : {
          ssl: {
            ...(tls.ca === null ? {} : { ca: caOf(tls.ca) }),
            minVersion: "TLSv1.2",
            // Without it the certificate may be anybody's.
            verifyIdentity: true,
          },
        }),
  };
}

function caOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new Error(`databases.tls.ca cannot be read: ${messageOf(error)}.`, { cause: error });
  }
}
