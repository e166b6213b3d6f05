import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { commitId } from "../../src/store/chain.ts";
import { openRedisStore } from "../../src/store/redis.ts";
import type { RedisSettings } from "../../src/store/redis/client.ts";
import {
  StoreConflict,
  StoreDamaged,
  StoreDiverged,
  StoreUnavailable,
  type Commit,
  type Position,
  type WholeStore,
} from "../../src/store/store.ts";
import { put } from "../conformance/store.ts";
import { certificateFor } from "../support/certificates.ts";
import { temporaryFolder } from "../support/folder.ts";
import { type Proxy, startProxy } from "../support/proxy.ts";
import { freePorts } from "../support/ports.ts";
import { type RedisServer, redisSettings, startRedis, startSentinels } from "../support/redis.ts";
import { describeWithService } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";

const PATIENCE = { commandTimeout: 400 } as const;
/** An event, wherever in the chain. */
const happened = (event: object): unknown => expect.objectContaining({ event });

describeWithService("redis", "the store on Redis", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let servers: RedisServer[];
  let stores: WholeStore[];
  let closing: (() => Promise<void>)[];

  beforeEach(async () => {
    folder = await temporaryFolder();
    servers = [];
    stores = [];
    closing = [];
  });
  afterEach(async () => {
    for (const store of stores) await store.close();
    for (const close of closing) await close();
    for (const server of servers) await server.destroy();
    await folder.remove();
  });

  async function server(options?: Parameters<typeof startRedis>[0]): Promise<RedisServer> {
    const started = await startRedis(options);
    servers.push(started);
    return started;
  }

  /** A console's own store: it remembers what it knew last under its name. */
  function open(
    port: number,
    more: Partial<RedisSettings> = {},
    name = "one",
    report?: (message: string) => void,
  ): WholeStore {
    const head = join(folder.path, name, "redis-head");
    const settings = redisSettings(port, { ...PATIENCE, ...more });
    const { store } = openRedisStore(settings, report === undefined ? { head } : { head, report });
    stores.push(store);
    return store;
  }

  async function throughProxy(redis: RedisServer): Promise<{ proxy: Proxy; store: WholeStore }> {
    const proxy = await startProxy(redis.port);
    closing.push(() => proxy.close());
    return { proxy, store: open(proxy.port) };
  }

  function leadsTo(from: Position, commit: Commit): Position {
    const revision = from.revision + 1;
    const { lineage } = from;
    return { lineage, revision, commit: commitId(lineage, from.commit, revision, commit) };
  }

  const settled = (store: WholeStore, from: Position, ours: Position) =>
    waitFor(() => store.settle(from, ours).catch(() => undefined), {
      describe: "the outcome to be known",
    });

  describe("and the outcome of a write", () => {
    it("finds out that a commit is stored whose answer was lost", async () => {
      const { proxy, store } = await throughProxy(await server());
      const { position } = await store.load();
      const at = await store.commit(position, [put("a/1", 1)]);
      proxy.swallowAnswers();
      const ours = leadsTo(at, put("a/2", 2));
      // Its first question is the one that gets no answer here: nothing was sent that writes.
      await expect(store.commit(at, [put("a/2", 2)])).rejects.toMatchObject({
        code: "store_unavailable",
      });
      proxy.restore();
      expect(await settled(store, at, ours)).toEqual({ stored: false, position: at });
      expect(await store.commit(at, [put("a/2", 2)])).toEqual(ours);
      // The answer to the very write: another store sees that it is there.
      const after = leadsTo(ours, { writes: [], event: { type: "noted" } });
      proxy.swallowAnswers();
      const lost = store.commit(ours, [{ writes: [], event: { type: "noted" } }]);
      await expect(lost).rejects.toMatchObject({ outcome: "unknown" });
      proxy.restore();
      expect(await settled(store, ours, after)).toEqual({ stored: true, position: after });
      expect(await store.since(after)).toMatchObject({ kind: "changes", position: after });
    });

    it("never stores later what it said is not stored", async () => {
      const redis = await server();
      const { proxy, store } = await throughProxy(redis);
      const { position } = await store.load();
      const at = await store.commit(position, [put("a/1", 1)]);
      const late: Commit = { writes: [], event: { type: "late" } };
      proxy.stall();
      await expect(store.commit(at, [late])).rejects.toMatchObject({ outcome: "unknown" });
      // It comes out behind the question, over the connection that it was sent on.
      const asked = store.settle(at, leadsTo(at, late)).catch(() => undefined);
      proxy.restore();
      const outcome = (await asked) ?? (await settled(store, at, leadsTo(at, late)));
      const { position: now } = await open(redis.port, {}, "two").load();
      expect(outcome).toEqual({ stored: now.revision > at.revision, position: now });
    });

    it("is fenced against its own past", async () => {
      const redis = await server();
      const store = open(redis.port, { commandTimeout: 300 });
      const { position } = await store.load();
      const at = await store.commit(position, [put("a/1", 1)]);
      const late: Commit = { writes: [], event: { type: "late" } };
      const ours = leadsTo(at, late);
      for (let round = 0; round < 5; round++) {
        redis.signal("SIGSTOP");
        // It is in the frozen server's hands now.
        const lost = await store.commit(at, [late]).catch((error: unknown) => error);
        expect(lost).toBeInstanceOf(StoreUnavailable);
        const asked = store.settle(at, ours).catch(() => undefined);
        redis.signal("SIGCONT");
        const outcome = (await asked) ?? (await settled(store, at, ours));
        const loaded = await open(redis.port, {}, `round-${round}`).load();
        expect(outcome).toEqual({
          stored: loaded.position.revision === at.revision + 1,
          position: loaded.position,
        });
        if (outcome?.stored) return;
      }
    });

    it("settles rightly when others went on meanwhile", async () => {
      const redis = await server();
      const { proxy, store } = await throughProxy(redis);
      const position = await store.commit((await store.load()).position, [put("a/1", 1)]);
      const other = open(redis.port, {}, "two");
      const noted: Commit = { writes: [], event: { type: "noted" } };
      const ours = leadsTo(position, noted);
      proxy.swallowAnswers();
      await expect(store.commit(position, [noted])).rejects.toMatchObject({ outcome: "unknown" });
      await other.load();
      const beyond = await other.commit(ours, [put("b/1", 1), put("b/2", 2)]);
      proxy.restore();
      expect(await settled(store, position, ours)).toEqual({ stored: true, position: beyond });
      const since = await store.since(position);
      expect(since).toEqual({
        kind: "changes",
        position: beyond,
        entities: new Map([
          ["b/1", 1],
          ["b/2", 2],
        ]),
        events: [noted, put("b/1", 1), put("b/2", 2)].map(({ event }) => happened(event)),
      });
      // And when it was not ours that was there first.
      const first = await other.commit(beyond, [put("b/3", 3)]);
      await expect(store.commit(beyond, [noted])).rejects.toBeInstanceOf(StoreConflict);
      expect(await store.settle(beyond, leadsTo(beyond, noted))).toEqual({
        stored: false,
        position: first,
      });
    });
  });

  it("tells two consoles of each other's commits, in thousands, too", async () => {
    const redis = await server({ settings: { appendfsync: "no" } });
    const [one, two] = [open(redis.port), open(redis.port, {}, "two")];
    let at = (await one.load()).position;
    const known = (await two.load()).position;
    expect(known).toEqual(at);
    let told = 0;
    closing.push(async () => unwatch());
    const unwatch = two.watch(() => told++);
    await waitFor(() => told > 0, { describe: "the watch to begin" });
    at = await one.commit(at, [put("a/1", 1), put("a/2", 2), { writes: [], event: {} }]);
    at = await one.commit(at, [{ writes: [{ key: "a/1", value: null }], event: { by: "one" } }]);
    expect(await two.since(known)).toEqual({
      kind: "changes",
      position: at,
      entities: new Map([
        ["a/1", null],
        ["a/2", 2],
      ]),
      events: [{ type: "put", key: "a/1" }, { type: "put", key: "a/2" }, {}, { by: "one" }].map(
        happened,
      ),
    });
    expect(await two.since(at)).toEqual({
      kind: "changes",
      position: at,
      entities: new Map(),
      events: [],
    });
    const before = at;
    for (let group = 0; group < 12; group++) {
      at = await one.commit(
        at,
        Array.from({ length: 200 }, (_, n) => put(`b/${n}`, group)),
      );
    }
    expect(await two.since(before)).toEqual({ kind: "whole" });
    const loaded = await two.load();
    expect([loaded.position, loaded.entities.size]).toEqual([at, 201]);
    const replaced = await one.replace(at, [["c/1", 1]], { type: "imported" });
    expect(await two.since(at)).toEqual({ kind: "whole" });
    expect(await two.load()).toEqual({ position: replaced, entities: new Map([["c/1", 1]]) });
  });

  it("keeps about so many events as it is told to, and goes on from what is left", async () => {
    const redis = await server({ settings: { appendfsync: "no" } });
    const store = open(redis.port, { historyEvents: 100 });
    let at = (await store.load()).position;
    const start = at;
    const lagging = open(redis.port, {}, "two");
    await lagging.load();
    for (let group = 0; group < 20; group++) {
      at = await store.commit(
        at,
        Array.from({ length: 100 }, (_, n) => put(`a/${n}`, group)),
      );
    }
    const kept = await store.history({ limit: 10_000 });
    expect(kept.length).toBeGreaterThanOrEqual(100);
    expect(kept.length).toBeLessThan(1_000);
    expect(kept.at(-1)?.revision).toBe(2_000);
    expect((await store.load()).position).toEqual(at);
    expect(await lagging.since(start)).toEqual({ kind: "whole" });
    expect((await lagging.load()).position).toEqual(at);
  });

  it("knows an empty, an older and another's Redis from its own, and tells them apart", async () => {
    const redis = await server();
    const store = open(redis.port);
    let at = await store.commit((await store.load()).position, [put("a/1", 1)]);
    await redis.end();
    const older = await redis.copy();
    await redis.start();
    at = await waitFor(() => store.commit(at, [put("a/2", 2)]).catch(() => undefined), {
      describe: "Redis to be back",
    });
    const newest = at;
    const ours = { ...at, revision: at.revision + 1, commit: "x" };

    async function meets(said: RegExp): Promise<void> {
      await redis.start();
      for (const question of [
        () => store.since(at),
        () => store.settle(at, ours),
        () => store.load(),
        () => open(redis.port).load(),
      ]) {
        const error = await waitFor(
          () =>
            question().then(
              () => new Error("it was taken up"),
              (thrown: unknown) => (thrown instanceof StoreUnavailable ? undefined : thrown),
            ),
          { describe: "Redis to answer" },
        );
        expect(error).toBeInstanceOf(StoreDiverged);
        expect((error as Error).message).toMatch(said);
      }
    }

    await redis.end();
    const whole = await redis.copy();
    await redis.empty();
    await meets(/is empty, but revision 2 had been acknowledged/);
    await redis.end();
    await redis.putBack(older);
    await meets(/stands at revision 1, but revision 2 had been acknowledged/);
    // Another's of the same age.
    const foreign = await server();
    const theirs = open(foreign.port, {}, "theirs");
    let there = (await theirs.load()).position;
    for (const n of [1, 2, 3]) there = await theirs.commit(there, [put("a/1", n)]);
    await foreign.end();
    await redis.end();
    await redis.putBack(await foreign.copy());
    await meets(/holds another state/);
    // And it goes on as if nothing had been, once its own is back.
    await redis.end();
    await redis.putBack(whole);
    await redis.start();
    const back = await waitFor(() => store.since(newest).catch(() => undefined), {
      describe: "Redis to be back",
    });
    expect(back).toEqual({ kind: "changes", position: newest, entities: new Map(), events: [] });
    await store.commit(newest, [put("a/3", 3)]);
  });

  it("takes up what an operator has decided at another console, and nothing that it knew better", async () => {
    const redis = await server();
    const [one, two, three] = [
      open(redis.port),
      open(redis.port, {}, "2"),
      open(redis.port, {}, "3"),
    ];
    const start = await one.commit((await one.load()).position, [put("a/1", 1)]);
    await two.load();
    await three.load();
    const at = await three.commit(start, [put("a/2", 2)]);
    await one.load();
    await redis.kill();
    await redis.empty();
    await redis.start();
    const error = await waitFor(
      () =>
        one
          .since(at)
          .catch((thrown: unknown) => (thrown instanceof StoreDiverged ? thrown : undefined)),
      { describe: "Redis to be back" },
    );
    expect(error).toBeInstanceOf(StoreDiverged);
    const entities = new Map([["a/1", 1]]);
    const decided = await one.accept({ type: "recovered" }, { entities, supersedes: [at.lineage] });
    expect(decided.revision).toBe(3);
    expect(decided.lineage).not.toBe(at.lineage);
    // The second was behind the decision, the third knew as much.
    for (const store of [two, three]) {
      const found = await waitFor(() => store.since(start).catch(() => undefined), {
        describe: "the decision to be seen",
      });
      expect(found).toEqual({ kind: "whole" });
      expect(await store.load()).toEqual({ position: decided, entities });
    }
    // One that had gone further than the one who decided knew.
    const four = open(redis.port, {}, "4");
    const further = { lineage: at.lineage, revision: 7, commit: "c" };
    await four.load();
    await expect(four.since(further)).rejects.toThrow(/revision 7 had been acknowledged/);
  });

  it("notices what was altered by hand", async () => {
    const redis = await server();
    const store = open(redis.port);
    const { position } = await store.load();
    await store.commit(position, [put("a/1", 1), put("a/2", 2), put("a/3", 3)]);
    const damage = async (said: RegExp) => {
      const found = open(redis.port);
      await expect(found.load()).rejects.toBeInstanceOf(StoreDamaged);
      await expect(found.load()).rejects.toThrow(said);
      expect((await found.loadUnchecked()).problems.join(" ")).toMatch(/./);
      return found;
    };
    await redis.command("HSET", "{tardis}:e:0", "a/1", "7");
    await damage(/are not those of revision 3/);
    await redis.command("HSET", "{tardis}:e:0", "a/1", "1");
    await open(redis.port).load();
    await redis.command("XDEL", "{tardis}:h", "2-0");
    await damage(/events between revision 1 and 3 are missing/);
    await redis.command("SET", "{tardis}:meta", "nonsense");
    const last = await damage(/where the store stands is altered/);
    const accepted = await last.accept();
    expect(accepted.revision).toBe(4);
    const again = await open(redis.port, {}, "fresh").load();
    expect(again.entities).toEqual(
      new Map([
        ["a/1", 1],
        ["a/2", 2],
        ["a/3", 3],
      ]),
    );
  });

  it("loses nothing acknowledged when Redis is killed, with appendfsync always", async () => {
    const redis = await server();
    const store = open(redis.port, { durability: "always" });
    let at = (await store.load()).position;
    let acknowledged = 0;
    for (let round = 0; round < 5; round++) {
      const writing = (async () => {
        for (;;) {
          at = await store.commit(at, [put(`n/${at.revision + 1}`, at.revision + 1)]);
          acknowledged = at.revision;
        }
      })().catch(() => undefined);
      const target = acknowledged + 20;
      await waitFor(() => acknowledged > target, { describe: "some commits" });
      await redis.kill();
      await writing;
      await redis.start();
      const loaded = await waitFor(() => store.load().catch(() => undefined), {
        describe: "Redis to be back",
      });
      at = loaded?.position ?? at;
      expect(at.revision).toBeGreaterThanOrEqual(acknowledged);
      expect(at.revision).toBeLessThanOrEqual(acknowledged + 1);
      expect(loaded?.entities.size).toBe(at.revision);
    }
  });

  it("refuses to write where Redis promises less than is asked for, and says what to set", async () => {
    const reports: string[] = [];
    const redis = await server({ settings: { appendfsync: "everysec" } });
    const store = open(redis.port, { durability: "always" }, "one", (line) => reports.push(line));
    const { position } = await store.load();
    const refused = store.commit(position, [put("a/1", 1)]);
    await expect(refused).rejects.toMatchObject({ outcome: "not-written" });
    await expect(refused).rejects.toThrow(/set appendfsync to always/);
    await redis.command("CONFIG", "SET", "appendfsync", "always");
    const at = await store.commit(position, [put("a/1", 1)]);
    expect(reports).toEqual([
      expect.stringContaining("on Redis's disk within about two seconds"),
      "What is acknowledged is on Redis's disk.",
    ]);
    await redis.command("CONFIG", "SET", "maxmemory", "100mb");
    await redis.command("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
    const dropping = open(redis.port, { durability: "always" }, "one");
    await dropping.load();
    await expect(dropping.commit(at, [put("a/2", 2)])).rejects.toThrow(/set it to noeviction/);
  });

  it("says in words why Redis cannot be used", async () => {
    const redis = await server({ settings: { requirepass: "secret words" } });
    await expect(open(redis.port).load()).rejects.toThrow(
      /asks for a password: set redis.password/,
    );
    await expect(open(redis.port, { password: "wrong" }).load()).rejects.toThrow(/is wrong/);
    const store = open(redis.port, { password: "secret words" });
    const { position } = await store.load();
    await redis.command("CONFIG", "SET", "maxmemory", "1");
    const full = store.commit(position, [put("a/1", 1)]);
    await expect(full).rejects.toThrow(/its memory is full/);
    await expect(full).rejects.toMatchObject({ outcome: "not-written" });
    await redis.command("CONFIG", "SET", "maxmemory", "0");
    await redis.command("CONFIG", "SET", "min-replicas-to-write", "1");
    await expect(store.commit(position, [put("a/1", 1)])).rejects.toThrow(/fewer replicas/);
    await redis.command("CONFIG", "SET", "min-replicas-to-write", "0");
    const at = await store.commit(position, [put("a/1", 1)]);
    const waiting = open(redis.port, {
      password: "secret words",
      waitReplicas: 1,
      waitTimeout: 50,
    });
    await waiting.load();
    const alone = waiting.commit(at, [put("a/2", 2)]);
    await expect(alone).rejects.toThrow(/Only 0 of the 1 Redis replicas/);
    await expect(alone).rejects.toMatchObject({ outcome: "unknown" });
    await redis.kill();
    await expect(store.load()).rejects.toThrow(/there is no connection|connection was cut/);
    for (const error of [await store.load().catch(String), await waiting.load().catch(String)]) {
      expect(error).not.toContain("secret words");
    }
  });

  it("speaks TLS to one whose certificate it can check, and to no other", async () => {
    const { cert, key } = await certificateFor(["redis.test"]);
    const [certFile, keyFile] = [join(folder.path, "cert.pem"), join(folder.path, "key.pem")];
    await writeFile(certFile, cert);
    await writeFile(keyFile, key);
    const [port = 0] = await freePorts(1);
    const tls = {
      port: "0",
      "tls-port": String(port),
      "tls-cert-file": certFile,
      "tls-key-file": keyFile,
      "tls-ca-cert-file": certFile,
      "tls-auth-clients": "no",
    };
    await server({ port, settings: tls });
    const settings = (ca: string | null, serverName: string | null) => ({
      url: `rediss://127.0.0.1:${port}`,
      tls: { ca, serverName },
    });
    const store = open(0, settings(certFile, "redis.test"));
    await store.commit((await store.load()).position, [put("a/1", 1)]);
    await expect(open(0, settings(null, "redis.test")).load()).rejects.toThrow(/self-signed/);
    await expect(open(0, settings(certFile, "other.test")).load()).rejects.toThrow(/other.test/);
    expect(() => open(0, settings(join(folder.path, "none"), null))).toThrow(/redis.tls.ca cannot/);
  });

  it("follows a failover, and says when it lost something", async () => {
    const master = await server();
    const proxy = await startProxy(master.port);
    closing.push(() => proxy.close());
    const replica = await server({ settings: { replicaof: `127.0.0.1 ${proxy.port}` } });
    await waitFor(async () => /master_link_status:up/.test(await replica.command("INFO")), {
      timeout: 20_000,
      describe: "the replica to follow",
    });
    const sentinels = await startSentinels(master.port);
    closing.unshift(() => sentinels.destroy());
    const settings = {
      sentinels: sentinels.ports.map((port) => `127.0.0.1:${port}`),
      waitReplicas: 1,
      waitTimeout: 300,
    };
    const careful = open(0, settings);
    const at = await careful.commit((await careful.load()).position, [put("a/1", 1)]);
    const careless = open(0, { ...settings, waitReplicas: 0 }, "careless");
    await careless.load();
    // What no replica has is lost with the master.
    proxy.stall();
    const lost = await careless.commit(at, [put("a/2", 2)]);
    await master.kill();
    proxy.cut();
    const after = await waitFor(() => careful.since(at).catch(() => undefined), {
      timeout: 30_000,
      describe: "the failover",
    });
    expect(after).toEqual({ kind: "changes", position: at, entities: new Map(), events: [] });
    const error = await waitFor(
      () =>
        careless
          .since(lost)
          .catch((thrown: unknown) => (thrown instanceof StoreDiverged ? thrown : undefined)),
      { timeout: 20_000, describe: "the loss to be seen" },
    );
    expect((error as Error).message).toMatch(/revision 1, but revision 2 had been acknowledged/);
  }, 90_000);
});
