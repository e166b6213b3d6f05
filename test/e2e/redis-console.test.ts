import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { RunningConsole } from "../../src/app.ts";
import { apiClient, startTestConsole } from "../support/console.ts";
import { temporaryFolder } from "../support/folder.ts";
import { type Proxy, startProxy } from "../support/proxy.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";
import { describeWithService } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";

describeWithService("redis", "a console on Redis", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let redis: RedisServer;
  let proxy: Proxy;
  let running: RunningConsole | undefined;

  beforeEach(async () => {
    folder = await temporaryFolder();
    redis = await startRedis();
    proxy = await startProxy(redis.port);
  });
  afterEach(async () => {
    await running?.close();
    await proxy.close();
    await redis.destroy();
    await folder.remove();
  });

  it("makes one first admin token, however many start at the same moment", async () => {
    const settings = (data: string) => ({
      store: "redis",
      redis: { url: `redis://127.0.0.1:${redis.port}` },
      data: join(folder.path, data),
    });
    const others = await Promise.all(
      ["a", "b", "c"].map((name) => startTestConsole(folder.path, settings(name))),
    );
    try {
      for (const { core } of others) {
        await core.requireLedger().catchUp();
        expect(core.requireLedger().state.tokens.size).toBe(1);
      }
    } finally {
      await Promise.all(others.map((other) => other.close()));
    }
  }, 30_000);

  it("lets nobody in once it has been cut off for long", async () => {
    const settings = { url: `redis://127.0.0.1:${proxy.port}`, commandTimeout: 600 };
    running = await startTestConsole(
      folder.path,
      { store: "redis", redis: settings },
      { staleMs: 4_000 },
    );
    const { httpPort, internalPort } = running;
    const status = async () => (await apiClient(httpPort)("GET", "/whoami")).status;
    expect(await status()).toBe(200);
    proxy.cut();
    await waitFor(() => running?.core.fault !== undefined, { describe: "the cut to be noticed" });
    // For a while what it knew last is good enough to read by.
    expect(await status()).toBe(200);
    await waitFor(async () => (await status()) === 503, { describe: "it to be closed" });
    expect((await fetch(`http://127.0.0.1:${internalPort}/traefik/config`)).status).toBe(200);
    proxy.restore();
    await waitFor(async () => (await status()) === 200, { describe: "it to be open again" });
  }, 30_000);
});
