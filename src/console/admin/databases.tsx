import { accountStanding, databaseStanding } from "../../api/standing.ts";
import type { Database, DatabaseAccount } from "../../domain/entities.ts";
import { ACCESS_WORDS, databasesInWords } from "../pages/database-account-table.tsx";
import { databaseViewsOf } from "../pages/database-view.ts";
import { heldInWords } from "../pages/databases.tsx";
import type { ModuleFace, ThingKind } from "./module-face.ts";

const DATABASE: ThingKind<Database> = {
  kind: "database",
  words: ["database", "databases"],
  all: ({ databases }) => databases,
  standing: databaseStanding,
  href: ({ id }) => `/databases/${id}`,
  told: async (services, databases) =>
    (await databaseViewsOf(services, databases)).map((view) => heldInWords(view)),
};

const ACCOUNT: ThingKind<DatabaseAccount> = {
  kind: "databaseAccount",
  words: ["account", "accounts"],
  all: ({ databaseAccounts }) => databaseAccounts,
  standing: accountStanding,
  told: async ({ ledger: { state } }, accounts) =>
    accounts.map(
      (account) => `${ACCESS_WORDS[account.access]}: ${databasesInWords(state, account)}`,
    ),
};

/** Databases and accounts, as the admins' pages speak of them. */
export const databases: ModuleFace = {
  name: "databases",
  title: "Databases",
  path: "/admin/databases",
  kinds: [DATABASE, ACCOUNT],
  together: ["database or account", "databases and accounts"],
  handedOn: ["POST /databases/ID/restore", "tardis-console databases restore ID --owner NAME"],
  running: ({ databases: module }) =>
    module === undefined
      ? undefined
      : { system: module.system, standings: module.standings, where: "the database server" },
};
