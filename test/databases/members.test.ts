import type { Connection } from "mysql2/promise";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DrawnAccount } from "../../src/databases/verbs/accounts.ts";
import { resumeOwner, suspendOwner } from "../../src/owners/suspend.ts";
import { type GaleraCluster, type MariadbServer, startGalera } from "../support/mariadb.ts";
import { describeWithService } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";
import { DAY_MS, Host, may } from "./support.ts";

describeWithService("mariadb", "members at a real Galera cluster", () => {
  let cluster: GaleraCluster;
  let host: Host;
  let annId: string;
  /** Of ann: all databases; reading alone; one database. */
  let ann: DrawnAccount;
  let reader: DrawnAccount;
  let narrow: DrawnAccount;
  /** Of ann-b. */
  let other: DrawnAccount;
  /** One of each account at each node: they may not have many. */
  const open = new Map<string, Connection>();
  const name = (rest: string) => `${host.prefix}_${rest}`;
  beforeAll(async () => {
    cluster = await startGalera();
    const nodes = cluster.nodes.map(({ address }) => address);
    host = await Host.start(cluster.nodes[0], { nodes });
    annId = await host.person("ann");
    const otherId = await host.person("ann-b");
    // As names alike as any two owners can have: one `_` is one `-` of the other.
    const { done } = await host.database(annId, "b_x");
    await host.database(annId, "c");
    await host.database(otherId, "x");
    ann = (await host.account(annId)).done;
    reader = (await host.account(annId, "reader", "read")).done;
    narrow = (await host.account(annId, "narrow", "write", [done.id])).done;
    other = (await host.account(otherId)).done;
    for (const database of ["ann_b_x", "ann_c", "ann-b_x"])
      await cluster.nodes[0].root(
        `CREATE TABLE \`${name(database)}\`.kept (id INT PRIMARY KEY)`,
        `INSERT INTO \`${name(database)}\`.kept VALUES (1)`,
      );
  }, 300_000);
  const closeAll = () => {
    for (const connection of open.values()) connection.destroy();
    open.clear();
  };
  afterAll(async () => {
    closeAll();
    await host?.close();
    await cluster?.destroy();
  });

  const as = async (drawn: DrawnAccount, at?: MariadbServer): Promise<Connection> => {
    const key = `${drawn.account.name} ${at?.port}`;
    const connection = open.get(key) ?? (await host.with(drawn, undefined, at));
    open.set(key, connection);
    return connection;
  };
  const databasesOf = async (connection: Connection) => {
    const [rows] = await connection.query("SHOW DATABASES");
    return (rows as { Database: string }[])
      .map(({ Database }) => Database)
      .filter((one) => one !== "information_schema")
      .toSorted();
  };

  it("see and use what is theirs", async () => {
    const mine = await as(ann);
    expect(await databasesOf(mine)).toEqual([name("ann_b_x"), name("ann_c")]);
    for (const statement of [
      `USE \`${name("ann_b_x")}\``,
      "CREATE TABLE t (id INT PRIMARY KEY, a INT REFERENCES kept (id))",
      "INSERT INTO t VALUES (1, 1)",
      "CREATE VIEW v AS SELECT * FROM t",
      "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1",
      "CREATE PROCEDURE p() SELECT 1",
      "CALL p()",
      "CREATE TEMPORARY TABLE tt (id INT)",
      "ALTER TABLE t ADD COLUMN b INT",
      "DROP VIEW v",
      "DROP TABLE t",
      "DROP PROCEDURE p",
    ])
      await mine.query(statement);
    const reading = await as(reader);
    await reading.query(`SELECT * FROM \`${name("ann_c")}\`.kept`);
    expect(await databasesOf(await as(narrow))).toEqual([name("ann_b_x")]);
    expect(await databasesOf(await as(other))).toEqual([name("ann-b_x")]);
  });

  /** What is tried on a database that is not for the account, `DB`. */
  const TRIES = [
    "USE DB",
    "SHOW TABLES FROM DB",
    "SELECT * FROM DB.kept",
    "INSERT INTO DB.kept VALUES (2)",
    "UPDATE DB.kept SET id = 3",
    "DELETE FROM DB.kept",
    "REPLACE INTO DB.kept VALUES (1)",
    "TRUNCATE TABLE DB.kept",
    "CREATE TABLE DB.mine (id INT)",
    "ALTER TABLE DB.kept ADD COLUMN b INT",
    "DROP TABLE DB.kept",
    "RENAME TABLE DB.kept TO DB.gone",
    "CREATE INDEX i ON DB.kept (id)",
    "LOCK TABLES DB.kept WRITE",
    "CREATE VIEW DB.v AS SELECT 1",
    "CREATE TRIGGER DB.tr BEFORE INSERT ON DB.kept FOR EACH ROW SET NEW.id = 1",
    "CREATE PROCEDURE DB.p() SELECT 1",
    "CREATE FUNCTION DB.f() RETURNS INT RETURN 1",
    "CREATE TEMPORARY TABLE DB.tt (id INT)",
    "CREATE SEQUENCE DB.s",
    "SHOW CREATE TABLE DB.kept",
    "SHOW COLUMNS FROM DB.kept",
    "DROP DATABASE DB",
    "ALTER DATABASE DB CHARACTER SET latin1",
    "ANALYZE TABLE DB.kept",
    "OPTIMIZE TABLE DB.kept",
    "GRANT SELECT ON DB.* TO CURRENT_USER()",
    "CREATE EVENT DB.e ON SCHEDULE EVERY 1 DAY DO SELECT 1",
  ];
  it.each(TRIES)("may not %s of another", async (statement) => {
    for (const [drawn, database] of [
      [ann, "ann-b_x"],
      [reader, "ann-b_x"],
      [narrow, "ann-b_x"],
      [narrow, "ann_c"],
      [other, "ann_b_x"],
      [other, "ann_c"],
    ] as const) {
      const tried = statement.replaceAll("DB", `\`${name(database)}\``);
      expect(await may((await as(drawn)).query(tried)), tried).toBe(false);
    }
  });

  /** What nobody may, in their own or at all: `OWN` is their database, `THEM` another's account. */
  const NEVER = [
    "CREATE EVENT OWN.e ON SCHEDULE EVERY 1 DAY DO SELECT 1",
    "GRANT SELECT ON OWN.* TO THEM",
    "GRANT SELECT ON OWN.kept TO THEM",
    "CREATE DEFINER = THEM VIEW OWN.v AS SELECT 1",
    "CREATE DEFINER = root@'%' PROCEDURE OWN.p() SELECT 1",
    "CREATE DEFINER = root@'%' TRIGGER OWN.tr BEFORE INSERT ON OWN.kept FOR EACH ROW SET NEW.id = 1",
    "CREATE VIEW OWN.v AS SELECT * FROM OTHER.kept",
    "CREATE TABLE OWN.copy AS SELECT * FROM OTHER.kept",
    "CREATE TABLE OWN.copy LIKE OTHER.kept",
    "INSERT INTO OWN.kept SELECT id + 10 FROM OTHER.kept",
    "RENAME TABLE OWN.kept TO OTHER.kept2",
    "CREATE DATABASE MORE",
    "CREATE DATABASE `mine`",
    "CREATE USER mallory@'%' IDENTIFIED BY 'x'",
    "DROP USER THEM",
    "ALTER USER THEM IDENTIFIED BY 'x'",
    "ALTER USER CURRENT_USER() ACCOUNT UNLOCK",
    "ALTER USER CURRENT_USER() WITH MAX_USER_CONNECTIONS 1000",
    "SET PASSWORD FOR THEM = PASSWORD('x')",
    "RENAME USER THEM TO mallory@'%'",
    "CREATE ROLE mallory",
    "GRANT PROXY ON THEM TO CURRENT_USER()",
    "SHOW GRANTS FOR THEM",
    "SHOW CREATE USER THEM",
    "SELECT * FROM mysql.global_priv",
    "SELECT * FROM mysql.db",
    "UPDATE mysql.db SET User = 'x'",
    "SELECT 1 INTO OUTFILE '/tmp/tardis-out'",
    "LOAD DATA INFILE '/etc/hostname' INTO TABLE OWN.kept",
    "SET GLOBAL max_connections = 1",
    "SET GLOBAL event_scheduler = ON",
    "SET SESSION sql_log_bin = 0",
    "SHOW MASTER STATUS",
    "SHOW ENGINE INNODB STATUS",
    "FLUSH TABLES",
    "FLUSH PRIVILEGES",
    "RESET QUERY CACHE",
    "SHUTDOWN",
    "INSTALL SONAME 'auth_socket'",
    "CREATE FUNCTION lib_x RETURNS STRING SONAME 'lib.so'",
    "CHANGE MASTER TO MASTER_HOST = 'x'",
    "KILL SESSION",
  ];
  it.each(NEVER)("may never %s", async (statement) => {
    const theirs = await as(other);
    const tried = statement
      .replaceAll(/\bOWN\b/g, `\`${name("ann_c")}\``)
      .replaceAll("OTHER", `\`${name("ann-b_x")}\``)
      .replaceAll("MORE", `\`${name("ann_new")}\``)
      .replaceAll("THEM", `'${other.account.name}'@'%'`)
      .replace("SESSION", statement === "KILL SESSION" ? String(theirs.threadId) : "SESSION");
    expect(await may((await as(ann)).query(tried)), tried).toBe(false);
    await theirs.query("SELECT 1");
    expect(await host.opens(other)).toBe(true);
  });

  it("read no file, and see nobody's sessions but their own", async () => {
    const theirs = await as(other);
    const mine = await as(ann);
    const [file] = await mine.query("SELECT LOAD_FILE('/etc/hostname') AS text");
    expect(file).toEqual([{ text: null }]);
    const [sessions] = await mine.query("SELECT USER FROM information_schema.PROCESSLIST");
    expect(new Set((sessions as { USER: string }[]).map(({ USER }) => USER))).toEqual(
      new Set([ann.account.name]),
    );
    await theirs.query("SELECT 1");
  });

  const WRITES = TRIES.slice(3, 20).filter((one) => !one.includes("TEMPORARY"));
  it.each(WRITES)("may not %s with an account for reading", async (statement) => {
    const tried = statement.replaceAll("DB", `\`${name("ann_c")}\``);
    expect(await may((await as(reader)).query(tried)), tried).toBe(false);
  });

  it("have no more connections than they may", async () => {
    const most = host.config.connections;
    const many = await Promise.all(
      Array.from({ length: most + 1 }, () => host.with(narrow).catch(() => undefined)),
    );
    expect(many.filter((one) => one !== undefined).length).toBeLessThanOrEqual(most);
    for (const one of many) one?.destroy();
  });

  describe("whose owner is suspended", () => {
    const isOpen = (connection: Connection) =>
      connection.query("SELECT 1").then(
        () => true,
        () => false,
      );

    it("are cut off at every node at once, and have all of it again later", async () => {
      closeAll();
      const mine = await Promise.all(cluster.nodes.map((node) => as(ann, node)));
      const theirs = await Promise.all(cluster.nodes.map((node) => as(other, node)));
      await host.do(suspendOwner, { id: annId, reason: "" });
      const parts = await host.module.settleOwner(annId);
      expect(parts.map(({ kind, state }) => `${kind} ${state}`).toSorted()).toEqual([
        "database suspended",
        "database suspended",
        "databaseAccount suspended",
        "databaseAccount suspended",
        "databaseAccount suspended",
      ]);
      for (const connection of mine) expect(await isOpen(connection)).toBe(false);
      for (const connection of theirs) expect(await isOpen(connection)).toBe(true);
      for (const node of cluster.nodes) {
        await expect(host.with(ann, undefined, node)).rejects.toMatchObject({ errno: 4151 });
        await expect(host.with(reader, undefined, node)).rejects.toMatchObject({ errno: 4151 });
      }
      closeAll();
      await host.do(resumeOwner, { id: annId });
      await host.module.settleOwner(annId);
      for (const node of cluster.nodes) {
        await waitFor(async () => isOpen(await as(ann, node)), { describe: "ann to be let in" });
      }
      expect(await databasesOf(await as(ann))).toEqual([name("ann_b_x"), name("ann_c")]);
    });
  });

  it("lose a database at every node when it is deleted, and have it back by an undo", async () => {
    const { done } = await host.database(annId, "brief");
    // Rights come to the other nodes a moment later.
    const within = await Promise.all(
      cluster.nodes.map((node) =>
        waitFor(() => host.with(ann, done.name, node), { describe: "ann to be let into it" }),
      ),
    );
    await host.remove(done.id);
    for (const connection of within)
      await expect(connection.query("CREATE TABLE late (id INT)")).rejects.toThrow();
    closeAll();
    expect(await databasesOf(await as(ann))).not.toContain(done.name);
    const kept = await cluster.nodes[2].root(`SHOW DATABASES LIKE '${done.name}'`);
    expect(kept).toHaveLength(1);
    await host.pass(8 * DAY_MS);
    expect(await cluster.nodes[2].root(`SHOW DATABASES LIKE '${done.name}'`)).toEqual([]);
    expect(host.state.databases.has(done.id)).toBe(false);
  });
});
