import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { grantsOf } from "../../src/databases/account-plan.ts";
import type { DrawnAccount } from "../../src/databases/verbs/accounts.ts";
import type { Connection } from "mysql2/promise";
import { deleteOwner } from "../../src/owners/delete.ts";
import { resumeOwner, suspendOwner } from "../../src/owners/suspend.ts";
import { type MariadbServer, startMariadb } from "../support/mariadb.ts";
import { describeWithService } from "../support/services.ts";
import { DAY_MS, Host } from "./support.ts";

const { signal } = new AbortController();
/** More than any act takes. */
const STEPS_MAX = 200;

describeWithService("mariadb", "a process that ends after any single step", () => {
  let mariadb: MariadbServer;
  let host: Host;
  beforeAll(async () => {
    mariadb = await startMariadb();
    host = await Host.start(mariadb);
    await mariadb.root(
      `CREATE DATABASE ${host.prefix}_stranger_data`,
      `CREATE TABLE ${host.prefix}_stranger_data.kept (id INT)`,
      `CREATE USER '${host.prefix}.stranger.app'@'%' IDENTIFIED BY 'kept'`,
    );
  }, 120_000);
  afterAll(async () => {
    await host?.close();
    await mariadb?.destroy();
  });

  let people = 0;
  interface Someone {
    readonly owner: string;
    readonly database: string;
    readonly account: DrawnAccount;
    readonly open: Connection;
  }
  /** Someone new with a database, an account, and a connection that is open. */
  async function someone(): Promise<Someone> {
    const owner = await host.person(`p${++people}`);
    const { done: database } = await host.database(owner, "a");
    const { done: account } = await host.account(owner);
    const open = await host.with(account, database.name);
    await open.query("CREATE TABLE t (id INT)");
    return { owner, database: database.id, account, open };
  }
  const isOpen = (connection: Connection) =>
    connection.query("SELECT * FROM t").then(
      () => true,
      () => false,
    );

  /** Everything at the server is as the store wants it, and nothing else of ours is there. */
  async function expectRight(): Promise<void> {
    const { state } = host;
    const listed = new Set((await host.server.databases(signal)).keys());
    for (const { name, stage } of state.databases.values()) {
      expect(stage).toBe("made");
      expect(listed.delete(name)).toBe(true);
    }
    expect([...listed]).toEqual([`${host.prefix}_stranger_data`]);
    const accounts = new Map(await host.server.accounts(host.prefix, signal));
    for (const account of state.databaseAccounts.values()) {
      expect(account).toMatchObject({ stage: "issued", renewing: false, deleting: false });
      const suspended = state.owners.get(account.owner)?.suspended !== undefined;
      expect(accounts.get(account.name)).toMatchObject({
        locked: suspended,
        connections: host.config.connections,
        grants: grantsOf(state, account),
        beside: "nothing",
      });
      if (suspended) {
        const { open } = await host.server.sessions({ account: account.name }, signal);
        expect(open).toEqual([]);
      }
      accounts.delete(account.name);
    }
    expect([...accounts.keys()]).toEqual([`${host.prefix}.stranger.app`]);
    const rights = await mariadb.root(
      `SELECT User FROM mysql.db WHERE LEFT(User, ${host.prefix.length + 1}) = '${host.prefix}.'`,
    );
    for (const { User } of rights) expect(state.databaseAccountsByName.has(User)).toBe(true);
    expect(await mariadb.root(`SHOW TABLES FROM ${host.prefix}_stranger_data`)).toHaveLength(1);
  }

  /**
   * Does an act again and again, ended after its first step, its second, and so on until it is done;
   * after each the next process must put everything right by itself.
   */
  async function eachStep<T>(
    prepare: () => Promise<T>,
    act: (prepared: T) => Promise<unknown>,
    check?: (prepared: T) => Promise<void>,
  ): Promise<number> {
    for (let step = 0; step < STEPS_MAX; step++) {
      const prepared = await prepare();
      host.acts = 0;
      host.crashAfter = step;
      await act(prepared).catch(() => undefined);
      const isDone = host.acts <= step;
      await host.restart();
      await host.pass(0);
      await expectRight();
      await check?.(prepared);
      // One person's things at a time, or each check would look at more.
      for (const { id } of host.state.databaseAccounts.values()) await host.end(id);
      for (const { id, deleting } of host.state.databases.values())
        if (deleting === undefined) await host.remove(id);
      await host.pass(8 * DAY_MS);
      await host.pass(0);
      expect(host.state.databases.size + host.state.databaseAccounts.size).toBe(0);
      if (isDone) return step;
    }
    throw new Error("it does not end");
  }

  /** Whatever was lost, there is a way to a password that works. */
  async function expectAWay(id: string): Promise<void> {
    const { done, outcome } = await host.renew(id);
    expect(outcome).toMatchObject({ state: "ready", why: null });
    expect(await host.opens(done)).toBe(true);
  }

  describe("leaves nothing that the next one does not put right, while", () => {
    it("a database is made", async () => {
      const steps = await eachStep(
        () => host.person(`p${++people}`),
        (owner) => host.database(owner, "new"),
      );
      expect(steps).toBeGreaterThan(5);
    }, 240_000);

    it("an account is made", async () => {
      const steps = await eachStep(
        async () => {
          const owner = await host.person(`p${++people}`);
          await host.database(owner, "a");
          return owner;
        },
        (owner) => host.account(owner),
        async () => {
          for (const { id } of host.state.databaseAccounts.values()) await expectAWay(id);
        },
      );
      expect(steps).toBeGreaterThan(10);
    }, 240_000);

    it("a password is renewed", async () => {
      const steps = await eachStep(
        someone,
        ({ account }) => host.renew(account.account.id),
        async ({ account, open }) => {
          const { id } = account.account;
          const standing = await host.module.standings.get(`databaseAccount/${id}`);
          // Either the old one still works, or it is said that it may not.
          const isOld = await host.opens(account);
          const isSaid = standing?.why?.includes("Its password is not the one") === true;
          const isNew = host.state.databaseAccounts.get(id)?.print !== account.account.print;
          if (!isOld) expect(isSaid || isNew).toBe(true);
          await expectAWay(id);
          open.destroy();
        },
      );
      expect(steps).toBeGreaterThan(5);
    }, 240_000);

    it("an account is given less", async () => {
      const steps = await eachStep(
        someone,
        ({ account }) => host.update({ id: account.account.id, databases: [] }),
        async ({ account, open }) => {
          const record = host.state.databaseAccounts.get(account.account.id);
          expect(await isOpen(open)).toBe(record?.databases === null);
          expect(await host.opens(account)).toBe(true);
        },
      );
      expect(steps).toBeGreaterThan(6);
    }, 240_000);

    it("an account is ended", async () => {
      const steps = await eachStep(
        someone,
        ({ account }) => host.end(account.account.id),
        async ({ account, open }) => {
          const isLeft = host.state.databaseAccounts.has(account.account.id);
          expect(await isOpen(open)).toBe(isLeft);
          expect(await host.opens(account)).toBe(isLeft);
        },
      );
      expect(steps).toBeGreaterThan(6);
    }, 240_000);

    it("an owner is suspended, and resumed", async () => {
      const check = async ({ owner, account, open }: Someone) => {
        const suspended = host.state.owners.get(owner)?.suspended !== undefined;
        expect(await host.opens(account)).toBe(!suspended);
        if (suspended) expect(await isOpen(open)).toBe(false);
        open.destroy();
      };
      const steps = await eachStep(
        someone,
        async ({ owner }) => {
          await host.do(suspendOwner, { id: owner, reason: "" });
          await host.module.settleOwner(owner);
        },
        check,
      );
      expect(steps).toBeGreaterThan(6);
      await eachStep(
        async () => {
          const made = await someone();
          await host.do(suspendOwner, { id: made.owner, reason: "" });
          await host.module.settleOwner(made.owner);
          return made;
        },
        async ({ owner }) => {
          await host.do(resumeOwner, { id: owner });
          await host.module.settleOwner(owner);
        },
        check,
      );
    }, 240_000);

    it("an owner leaves", async () => {
      const steps = await eachStep(
        someone,
        async ({ owner }) => {
          await host.do(deleteOwner, { id: owner, kind: "person" as const });
          await host.module.settleOwner(owner);
        },
        async ({ owner, database, account, open }) => {
          const isThere = host.state.owners.has(owner);
          expect(await isOpen(open)).toBe(isThere);
          expect(await host.opens(account)).toBe(isThere);
          expect(host.state.databaseAccounts.has(account.account.id)).toBe(isThere);
          expect(host.state.databases.get(database)?.deleting === undefined).toBe(isThere);
        },
      );
      expect(steps).toBeGreaterThan(6);
    }, 240_000);

    it("a database is taken out of use, and deleted when its time is over", async () => {
      await eachStep(
        someone,
        ({ database }) => host.remove(database),
        async ({ database, open }) => {
          const isUsed = host.state.databases.get(database)?.deleting === undefined;
          expect(await isOpen(open)).toBe(isUsed);
          open.destroy();
        },
      );
      await eachStep(
        async () => {
          const made = await someone();
          await host.remove(made.database);
          return made;
        },
        () => host.pass(8 * DAY_MS),
      );
    }, 240_000);
  });
});
