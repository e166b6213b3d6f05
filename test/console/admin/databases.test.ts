import { afterAll, beforeAll, expect, it } from "vitest";
import { consoleGrants } from "../../../src/databases/console-grants.ts";
import { type MariadbServer, startMariadb } from "../../support/mariadb.ts";
import { describeWithService } from "../../support/services.ts";
import type { TestVisitor } from "../../support/visitor.ts";
import { readPage, startAdminWorld, type AdminWorld } from "./support.ts";

const PASSWORD = "console-password-of-the-test";

describeWithService("mariadb", "the admins' pages on databases", () => {
  let server: MariadbServer;
  let world: AdminWorld;
  let ada: TestVisitor;
  beforeAll(async () => {
    server = await startMariadb();
    const grants = consoleGrants({ product: "MariaDB", user: "console", prefix: "u" });
    await server.root(
      ...grants.map((one) => one.replace("PUT A PASSWORD HERE", PASSWORD)),
      // Somebody made it by hand, before the console.
      "CREATE DATABASE u_alice_taken",
      "CREATE TABLE u_alice_taken.t (id INT PRIMARY KEY)",
    );
    const { address } = server;
    const databases = { enabled: true, address, user: "console", password: PASSWORD };
    world = await startAdminWorld({ databases });
    ada = await world.as("ada");
  }, 120_000);
  afterAll(async () => {
    await world?.close();
    await server?.destroy();
  });

  it("say at a glance that all is right, and then what is not, and whose", async () => {
    const well = "Nothing at the database server is known to be wrong.";
    expect(await readPage(ada, "/admin")).toContain(well);
    const none = "There are no databases and accounts yet";
    expect(await readPage(ada, "/admin/databases")).toContain(none);
    const { must } = world;
    await must("POST", "/databases", { owner: "alice", name: "wiki" });
    await must("POST", "/databases", { owner: "alice", name: "taken" });
    const account = { owner: "alice", name: "app", access: "write" };
    const { password } = await must("POST", "/database-accounts", account);
    expect(await readPage(ada, "/admin")).toContain(
      "1 database or account is not as it should be.",
    );
    const all = await readPage(ada, "/admin/databases");
    expect(all).toContain("3 databases and accounts: 2 ready , 1 in conflict . 1 is not right.");
    expect(all).toMatch(
      /u_alice_taken Database alice In conflict The server has a database of this name.* not known/,
    );
    expect(all).toMatch(/u\.alice\.app Account alice Ready Read and write: all databases/);
    const wrong = await readPage(ada, "/admin/databases?state=wrong");
    expect(wrong).toContain("u_alice_taken Database");
    expect(wrong).not.toContain("u_alice_wiki");
    const owner = await readPage(ada, "/admin/owners/alice");
    expect(owner).toMatch(/u_alice_wiki Ready/);
    // Nor is told what is in it: it is none of alice's.
    expect(owner).toMatch(/u_alice_taken In conflict .*not known/);
    expect(owner).toMatch(/u\.alice\.app Ready Read and write all databases/);
    expect(owner).not.toContain(password);
  });

  it("list what people left behind, with how it is given to somebody else", async () => {
    const { must } = world;
    const database = await must("POST", "/databases", { owner: "bob", name: "thesis" });
    await must("DELETE", "/persons/bob");
    const left = await readPage(ada, "/admin/databases?state=left");
    expect(left).toContain("Their owners have left");
    expect(left).toContain("u_bob_thesis");
    expect(left).toContain(database.id);
    expect(await readPage(ada, `/databases/${database.id}`)).toContain("someone who left");
  });

  it("say that the server is away", async () => {
    await server.kill();
    const { must } = world;
    // What is tried in vain some times is left alone for a while.
    for (const name of ["a", "b", "c"]) await must("POST", "/databases", { owner: "alice", name });
    expect(await readPage(ada, "/admin")).toMatch(/Databases Away/);
    expect(await readPage(ada, "/admin/databases")).toContain("The database server is away");
    await server.start();
  }, 120_000);

  it("are not there for members", async () => {
    const alice = await world.as("alice");
    expect((await alice.get("/admin/databases")).status).toBe(404);
  });
});
