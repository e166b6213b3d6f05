import type { Connection } from "mysql2/promise";
import { expect } from "vitest";
import { grantsOf } from "../../src/databases/account-plan.ts";
import type { DrawnAccount } from "../../src/databases/verbs/accounts.ts";
import { CrashProcesses } from "../support/crash-process.ts";
import type { MariadbServer } from "../support/mariadb.ts";
import type { ACTS } from "./acts.ts";
import { DAY_MS, Host, type Place } from "./support.ts";

const { signal } = new AbortController();

export interface Someone {
  readonly owner: string;
  readonly database: string;
  readonly account: DrawnAccount;
  readonly open: Connection;
}

/** A host whose acts are done by processes that are killed, and a stranger's things beside it. */
export class CrashWorld {
  readonly host: Host;
  readonly #mariadb: MariadbServer;
  readonly #processes: CrashProcesses<Place, keyof typeof ACTS>;
  #people = 0;

  private constructor(
    host: Host,
    mariadb: MariadbServer,
    processes: CrashProcesses<Place, keyof typeof ACTS>,
  ) {
    this.host = host;
    this.#mariadb = mariadb;
    this.#processes = processes;
  }

  static async start(mariadb: MariadbServer): Promise<CrashWorld> {
    const host = await Host.start(mariadb);
    await mariadb.root(
      `CREATE DATABASE ${host.prefix}_stranger_data`,
      `CREATE TABLE ${host.prefix}_stranger_data.kept (id INT)`,
      `CREATE USER '${host.prefix}.stranger.app'@'%' IDENTIFIED BY 'kept'`,
    );
    const script = new URL("./crash-child.ts", import.meta.url);
    return new CrashWorld(host, mariadb, await CrashProcesses.of<Place, keyof typeof ACTS>(script));
  }

  async close(): Promise<void> {
    await this.#processes.close();
    await this.host.close();
  }

  person(): Promise<string> {
    return this.host.person(`p${++this.#people}`);
  }

  /** Someone new with a database, an account, and a connection that is open. */
  async someone(): Promise<Someone> {
    const owner = await this.person();
    const { done: database } = await this.host.database(owner, "a");
    const { done: account } = await this.host.account(owner);
    const open = await this.opened(account, database.id);
    await open.query("CREATE TABLE t (id INT)");
    return { owner, database: database.id, account, open };
  }

  /** A connection to a database, that stays open. */
  opened(account: DrawnAccount, database: string): Promise<Connection> {
    return this.host.with(account, this.host.state.databases.get(database)?.name);
  }

  isSuspended(owner: string): boolean {
    return this.host.state.owners.get(owner)?.suspended !== undefined;
  }

  /** Everything at the server is as the store wants it, is said to be so, and nothing else of ours is there. */
  async expectRight(): Promise<void> {
    const { host } = this;
    const { state, module } = host;
    const listed = new Set((await host.server.databases(signal)).keys());
    for (const { id, name, owner, stage, deleting } of state.databases.values()) {
      expect(stage).toBe("made");
      expect(listed.delete(name)).toBe(true);
      const state = deleting ? "deleting" : this.isSuspended(owner) ? "suspended" : "ready";
      expect(await module.standings.get(`database/${id}`)).toMatchObject({ state, tries: 0 });
    }
    expect([...listed]).toEqual([`${host.prefix}_stranger_data`]);
    const accounts = new Map(await host.server.accounts(host.prefix, signal));
    for (const account of state.databaseAccounts.values()) {
      expect(account).toMatchObject({ stage: "issued", renewing: false, deleting: false });
      const suspended = this.isSuspended(account.owner);
      const stored = accounts.get(account.name);
      expect(stored).toMatchObject({
        locked: suspended,
        connections: host.config.connections,
        grants: grantsOf(state, account),
        beside: "nothing",
      });
      const standing = await module.standings.get(`databaseAccount/${account.id}`);
      expect(standing).toMatchObject({ state: suspended ? "suspended" : "ready", tries: 0 });
      // Where the password is not the one that was given out last, that is said.
      const isSaid = standing?.why?.includes("Its password is not the one") === true;
      expect(isSaid).toBe(stored?.print !== account.print);
      if (suspended) {
        const { open } = await host.server.sessions({ account: account.name }, signal);
        expect(open).toEqual([]);
      }
      accounts.delete(account.name);
    }
    expect([...accounts.keys()]).toEqual([`${host.prefix}.stranger.app`]);
    const rights = await this.#mariadb.root(
      `SELECT User FROM mysql.db WHERE LEFT(User, ${host.prefix.length + 1}) = '${host.prefix}.'`,
    );
    for (const { User } of rights) expect(state.databaseAccountsByName.has(User)).toBe(true);
    expect(await this.#mariadb.root(`SHOW TABLES FROM ${host.prefix}_stranger_data`)).toHaveLength(
      1,
    );
  }

  /** Takes everything away: one person's things at a time, or each check would look at more. */
  async clear(): Promise<void> {
    const { host } = this;
    for (const { id } of host.state.databaseAccounts.values()) await host.end(id);
    for (const { id, deleting } of host.state.databases.values())
      if (deleting === undefined) await host.remove(id);
    await host.pass(8 * DAY_MS);
    await host.pass(0);
    expect(host.state.databases.size + host.state.databaseAccounts.size).toBe(0);
  }
  /**
   * Has a process do an act, killed after each of its steps in turn; after each the next process must
   * put everything right by itself.
   * @param prepare gives the id of what it is done to
   * @param check what else holds then
   * @returns how many steps there are
   */
  eachStep(
    act: keyof typeof ACTS,
    prepare: () => Promise<string>,
    check: (id: string) => Promise<void>,
  ): Promise<number> {
    return this.#processes.eachStep(this.host, act, prepare, async (id) => {
      await this.expectRight();
      await check(id);
    });
  }

  /** Whatever was lost, there is a way to a password that works. */
  async expectAWay(id: string): Promise<DrawnAccount> {
    const { done, outcome } = await this.host.renew(id);
    expect(outcome).toMatchObject({ state: "ready", why: null });
    expect(await this.host.opens(done)).toBe(true);
    return done;
  }
}
