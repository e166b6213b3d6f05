import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Part } from "../../src/checks/check.ts";
import { clockFound } from "../../src/checks/clock.ts";
import { lookAtRedis } from "../../src/doctor/redis.ts";
import type { RedisSettings } from "../../src/store/redis/client.ts";
import { freePort } from "../support/ports.ts";
import { redisSettings, type RedisServer, startRedis, startSentinels } from "../support/redis.ts";
import { describeWithService } from "../support/services.ts";
import { faultsIn, lookAt, saidOf } from "./support.ts";

const look = (settings: RedisSettings, now = () => new Date()) => {
  const part: Part = { name: "Store", look: (look) => lookAtRedis(look, settings, now) };
  return lookAt(part);
};

describeWithService("redis", "the doctor at a real Redis", () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  }, 30_000);
  afterAll(() => redis?.destroy());

  it("tells what it is and what it promises", async () => {
    const lines = await look(redisSettings(redis.port, { durability: "always" }));
    expect(faultsIn(lines)).toEqual([]);
    expect(saidOf(lines, "Redis")).toMatch(/^ok: Redis \d+\.\d+\.\d+ answers\.$/);
    expect(saidOf(lines, "durability")).toBe("ok: What is acknowledged is on Redis's disk.");
    expect(lines.map(({ what }) => what)).toEqual([
      "Redis",
      "durability",
      "disk",
      "memory",
      "role",
      "clock",
    ]);
  });

  it.each<[string, string[][], string[][], Partial<RedisSettings>, RegExp]>([
    [
      "promises too little",
      [["appendfsync", "no"]],
      [["appendfsync", "always"]],
      { durability: "everysec" },
      /^wrong durability: Changes are refused, as it promises less/,
    ],
    [
      "may drop what is stored",
      [
        ["maxmemory", "100mb"],
        ["maxmemory-policy", "allkeys-lru"],
      ],
      [
        ["maxmemory", "0"],
        ["maxmemory-policy", "noeviction"],
      ],
      {},
      /^wrong durability: .*maxmemory-policy/,
    ],
    [
      "is nearly full",
      [["maxmemory", "1mb"]],
      [["maxmemory", "0"]],
      {},
      /^warning memory: .*raise maxmemory/,
    ],
    [
      "lacks replicas",
      [],
      [],
      { waitReplicas: 2 },
      /^wrong role: .*redis\.waitReplicas asks for 2/,
    ],
  ])("tells that it %s", async (_what, set, back, more, says) => {
    for (const [key = "", value = ""] of set) await redis.command("CONFIG", "SET", key, value);
    const faults = faultsIn(await look(redisSettings(redis.port, more)));
    for (const [key = "", value = ""] of back) await redis.command("CONFIG", "SET", key, value);
    expect(faults).toEqual([expect.stringMatching(says)]);
  });

  it("tells of a clock that goes otherwise", async () => {
    const later = () => new Date(Date.now() + 120_000);
    const faults = faultsIn(await look(redisSettings(redis.port), later));
    expect(faults).toEqual([
      expect.stringMatching(/^wrong clock: Redis's clock is 1\d\d(?:\.\d)? s behind/),
    ]);
  });

  it("tells of a password that is wrong, without it, and of one that is away", async () => {
    await redis.command("CONFIG", "SET", "requirepass", "right");
    const settings = redisSettings(redis.port, { password: "not-right-0123" });
    const lines = await look(settings);
    const away = await look(redisSettings(await freePort()));
    expect(saidOf(lines, "Redis")).toMatch(/^wrong: .*redis\.password is wrong/);
    expect(JSON.stringify(lines)).not.toContain("not-right-0123");
    expect(saidOf(away, "Redis")).toMatch(/^wrong: .*no connection/);
  }, 20_000);
});

describeWithService("redis", "the doctor at Sentinels", () => {
  it("asks each who the master is, and whether there are enough", async () => {
    const redis = await startRedis();
    const { ports, destroy } = await startSentinels(redis.port);
    try {
      const addresses = ports.map((port) => `127.0.0.1:${port}`);
      const sentinels = [...addresses, `127.0.0.1:${await freePort()}`];
      const lines = await look(redisSettings(1, { sentinels }));
      for (const address of addresses) {
        expect(saidOf(lines, `Sentinel ${address}`)).toContain(
          `127.0.0.1:${redis.port} is the master`,
        );
      }
      expect(saidOf(lines, `Sentinel ${sentinels.at(-1)}`)).toMatch(/^wrong: /);
      const other = await look(redisSettings(1, { sentinels: addresses, sentinelName: "other" }));
      expect(saidOf(other, `Sentinel ${addresses[0]}`)).toMatch(
        /^wrong: It answers, and knows no other/,
      );
    } finally {
      await destroy();
      await redis.destroy();
    }
  }, 60_000);
});

describe("two clocks", () => {
  it.each([
    [0.4, "ok"],
    [-5, "ok"],
    [5.2, "warning"],
    [-60, "warning"],
    [61, "wrong"],
    [-3600, "wrong"],
  ])("that are %i s apart are %s", (seconds, state) => {
    expect(clockFound("MinIO", seconds)).toMatchObject({ state });
  });
});
