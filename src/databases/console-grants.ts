/**
 * What the console's own account needs, and no more: it reads no member's data, nor the server's
 * settings. It makes accounts and gives rights, and whoever may do that is in the end master of all: its
 * password is worth as much as root's.
 */

/** What it reads the accounts in. */
const TABLES = {
  MariaDB: [
    "columns_priv",
    "db",
    "global_priv",
    "procs_priv",
    "proxies_priv",
    "roles_mapping",
    "tables_priv",
  ],
  MySQL: [
    "columns_priv",
    "db",
    "global_grants",
    "procs_priv",
    "proxies_priv",
    "role_edges",
    "tables_priv",
    "user",
  ],
} as const;

export type Product = keyof typeof TABLES;

/** Of the whole server: to make accounts, to see others' connections, to end them. */
const GLOBAL = {
  MariaDB: ["CREATE USER", "PROCESS", "CONNECTION ADMIN"],
  MySQL: ["CREATE USER", "PROCESS", "CONNECTION_ADMIN"],
} as const;

/**
 * What it needs: rights in the whole server, tables of the database `mysql` that it reads, and the
 * pattern of the databases in which it may do everything and let others do so.
 */
export function consoleNeeds(
  product: Product,
  prefix: string,
): {
  readonly global: readonly string[];
  readonly tables: readonly string[];
  readonly databases: string;
} {
  // `\_`: an underscore by itself would be any letter.
  const databases = `${checked(prefix, /^[a-z][a-z0-9]{0,5}$/)}\\_%`;
  return { global: GLOBAL[product], tables: TABLES[product], databases };
}

/**
 * The statements that make it, for an admin of the server to run once.
 * @param options `user`: the account's name; `also`: databases that are to be taken over, by their names
 */
export function consoleGrants(options: {
  readonly product: Product;
  readonly user: string;
  readonly prefix: string;
  readonly also?: readonly string[];
}): readonly string[] {
  const { product, prefix, also = [] } = options;
  const user = `'${checked(options.user, /^[A-Za-z0-9_.-]{1,32}$/)}'@'%'`;
  const needs = consoleNeeds(product, prefix);
  const databases = [needs.databases];
  for (const name of also)
    databases.push(checked(name, /^[A-Za-z0-9_-]{1,64}$/).replaceAll("_", "\\_"));
  return [
    `CREATE USER ${user} IDENTIFIED BY 'PUT A PASSWORD HERE';`,
    `GRANT ${needs.global.join(", ")} ON *.* TO ${user};`,
    ...needs.tables.map((table) => `GRANT SELECT ON mysql.${table} TO ${user};`),
    ...databases.map(
      (name) => `GRANT ALL PRIVILEGES ON \`${name}\`.* TO ${user} WITH GRANT OPTION;`,
    ),
  ];
}

function checked(text: string, pattern: RegExp): string {
  if (!pattern.test(text)) throw new Error(`"${text}" does not do as a name here.`);
  return text;
}
