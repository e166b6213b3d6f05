import { createHash } from "node:crypto";
import type { RowDataPacket } from "mysql2/promise";
import { LEISURELY, Turn } from "../turns.ts";
import type { Statements } from "./connections.ts";
import type { Access, ServerVersion, StoredAccount } from "./server.ts";
import { READ_RIGHTS, WRITE_RIGHTS } from "./sql.ts";

/*
 * Accounts as the server's own tables have them: `SHOW GRANTS` of others needs the right to read all of
 * `mysql`, and is one call each.
 */

interface Rows {
  /** Accounts themselves: `mysql.global_priv` at MariaDB, `mysql.user` at MySQL. */
  readonly accounts: readonly RowDataPacket[];
  readonly databases: readonly RowDataPacket[];
  /** Accounts with rights that the console takes away: in the server, in tables, columns, routines. */
  readonly rights: ReadonlySet<string>;
  /** Accounts with what only an admin of the server takes away. */
  readonly beyond: ReadonlySet<string>;
}

/**
 * @param where a condition on `User`, with one place
 * @param value what stands in it
 */
export async function readRows(
  on: Statements,
  product: ServerVersion["product"],
  where: string,
  value: string,
): Promise<Rows> {
  const accounts = await on.rows(
    product === "MariaDB"
      ? `SELECT User, Host, Priv FROM mysql.global_priv WHERE ${where}`
      : `SELECT * FROM mysql.user WHERE ${where}`,
    [value],
  );
  const databases = await on.rows(`SELECT * FROM mysql.db WHERE ${where}`, [value]);
  const named = async (table: string, column = "User") =>
    (
      await on.rows(
        `SELECT ${column} AS name FROM mysql.${table} WHERE ${where.replace("User", column)}`,
        [value],
      )
    ).map(({ name }) => String(name));
  const smaller = ["tables_priv", "columns_priv", "procs_priv"];
  const rights = product === "MariaDB" ? smaller : [...smaller, "global_grants"];
  const found = new Set<string>();
  for (const table of rights) for (const name of await named(table)) found.add(name);
  const beyond = new Set(await named("proxies_priv"));
  if (product === "MariaDB") for (const name of await named("roles_mapping")) found.add(name);
  else for (const name of await named("role_edges", "TO_USER")) beyond.add(name);
  return { accounts, databases, rights: found, beyond };
}

/** The accounts in it, by name; of many, in turns between which the event loop gets on with the rest. */
export async function accountsIn(
  rows: Rows,
  { product, partialRevokes }: Pick<ServerVersion, "product" | "partialRevokes">,
): Promise<Map<string, StoredAccount>> {
  const turn = new Turn(LEISURELY);
  const found = new Map<string, StoredAccount>();
  const elsewhere = new Set<string>();
  const grants = new Map<string, Map<string, Access | "other">>();
  for (const row of rows.databases) {
    const name = String(row["User"]);
    const own = grants.get(name) ?? new Map<string, Access | "other">();
    const isPlain = row["Host"] === "%";
    own.set(nameIn(String(row["Db"]), partialRevokes), isPlain ? accessIn(row) : "other");
    grants.set(name, own);
    await turn.end();
  }
  for (const row of rows.accounts) {
    await turn.end();
    const name = String(row["User"]);
    if (row["Host"] !== "%") {
      elsewhere.add(name);
      continue;
    }
    const { hasRights, ...plain } = product === "MariaDB" ? ofMariadb(row) : ofMysql(row);
    const isBeyond = rows.beyond.has(name) || elsewhere.has(name);
    found.set(name, {
      ...plain,
      grants: grants.get(name) ?? new Map(),
      beside: hasRights || rows.rights.has(name) ? "rights" : isBeyond ? "beyond" : "nothing",
    });
  }
  for (const name of elsewhere) {
    const account = found.get(name);
    if (account?.beside === "nothing") found.set(name, { ...account, beside: "beyond" });
  }
  return found;
}

type Plain = Omit<StoredAccount, "grants" | "beside"> & { readonly hasRights: boolean };

function ofMariadb(row: RowDataPacket): Plain {
  const text: unknown = row["Priv"];
  const priv = (typeof text === "string" ? JSON.parse(text) : text) as Record<string, unknown>;
  const { plugin, authentication_string: proof, auth_or: others } = priv;
  return {
    locked: priv["account_locked"] === true,
    connections: Number(priv["max_user_connections"] ?? 0),
    print: printOf([plugin, proof, others ?? null]),
    hasRights: Number(priv["access"] ?? 0) !== 0,
  };
}

function ofMysql(row: RowDataPacket): Plain {
  return {
    locked: row["account_locked"] === "Y",
    connections: Number(row["max_user_connections"] ?? 0),
    // A second password that works beside the first is kept among the attributes.
    print: printOf([row["plugin"], row["authentication_string"], row["User_attributes"] ?? null]),
    hasRights: Object.entries(row).some(([key, value]) => key.endsWith("_priv") && value === "Y"),
  };
}

/** Enough to know another password by, and nothing to find one with. */
function printOf(parts: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

/** The database that rights name, where they name one alone; else what is no database's name. */
function nameIn(pattern: string, literal: boolean): string {
  if (literal) return pattern;
  if (/(?<!\\)[_%]/.test(pattern)) return `like ${pattern}`;
  return pattern.replaceAll("\\_", "_").replaceAll("\\%", "%");
}

/** Columns of `mysql.db` that are called otherwise than the right is. */
const COLUMNS: Readonly<Record<string, string>> = {
  "CREATE TEMPORARY TABLES": "create_tmp_table",
};

const columnsOf = (rights: readonly string[]): ReadonlySet<string> =>
  new Set(
    rights.map((right) => `${COLUMNS[right] ?? right.toLowerCase().replaceAll(" ", "_")}_priv`),
  );
const WRITE = columnsOf(WRITE_RIGHTS);
const READ = columnsOf(READ_RIGHTS);

function accessIn(row: RowDataPacket): Access | "other" {
  const given = Object.keys(row)
    .filter((column) => row[column] === "Y")
    .map((column) => column.toLowerCase())
    .filter((column) => column.endsWith("_priv"));
  const isExactly = (rights: ReadonlySet<string>) =>
    given.length === rights.size && given.every((column) => rights.has(column));
  return isExactly(WRITE) ? "write" : isExactly(READ) ? "read" : "other";
}
