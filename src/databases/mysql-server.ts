import type { RowDataPacket } from "mysql2/promise";
import type { AccountName, DatabaseName } from "../domain/entities.ts";
import { accountsIn, readRows } from "./account-rows.ts";
import { Connections, ifKnown, type ConnectionOptions, type Statements } from "./connections.ts";
import { ERRORS, ServerError } from "./error.ts";
import type { Password } from "./names.ts";
import { NodeSessions } from "./node-sessions.ts";
import { nodeState } from "./node-state.ts";
import { ownAccount } from "./own-account.ts";
import type {
  Access,
  DatabaseServer,
  DatabaseUsage,
  NodeState,
  NodeTrouble,
  OwnAccount,
  ServerVersion,
  Session,
  Sessions,
  StoredAccount,
  StoredDatabase,
} from "./server.ts";
import * as sql from "./sql.ts";

export interface MysqlOptions extends ConnectionOptions {
  /** `host:port` of each node, where sessions are; none: the server stands alone at `address`. */
  readonly nodes: readonly string[];
}

const SYSTEM = ["information_schema", "mysql", "performance_schema", "sys"];
const NOT_SYSTEM = `NOT IN (${SYSTEM.map((name) => `'${name}'`).join(", ")})`;
const TRIES = 3;

/** Databases and accounts at MariaDB, MySQL, or a cluster of either. */
export class MysqlServer implements DatabaseServer {
  readonly name = "MySQL";
  readonly #options: MysqlOptions;
  readonly #main: Connections;
  readonly #sessions: NodeSessions;
  #known: Omit<ServerVersion, "clusterSize"> | undefined;

  constructor(options: MysqlOptions) {
    this.#options = options;
    this.#main = new Connections(options);
    this.#sessions = new NodeSessions(options, this.#main);
  }

  async close(): Promise<void> {
    await Promise.all([this.#main.close(), this.#sessions.close()]);
  }

  version(signal: AbortSignal): Promise<ServerVersion> {
    return this.#use(signal, async (on, known) => {
      const [size] = await on.rows("SHOW GLOBAL STATUS LIKE 'wsrep_cluster_size'");
      return { ...known, clusterSize: Number(size?.["Value"] ?? 0) };
    });
  }

  async nodes(
    now: () => number,
    signal: AbortSignal,
  ): Promise<readonly (NodeState | NodeTrouble)[]> {
    const ask = (address: string, at: Connections, deadline: AbortSignal) =>
      nodeState(address, at, now, deadline);
    const { address } = this.#options;
    const [main, nodes] = await Promise.all([
      ask(address, this.#main, signal),
      this.#sessions.each(signal, ask),
    ]);
    return [main, ...nodes.filter((node) => node.address !== address)];
  }

  ownAccount(signal: AbortSignal): Promise<OwnAccount> {
    return this.#use(signal, (on) => ownAccount(on));
  }

  nameless(signal: AbortSignal): Promise<readonly string[]> {
    return this.#use(signal, async (on, { product }) => {
      const table = product === "MariaDB" ? "global_priv" : "user";
      const rows = await on.rows(`SELECT Host FROM mysql.${table} WHERE User = ''`);
      return rows.map(({ Host }) => String(Host)).toSorted();
    });
  }

  database(name: DatabaseName, signal: AbortSignal): Promise<StoredDatabase> {
    return this.#use(signal, async (on, { partialRevokes }) => {
      const [found] = await on.rows(
        "SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?",
        [name],
      );
      const exists = found?.["name"] === name;
      const [within] = exists
        ? await on.rows(
            `SELECT (SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = ?)
                  + (SELECT COUNT(*) FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = ?)
                  + (SELECT COUNT(*) FROM information_schema.EVENTS WHERE EVENT_SCHEMA = ?) AS things`,
            [name, name, name],
          )
        : [];
      const patterns = await on.rows("SELECT User, Host, Db FROM mysql.db WHERE ? LIKE Db", [name]);
      const inTables = await on.rows(
        `SELECT User, Host FROM mysql.tables_priv WHERE Db = ?
          UNION SELECT User, Host FROM mysql.columns_priv WHERE Db = ?
          UNION SELECT User, Host FROM mysql.procs_priv WHERE Db = ?`,
        [name, name, name],
      );
      const grantees = [
        ...patterns.filter((row) => meansOne(String(row["Db"]), name, partialRevokes)),
        ...inTables,
      ];
      return {
        exists,
        empty: exists ? Number(within?.["things"]) === 0 : undefined,
        grantees: [...new Set(grantees.map(nameIn))].toSorted(),
      };
    });
  }

  databases(signal: AbortSignal): Promise<ReadonlyMap<string, StoredDatabase>> {
    return this.#use(signal, async (on) => {
      const rows = await on.rows(
        `SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA WHERE SCHEMA_NAME ${NOT_SYSTEM}`,
      );
      return new Map(
        rows.map(({ name }) => [String(name), { exists: true, empty: undefined, grantees: [] }]),
      );
    });
  }

  usage(signal: AbortSignal): Promise<ReadonlyMap<string, DatabaseUsage>> {
    return this.#use(signal, async (on) => {
      const rows = await on.rows(
        `SELECT s.SCHEMA_NAME AS name, COUNT(t.TABLE_NAME) AS tables,
                COALESCE(SUM(t.DATA_LENGTH + t.INDEX_LENGTH), 0) AS bytes
           FROM information_schema.SCHEMATA s
           LEFT JOIN information_schema.TABLES t ON t.TABLE_SCHEMA = s.SCHEMA_NAME
          WHERE s.SCHEMA_NAME ${NOT_SYSTEM} GROUP BY s.SCHEMA_NAME`,
      );
      return new Map(
        rows.map(({ name, bytes, tables }) => [
          String(name),
          { bytes: Number(bytes), tables: Number(tables) },
        ]),
      );
    });
  }

  makeDatabase(name: DatabaseName, signal: AbortSignal): Promise<void> {
    return this.#run(signal, sql.createDatabase(name));
  }

  dropDatabase(name: DatabaseName, signal: AbortSignal): Promise<void> {
    return this.#run(signal, sql.dropDatabase(name));
  }

  ownersWithin(name: DatabaseName, signal: AbortSignal): Promise<readonly string[]> {
    return this.#use(signal, async (on) => {
      const rows = await on.rows(
        `SELECT 'event' AS kind, EVENT_NAME AS name, DEFINER AS who FROM information_schema.EVENTS WHERE EVENT_SCHEMA = ?
          UNION ALL SELECT 'view', TABLE_NAME, DEFINER FROM information_schema.VIEWS WHERE TABLE_SCHEMA = ?
          UNION ALL SELECT 'trigger', TRIGGER_NAME, DEFINER FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = ?
          UNION ALL SELECT 'routine', ROUTINE_NAME, DEFINER FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = ?`,
        [name, name, name, name],
      );
      return rows.map((row) => `the ${row["kind"]} ${row["name"]} runs as ${row["who"]}`);
    });
  }

  async account(name: AccountName, signal: AbortSignal): Promise<StoredAccount | undefined> {
    return this.#use(signal, async (on, known) => {
      const rows = await readRows(on, known.product, "User = ?", name);
      return (await accountsIn(rows, known)).get(name);
    });
  }

  accounts(prefix: string, signal: AbortSignal): Promise<ReadonlyMap<string, StoredAccount>> {
    return this.#use(signal, async (on, known) => {
      const begins = `${prefix}.`;
      const where = `LEFT(User, ${begins.length}) = ?`;
      return accountsIn(await readRows(on, known.product, where, begins), known);
    });
  }

  makeAccount(
    name: AccountName,
    password: Password,
    connections: number,
    signal: AbortSignal,
  ): Promise<void> {
    return this.#run(signal, sql.createAccount(name, password, connections));
  }

  setPassword(name: AccountName, password: Password, signal: AbortSignal): Promise<void> {
    return this.#run(signal, sql.setPassword(name, password));
  }

  setLocked(name: AccountName, locked: boolean, signal: AbortSignal): Promise<void> {
    return this.#run(signal, sql.setLocked(name, locked));
  }

  setConnections(name: AccountName, connections: number, signal: AbortSignal): Promise<void> {
    return this.#run(signal, sql.setConnections(name, connections));
  }

  grant(
    name: AccountName,
    database: DatabaseName,
    access: Access,
    signal: AbortSignal,
  ): Promise<void> {
    return this.#run(signal, ({ partialRevokes }) =>
      sql.grant(name, database, access, partialRevokes),
    );
  }

  revokeAll(name: AccountName, signal: AbortSignal): Promise<void> {
    return this.#run(signal, sql.revokeAll(name));
  }

  dropAccount(name: AccountName, signal: AbortSignal): Promise<void> {
    return this.#run(signal, sql.dropAccount(name));
  }

  sessions(
    of: { readonly account: AccountName } | { readonly prefix: string },
    signal: AbortSignal,
  ): Promise<Sessions> {
    return this.#sessions.list(of, signal);
  }

  endSessions(sessions: readonly Session[], signal: AbortSignal): Promise<void> {
    return this.#sessions.end(sessions, signal);
  }

  /** Changes of structure that meet another at a cluster are undone, and may be tried again. */
  async #run(
    signal: AbortSignal,
    statement: string | ((known: Omit<ServerVersion, "clusterSize">) => string),
  ): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#use(signal, (on, known) =>
          on.run(typeof statement === "string" ? statement : statement(known)),
        );
      } catch (error) {
        const isDeadlock = error instanceof ServerError && error.number === ERRORS.deadlock;
        if (!isDeadlock || tries === TRIES) throw error;
      }
    }
  }

  #use<T>(
    signal: AbortSignal,
    work: (on: Statements, known: Omit<ServerVersion, "clusterSize">) => Promise<T>,
  ): Promise<T> {
    return this.#main.use(signal, async (on) => {
      await requireReady(on);
      this.#known ??= await recognise(on);
      return work(on, this.#known);
    });
  }
}

async function recognise(on: Statements): Promise<Omit<ServerVersion, "clusterSize">> {
  const [row] = await on.rows("SELECT VERSION() AS version");
  const version = String(row?.["version"]);
  const revokes = await ifKnown(() => on.rows("SELECT @@GLOBAL.partial_revokes AS isOn"));
  return {
    version,
    product: /mariadb/i.test(version) ? "MariaDB" : "MySQL",
    partialRevokes: Number(revokes?.[0]?.["isOn"] ?? 0) === 1,
  };
}

/** A node that is cut off from its cluster answers to `SELECT 1` as if nothing were. */
async function requireReady(on: Statements): Promise<void> {
  const rows = await on
    .rows("SHOW GLOBAL STATUS WHERE Variable_name IN ('wsrep_ready', 'wsrep_provider_name')")
    .catch((error: unknown) => {
      // It waits for what the others wrote, in vain.
      if ((error as { errno?: unknown }).errno === ERRORS.waitedInVain) throw cutOff();
      throw error;
    });
  const status = new Map(rows.map((row) => [String(row["Variable_name"]), String(row["Value"])]));
  const isClustered = (status.get("wsrep_provider_name") ?? "") !== "";
  if (isClustered && status.get("wsrep_ready") !== "ON") {
    throw cutOff();
  }
}

function cutOff(): ServerError {
  const message = "The database server's node is not of the cluster's majority.";
  return new ServerError("away", message, ERRORS.cutOff);
}

/** Whether a database in rights means this one, or few like it: not every one, as the console's own. */
function meansOne(pattern: string, name: string, literal: boolean): boolean {
  if (literal) return pattern === name;
  return !pattern.replaceAll("\\%", "").includes("%");
}

function nameIn(row: RowDataPacket): string {
  return `${row["User"]}@${row["Host"]}`;
}
