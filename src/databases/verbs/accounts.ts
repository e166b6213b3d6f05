import {
  requireQuota,
  requireUnchanged,
  stamp,
  type Context,
  type Decision,
  type Verb,
} from "../../domain/decision.ts";
import type { DatabaseAccount } from "../../domain/entities.ts";
import { authorise } from "../../domain/policy.ts";
import { databaseAccountsOf, findOwner, type State } from "../../domain/state.ts";
import { Refusal } from "../../errors.ts";
import { accountName, passwordFrom, type Password } from "../names.ts";

export interface CreateAccountInput {
  /** Drawn by the caller, who takes the lease on it before this is decided. */
  readonly id: string;
  readonly owner: string;
  /** Without the prefix and the owner's name. */
  readonly name: string;
  readonly access: "read" | "write";
  /** Ids or whole names of the owner's databases; null: all of them, new ones too. */
  readonly databases: readonly string[] | null;
}

/** An account, and the password that is to be given out once the server has taken it. */
export interface DrawnAccount {
  readonly account: DatabaseAccount;
  readonly password: Password;
}

/** Asks for an account. The server has it once this is stored, and an attempt was made with the password. */
export const createAccount: Verb<CreateAccountInput, DrawnAccount> = (state, context, input) => {
  const owner = findOwner(state, input.owner);
  authorise(state, context.actor, "databaseAccount.write", owner?.id ?? null, "owner");
  if (owner === undefined)
    throw new Refusal("not_found", "There is no such owner.", { field: "owner" });
  if (owner.suspended !== undefined)
    throw new Refusal("conflict", `${owner.name} is suspended and gets nothing new.`);
  const name = accountName(context.rules.databases.prefix, owner, input.name);
  if (state.databaseAccountsByName.has(name))
    throw new Refusal("taken", `There is an account ${name} already.`, { field: "name" });
  const used = databaseAccountsOf(state, owner.id).length;
  requireQuota(context, owner, "databaseAccounts", used);
  const account: DatabaseAccount = {
    ...stamp(context),
    v: 2,
    kind: "databaseAccount",
    id: input.id,
    owner: owner.id,
    name,
    access: input.access,
    databases: ownedDatabases(state, owner.id, input.databases),
    stage: "asked",
    renewing: false,
    deleting: false,
  };
  return decided(account, "database-account.created", `the account ${name} was asked for`, {
    account,
    password: passwordFrom(context.newSecret()),
  });
};

export interface UpdateAccountInput {
  readonly id: string;
  readonly access?: "read" | "write" | undefined;
  readonly databases?: readonly string[] | null | undefined;
  readonly ifMatch?: number | undefined;
}

/** Changes what an account may do. What is open of it ends where that is less than before. */
export const updateAccount: Verb<UpdateAccountInput, DatabaseAccount> = (state, context, input) => {
  const account = ownAccount(state, context, input.id, input.ifMatch);
  requireInUse(account);
  const next: DatabaseAccount = {
    ...account,
    revision: context.revision,
    access: input.access ?? account.access,
    databases:
      input.databases === undefined
        ? account.databases
        : ownedDatabases(state, account.owner, input.databases),
  };
  const summary = `what the account ${account.name} may do was changed`;
  return decided(next, "database-account.updated", summary, next);
};

/** Draws another password for an account; the one before ends with it. */
export const renewPassword: Verb<{ id: string; ifMatch?: number | undefined }, DrawnAccount> = (
  state,
  context,
  input,
) => {
  const account = ownAccount(state, context, input.id, input.ifMatch);
  requireInUse(account);
  if (state.owners.get(account.owner)?.suspended !== undefined)
    throw new Refusal("conflict", "Its owner is suspended: no account of theirs works.");
  if (account.stage !== "issued")
    throw new Refusal("conflict", `${account.name} is not there yet; try again shortly.`);
  const next: DatabaseAccount = { ...account, revision: context.revision, renewing: true };
  const summary = `the account ${account.name} is to get another password`;
  return decided(next, "database-account.renewing", summary, {
    account: next,
    password: passwordFrom(context.newSecret()),
  });
};

/** Ends an account, with all that is open of it. */
export const deleteAccount: Verb<{ id: string; ifMatch?: number | undefined }, DatabaseAccount> = (
  state,
  context,
  input,
) => {
  const account = ownAccount(state, context, input.id, input.ifMatch);
  const next = { ...account, revision: context.revision, deleting: true };
  const summary = `the account ${account.name} was ended`;
  return decided(next, "database-account.ended", summary, next);
};

function requireInUse(account: DatabaseAccount): void {
  if (account.deleting) throw new Refusal("conflict", `${account.name} is being removed.`);
}

function ownAccount(
  state: State,
  context: Context,
  id: string,
  ifMatch: number | undefined,
): DatabaseAccount {
  const account = state.databaseAccounts.get(id);
  authorise(state, context.actor, "databaseAccount.write", account?.owner ?? null, "account");
  if (account === undefined) throw new Refusal("not_found", "There is no such account.");
  requireUnchanged(account, ifMatch);
  return account;
}

function ownedDatabases(
  state: State,
  owner: string,
  given: readonly string[] | null,
): string[] | null {
  if (given === null) return null;
  const ids = given.map((idOrName, at) => {
    const id = state.databases.has(idOrName) ? idOrName : state.databasesByName.get(idOrName);
    const database = id === undefined ? undefined : state.databases.get(id);
    if (database?.owner !== owner) {
      throw new Refusal("not_found", "There is no such database of this owner.", {
        field: `databases.${at}`,
      });
    }
    return database.id;
  });
  return [...new Set(ids)];
}

function decided<T>(
  account: DatabaseAccount,
  type: string,
  summary: string,
  result: T,
): Decision<T> {
  return {
    changes: [{ kind: "databaseAccount", id: account.id, entity: account }],
    event: { type, summary, owners: [account.owner] },
    result,
  };
}
