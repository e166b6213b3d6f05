import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { RunningConsole } from "../../src/app.ts";
import { type ApiAnswer, apiClient, mustClient, startTestConsole } from "../support/console.ts";
import { temporaryFolder } from "../support/folder.ts";
import { type Proxy, startProxy } from "../support/proxy.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";
import { describeWithService } from "../support/services.ts";

describeWithService("redis", "the rates of two consoles on one Redis", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let redis: RedisServer;
  let proxy: Proxy;
  let consoles: readonly [RunningConsole, RunningConsole];

  beforeEach(async () => {
    folder = await temporaryFolder();
    redis = await startRedis();
    proxy = await startProxy(redis.port);
    const settings = (data: string, port: number) => ({
      store: "redis",
      redis: { url: `redis://127.0.0.1:${port}`, commandTimeout: 3_000 },
      data: join(folder.path, data),
      quotas: { person: { changesPerHour: 10 } },
    });
    const first = await startTestConsole(folder.path, settings("first", redis.port));
    consoles = [first, await startTestConsole(folder.path, settings("second", proxy.port))];
  });
  afterEach(async () => {
    await Promise.all(consoles.map((each) => each.close()));
    await proxy.close();
    await redis.destroy();
    await folder.remove();
  });

  async function tokenOf(username: string): Promise<string> {
    const must = mustClient(consoles[0].httpPort);
    await must("POST", "/persons", { username });
    const { secret } = await must("POST", "/tokens", {
      owner: username,
      name: "t",
      scopes: ["read", "owners"],
    });
    await consoles[1].core.requireLedger().catchUp();
    return secret as string;
  }

  it("let an owner change no more than they may, at whichever and however many at once", async () => {
    const token = await tokenOf("alice");
    const clients = consoles.map(({ httpPort }) => apiClient(httpPort, token));
    const describe = (n: number): Promise<ApiAnswer> =>
      (clients[n % 2] as (typeof clients)[0])("PATCH", "/persons/alice", { displayName: `${n}` });
    const answers = await Promise.all(Array.from({ length: 24 }, (_, n) => describe(n)));
    const statuses = answers.map(({ status }) => status).toSorted((a, b) => a - b);
    expect(statuses).toEqual([...Array<number>(10).fill(200), ...Array<number>(14).fill(429)]);
    for (const n of [0, 1]) {
      const { headers, body } = await describe(n);
      expect(body).toMatchObject({ status: 429, code: "rate_limited" });
      expect(Number(headers.get("retry-after"))).toBeGreaterThan(3000);
    }
  }, 30_000);
});
