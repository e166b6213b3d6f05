import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { RunningConsole } from "../../src/app.ts";
import { apiClient, mustClient, startTestConsole } from "../support/console.ts";
import { temporaryFolder } from "../support/folder.ts";
import { type Proxy, startProxy } from "../support/proxy.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";
import { request } from "../support/request.ts";
import { describeWithService } from "../support/services.ts";
import { TestVisitor } from "../support/visitor.ts";
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

  it("shows on each of several who polls the others", async () => {
    const settings = (data: string) => ({
      store: "redis",
      redis: { url: `redis://127.0.0.1:${redis.port}` },
      data: join(folder.path, data),
    });
    const first = await startTestConsole(folder.path, settings("first"));
    running = await startTestConsole(folder.path, settings("second"));
    try {
      const must = mustClient(first.httpPort);
      await must("POST", "/persons", { username: "ada" });
      await must("PATCH", "/persons/ada", { role: "admin" });
      await running.core.requireLedger().catchUp();
      const path = "/traefik/config?poller=edge-7";
      const { status } = await request({ port: first.internalPort, host: "localhost", path });
      expect(status).toBe(200);
      const ada = new TestVisitor(running);
      await ada.be("ada");
      const page = await waitFor(
        async () => {
          const { body } = await ada.get("/admin/traefik");
          return body.includes("edge-7") ? body : undefined;
        },
        { describe: () => "the other's poller" },
      );
      expect(page).toContain(`at the console ${first.replica.name}`);
      expect((await ada.get("/")).body).toMatch(/Traefik asked for changes last: [^<]*edge-7/);
    } finally {
      await first.close();
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
    await mustClient(httpPort)("POST", "/persons", { username: "alice" });
    const visitor = new TestVisitor(running);
    await visitor.be("alice");
    const page = async () => (await visitor.get("/")).status;
    expect(await page()).toBe(200);
    proxy.cut();
    await waitFor(() => running?.core.fault !== undefined, { describe: "the cut to be noticed" });
    // For a while what it knew last is good enough to read by.
    expect(await status()).toBe(200);
    await waitFor(async () => (await status()) === 503, { describe: "it to be closed" });
    expect(await page()).toBe(503);
    expect((await fetch(`http://127.0.0.1:${internalPort}/traefik/config`)).status).toBe(200);
    proxy.restore();
    await waitFor(async () => (await status()) === 200, { describe: "it to be open again" });
    expect(await page()).toBe(200);
  }, 30_000);

  it("knows at once who signed in, or was signed out, at another", async () => {
    const settings = (data: string) => ({
      store: "redis",
      redis: { url: `redis://127.0.0.1:${redis.port}` },
      data: join(folder.path, data),
    });
    running = await startTestConsole(folder.path, settings("a"));
    const other = await startTestConsole(folder.path, settings("b"));
    let closed: Promise<void> | undefined;
    const closeOther = () => (closed ??= other.close());
    try {
      const here = mustClient(running.httpPort);
      await here("POST", "/persons", { username: "alice" });
      const { url } = await here("POST", "/passes", { person: "alice" });
      await other.core.requireLedger().catchUp();
      // The link is opened at one console, and its form sent to the other.
      const visitor = new TestVisitor(running);
      const opened = (await visitor.get(new URL(url).pathname)).body;
      const fields = opened.matchAll(/name="(\w+)" value="([^"]+)"/g);
      const form = Object.fromEntries([...fields].map(([, name, value]) => [name, value]));
      const there = new TestVisitor(other);
      for (const [name, value] of visitor.cookies) there.cookies.set(name, value);
      expect((await there.post("/sign-in/link", form)).status).toBe(303);
      for (const [name, value] of there.cookies) visitor.cookies.set(name, value);
      expect((await visitor.get("/")).status).toBe(200);
      expect((await visitor.post("/sign-in/link", form)).status).toBe(404);

      await here("POST", "/persons/alice/sign-out");
      expect((await there.get("/")).status).toBe(303);

      // They outlive the console at which they began.
      await there.be("alice");
      for (const [name, value] of there.cookies) visitor.cookies.set(name, value);
      await closeOther();
      expect((await visitor.get("/")).status).toBe(200);
    } finally {
      await closeOther();
    }
  }, 30_000);
});
