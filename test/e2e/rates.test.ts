import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { RunningConsole } from "../../src/app.ts";
import {
  type ApiAnswer,
  apiClient,
  consoleHost,
  mustClient,
  startTestConsole,
} from "../support/console.ts";
import { temporaryFolder } from "../support/folder.ts";
import { type Proxy, startProxy } from "../support/proxy.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";
import { request } from "../support/request.ts";
import { describeWithService } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";

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

  /** What a wrong token is answered at a console. */
  async function guess(at: RunningConsole): Promise<number> {
    return (await apiClient(at.httpPort, "tardis_wrong")("GET", "/whoami")).status;
  }

  /** What a wrong code of a sign-in link is answered there. */
  async function guessCode(at: RunningConsole): Promise<number> {
    const path = `/sign-in/link/${"x".repeat(43)}`;
    return (await request({ port: at.httpPort, host: consoleHost, path })).status;
  }

  it("look at no more wrong tokens and codes from an address than one alone does", async () => {
    const [first, second] = consoles;
    const half = (n: number) => (n % 2 === 0 ? first : second);
    const tokens = await Promise.all(Array.from({ length: 100 }, (_, n) => guess(half(n))));
    expect(new Set(tokens)).toEqual(new Set([401]));
    const codes = await Promise.all(Array.from({ length: 30 }, (_, n) => guessCode(half(n))));
    expect(new Set(codes)).toEqual(new Set([404]));
    for (const each of consoles) {
      // What the other counted comes a moment later.
      await waitFor(async () => (await guess(each)) === 429, { describe: () => "429 for tokens" });
      await waitFor(async () => (await guessCode(each)) === 429, {
        describe: () => "429 for codes",
      });
      expect((await apiClient(each.httpPort)("GET", "/whoami")).status).toBe(429);
    }
  }, 60_000);

  it("count each for itself while Redis is away", async () => {
    const [, second] = consoles;
    proxy.cut();
    const tokens = await Promise.all(Array.from({ length: 100 }, () => guess(second)));
    expect(new Set(tokens)).toEqual(new Set([401]));
    expect(await guess(second)).toBe(429);
  }, 60_000);
});
