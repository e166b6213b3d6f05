import { afterAll, beforeAll, expect, it } from "vitest";
import type { DrawnAccount } from "../../src/databases/verbs/accounts.ts";
import { suspendOwner } from "../../src/owners/suspend.ts";
import { type MariadbServer, startMariadb } from "../support/mariadb.ts";
import { describeWithService } from "../support/services.ts";
import { DAY_MS, Host, may } from "./support.ts";

const MINUTES_MS = 11 * 60_000;

describeWithService("mariadb", "what is changed behind the console's back", () => {
  let mariadb: MariadbServer;
  let host: Host;
  beforeAll(async () => {
    mariadb = await startMariadb();
    host = await Host.start(mariadb);
    await mariadb.root("CREATE ROLE helper", "CREATE DATABASE other");
  }, 120_000);
  afterAll(async () => {
    await host?.close();
    await mariadb?.destroy();
  });

  let people = 0;
  interface Someone {
    readonly owner: string;
    readonly id: string;
    readonly name: string;
    readonly account: DrawnAccount;
  }
  async function someone(): Promise<Someone> {
    const owner = await host.person(`p${++people}`);
    const { done } = await host.database(owner, "a_a");
    const { done: account } = await host.account(owner);
    await host.pass(MINUTES_MS);
    return { owner, id: done.id, name: done.name, account };
  }
  const standingOf = ({ account }: Someone) =>
    host.module.standings.get(`databaseAccount/${account.account.id}`);
  const atServer = async ({ account }: Someone) => {
    const { signal } = new AbortController();
    const { print: _own, ...rest } =
      (await host.server.account(account.account.name, signal)) ?? {};
    return rest;
  };

  it("a database that was dropped is made again, empty, and it is said", async () => {
    const them = await someone();
    await mariadb.root(`CREATE TABLE ${them.name}.t (id INT)`, `DROP DATABASE ${them.name}`);
    await host.pass(MINUTES_MS);
    expect(await host.module.standings.get(`database/${them.id}`)).toMatchObject({
      state: "ready",
      repaired: expect.arrayContaining([
        expect.objectContaining({ what: "made the database, empty" }),
      ]),
    });
    const connection = await host.with(them.account, them.name);
    expect((await connection.query("SHOW TABLES"))[0]).toEqual([]);
    connection.destroy();
  });

  it("a database that its owner drops and puts back is theirs as before", async () => {
    const them = await someone();
    const connection = await host.with(them.account, them.name);
    await connection.query(`DROP DATABASE ${them.name}`);
    await connection.query(`CREATE DATABASE ${them.name}`);
    await connection.query(`CREATE TABLE ${them.name}.back (id INT)`);
    connection.destroy();
    await host.pass(MINUTES_MS);
    expect(await host.module.standings.get(`database/${them.id}`)).toMatchObject({
      state: "ready",
    });
    expect(await mariadb.root(`SHOW TABLES FROM ${them.name}`)).toHaveLength(1);
  });

  const DRIFT: readonly [string, (account: string, database: string) => string, string][] = [
    ["locked", (a) => `ALTER USER ${a} ACCOUNT LOCK`, "unlocked the account"],
    [
      "given more connections",
      (a) => `ALTER USER ${a} WITH MAX_USER_CONNECTIONS 500`,
      "set how many connections it may have",
    ],
    [
      "robbed of a database",
      (a, db) => `REVOKE ALL PRIVILEGES ON \`${db}\`.* FROM ${a}`,
      "let it write in",
    ],
    [
      "robbed of a part of its rights",
      (a, db) => `REVOKE INSERT ON \`${db}\`.* FROM ${a}`,
      "let it write in",
    ],
    ["given EVENT", (a, db) => `GRANT EVENT ON \`${db}\`.* TO ${a}`, "took away what it might do"],
    [
      "let to give it on",
      (a, db) => `GRANT SELECT ON \`${db}\`.* TO ${a} WITH GRANT OPTION`,
      "took away what it might do",
    ],
    [
      "given a pattern that means more",
      (a, db) => `GRANT SELECT ON \`${db.replaceAll("\\", "")}\`.* TO ${a}`,
      "took away what it might do",
    ],
    [
      "given another database",
      (a) => `GRANT SELECT ON other.* TO ${a}`,
      "took away what it might do",
    ],
    ["given FILE", (a) => `GRANT FILE ON *.* TO ${a}`, "took away what it might do"],
    [
      "given everything",
      (a) => `GRANT ALL ON *.* TO ${a} WITH GRANT OPTION`,
      "took away what it might do",
    ],
    [
      "given a table of the server's own",
      (a) => `GRANT SELECT ON mysql.global_priv TO ${a}`,
      "took away what it might do",
    ],
    ["given a role", (a) => `GRANT helper TO ${a}`, "took away what it might do"],
  ];
  it.each(DRIFT)("an account that was %s is put right, and it is said", async (_w, drift, what) => {
    const them = await someone();
    const before = await atServer(them);
    const { name } = them.account.account;
    await mariadb.root(drift(`'${name}'@'%'`, them.name.replaceAll("_", "\\_")));
    await host.pass(MINUTES_MS);
    const standing = await standingOf(them);
    expect(standing).toMatchObject({ state: "ready", why: null });
    expect(standing?.repaired.some((repair) => repair.what.startsWith(what))).toBe(true);
    expect(await atServer(them)).toEqual(before);
    expect(await host.opens(them.account)).toBe(true);
  });

  it("an account that was unlocked while its owner is suspended is cut off again", async () => {
    const them = await someone();
    await host.do(suspendOwner, { id: them.owner, reason: "" });
    await host.module.settleOwner(them.owner);
    await mariadb.root(`ALTER USER '${them.account.account.name}'@'%' ACCOUNT UNLOCK`);
    const connection = await host.with(them.account, them.name);
    await host.pass(MINUTES_MS);
    expect(await standingOf(them)).toMatchObject({
      state: "suspended",
      repaired: [
        { at: expect.any(String), what: "locked the account" },
        { at: expect.any(String), what: "ended open connections" },
      ],
    });
    await expect(connection.query("SELECT 1")).rejects.toThrow();
    expect(await host.opens(them.account)).toBe(false);
  });

  it("a password that was changed is said, and another can be set", async () => {
    const them = await someone();
    const mine = await host.with(them.account);
    await mine.query("SET PASSWORD = PASSWORD('my-own')");
    mine.destroy();
    await host.pass(MINUTES_MS);
    expect(await standingOf(them)).toMatchObject({
      state: "ready",
      why: expect.stringContaining("not the one that was given out here last"),
    });
    const { done, outcome } = await host.renew(them.account.account.id);
    expect(outcome).toMatchObject({ state: "ready", why: null });
    expect(await host.opens(done)).toBe(true);
  });

  it("an account that is lost says what to do, and that works", async () => {
    const them = await someone();
    await mariadb.root(`DROP USER '${them.account.account.name}'@'%'`);
    await host.pass(MINUTES_MS);
    expect(await standingOf(them)).toMatchObject({
      state: "stuck",
      why: expect.stringContaining("Set a new password"),
    });
    const { done, outcome } = await host.renew(them.account.account.id);
    expect(outcome).toMatchObject({ state: "ready" });
    const connection = await host.with(done, them.name);
    expect(await may(connection.query("CREATE TABLE t (id INT)"))).toBe(true);
    connection.destroy();
  });

  it.each([
    ["another's name", (a: string) => `GRANT PROXY ON root@'%' TO ${a}`],
    ["a namesake elsewhere", (a: string) => `CREATE USER ${a.replace("'%'", "'10.%'")}`],
  ])("an account that was given %s is told of", async (_what, drift) => {
    const them = await someone();
    await mariadb.root(drift(`'${them.account.account.name}'@'%'`));
    await host.pass(MINUTES_MS);
    expect(await standingOf(them)).toMatchObject({
      state: "stuck",
      why: expect.stringContaining("only an admin there"),
    });
    // Which keeps nobody from being cut off.
    await host.do(suspendOwner, { id: them.owner, reason: "" });
    await host.module.settleOwner(them.owner);
    expect(await host.opens(them.account)).toBe(false);
  });

  it("a database that somebody holds is deleted later, and the server is not away for it", async () => {
    const them = await someone();
    const { rootPassword } = mariadb;
    const holder = await mariadb.connect("root", rootPassword, them.name);
    await holder.query("CREATE TABLE t (id INT) ENGINE = InnoDB");
    await holder.beginTransaction();
    await holder.query("SELECT * FROM t");
    await host.remove(them.id);
    await host.pass(8 * DAY_MS);
    expect(await host.module.standings.get(`database/${them.id}`)).toMatchObject({
      state: "stuck",
      why: expect.stringContaining("is busy"),
    });
    expect(host.module.system.away).toBeUndefined();
    await holder.commit();
    holder.destroy();
    await host.pass(MINUTES_MS);
    expect(host.state.databases.has(them.id)).toBe(false);
  }, 60_000);

  it("nothing of a stranger's is touched, whatever it is called", async () => {
    const { prefix } = host;
    const stranger = `'${prefix}.stranger.app'@'%'`;
    await mariadb.root(
      `CREATE USER ${stranger} IDENTIFIED BY 'theirs'`,
      `CREATE DATABASE ${prefix}_p999_x`,
      `CREATE TABLE ${prefix}_p999_x.kept (id INT)`,
      `GRANT SELECT ON \`${prefix}\\_p999\\_x\`.* TO ${stranger}`,
    );
    const owner = await host.person("p999");
    const { done, outcome } = await host.database(owner, "x");
    expect(outcome).toMatchObject({ state: "conflict" });
    await host.remove(done.id);
    await host.pass(30 * DAY_MS);
    expect(host.state.databases.has(done.id)).toBe(false);
    expect(await mariadb.root(`SHOW TABLES FROM ${prefix}_p999_x`)).toHaveLength(1);
    const theirs = await mariadb.connect(`${prefix}.stranger.app`, "theirs", `${prefix}_p999_x`);
    await theirs.query("SELECT * FROM kept");
    theirs.destroy();
  });

  it("a name in which a stranger still has rights is given to nobody", async () => {
    const { prefix } = host;
    await mariadb.root(
      "CREATE USER legacy@'%' IDENTIFIED BY 'legacy'",
      `GRANT ALL ON \`${prefix}\\_p998\\_x\`.* TO legacy@'%'`,
    );
    const owner = await host.person("p998");
    const { done, outcome } = await host.database(owner, "x");
    expect(outcome).toMatchObject({
      state: "conflict",
      why: expect.stringContaining("legacy@%"),
    });
    await mariadb.root("DROP USER legacy@'%'");
    await host.pass(MINUTES_MS);
    expect(await host.module.standings.get(`database/${done.id}`)).toMatchObject({
      state: "ready",
    });
  });
});
