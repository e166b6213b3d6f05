import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Sessions } from "../../src/auth/sessions.ts";
import { MemoryVolatile } from "../../src/store/memory-volatile.ts";
import { openRedisStore } from "../../src/store/redis.ts";
import type { Volatile } from "../../src/store/volatile.ts";
import { temporaryFolder } from "../support/folder.ts";
import { type RedisServer, redisSettings, startRedis } from "../support/redis.ts";
import { describeWithService } from "../support/services.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const seen = { address: "192.0.2.7", agent: "Browser/1.0" };

describe("sessions in memory", () => describeSessions(async () => new MemoryVolatile(() => 0)));

describeWithService("redis", "sessions on Redis", () => {
  let redis: RedisServer;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  const opened: ReturnType<typeof openRedisStore>[] = [];

  beforeAll(async () => {
    redis = await startRedis({ settings: { appendfsync: "no" } });
    folder = await temporaryFolder();
  });
  afterAll(async () => {
    for (const { store } of opened) await store.close();
    await redis.destroy();
    await folder.remove();
  });

  describeSessions(async () => {
    const head = join(folder.path, "redis-head");
    const one = openRedisStore(redisSettings(redis.port, { prefix: `p${opened.length}` }), {
      head,
    });
    opened.push(one);
    return one.volatile;
  });
});

function describeSessions(open: () => Promise<Volatile>): void {
  let volatile: Volatile;
  let sessions: Sessions;
  let time = Date.parse("2026-11-30T12:00:00.000Z");

  beforeEach(async () => {
    volatile = await open();
    sessions = new Sessions({
      volatile: () => volatile,
      now: () => new Date(time),
      idleMs: 24 * HOUR_MS,
      lifeMs: 14 * 24 * HOUR_MS,
    });
  });

  it("are found by their secret alone, and the secret is kept nowhere", async () => {
    const { session, secret } = await sessions.begin("per-alice", seen);
    expect(Buffer.from(secret, "base64url")).toHaveLength(32);
    expect(await sessions.find(secret, seen)).toEqual(session);
    expect(session).toMatchObject({ person: "per-alice", ...seen });
    for (const other of ["", secret.slice(1), `${secret}x`, session.id, "a".repeat(43)])
      expect(await sessions.find(other, seen), other).toBeUndefined();
    const kept = JSON.stringify([...(await volatile.list(""))]);
    expect(kept).toContain(session.id);
    expect(kept).not.toContain(secret);
  });

  it("end when they are not used, and some day in any case", async () => {
    const idle = await sessions.begin("per-alice", seen);
    time += 24 * HOUR_MS;
    expect(await sessions.find(idle.secret, seen)).toBeUndefined();
    expect(await sessions.of("per-alice")).toEqual([]);
    const used = await sessions.begin("per-alice", seen);
    for (let hours = 0; hours < 14 * 24; hours += 12) {
      expect(await sessions.find(used.secret, seen), `after ${hours} hours`).toBeDefined();
      time += 12 * HOUR_MS;
    }
    expect(await sessions.find(used.secret, seen)).toBeUndefined();
  });

  it("are not used by a page that follows what happens by itself, nor by a check", async () => {
    for (const by of ["page", "check"] as const) {
      const { session, secret } = await sessions.begin("per-alice", seen);
      const { usedAt } = session;
      time += 23 * HOUR_MS;
      const elsewhere = { ...seen, address: "192.0.2.8" };
      // Where a page is asked from is shown all the same: no one hides behind one.
      expect(await sessions.find(secret, elsewhere, by)).toMatchObject({
        usedAt,
        address: by === "page" ? elsewhere.address : seen.address,
      });
      time += HOUR_MS;
      expect(await sessions.find(secret, seen), by).toBeUndefined();
    }
  });

  it("show where and when they were last seen, the last one first", async () => {
    const one = await sessions.begin("per-alice", seen);
    time += MINUTE_MS;
    const two = await sessions.begin("per-alice", { address: "192.0.2.8", agent: "Phone\n/2" });
    await sessions.begin("per-bob", seen);
    const list = await sessions.of("per-alice");
    expect(list.map(({ id }) => id)).toEqual([two.session.id, one.session.id]);
    expect(list[0]?.agent).toBe("Phone/2");
    time += MINUTE_MS;
    await sessions.find(one.secret, { address: "2001:db8::1", agent: "x".repeat(1_000) });
    const [first] = await sessions.of("per-alice");
    expect(first).toMatchObject({ id: one.session.id, address: "2001:db8::1" });
    expect(first?.usedAt).toBe(new Date(time).toISOString());
    expect(first?.agent).toHaveLength(200);
  });

  it("are ended one by one, and of nobody else", async () => {
    const one = await sessions.begin("per-alice", seen);
    const two = await sessions.begin("per-alice", seen);
    expect(await sessions.end("per-bob", one.session.id)).toBe(false);
    expect(await sessions.find(one.secret, seen)).toBeDefined();
    expect(await sessions.end("per-alice", one.session.id)).toBe(true);
    expect(await sessions.end("per-alice", one.session.id)).toBe(false);
    expect(await sessions.find(one.secret, seen)).toBeUndefined();
    expect((await sessions.of("per-alice")).map(({ id }) => id)).toEqual([two.session.id]);
  });

  it("are ended all together, and of nobody else", async () => {
    const alices = [await sessions.begin("per-a", seen), await sessions.begin("per-a", seen)];
    const other = await sessions.begin("per-ab", seen);
    expect(await sessions.endAll("per-a")).toBe(2);
    for (const { secret } of alices) expect(await sessions.find(secret, seen)).toBeUndefined();
    expect(await sessions.find(other.secret, seen)).toBeDefined();
  });

  it("stay ended when they are used at the same moment", async () => {
    for (let round = 0; round < 20; round++) {
      const { session, secret } = await sessions.begin("per-alice", seen);
      time += MINUTE_MS;
      await Promise.all([
        sessions.find(secret, seen),
        sessions.end("per-alice", session.id),
        sessions.find(secret, { ...seen, address: "192.0.2.9" }),
      ]);
      expect(await sessions.find(secret, seen)).toBeUndefined();
    }
  });

  it("begin after the sign-out that they follow, whatever the clock says", async () => {
    const after = new Date(time + HOUR_MS).toISOString();
    const { session } = await sessions.begin("per-alice", seen, { after });
    expect(session.createdAt > after).toBe(true);
  });
}
