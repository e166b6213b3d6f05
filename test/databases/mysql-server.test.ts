import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { consoleGrants } from "../../src/databases/console-grants.ts";
import type { ConnectionOptions } from "../../src/databases/connections.ts";
import { ServerError } from "../../src/databases/error.ts";
import { MysqlServer } from "../../src/databases/mysql-server.ts";
import { passwordFrom } from "../../src/databases/names.ts";
import type { AccountName, DatabaseName } from "../../src/domain/entities.ts";
import { certificateFor } from "../support/certificates.ts";
import { type MariadbServer, startMariadb } from "../support/mariadb.ts";
import { startProxy } from "../support/proxy.ts";
import { describeWithService } from "../support/services.ts";

const { signal } = new AbortController();
const BLOG = "u_ann_blog" as DatabaseName;
const LIKE_IT = "u_ann-blog" as DatabaseName;
const APP = "u.ann.app" as AccountName;
const SECRET = passwordFrom("one");

const OFF = { mode: "off", ca: null, serverName: null } as const;

describeWithService("mariadb", "a database server", () => {
  let mariadb: MariadbServer;
  let server: MysqlServer;
  const consolePassword = "console-password-of-the-test";
  const serverAt = (address: string, user = "console", password = consolePassword) =>
    new MysqlServer({ address, nodes: [], user, password, tls: OFF });
  beforeAll(async () => {
    mariadb = await startMariadb();
    const grants = consoleGrants({ product: "MariaDB", user: "console", prefix: "u" });
    await mariadb.root(
      ...grants.map((statement) => statement.replace("PUT A PASSWORD HERE", consolePassword)),
    );
    server = serverAt(mariadb.address);
  }, 120_000);
  afterAll(async () => {
    await server?.close();
    await mariadb?.destroy();
  });
  beforeEach(async () => {
    await server.makeDatabase(BLOG, signal);
    await server.makeAccount(APP, SECRET, 5, signal);
  });
  afterEach(async () => {
    await server.endSessions((await server.sessions({ prefix: "u" }, signal)).open, signal);
    await server.dropDatabase(BLOG, signal);
    await server.dropDatabase(LIKE_IT, signal);
    await server.dropAccount(APP, signal);
  });

  it("says what it is", async () => {
    const { version, ...rest } = await server.version(signal);
    expect(version).toMatch(/^10\.11\.\d+-MariaDB/);
    expect(rest).toEqual({ product: "MariaDB", clusterSize: 0, partialRevokes: false });
  });

  describe("a database", () => {
    it("is made once, seen, and dropped as often as one likes", async () => {
      expect(await server.database(BLOG, signal)).toEqual({
        exists: true,
        empty: true,
        grantees: [],
      });
      await expect(server.makeDatabase(BLOG, signal)).rejects.toMatchObject({
        failure: "refused",
        number: 1007,
      });
      await mariadb.root("CREATE TABLE u_ann_blog.t (id INT PRIMARY KEY)");
      expect(await server.database(BLOG, signal)).toMatchObject({ empty: false });
      expect([...(await server.databases(signal)).keys()]).toEqual([BLOG]);
      expect((await server.usage(signal)).get(BLOG)).toMatchObject({ tables: 1 });
      await server.dropDatabase(BLOG, signal);
      await server.dropDatabase(BLOG, signal);
      expect(await server.database(BLOG, signal)).toMatchObject({ exists: false });
    });

    it.each([
      ["its own name", "GRANT SELECT ON `u\\_ann\\_blog`.* TO legacy@'%'"],
      ["a pattern that it fits", "GRANT SELECT ON `u_ann_blog`.* TO legacy@'%'"],
      ["a table of it", "GRANT SELECT ON u_ann_blog.t TO legacy@'%'"],
    ])("tells who has rights by %s, and keeps them when it is gone", async (_what, grant) => {
      await mariadb.root(
        "CREATE TABLE u_ann_blog.t (id INT)",
        "CREATE USER legacy@'%' IDENTIFIED BY 'legacy'",
        grant,
      );
      await server.dropDatabase(BLOG, signal);
      expect(await server.database(BLOG, signal)).toMatchObject({ grantees: ["legacy@%"] });
      await mariadb.root("DROP USER legacy@'%'");
    });

    it("outside of the prefix is not the console's to touch", async () => {
      const outside = "theirs" as DatabaseName;
      await mariadb.root("CREATE DATABASE theirs");
      await expect(server.dropDatabase(outside, signal)).rejects.toMatchObject({
        failure: "denied",
        message: expect.stringContaining("tardis-console databases grants"),
      });
      expect((await server.databases(signal)).has(outside)).toBe(false);
      await mariadb.root("DROP DATABASE theirs");
    });
  });

  describe("an account", () => {
    const login = async (password: string = SECRET) => {
      const connection = await mariadb.connect(APP, password, BLOG);
      connection.on("error", () => undefined);
      return connection;
    };
    const opened = async (access: "read" | "write") => {
      await server.grant(APP, BLOG, access, signal);
      await server.setLocked(APP, false, signal);
    };

    it("begins locked and without rights", async () => {
      expect(await server.account(APP, signal)).toEqual({
        locked: true,
        connections: 5,
        grants: new Map(),
        beside: "nothing",
        print: expect.stringMatching(/^[0-9a-f]{64}$/),
      });
      await expect(mariadb.connect(APP, SECRET)).rejects.toMatchObject({ errno: 4151 });
      await expect(server.makeAccount(APP, SECRET, 5, signal)).rejects.toMatchObject({
        number: 1396,
      });
      expect(await server.account("u.ann.none" as AccountName, signal)).toBeUndefined();
    });

    it("does in its database what it is for, and nothing in one that is spelt alike", async () => {
      await server.makeDatabase(LIKE_IT, signal);
      await opened("write");
      const connection = await login();
      await connection.query("CREATE TABLE t (id INT PRIMARY KEY)");
      await connection.query("INSERT INTO t VALUES (1)");
      await expect(connection.query(`USE \`${LIKE_IT}\``)).rejects.toMatchObject({ errno: 1044 });
      connection.destroy();
      expect((await server.account(APP, signal))?.grants).toEqual(new Map([[BLOG, "write"]]));
    });

    it("only reads where it is for reading", async () => {
      await mariadb.root("CREATE TABLE u_ann_blog.t (id INT)");
      await opened("read");
      const connection = await login();
      await connection.query("SELECT * FROM t");
      await expect(connection.query("INSERT INTO t VALUES (1)")).rejects.toMatchObject({
        errno: 1142,
      });
      connection.destroy();
      expect((await server.accounts("u", signal)).get(APP)?.grants).toEqual(
        new Map([[BLOG, "read"]]),
      );
    });

    it("has no more connections than it may", async () => {
      await opened("read");
      await server.setConnections(APP, 1, signal);
      const connection = await login();
      await expect(login()).rejects.toMatchObject({ errno: 1226 });
      connection.destroy();
      expect(await server.account(APP, signal)).toMatchObject({ connections: 1 });
    });

    it("has another print with another password", async () => {
      await opened("read");
      const before = await server.account(APP, signal);
      await server.setPassword(APP, passwordFrom("two"), signal);
      const after = await server.account(APP, signal);
      expect(after?.print).not.toBe(before?.print);
      await expect(login()).rejects.toMatchObject({ errno: 1045 });
      (await login(passwordFrom("two"))).destroy();
      await server.setPassword(APP, SECRET, signal);
      expect((await server.account(APP, signal))?.print).toBe(before?.print);
    });

    it("keeps a database that it is in until its session is ended", async () => {
      await mariadb.root("CREATE TABLE u_ann_blog.t (id INT)");
      await opened("write");
      const connection = await login();
      await server.setLocked(APP, true, signal);
      await server.revokeAll(APP, signal);
      // What makes ending sessions necessary: neither reaches what is open.
      await connection.query("SELECT * FROM t");
      const { open, unseen } = await server.sessions({ account: APP }, signal);
      expect([open.length, unseen]).toEqual([1, []]);
      await server.endSessions(open, signal);
      await expect(connection.query("SELECT 1")).rejects.toThrow();
      await server.endSessions(open, signal);
      expect((await server.sessions({ account: APP }, signal)).open).toEqual([]);
    });

    const BESIDE: readonly [string, string, "rights" | "beyond"][] = [
      ["a right in the whole server", `GRANT FILE ON *.* TO '${APP}'@'%'`, "rights"],
      ["a table", `GRANT SELECT ON mysql.global_priv TO '${APP}'@'%'`, "rights"],
      ["a role", `GRANT helper TO '${APP}'@'%'`, "rights"],
      ["another's name", `GRANT PROXY ON root@'%' TO '${APP}'@'%'`, "beyond"],
      ["a namesake elsewhere", `CREATE USER '${APP}'@'10.%' IDENTIFIED BY 'x'`, "beyond"],
    ];
    it.each(BESIDE)("that was given %s is known for it", async (_what, statement, beside) => {
      await mariadb.root("CREATE ROLE IF NOT EXISTS helper", statement);
      expect(await server.account(APP, signal)).toMatchObject({ beside });
      await server.revokeAll(APP, signal);
      const left = beside === "rights" ? "nothing" : "beyond";
      expect(await server.account(APP, signal)).toMatchObject({ beside: left });
      await mariadb.root(`DROP USER IF EXISTS '${APP}'@'10.%'`);
    });

    it.each([
      ["a pattern", "GRANT SELECT ON `u_ann_blog`.* TO 'u.ann.app'@'%'"],
      ["EVENT", "GRANT EVENT ON `u\\_ann\\_blog`.* TO 'u.ann.app'@'%'"],
      [
        "leave to give it on",
        "GRANT SELECT ON `u\\_ann\\_blog`.* TO 'u.ann.app'@'%' WITH GRANT OPTION",
      ],
    ])("is known to have %s", async (_what, statement) => {
      await mariadb.root(statement);
      const grants = (await server.account(APP, signal))?.grants ?? new Map();
      expect([...grants.values()]).toEqual(["other"]);
    });

    it("that is gone is not made anew by giving it rights", async () => {
      await server.dropAccount(APP, signal);
      await mariadb.root("SET GLOBAL sql_mode = ''");
      const fresh = serverAt(mariadb.address);
      await expect(fresh.grant(APP, BLOG, "read", signal)).rejects.toBeInstanceOf(ServerError);
      expect(await fresh.account(APP, signal)).toBeUndefined();
      await fresh.close();
      await mariadb.root("SET GLOBAL sql_mode = DEFAULT");
    });
  });

  describe("that is not there, or does not let the console in,", () => {
    it("is said to be away or to refuse, without a word of the statement", async () => {
      const proxy = await startProxy(mariadb.port);
      const through = serverAt(`127.0.0.1:${proxy.port}`);
      await through.version(signal);
      const another = passwordFrom("three");
      const failed = async (work: Promise<unknown>) => {
        const error: unknown = await work.catch((caught: unknown) => caught);
        expect(error).toBeInstanceOf(ServerError);
        const text = `${String(error)} ${JSON.stringify(error)} ${(error as Error).stack}`;
        expect(text).not.toContain(another);
        expect((error as Error).cause).toBeUndefined();
        return error;
      };
      proxy.swallowAnswers();
      const slow = AbortSignal.timeout(500);
      expect(await failed(through.setPassword(APP, another, slow))).toMatchObject({
        failure: "away",
        message: "The database server did not answer in time.",
      });
      proxy.restore();
      proxy.cut();
      expect(await failed(through.setPassword(APP, another, signal))).toMatchObject({
        failure: "away",
      });
      proxy.restore();
      // It comes back without being asked twice.
      expect(await through.account(APP, signal)).toBeDefined();
      const stranger = serverAt(mariadb.address, "console", "wrong");
      expect(await failed(stranger.setPassword(APP, another, signal))).toMatchObject({
        failure: "denied",
        message: expect.stringContaining("databases.password"),
      });
      const missing = "u.ann.missing" as AccountName;
      expect(await failed(through.setPassword(missing, another, signal))).toMatchObject({
        number: 1396,
      });
      await Promise.all([through.close(), stranger.close(), proxy.close()]);
    });
  });
});

describeWithService("mariadb", "a server that is spoken to by TLS", () => {
  let folder: string;
  let mariadb: MariadbServer;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tardis-mysql-tls-"));
    const { cert, key } = await certificateFor(["mysql.example"]);
    await writeFile(join(folder, "cert.pem"), cert);
    await writeFile(join(folder, "key.pem"), key);
    const files = [
      `--ssl-cert=${join(folder, "cert.pem")}`,
      `--ssl-key=${join(folder, "key.pem")}`,
    ];
    mariadb = await startMariadb(files);
    await mariadb.root("CREATE USER console@'%' IDENTIFIED BY 'by-tls' REQUIRE SSL");
  }, 120_000);
  afterAll(async () => {
    await mariadb?.destroy();
    await rm(folder, { recursive: true, force: true });
  });

  const version = async (tls: ConnectionOptions["tls"]) => {
    const { address } = mariadb;
    const server = new MysqlServer({
      address,
      nodes: [],
      user: "console",
      password: "by-tls",
      tls,
    });
    try {
      return await server.version(signal);
    } finally {
      await server.close();
    }
  };
  const ca = () => join(folder, "cert.pem");

  it("answers by the name in its certificate", async () => {
    const found = await version({ mode: "verify", ca: ca(), serverName: "mysql.example" });
    expect(found).toMatchObject({ product: "MariaDB" });
  });

  it.each([
    ["another name", () => ({ mode: "verify", ca: ca(), serverName: "other.example" }) as const],
    [
      "an authority of its own",
      () => ({ mode: "verify", ca: null, serverName: "mysql.example" }) as const,
    ],
  ])("is not spoken to when its certificate has %s", async (_what, tls) => {
    await expect(version(tls())).rejects.toMatchObject({ failure: "away" });
  });

  it("lets nobody in without, where the account asks for it", async () => {
    await expect(version(OFF)).rejects.toMatchObject({ failure: "denied" });
  });
});
