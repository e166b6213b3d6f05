import type { Decision } from "../domain/decision.ts";
import type { Database, DatabaseAccount } from "../domain/entities.ts";
import { databaseAccountsOf, type Change, type State } from "../domain/state.ts";
import { StepRecords, withoutAnswers } from "../reconcile/records.ts";

/** The statuses of the answers to an account's making and to another password. */
const CREATED = 201;
const RENEWED = 200;

/** What steps write down of databases and accounts. */
export class DatabaseRecords extends StepRecords {
  /** It was seen that there is none of this name. */
  databaseFree(id: string): Promise<void> {
    return this.#database(id, "database.name-free", (database) => ({
      database: { ...database, stage: "free" },
      summary: `the name ${database.name} was found free`,
    }));
  }

  /** It is there. */
  databaseMade(id: string): Promise<void> {
    return this.#database(id, "database.made", (database) => ({
      database: { ...database, stage: "made" },
      summary: `the database ${database.name} was made`,
    }));
  }

  /** It is gone, with the grace period over: so is its record, and no account names it any more. */
  databaseGone(id: string): Promise<void> {
    return this.change((state, revision) => {
      const database = state.databases.get(id);
      if (database?.deleting === undefined) return undefined;
      const accounts = databaseAccountsOf(state, database.owner)
        .filter(({ databases }) => databases?.includes(id) === true)
        .map((account): Change => {
          const databases = account.databases?.filter((one) => one !== id) ?? null;
          const entity = { ...account, databases, revision };
          return { kind: "databaseAccount", id: account.id, entity };
        });
      return {
        changes: [{ kind: "database", id, entity: null }, ...accounts],
        event: {
          type: "database.deleted",
          summary: `the database ${database.name} was deleted with all that was in it`,
          owners: [database.owner],
        },
        result: null,
      };
    });
  }

  /** It was seen that there is none of this name. */
  accountFree(id: string): Promise<void> {
    return this.#account(id, "database-account.name-free", (account) => ({
      account: { ...account, stage: "free" },
      summary: `the name ${account.name} was found free`,
    }));
  }

  /**
   * Its password is about to be given out.
   * @param print a digest of what the server keeps of it
   */
  accountIssued(id: string, print: string): Promise<void> {
    return this.#account(id, "database-account.issued", (account) => ({
      account: { ...account, stage: "issued", renewing: false, print },
      summary: `a password of the account ${account.name} was given out`,
    }));
  }

  /** It was to get another password, and nobody was given one. */
  accountAbandoned(id: string): Promise<void> {
    return this.change((state, revision) => {
      const account = state.databaseAccounts.get(id);
      if (account === undefined) return undefined;
      const entity = { ...account, renewing: false, revision };
      const decision = written(
        { kind: "databaseAccount", id, entity },
        "database-account.renewal-abandoned",
        `no new password of the account ${account.name} was given out`,
      );
      return { ...decision, changes: [...decision.changes, ...withoutAnswers(state, id, RENEWED)] };
    });
  }

  /**
   * What was open of it is ended, but at nodes that did not answer.
   * @param nodes these, as `host:port`
   */
  accountUnended(id: string, nodes: readonly string[]): Promise<void> {
    return this.#account(id, "database-account.unended", ({ unended: _before, ...account }) => {
      const isEnded = nodes.length === 0;
      return {
        account: { ...account, ...(isEnded ? {} : { unended: [...nodes] }) },
        summary: isEnded
          ? `what was open of the account ${account.name} was ended at every node`
          : `what is open of the account ${account.name} at ${nodes.join(" and ")} is still to be ended`,
      };
    });
  }

  accountGone(id: string): Promise<void> {
    return this.change((state) => {
      const account = state.databaseAccounts.get(id);
      if (account === undefined) return undefined;
      return {
        changes: [
          { kind: "databaseAccount", id, entity: null },
          ...(account.stage === "issued" ? [] : withoutAnswers(state, id, CREATED)),
        ],
        event: {
          type: "database-account.deleted",
          summary: `the account ${account.name} was removed`,
          owners: [account.owner],
        },
        result: null,
      };
    });
  }

  #database(
    id: string,
    type: string,
    next: (database: Database) => { database: Database; summary: string },
  ): Promise<void> {
    return this.change((state, revision) => {
      const before = state.databases.get(id);
      if (before === undefined) return undefined;
      const { database, summary } = next(before);
      return written({ kind: "database", id, entity: { ...database, revision } }, type, summary);
    });
  }

  #account(
    id: string,
    type: string,
    next: (account: DatabaseAccount) => { account: DatabaseAccount; summary: string },
  ): Promise<void> {
    return this.change((state: State, revision) => {
      const before = state.databaseAccounts.get(id);
      if (before === undefined) return undefined;
      const { account, summary } = next(before);
      const entity = { ...account, revision };
      return written({ kind: "databaseAccount", id, entity }, type, summary);
    });
  }
}

function written(
  change: Extract<Change, { kind: "database" | "databaseAccount" }>,
  type: string,
  summary: string,
): Decision<null> {
  const owners = change.entity === null ? [] : [change.entity.owner];
  return { changes: [change], event: { type, summary, owners }, result: null };
}
