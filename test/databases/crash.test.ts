import type { Connection } from "mysql2/promise";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { DrawnAccount } from "../../src/databases/verbs/accounts.ts";
import { type MariadbServer, startMariadb } from "../support/mariadb.ts";
import { describeWithService } from "../support/services.ts";
import { ACTS } from "./acts.ts";
import { CrashWorld, type Someone } from "./crash-world.ts";
import { DAY_MS, type Host } from "./support.ts";

const LIMIT_MS = 600_000;

describeWithService("mariadb", "a process that is killed after any single step", () => {
  let mariadb: MariadbServer;
  let world: CrashWorld;
  let host: Host;
  beforeAll(async () => {
    mariadb = await startMariadb();
    world = await CrashWorld.start(mariadb);
    host = world.host;
  }, 120_000);
  // One test's things at a time, or each look would be at more.
  afterEach(() => world.clear(), 60_000);
  afterAll(async () => {
    await world?.close();
    await mariadb?.destroy();
  });

  const isOpen = (connection: Connection) =>
    connection.query("SELECT * FROM t").then(
      () => true,
      () => false,
    );

  describe(
    "leaves nothing that the next one does not put right, while",
    { timeout: LIMIT_MS },
    () => {
      it("a database is made", async () => {
        const steps = await world.eachStep(
          "makeDatabase",
          () => world.person(),
          () => world.clear(),
        );
        expect(steps).toBeGreaterThan(3);
      });

      it("an account is made", async () => {
        const owner = await world.person();
        await host.database(owner, "a");
        const steps = await world.eachStep(
          "makeAccount",
          async () => owner,
          async () => {
            for (const { id } of host.state.databaseAccounts.values()) {
              await world.expectAWay(id);
              await host.end(id);
            }
          },
        );
        expect(steps).toBeGreaterThan(5);
      });

      it("a password is renewed", async () => {
        const one = await world.someone();
        let { account } = one;
        const printOf = (id: string) => host.state.databaseAccounts.get(id)?.print;
        let print: string | undefined;
        const steps = await world.eachStep(
          "renewPassword",
          async () => {
            print = printOf(account.account.id);
            return account.account.id;
          },
          async (id) => {
            const standing = await host.module.standings.get(`databaseAccount/${id}`);
            // Either the old one still works, or the new one was noted, or it is said that it may not.
            const isOld = printOf(id) === print && standing?.why === null;
            expect(await host.opens(account)).toBe(isOld);
            account = await world.expectAWay(id);
          },
        );
        expect(steps).toBeGreaterThan(2);
        expect(await isOpen(one.open)).toBe(true);
      });

      it("an account is given less, and more", async () => {
        const one = await world.someone();
        let { open } = one;
        const { id } = one.account.account;
        const isLess = () => host.state.databaseAccounts.get(id)?.databases !== null;
        const check = async () => {
          expect(await isOpen(open)).toBe(!isLess());
          expect(await host.opens(one.account)).toBe(true);
        };
        const less = await world.eachStep(
          "giveLess",
          async () => {
            if (isLess()) await ACTS.giveMore(host, id);
            open.destroy();
            open = await world.opened(one.account, one.database);
            return id;
          },
          check,
        );
        expect(less).toBeGreaterThan(4);
        const more = await world.eachStep(
          "giveMore",
          async () => {
            if (!isLess()) await ACTS.giveLess(host, id);
            return id;
          },
          async () => {
            open = await world.opened(one.account, one.database);
            await check();
          },
        );
        expect(more).toBeGreaterThan(1);
      });

      it("an account is ended", async () => {
        const { owner, database } = await world.someone();
        let account: DrawnAccount;
        let open: Connection;
        const steps = await world.eachStep(
          "endAccount",
          async () => {
            account = (await host.account(owner, "other")).done;
            open = await world.opened(account, database);
            return account.account.id;
          },
          async (id) => {
            expect(host.state.databaseAccounts.has(id)).toBe(false);
            expect(await isOpen(open)).toBe(false);
            expect(await host.opens(account)).toBe(false);
          },
        );
        expect(steps).toBeGreaterThan(4);
      });

      it("an owner is suspended, and resumed", async () => {
        const one = await world.someone();
        const { owner, account, database } = one;
        let { open } = one;
        const suspended = await world.eachStep(
          "suspend",
          async () => {
            if (world.isSuspended(owner)) await ACTS.resume(host, owner);
            open = await world.opened(account, database);
            return owner;
          },
          async () => {
            expect(await isOpen(open)).toBe(false);
            expect(await host.opens(account)).toBe(false);
          },
        );
        expect(suspended).toBeGreaterThan(2);
        const resumed = await world.eachStep(
          "resume",
          async () => {
            if (!world.isSuspended(owner)) await ACTS.suspend(host, owner);
            return owner;
          },
          async () => expect(await host.opens(account)).toBe(true),
        );
        expect(resumed).toBeGreaterThan(1);
      });

      it("an owner leaves", async () => {
        let one: Someone;
        const steps = await world.eachStep(
          "leave",
          async () => {
            one = await world.someone();
            return one.owner;
          },
          async (owner) => {
            const { database, account, open } = one;
            expect(host.state.owners.has(owner)).toBe(false);
            expect(await isOpen(open)).toBe(false);
            expect(await host.opens(account)).toBe(false);
            expect(host.state.databaseAccounts.has(account.account.id)).toBe(false);
            expect(host.state.databases.get(database)?.deleting).toBeDefined();
            await world.clear();
          },
        );
        expect(steps).toBeGreaterThan(4);
      });

      it("a database is taken out of use, and put back", async () => {
        const one = await world.someone();
        const { account, database } = one;
        let { open } = one;
        const isUsed = () => host.state.databases.get(database)?.deleting === undefined;
        const removed = await world.eachStep(
          "removeDatabase",
          async () => {
            if (!isUsed()) await host.restore(database);
            open = await world.opened(account, database);
            return database;
          },
          async () => expect([isUsed(), await isOpen(open)]).toEqual([false, false]),
        );
        expect(removed).toBeGreaterThan(4);
        const restored = await world.eachStep(
          "restoreDatabase",
          async () => {
            if (isUsed()) await host.remove(database);
            return database;
          },
          async () => {
            open = await world.opened(account, database);
            expect([isUsed(), await isOpen(open)]).toEqual([true, true]);
          },
        );
        expect(restored).toBeGreaterThan(1);
      });

      it("a database is deleted when its time is over", async () => {
        const { owner } = await world.someone();
        const steps = await world.eachStep(
          "look",
          async () => {
            const { done } = await host.database(owner, "old");
            await mariadb.root(`CREATE TABLE ${done.name}.t (id INT)`);
            await host.remove(done.id);
            host.wait(8 * DAY_MS);
            return done.id;
          },
          async (id) => expect(host.state.databases.has(id)).toBe(false),
        );
        expect(steps).toBeGreaterThan(1);
      });
    },
  );
});
