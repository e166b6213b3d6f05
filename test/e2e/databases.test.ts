import { type Connection, createConnection } from "mysql2/promise";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { RunningConsole } from "../../src/app.ts";
import {
  type MustClient,
  mustClient,
  runCommand,
  startTestConsole,
  writeConfig,
} from "../support/console.ts";
import { temporaryFolder } from "../support/folder.ts";
import { type MariadbServer, startMariadb } from "../support/mariadb.ts";
import { expectPollsWhileFrozen } from "../support/frozen.ts";
import { describeWithService } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";

const PASSWORD = "console-password-of-the-test";

describeWithService("mariadb", "a console with databases", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let mariadb: MariadbServer;
  let running: RunningConsole;
  let must: MustClient;
  let config: string;
  beforeAll(async () => {
    folder = await temporaryFolder();
    mariadb = await startMariadb();
    const databases = { enabled: true, address: mariadb.address, user: "console" };
    const settings = { databases: { ...databases, password: PASSWORD } };
    config = writeConfig(folder.path, settings);
    // As an operator does it: what is printed is what is run.
    const { stdout } = await command("databases", "grants");
    const statements = stdout.trim().split("\n");
    await mariadb.root(...statements.map((one) => one.replace("PUT A PASSWORD HERE", PASSWORD)));
    running = await startTestConsole(folder.path, settings);
    must = mustClient(running.httpPort);
    await must("POST", "/persons", { username: "alice" });
  }, 120_000);
  afterAll(async () => {
    mariadb?.signal("SIGCONT");
    await running?.close();
    await mariadb?.destroy();
    await folder?.remove();
  });

  const command = (...args: string[]) => runCommand(["-c", config, ...args]);
  const opens = (connection: Connection) =>
    connection.query("SELECT * FROM t").then(
      () => true,
      () => false,
    );

  it("gives a database and an account that work, and a client's set-up", async () => {
    const database = await must("POST", "/databases", { owner: "alice", name: "wiki" });
    expect(database.standing).toMatchObject({ state: "ready", why: null });
    const made = { owner: "alice", name: "app", access: "write" };
    const { snippets } = await must("POST", "/database-accounts", made);
    const connection = await createConnection(snippets.url);
    connection.on("error", () => undefined);
    await connection.query("CREATE TABLE t (id INT PRIMARY KEY)");
    await connection.query("INSERT INTO t VALUES (1)");
    const suspended = await must("POST", "/persons/alice/suspend", { reason: "x" });
    expect(suspended.parts.map(({ state }: { state: string }) => state)).toEqual([
      "suspended",
      "suspended",
    ]);
    expect(await opens(connection)).toBe(false);
    await expect(createConnection(snippets.url)).rejects.toThrow("locked");
    await must("POST", "/persons/alice/resume");
    const again = await createConnection(snippets.url);
    expect(await opens(again)).toBe(true);
    again.destroy();
  });

  it("shows at the command line what there is, and whether it is right", async () => {
    const list = await command("databases", "list");
    expect(list).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/u_alice_wiki +alice +ready/),
    });
    const check = await command("databases", "check");
    expect(check).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("The database server answers: MariaDB 10.11"),
    });
    await mariadb.kill();
    const away = await command("databases", "check", "--json");
    expect(away.code).toBe(1);
    expect(away.json()).toMatchObject({ ok: false });
    await mariadb.start();
    await waitFor(async () => (await command("databases", "check")).code === 0, {
      timeout: 60_000,
      describe: "the server to be found again",
    });
  }, 120_000);

  it("makes and deletes at the command line", async () => {
    const made = await command("databases", "create", "alice", "cli");
    expect(made).toMatchObject({ code: 0, stdout: "u_alice_cli: ready\n" });
    const account = await command(
      "databases",
      "account",
      "create",
      "alice",
      "ro",
      "--read-only",
      "--database",
      "u_alice_cli",
    );
    const [password = ""] = account.stdout.split("\n");
    const login = (secret: string) => mariadb.connect("u.alice.ro", secret, "u_alice_cli");
    (await login(password)).destroy();
    const rotated = await command("databases", "account", "rotate", "u.alice.ro");
    await expect(login(password)).rejects.toMatchObject({ errno: 1045 });
    (await login(rotated.stdout.split("\n")[0] ?? "")).destroy();
    expect(await command("databases", "account", "delete", "u.alice.ro")).toMatchObject({
      code: 0,
      stdout: "u.alice.ro was ended.\n",
    });
    expect(await command("databases", "delete", "u_alice_cli")).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("u_alice_cli is out of use"),
    });
    expect(await command("databases", "restore", "u_alice_cli")).toMatchObject({
      code: 0,
      stdout: "u_alice_cli: ready\n",
    });
    const missing = await command("databases", "delete", "u_alice_none");
    expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining("u_alice_none") });
  }, 60_000);

  it("takes over at the command line what was there before, and says what runs in it", async () => {
    await mariadb.root(
      "CREATE DATABASE u_attic",
      "CREATE TABLE u_attic.t (id INT)",
      "INSERT INTO u_attic.t VALUES (7)",
    );
    expect((await command("databases", "adoptable")).stdout).toMatch(/^u_attic +\d+ +1$/m);
    const adopt = ["databases", "adopt", "u_attic", "--owner", "alice"];
    const { result } = (await command(...adopt, "--dry-run", "--json")).json();
    await mariadb.root("CREATE VIEW u_attic.v AS SELECT id FROM u_attic.t");
    const moved = await command(...adopt, "--yes", "--seen", result.seen);
    expect(moved).toMatchObject({ code: 1, stdout: "" });
    expect(moved.stderr).toContain("not as it was when you looked at it");
    const dry = await command(...adopt, "--dry-run");
    expect(dry.stdout).toMatch(/What is in it stays[^]*What to know of it:\n {2}.*root@/);
    const done = await command(...adopt, "--yes");
    expect(done.stdout).toMatch(/^u_attic \(db-\w+\) is alice's now: ready\n$/);
    const [row] = await mariadb.root("SELECT id FROM u_attic.t");
    expect(row).toEqual({ id: 7 });
  }, 90_000);

  it("answers polls as fast while the server is frozen and everybody asks for it", async () => {
    await expectPollsWhileFrozen({
      internalPort: running.internalPort,
      must,
      signal: (signal) => mariadb.signal(signal),
      things: "/databases",
      nameOf: (at) => `frozen_${at}`,
      why: /^The database server/,
    });
  }, 150_000);
});
