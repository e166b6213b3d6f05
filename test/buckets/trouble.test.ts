import { afterAll, beforeAll, expect, it } from "vitest";
import { suspendOwner } from "../../src/owners/suspend.ts";
import { type MinioServer, startMinio } from "../support/minio.ts";
import { startProxy, type Proxy } from "../support/proxy.ts";
import { describeWithService } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";
import { Host, may } from "./support.ts";

const { signal } = new AbortController();
const MINUTES_MS = 11 * 60_000;

describeWithService("minio", "a MinIO that is in trouble", () => {
  let server: MinioServer;
  let proxy: Proxy;
  let host: Host;
  beforeAll(async () => {
    server = await startMinio();
    proxy = await startProxy(server.port);
    host = await Host.start(server, { url: `http://127.0.0.1:${proxy.port}` });
  }, 60_000);
  afterAll(async () => {
    proxy?.restore();
    await host?.close();
    await proxy?.close();
    await server?.destroy();
  });

  const TROUBLE: readonly [string, () => void][] = [
    ["away", () => proxy.cut()],
    ["frozen", () => proxy.stall()],
    ["deaf: it does what it is asked and does not answer", () => proxy.swallowAnswers()],
    ["cut off in the middle of its answers", () => proxy.cutAnswersAfter(150)],
  ];

  it("slow: all of it is done, only later, and it is not taken for away", async () => {
    const owner = await host.person("slow");
    proxy.slow(120);
    try {
      const { done, outcome } = await host.bucket(owner, "a", { publicRead: true });
      expect(outcome).toMatchObject({ state: "ready", why: null });
      const { done: key, outcome: given } = await host.key(owner);
      expect(given).toMatchObject({ state: "ready" });
      expect(await may(host.with(key).listBuckets())).toBe(true);
      // A page does not wait for what is counted: it is there the next time.
      expect(await host.module.usage(0)).toBeUndefined();
      expect((await host.module.usage())?.has(done.name)).toBe(true);
      expect((await host.module.usage(0))?.has(done.name)).toBe(true);
      expect(host.module.system.away).toBeUndefined();
    } finally {
      proxy.restore();
    }
  }, 60_000);

  let people = 0;
  it.each(TROUBLE)(
    "%s: it is said, and heals by itself",
    async (_what, begin) => {
      const owner = await host.person(`p${++people}`);
      const { done: before } = await host.bucket(owner, "before");
      const { done: key } = await host.key(owner);
      begin();
      const { done, outcome } = await host.bucket(owner, "new");
      expect(outcome).toMatchObject({ state: "creating", why: expect.stringMatching(/\.$/) });
      await host.do(suspendOwner, { id: owner, reason: "" });
      await host.module.settleOwner(owner);
      // Soon nobody waits for it any more.
      await waitFor(
        async () => {
          if (host.module.system.away === undefined) await host.pass(MINUTES_MS);
          return host.module.system.away;
        },
        { timeout: 30_000, describe: "the storage to be taken for away" },
      );
      await expect(host.module.requireAnswer()).rejects.toThrow("Nothing was changed");
      proxy.restore();
      await waitFor(
        async () => {
          await host.pass(MINUTES_MS);
          const all = [`bucket/${before.id}`, `bucket/${done.id}`, `bucketKey/${key.key.id}`];
          const states = await Promise.all(all.map((one) => host.module.standings.get(one)));
          return states.every((standing) => standing?.state === "suspended");
        },
        { timeout: 30_000, describe: "everything to be right" },
      );
      expect(await may(host.with(key).listBuckets())).toBe(false);
      expect(await host.module.storage.bucket(done.name, signal)).toMatchObject({ mark: done.id });
    },
    90_000,
  );
});
