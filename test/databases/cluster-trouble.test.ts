import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { DrawnAccount } from "../../src/databases/verbs/accounts.ts";
import { restoreDatabase } from "../../src/databases/verbs/databases.ts";
import { suspendOwner } from "../../src/owners/suspend.ts";
import { type GaleraCluster, type MariadbServer, startGalera } from "../support/mariadb.ts";
import { startProxy, type Proxy } from "../support/proxy.ts";
import { describeWithService } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";
import { Host, may } from "./support.ts";

const MINUTES_MS = 11 * 60_000;
/** What a call may take at the cluster. */
const CALL_MS = 5_000;

describeWithService("mariadb", "a cluster of which a node is in trouble", () => {
  let cluster: GaleraCluster;
  /** The way to the third node. */
  let proxy: Proxy;
  /** The way to the cluster: to one node, until it leads to another. */
  let balancer: Proxy;
  let main: MariadbServer;
  let host: Host;
  beforeAll(async () => {
    cluster = await startGalera();
    const [first, second, third] = cluster.nodes;
    main = first;
    proxy = await startProxy(third.port);
    balancer = await startProxy(() => main.port);
    const nodes = [first.address, second.address, `127.0.0.1:${proxy.port}`];
    const address = `127.0.0.1:${balancer.port}`;
    host = await Host.start(first, { address, nodes, callMs: CALL_MS });
  }, 300_000);
  afterAll(async () => {
    await host?.close();
    await balancer?.close();
    await proxy?.close();
    await cluster?.destroy();
  });
  afterEach(() => proxy.restore());

  let people = 0;
  interface Someone {
    readonly owner: string;
    readonly id: string;
    readonly account: DrawnAccount;
    readonly database: string;
    readonly databaseId: string;
  }
  async function someone(): Promise<Someone> {
    const owner = await host.person(`p${++people}`);
    const { done: database } = await host.database(owner, "a");
    const { done: account } = await host.account(owner);
    const { id } = account.account;
    return { owner, id, account, database: database.name, databaseId: database.id };
  }

  it("cuts a suspended owner off where it can, says where not, and does it later", async () => {
    const { owner, account } = await someone();
    const [first, , third] = cluster.nodes;
    const near = await host.with(account, undefined, first);
    const far = await waitFor(() => host.with(account, undefined, third), {
      describe: "the account at the third node",
    });
    proxy.cut();
    await host.do(suspendOwner, { id: owner, reason: "" });
    const parts = await host.module.settleOwner(owner);
    expect(parts).toContainEqual(
      expect.objectContaining({
        kind: "databaseAccount",
        state: "suspended",
        why: `Its owner is suspended. What is open at 127.0.0.1:${proxy.port} is ended once that node answers.`,
        unfinished: true,
      }),
    );
    await expect(near.query("SELECT 1")).rejects.toThrow();
    await far.query("SELECT 1");
    proxy.restore();
    const { id } = account.account;
    await waitFor(
      async () => {
        await host.pass(31_000);
        const standing = await host.module.standings.get(`databaseAccount/${id}`);
        return standing?.why === "Its owner is suspended.";
      },
      { timeout: 60_000, describe: "the third node to be seen" },
    );
    await expect(far.query("SELECT 1")).rejects.toThrow();
    await expect(host.with(account, undefined, third)).rejects.toMatchObject({ errno: 4151 });
  }, 120_000);

  const LESS: readonly [string, (one: Someone) => Promise<unknown>][] = [
    ["may only read from now on", ({ id }) => host.update({ id, access: "read" })],
    ["is for that database no more", ({ id }) => host.update({ id, databases: [] })],
    ["is for a database that was deleted", ({ databaseId }) => host.remove(databaseId)],
  ];

  it("ends what an account has open that got to do less, where it can, says where not, and does it later", async () => {
    const third = cluster.nodes[2];
    const all = await Promise.all(
      LESS.map(async ([, change]) => {
        const one = await someone();
        const far = await waitFor(() => host.with(one.account, one.database, third), {
          describe: "the account at the third node",
        });
        await far.query("CREATE TABLE t (n INT)");
        return { ...one, change, far };
      }),
    );
    const standingOf = ({ id }: Someone) => host.module.standings.get(`databaseAccount/${id}`);
    proxy.cut();
    const said = `What was open at 127.0.0.1:${proxy.port} when this got to do less may go on as before; it is ended once that node answers.`;
    for (const one of all) {
      await one.change(one);
      expect(await standingOf(one)).toMatchObject({ state: "ready", why: said });
      // Nobody is locked out for as long as a node is away.
      expect(await host.opens(one.account)).toBe(true);
      await one.far.query("INSERT INTO t VALUES (1)");
    }
    const [, , deleted] = all;
    const other = await host.person(`p${++people}`);
    const give = () => host.do(restoreDatabase, { id: deleted?.databaseId ?? "", owner: other });
    await expect(give()).rejects.toThrow("may still be open");
    // The next process knows of it, too.
    await host.restart();
    await host.pass(31_000);
    for (const one of all) {
      expect(await standingOf(one)).toMatchObject({ state: "ready", why: said });
      await one.far.query("INSERT INTO t VALUES (2)");
    }
    proxy.restore();
    await waitFor(
      async () => {
        await host.pass(31_000);
        return (await Promise.all(all.map(standingOf))).every((standing) => standing?.why === null);
      },
      { timeout: 60_000, describe: "the third node to be seen" },
    );
    for (const one of all) {
      await expect(one.far.query("INSERT INTO t VALUES (3)")).rejects.toThrow();
      const again = await host.with(one.account, undefined, third);
      const insert = again.query(`INSERT INTO \`${one.database}\`.t VALUES (4)`);
      expect(await may(insert)).toBe(false);
      // Once is enough: what is opened now may go on.
      await host.pass(31_000);
      await again.query("SELECT 1");
      again.destroy();
      expect(host.state.databaseAccounts.get(one.id)).not.toHaveProperty("unended");
    }
    await give();
  }, 180_000);

  it("ends an account only when it was seen at every node that nothing of it is open", async () => {
    const { account } = await someone();
    const third = cluster.nodes[2];
    const far = await waitFor(() => host.with(account, undefined, third), {
      describe: "the account at the third node",
    });
    proxy.cut();
    const { outcome } = await host.end(account.account.id);
    expect(outcome).toMatchObject({
      state: "deleting",
      why: expect.stringContaining(`What is open at 127.0.0.1:${proxy.port}`),
    });
    await far.query("SELECT 1");
    proxy.restore();
    await waitFor(
      async () => {
        await host.pass(31_000);
        return !host.state.databaseAccounts.has(account.account.id);
      },
      { timeout: 60_000, describe: "the account to be gone" },
    );
    await expect(far.query("SELECT 1")).rejects.toThrow();
    expect(await host.opens(account)).toBe(false);
  }, 120_000);

  it("takes a node that is not of the majority for away, and goes on when it is again", async () => {
    const { owner } = await someone();
    const [first] = cluster.nodes;
    await first.root("SET GLOBAL wsrep_provider_options = 'gmcast.isolate=1'");
    await waitFor(
      async () =>
        (await first.root("SHOW GLOBAL STATUS LIKE 'wsrep_ready'"))[0]?.["Value"] === "OFF",
      { timeout: 60_000, describe: "the node to be cut off" },
    );
    // As what only asks whether it is there would be told.
    await first.root("SELECT 1");
    const { done, outcome } = await host.database(owner, "later");
    expect(outcome).toMatchObject({
      state: "creating",
      why: "The database server's node is not of the cluster's majority.",
    });
    await first.root("SET GLOBAL wsrep_provider_options = 'gmcast.isolate=0'");
    await waitFor(
      async () => {
        await host.pass(MINUTES_MS);
        const standing = await host.module.standings.get(`database/${done.id}`);
        return standing?.state === "ready";
      },
      { timeout: 120_000, describe: "the database to be made" },
    );
    const found = await cluster.nodes[1].root(`SHOW DATABASES LIKE '${done.name}'`);
    expect(found).toHaveLength(1);
  }, 240_000);

  it("goes on by the others while a node is frozen, the one that it was at, says it, and heals", async () => {
    const [first, second] = cluster.nodes;
    const { owner, id, account } = await someone();
    const stuck = await host.with(account, undefined, first);
    stuck.on("error", () => undefined);
    first.signal("SIGSTOP");
    try {
      const began = performance.now();
      const { done, outcome } = await host.database(owner, "meanwhile");
      expect(outcome).toMatchObject({ state: "creating", why: expect.stringMatching(/\.$/) });
      expect(performance.now() - began).toBeLessThan(3 * CALL_MS);
      // As a balancer does that finds it does not answer.
      balancer.cut();
      main = second;
      balancer.restore();
      await waitFor(
        async () => {
          await host.pass(MINUTES_MS);
          return (await host.module.standings.get(`database/${done.id}`))?.state === "ready";
        },
        { timeout: 60_000, describe: "the database to be made by way of another node" },
      );
      await host.do(suspendOwner, { id: owner, reason: "" });
      const suspending = performance.now();
      expect(await host.module.settleOwner(owner)).toContainEqual(
        expect.objectContaining({
          kind: "databaseAccount",
          state: "suspended",
          why: `Its owner is suspended. What is open at ${first.address} is ended once that node answers.`,
        }),
      );
      expect(performance.now() - suspending).toBeLessThan(3 * CALL_MS);
      const seen = await host.module.server.nodes(() => Date.now(), AbortSignal.timeout(CALL_MS));
      expect(seen.filter((node) => "trouble" in node)).toMatchObject([{ address: first.address }]);
    } finally {
      first.signal("SIGCONT");
    }
    await waitFor(
      async () => {
        await host.pass(31_000);
        const standing = await host.module.standings.get(`databaseAccount/${id}`);
        return standing?.why === "Its owner is suspended.";
      },
      { timeout: 90_000, describe: "the first node to be seen" },
    );
    await expect(stuck.query("SELECT 1")).rejects.toThrow();
    const isThere = () => first.root(`SHOW DATABASES LIKE '%meanwhile'`);
    await waitFor(async () => (await isThere()).length === 1, {
      timeout: 60_000,
      describe: "the database at the node that was frozen",
    });
  }, 240_000);

  it("that was killed and comes back has what was made meanwhile", async () => {
    const third = cluster.nodes[2];
    await third.kill();
    await waitFor(
      async () => {
        const [size] = await cluster.nodes[0].root("SHOW GLOBAL STATUS LIKE 'wsrep_cluster_size'");
        return size?.["Value"] === "2";
      },
      { timeout: 60_000, describe: "the others to go on without it" },
    );
    await waitFor(() => host.module.requireAnswer().then(() => true), {
      timeout: 60_000,
      describe: "the cluster to answer",
    });
    const { account, database } = await someone();
    await host.pass(MINUTES_MS);
    expect(await host.opens(account)).toBe(true);
    await third.start();
    const back = await waitFor(() => host.with(account, database, third), {
      timeout: 60_000,
      describe: "the account at the node that was away",
    });
    expect(await may(back.query("SHOW TABLES"))).toBe(true);
    back.destroy();
  }, 240_000);
});
