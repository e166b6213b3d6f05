import { afterAll, beforeAll, expect, it } from "vitest";
import { resumeOwner, suspendOwner } from "../../src/owners/suspend.ts";
import { type MariadbServer, startMariadb } from "../support/mariadb.ts";
import { startProxy, type Proxy } from "../support/proxy.ts";
import { describeWithService } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";
import { Host } from "./support.ts";

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
