import { createAccount, renewPassword } from "../../src/databases/verbs/accounts.ts";
import { createDatabase, deleteDatabase } from "../../src/databases/verbs/databases.ts";
import type { Database, DatabaseAccount, DatabaseName } from "../../src/domain/entities.ts";
import { newId } from "../../src/store/ledger.ts";
import type { TestPages } from "./console-pages.ts";
import type { MemoryDatabases } from "./memory-databases.ts";

/** Has a person make a database, and the server follow. */
export async function addDatabase(
  pages: TestPages,
  who: string,
  owner: string,
  name: string,
): Promise<Database> {
  const id = newId("db", new Date());
  const { done } = await moduleOf(pages).settleDatabase(id, () =>
    pages.as(who, (state, context) => createDatabase(state, context, { id, owner, name })),
  );
  return pages.ledger.state.databases.get(id) ?? done;
}

/** Has a person make an account, and the server take its password. */
export async function addAccount(
  pages: TestPages,
  who: string,
  owner: string,
  name: string,
  {
    access = "write",
    databases = null,
  }: Partial<Pick<DatabaseAccount, "access" | "databases">> = {},
): Promise<DatabaseAccount> {
  const id = newId("dbacc", new Date());
  const { done } = await moduleOf(pages).settleAccount(
    id,
    () =>
      pages.as(who, (state, context) =>
        createAccount(state, context, { id, owner, name, access, databases }),
      ),
    ({ password }) => ({ password }),
  );
  return pages.ledger.state.databaseAccounts.get(id) ?? done.account;
}

/** Has an admin set another password: what the record says of it is nobody's change of the settings. */
export async function renew(pages: TestPages, id: string): Promise<void> {
  await moduleOf(pages).settleAccount(
    id,
    () => pages.must((state, context) => renewPassword(state, context, { id })),
    ({ password }) => ({ password }),
  );
}

/** What alice and her group keep: some of it used, some of it going, some of it wrong. */
export async function furnishDatabases(pages: TestPages, server: MemoryDatabases) {
  const wiki = await addDatabase(pages, "alice", "alice", "wiki");
  const scratch = await addDatabase(pages, "alice", "alice", "scratch");
  // Somebody made it by hand, before the console.
  await server.makeDatabase("u_alice_old" as DatabaseName);
  const old = await addDatabase(pages, "alice", "alice", "old");
  const ladder = await addDatabase(pages, "bob", "games", "ladder");
  const app = await addAccount(pages, "alice", "alice", "app");
  const reports = await addAccount(pages, "alice", "alice", "reports", {
    access: "read",
    databases: [wiki.id],
  });
  const arena = await addAccount(pages, "bob", "games", "arena");
  await moduleOf(pages).settleDatabase(scratch.id, () =>
    pages.as("alice", (state, context) =>
      deleteDatabase(state, context, { id: scratch.id, name: scratch.name }),
    ),
  );
  server.open = [1, 2, 3].map((id) => ({ node: "mysql.test:3306", id, account: app.name }));
  return { wiki, scratch, old, ladder, app, reports, arena };
}

function moduleOf({ databases }: TestPages) {
  if (databases === undefined) throw new Error("these pages were started without a server");
  return databases;
}
