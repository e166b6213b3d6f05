import type { AccountName, DatabaseName } from "../domain/entities.ts";
import type { Password } from "./names.ts";
import type { Access } from "./server.ts";

/*
 * Statements, made of narrow types alone. Each part is checked once more where it becomes syntax: what
 * passes ends no quotes of any kind.
 */

/** What a member may do in their own database. No EVENT: events would outlive a suspension. */
export const WRITE_RIGHTS = [
  "SELECT",
  "INSERT",
  "UPDATE",
  "DELETE",
  "CREATE",
  "ALTER",
  "INDEX",
  "DROP",
  "REFERENCES",
  "CREATE TEMPORARY TABLES",
  "LOCK TABLES",
  "CREATE VIEW",
  "SHOW VIEW",
  "TRIGGER",
  "CREATE ROUTINE",
  "ALTER ROUTINE",
  "EXECUTE",
] as const;
/** No EXECUTE: a routine runs with the rights of whoever made it, and may write. */
export const READ_RIGHTS = ["SELECT", "SHOW VIEW"] as const;

function rightsOf(access: Access): readonly string[] {
  return access === "write" ? WRITE_RIGHTS : READ_RIGHTS;
}

function checked(text: string, pattern: RegExp, what: string): string {
  if (!pattern.test(text)) throw new Error(`no ${what} can be made of what was given`);
  return text;
}

const database = (name: DatabaseName) => checked(name, /^[A-Za-z0-9_-]{1,64}$/, "database's name");
const account = (name: AccountName) =>
  `'${checked(name, /^[a-z0-9][a-z0-9.-]{0,31}$/, "account's name")}'@'%'`;
const password = (text: Password) => `'${checked(text, /^[A-Za-z0-9]{20,64}$/, "password")}'`;
const whole = (number: number) => checked(String(number), /^\d{1,9}$/, "number");

/**
 * The database as rights name it. There `_` is any one letter, so that rights in `u_ann_b_x` would be
 * rights in `u_ann-b_x`, too: it is escaped, but where the server takes names as they are.
 */
export function asPattern(name: DatabaseName, literal: boolean): string {
  return literal ? database(name) : database(name).replaceAll("_", "\\_");
}

export function createDatabase(name: DatabaseName): string {
  // No IF NOT EXISTS: one that is there already is not the console's.
  return `CREATE DATABASE \`${database(name)}\` CHARACTER SET utf8mb4`;
}

export function dropDatabase(name: DatabaseName): string {
  return `DROP DATABASE IF EXISTS \`${database(name)}\``;
}

/** No plugin is named: MySQL's own is a syntax error at MariaDB. */
export function createAccount(name: AccountName, secret: Password, connections: number): string {
  return `CREATE USER ${account(name)} IDENTIFIED BY ${password(secret)} WITH MAX_USER_CONNECTIONS ${whole(connections)} ACCOUNT LOCK`;
}

export function setPassword(name: AccountName, secret: Password): string {
  return `ALTER USER ${account(name)} IDENTIFIED BY ${password(secret)}`;
}

export function setLocked(name: AccountName, locked: boolean): string {
  return `ALTER USER ${account(name)} ACCOUNT ${locked ? "LOCK" : "UNLOCK"}`;
}

export function setConnections(name: AccountName, connections: number): string {
  return `ALTER USER ${account(name)} WITH MAX_USER_CONNECTIONS ${whole(connections)}`;
}

export function grant(
  name: AccountName,
  to: DatabaseName,
  access: Access,
  literal: boolean,
): string {
  return `GRANT ${rightsOf(access).join(", ")} ON \`${asPattern(to, literal)}\`.* TO ${account(name)}`;
}

export function revokeAll(name: AccountName): string {
  return `REVOKE ALL PRIVILEGES, GRANT OPTION FROM ${account(name)}`;
}

export function dropAccount(name: AccountName): string {
  return `DROP USER IF EXISTS ${account(name)}`;
}

export function kill(session: number): string {
  return `KILL CONNECTION ${whole(session)}`;
}
