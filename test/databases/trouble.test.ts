import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { DrawnAccount } from "../../src/databases/verbs/accounts.ts";
import { resumeOwner, suspendOwner } from "../../src/owners/suspend.ts";
import {
  type GaleraCluster,
  type MariadbServer,
  startGalera,
  startMariadb,
} from "../support/mariadb.ts";
import { startProxy, type Proxy } from "../support/proxy.ts";
import { describeWithService } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";
import { Host, may } from "./support.ts";

const MINUTES_MS = 11 * 60_000;

describeWithService("mariadb", "a database server that is in trouble", () => {
  let mariadb: MariadbServer;
  let proxy: Proxy;
  let host: Host;
  beforeAll(async () => {
    mariadb = await startMariadb();
    proxy = await startProxy(mariadb.port);
    host = await Host.start(mariadb, { address: `127.0.0.1:${proxy.port}`, callMs: 3_000 });
  }, 120_000);
  afterAll(async () => {
    proxy?.restore();
    await host?.close();
    await proxy?.close();
    await mariadb?.destroy();
  });

  const TROUBLE: readonly [string, () => void][] = [
    ["away", () => proxy.cut()],
    ["frozen", () => proxy.stall()],
    ["deaf: it does what it is asked and does not answer", () => proxy.swallowAnswers()],
    ["cut off in the middle of its answers", () => proxy.cutAnswersAfter(150)],
  ];

  let people = 0;
  it.each(TROUBLE)(
    "%s: it is said, and heals by itself",
    async (_what, begin) => {
      const owner = await host.person(`p${++people}`);
      const { done: before } = await host.database(owner, "before");
      const { done: account } = await host.account(owner);
      begin();
      const { done, outcome } = await host.database(owner, "new");
      expect(outcome).toMatchObject({ state: "creating", why: expect.stringMatching(/\.$/) });
      await host.do(suspendOwner, { id: owner, reason: "" });
      await host.module.settleOwner(owner);
      // Soon nobody waits for it any more.
      await waitFor(
        async () => {
          if (host.module.system.away === undefined) await host.pass(MINUTES_MS);
          return host.module.system.away;
        },
        { timeout: 60_000, describe: "the server to be taken for away" },
      );
      await expect(host.module.requireAnswer()).rejects.toThrow("Nothing was changed");
      proxy.restore();
      await waitFor(
        async () => {
          await host.pass(MINUTES_MS);
          const standings = await Promise.all(
            [`database/${before.id}`, `database/${done.id}`].map((thing) =>
              host.module.standings.get(thing),
            ),
          );
          const ofAccount = await host.module.standings.get(
            `databaseAccount/${account.account.id}`,
          );
          return [...standings, ofAccount].every((one) => one?.state === "suspended");
        },
        { timeout: 60_000, describe: "all to be as it should" },
      );
      expect(await host.opens(account)).toBe(false);
      await host.do(resumeOwner, { id: owner });
      await host.module.settleOwner(owner);
      expect(await host.opens(account)).toBe(true);
    },
    180_000,
  );

  it("slow: all of it works", async () => {
    proxy.slow(40);
    const owner = await host.person(`p${++people}`);
    expect((await host.database(owner, "a")).outcome).toMatchObject({ state: "ready" });
    const { done, outcome } = await host.account(owner);
    expect(outcome).toMatchObject({ state: "ready" });
    expect(await host.opens(done)).toBe(true);
    proxy.restore();
  }, 60_000);

  it("with nothing to do is asked for nothing but how things are", async () => {
    await waitFor(
      async () => {
        await host.pass(MINUTES_MS);
        return host.module.loop.lastSweep?.attempted === 0;
      },
      { timeout: 60_000, describe: "all to be settled" },
    );
    const { revision } = host.state;
    const standings = await host.volatile.list("standing:");
    const counted = async () =>
      (await mariadb.root("SHOW GLOBAL STATUS LIKE 'Com\\_%'"))
        .filter(({ Variable_name: name }) =>
          /^Com_(alter|create|drop|grant|revoke|kill|insert|update|delete)/.test(String(name)),
        )
        .map(({ Variable_name: name, Value }) => `${name} ${Value}`);
    const before = await counted();
    await host.pass(MINUTES_MS);
    await host.pass(MINUTES_MS);
    expect(host.module.loop.lastSweep).toMatchObject({ attempted: 0 });
    expect(await counted()).toEqual(before);
    expect(host.state.revision).toBe(revision);
    expect(await host.volatile.list("standing:")).toEqual(standings);
  }, 90_000);
});

describeWithService("mariadb", "a cluster of which a node is in trouble", () => {
  let cluster: GaleraCluster;
  let proxy: Proxy;
  let host: Host;
  beforeAll(async () => {
    cluster = await startGalera();
    const [first, second, third] = cluster.nodes;
    proxy = await startProxy(third.port);
    const nodes = [first.address, second.address, `127.0.0.1:${proxy.port}`];
    host = await Host.start(first, { nodes, callMs: 5_000 });
  }, 300_000);
  afterAll(async () => {
    await host?.close();
    await proxy?.close();
    await cluster?.destroy();
  });
  afterEach(() => proxy.restore());

  let people = 0;
  async function someone(): Promise<{ owner: string; account: DrawnAccount; database: string }> {
    const owner = await host.person(`p${++people}`);
    const { done: database } = await host.database(owner, "a");
    const { done: account } = await host.account(owner);
    return { owner, account, database: database.name };
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
