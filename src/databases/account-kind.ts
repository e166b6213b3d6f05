import type { DatabaseAccount } from "../domain/entities.ts";
import type { Kind, Plan } from "../reconcile/kind.ts";
import type { Call } from "../reconcile/system.ts";
import {
  grantsOf,
  planAccount,
  type AccountStep,
  type GivenPassword,
  type SeenAccount,
} from "./account-plan.ts";
import type { DatabaseRecords } from "./records.ts";
import type { DatabaseServer, Session, Sessions } from "./server.ts";

export interface AccountKindOptions {
  readonly server: DatabaseServer;
  readonly records: DatabaseRecords;
  readonly prefix: string;
  readonly connections: number;
  readonly now: () => Date;
}

const NOTHING_OPEN: Sessions = { open: [], unseen: [] };

/** Accounts at databases, as the reconcilers keep them. */
export class AccountKind implements Kind<SeenAccount, AccountStep, GivenPassword> {
  readonly name = "databaseAccount";
  readonly #options: AccountKindOptions;

  constructor(options: AccountKindOptions) {
    this.#options = options;
  }

  ids(): readonly string[] {
    return [...this.#options.records.state.databaseAccounts.keys()];
  }

  async observe(id: string, call: Call): Promise<SeenAccount> {
    const { server } = this.#options;
    const record = this.#record(id);
    if (record === undefined) return { account: undefined, sessions: NOTHING_OPEN };
    const { name, unended } = record;
    const account = await call((signal) => server.account(name, signal));
    // Of what is not locked, nothing that is open has to end but what could not be seen before.
    const isAsked = account?.locked !== false || unended !== undefined;
    const sessions = isAsked
      ? await call((signal) => server.sessions({ account: name }, signal))
      : NOTHING_OPEN;
    return { account, sessions };
  }

  async observeAll(call: Call): Promise<(id: string) => SeenAccount | undefined> {
    const { server, prefix } = this.#options;
    const accounts = await call((signal) => server.accounts(prefix, signal));
    const all = await call((signal) => server.sessions({ prefix }, signal));
    const open = new Map<string, Session[]>();
    for (const session of all.open) {
      const { account } = session;
      open.set(account, [...(open.get(account) ?? []), session]);
    }
    return (id) => {
      const name = this.#record(id)?.name;
      // One that was made under another prefix is looked at by itself.
      if (name?.startsWith(`${prefix}.`) !== true) return undefined;
      const sessions = { open: open.get(name) ?? [], unseen: all.unseen };
      return { account: accounts.get(name), sessions };
    };
  }

  plan(id: string, seen: SeenAccount, given: GivenPassword | undefined): Plan<AccountStep> {
    const record = this.#record(id);
    if (record === undefined) return { gone: true };
    const { state } = this.#options.records;
    const context = {
      grants: grantsOf(state, record),
      suspended: this.#isSuspended(record),
      given: given !== undefined,
      connections: this.#options.connections,
      now: this.#options.now(),
    };
    return planAccount(record, context, seen);
  }

  async apply(
    id: string,
    step: AccountStep,
    call: Call,
    given: GivenPassword | undefined,
  ): Promise<void> {
    const { server, records, connections } = this.#options;
    const name = this.#record(id)?.name;
    if (name === undefined) return;
    switch (step.do) {
      case "note-free":
        return records.accountFree(id);
      case "note-issued":
      case "note-renewed": {
        const account = await call((signal) => server.account(name, signal));
        return account === undefined ? undefined : records.accountIssued(id, account.print);
      }
      case "note-abandoned":
        return records.accountAbandoned(id);
      case "note-unended":
        return records.accountUnended(id, step.nodes);
      case "forget":
        return records.accountGone(id);
      case "make":
      case "set-password": {
        if (given === undefined) throw new Error("there is no password to be set");
        const { password } = given;
        return call((signal) =>
          step.do === "make"
            ? server.makeAccount(name, password, connections, signal)
            : server.setPassword(name, password, signal),
        );
      }
      case "lock":
      case "unlock":
        return call((signal) => server.setLocked(name, step.do === "lock", signal));
      case "limit":
        return call((signal) => server.setConnections(name, connections, signal));
      case "revoke":
        return call((signal) => server.revokeAll(name, signal));
      case "grant":
        return call((signal) => server.grant(name, step.database, step.access, signal));
      case "end":
        return call((signal) => server.endSessions(step.sessions, signal));
      case "drop":
        return call((signal) => server.dropAccount(name, signal));
    }
  }

  desired(id: string): string {
    const record = this.#record(id);
    if (record === undefined) return "";
    const { stage, renewing, deleting } = record;
    const grants = [...grantsOf(this.#options.records.state, record)];
    return JSON.stringify([grants, this.#isSuspended(record), stage, renewing, deleting]);
  }

  underway(id: string): "creating" | "repairing" | "deleting" {
    const record = this.#record(id);
    if (record === undefined || record.deleting) return "deleting";
    return record.stage === "issued" ? "repairing" : "creating";
  }

  #record(id: string): DatabaseAccount | undefined {
    return this.#options.records.state.databaseAccounts.get(id);
  }

  #isSuspended({ owner }: DatabaseAccount): boolean {
    return this.#options.records.state.owners.get(owner)?.suspended !== undefined;
  }
}
