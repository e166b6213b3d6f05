import type { Context } from "hono";
import { accountStanding, databaseStanding, type StandingView } from "../../api/standing.ts";
import type { DatabaseUsage } from "../../databases/server.ts";
import type { Database, DatabaseAccount, Owner } from "../../domain/entities.ts";
import { authorise, type Action } from "../../domain/policy.ts";
import { quotaOf } from "../../domain/rules.ts";
import { Refusal } from "../../errors.ts";
import { usageOf } from "../../owners/usage.ts";
import type { Allowance } from "../parts/usage.tsx";
import type { PageEnv } from "../visitor.ts";
import { moreOf } from "./remedy.ts";
import type { PageServices } from "./services.ts";

/** How long a page waits for a server that counts slowly: it then shows what was seen before. */
const PATIENCE_MS = 500;

/** A database with what is known of it beside the state. */
export interface DatabaseView {
  readonly database: Database;
  readonly standing: StandingView;
  /** As seen a minute ago at most; undefined: not known. */
  readonly usage: DatabaseUsage | undefined;
}

/** An account with what is known of it beside the state. */
export interface AccountView {
  readonly account: DatabaseAccount;
  readonly standing: StandingView;
  /** Open now, at all nodes; undefined: not known. */
  readonly connections: number | undefined;
}

type Known = Pick<PageServices, "modules">;

/** Databases as pages show them, in the same order. */
export async function databaseViewsOf(
  { modules }: Known,
  databases: readonly Database[],
): Promise<DatabaseView[]> {
  const module = modules().databases;
  const usage = databases.length === 0 ? undefined : await module?.usage(PATIENCE_MS);
  return Promise.all(
    databases.map(async (database) => ({
      database,
      standing: databaseStanding(database, await module?.standings.get(`database/${database.id}`)),
      // Until it is made, what is at its name is another's.
      usage: database.stage === "made" ? usage?.databases.get(database.name) : undefined,
    })),
  );
}

/** Accounts as pages show them, in the same order. */
export async function accountViewsOf(
  { modules }: Known,
  accounts: readonly DatabaseAccount[],
): Promise<AccountView[]> {
  const module = modules().databases;
  const usage = accounts.length === 0 ? undefined : await module?.usage(PATIENCE_MS);
  return Promise.all(
    accounts.map(async (account) => ({
      account,
      standing: accountStanding(
        account,
        await module?.standings.get(`databaseAccount/${account.id}`),
      ),
      connections:
        usage === undefined || account.stage !== "issued"
          ? undefined
          : (usage.connections.get(account.name) ?? 0),
    })),
  );
}

/**
 * The database that an address means, if the visitor may do this with it.
 * @throws Refusal `not_found`
 */
export function databaseFor(
  { ledger }: Pick<PageServices, "ledger">,
  context: Context<PageEnv>,
  action: Action = "database.read",
): Database {
  const database = ledger.state.databases.get(context.req.param("id") ?? "");
  const { actor } = context.get("visitor");
  authorise(ledger.state, actor, action, database?.owner ?? null, "database");
  if (database === undefined) throw new Refusal("not_found", "There is no such database.");
  return database;
}

/**
 * The account that an address means, if the visitor may do this with it.
 * @throws Refusal `not_found`
 */
export function accountFor(
  { ledger }: Pick<PageServices, "ledger">,
  context: Context<PageEnv>,
  action: Action = "databaseAccount.write",
): DatabaseAccount {
  const account = ledger.state.databaseAccounts.get(context.req.param("id") ?? "");
  const { actor } = context.get("visitor");
  authorise(ledger.state, actor, action, account?.owner ?? null, "account");
  if (account === undefined) throw new Refusal("not_found", "There is no such account.");
  return account;
}

/** What an owner may have of databases, and how much of it they use. */
export function allowancesOf(
  { ledger, rules, site }: Pick<PageServices, "ledger" | "rules" | "site">,
  owner: Owner,
): Allowance[] {
  const limits = quotaOf(rules, owner);
  const usage = usageOf(ledger.state, owner, site.now());
  const kinds = [
    ["databases", "databases"],
    ["databaseAccounts", "accounts"],
  ] as const;
  return kinds.map(([of, what]) => ({
    what,
    used: usage[of],
    limit: limits[of],
    remedy: moreOf(owner, of, limits[of] + 1, "Ask for more"),
  }));
}
