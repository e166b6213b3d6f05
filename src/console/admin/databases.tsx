import { requireDatabases } from "../../api/modules.ts";
import { accountStanding, databaseStanding } from "../../api/standing.ts";
import { adoptableDatabases, lookAtDatabase } from "../../databases/adoption.ts";
import type { Database, DatabaseAccount } from "../../domain/entities.ts";
import { ACCESS_WORDS, databasesInWords } from "../pages/database-account-table.tsx";
import { restoreDatabase } from "../../databases/verbs/databases.ts";
import type { Decide } from "../../store/ledger.ts";
import { settleDatabase } from "../pages/database-act.ts";
import { databaseViewsOf } from "../pages/database-view.ts";
import { heldInWords } from "../pages/databases.tsx";
import { counted, size } from "../words.ts";
import type { AdoptionFace, Looked } from "./adoption.ts";
import type { ModuleFace, ThingKind } from "./module-face.ts";

const DATABASE: ThingKind<Database> = {
  kind: "database",
  words: ["database", "databases"],
  all: ({ databases }) => databases,
  standing: databaseStanding,
  href: ({ id }) => `/databases/${id}`,
  until: ({ deleting }) => deleting?.until,
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

const adoption: AdoptionFace = {
  action: "database.adopt",
  lead: "What was at the server before the console can become somebody's database, as it is.",
  listing: () => (
    <>
      Those that the console's account may see. For another one,{" "}
      <code>tardis-console databases grants --also NAME</code> prints what it needs.
    </>
  ),
  counted: [["databases", "databases"]],
  asksGigabytes: false,
  candidates: async (services) => {
    const found = await adoptableDatabases(requireDatabases(services), services.ledger.state);
    const told = [...found].map(([name, { bytes, tables }]): [string, string] => [
      name,
      `${size(bytes)} in ${counted(tables, "table")}`,
    ]);
    return new Map(told);
  },
  look: async (services, asked): Promise<Looked<Database>> => {
    const looked = await lookAtDatabase(
      requireDatabases(services),
      services.ledger.state,
      asked,
      services.now(),
    );
    return {
      decide: looked.decide,
      told: () => ({ facts: [], changes: [], notes: looked.notes }),
      settle: async (context) => {
        const { id, decide } = looked;
        const { database, outcome } = await settleDatabase(context, services, id, decide);
        return { thing: database, outcome };
      },
    };
  },
};

/** Databases and accounts, as the admins' pages speak of them. */
export const databases: ModuleFace = {
  name: "databases",
  title: "Databases",
  path: "/admin/databases",
  kinds: [DATABASE, ACCOUNT],
  together: ["database or account", "databases and accounts"],
  handedOn: ["POST /databases/ID/restore", "tardis-console databases restore ID --owner NAME"],
  handOn: async (context, services, id, owner) => {
    const decide: Decide<Database> = (state, decided) =>
      restoreDatabase(state, decided, { id, owner });
    return (await settleDatabase(context, services, id, decide)).database;
  },
  adoption,
  running: ({ databases: module }) =>
    module === undefined
      ? undefined
      : { system: module.system, standings: module.standings, where: "the database server" },
};
