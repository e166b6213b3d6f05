import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { commitId } from "../../src/store/chain.ts";
import { openRedisStore } from "../../src/store/redis.ts";
import type { RedisSettings } from "../../src/store/redis/client.ts";
import { decodeMeta, encodeMeta, type Meta } from "../../src/store/sealed.ts";
import {
  StoreDamaged,
  StoreDiverged,
  StoreNewer,
  type Commit,
  type Position,
  type WholeStore,
} from "../../src/store/store.ts";
import { put } from "../conformance/store.ts";
import { temporaryFolder } from "../support/folder.ts";
import { startProxy } from "../support/proxy.ts";
import { type RedisServer, redisSettings, startRedis } from "../support/redis.ts";
import { describeWithService } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";

const META = "{tardis}:meta";
const HISTORY = "{tardis}:h";

/** What a bulk string holds. */
function bulk(answer: string): string {
  return answer.slice(answer.indexOf("\r\n") + 2, -2);
}

function leadsTo(from: Position, commit: Commit): Position {
  const revision = from.revision + 1;
  const { lineage } = from;
  return { lineage, revision, commit: commitId(lineage, from.commit, revision, commit) };
}

describeWithService("redis", "the store on Redis, in rare cases", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let redis: RedisServer;
  let stores: WholeStore[];
  let closing: (() => Promise<void>)[];

  beforeEach(async () => {
    folder = await temporaryFolder();
    redis = await startRedis({ settings: { appendfsync: "no" } });
    stores = [];
    closing = [];
  });
  afterEach(async () => {
    for (const store of stores) await store.close();
    for (const close of closing) await close();
    await redis.destroy();
    await folder.remove();
  });

  function open(
    more: Partial<RedisSettings> = {},
    name = "one",
    port = redis.port,
    report?: (line: string) => void,
  ): WholeStore {
    const head = join(folder.path, name, "redis-head");
    const settings = redisSettings(port, { commandTimeout: 400, ...more });
    const { store } = openRedisStore(settings, report === undefined ? { head } : { head, report });
    stores.push(store);
    return store;
  }

  async function metaOf(): Promise<Meta> {
    return decodeMeta(bulk(await redis.command("GET", META))) as Meta;
  }

  async function keysLike(pattern: string): Promise<readonly string[]> {
    return (await redis.command("KEYS", pattern)).match(/\{tardis\}\S+/g) ?? [];
  }

  describe("the outcome of a write", () => {
    it("is not known when the wait for replicas ends with an error", async () => {
      await redis.command(
        "ACL",
        "SETUSER",
        "careful",
        "on",
        ">words words",
        "~*",
        "&*",
        "+@all",
        "-wait",
      );
      const store = open({
        username: "careful",
        password: "words words",
        waitReplicas: 1,
        waitTimeout: 50,
      });
      const { position } = await store.load();
      await expect(store.commit(position, [put("a/1", 1)])).rejects.toMatchObject({
        code: "store_unavailable",
        outcome: "unknown",
      });
      expect((await open({}, "two").load()).position.revision).toBe(1);
    });

    it("does not change any more, even where the write comes later over another way", async () => {
      const proxy = await startProxy(redis.port);
      closing.push(() => proxy.close());
      const store = open({}, "one", proxy.port);
      const at = await store.commit((await store.load()).position, [put("a/1", 1)]);
      const late: Commit = { writes: [], event: { type: "late" } };
      proxy.stall();
      await expect(store.commit(at, [late])).rejects.toMatchObject({ outcome: "unknown" });
      const release = proxy.abandon();
      const outcome = await waitFor(
        () => store.settle(at, leadsTo(at, late)).catch(() => undefined),
        {
          describe: "the outcome to be known",
        },
      );
      expect(outcome).toEqual({ stored: false, position: at });
      const calls = async () =>
        Number(/cmdstat_eval:calls=(\d+)/.exec(await redis.command("INFO", "commandstats"))?.[1]);
      const before = await calls();
      release();
      await waitFor(async () => (await calls()) > before, { describe: "the late write to come" });
      expect((await open({}, "two").load()).position).toEqual(at);
      expect(await store.commit(at, [late])).toEqual(leadsTo(at, late));
    });

    it("is found out wherever the answer was cut off", async () => {
      const proxy = await startProxy(redis.port);
      closing.push(() => proxy.close());
      const store = open({}, "one", proxy.port);
      let at = await store.commit((await store.load()).position, [put("a/1", 1)]);
      for (const bytes of [0, 1, 4, 9, 13]) {
        const noted: Commit = { writes: [], event: { type: "noted", bytes } };
        const ours = leadsTo(at, noted);
        proxy.cutAnswersAfter(bytes);
        const lost = await store.commit(at, [noted]).catch((error: unknown) => error);
        proxy.restore();
        expect(lost, `${bytes}`).toMatchObject({ outcome: "unknown" });
        const outcome = await waitFor(() => store.settle(at, ours).catch(() => undefined), {
          describe: "the outcome to be known",
        });
        expect(outcome, `${bytes}`).toEqual({ stored: true, position: ours });
        at = ours;
      }
    });

    it("is known by the history, too, when the writer's own record is gone", async () => {
      const proxy = await startProxy(redis.port);
      closing.push(() => proxy.close());
      const store = open({}, "one", proxy.port);
      const at = await store.commit((await store.load()).position, [put("a/1", 1)]);
      const noted: Commit = { writes: [], event: { type: "noted" } };
      proxy.swallowAnswers();
      await expect(store.commit(at, [noted])).rejects.toMatchObject({ outcome: "unknown" });
      for (const key of await keysLike("{tardis}:w:*")) await redis.command("DEL", key);
      proxy.restore();
      const ours = leadsTo(at, noted);
      const outcome = await waitFor(() => store.settle(at, ours).catch(() => undefined), {
        describe: "the outcome to be known",
      });
      expect(outcome).toEqual({ stored: true, position: ours });
    });

    it("is where the store stands from then on", async () => {
      const proxy = await startProxy(redis.port);
      closing.push(() => proxy.close());
      const store = open({}, "one", proxy.port);
      const at = await store.commit((await store.load()).position, [put("a/1", 1)]);
      const noted: Commit = { writes: [], event: { type: "noted" } };
      const ours = leadsTo(at, noted);
      proxy.swallowAnswers();
      await expect(store.commit(at, [noted])).rejects.toMatchObject({ outcome: "unknown" });
      proxy.restore();
      await waitFor(() => store.settle(at, ours).catch(() => undefined), {
        describe: "the outcome to be known",
      });
      expect(await store.commit(ours, [put("a/2", 2)])).toMatchObject({ revision: 3 });
      // And that position is remembered: one that is older is noticed after a restart.
      await redis.command("FLUSHALL");
      await expect(open().load()).rejects.toThrow(/revision 3 had been acknowledged/);
    });
  });

  it("never takes an empty Redis for one in which nothing is new", async () => {
    const store = open();
    const first = await store.commit((await store.load()).position, [put("a/1", 1)]);
    await store.commit(first, [put("a/1", 2)]);
    await redis.command("FLUSHALL");
    // Whoever asks may be behind what the store itself saw last.
    await expect(store.since(first)).rejects.toBeInstanceOf(StoreDiverged);
  });

  it("has a restored history taken up whole, although it leads on from what was known", async () => {
    const lagging = open({}, "lagging");
    const store = open();
    const at = await store.commit((await store.load()).position, [put("a/1", 1)]);
    await lagging.load();
    const beyond = await store.commit(at, [put("a/1", 2), put("a/2", 2)]);
    const archive = await store.archive();
    const links = await collect(archive.links());
    const copy = { ...archive, links: () => each(links) };
    await redis.command("FLUSHALL");
    const other = open({}, "other");
    await other.load();
    await other.restore(copy);
    await lagging.settle(at, { ...at, revision: 9, commit: "x" });
    expect(await lagging.since(at)).toEqual({ kind: "whole" });
    expect(await lagging.load()).toEqual({ position: beyond, entities: archive.entities });
  });

  it("notices that the whole history is gone", async () => {
    const store = open();
    await store.commit((await store.load()).position, [put("a/1", 1)]);
    await redis.command("DEL", HISTORY);
    await expect(open().load()).rejects.toBeInstanceOf(StoreDamaged);
  });

  it("takes up no staged state of which something went away", async () => {
    const proxy = await startProxy(redis.port);
    closing.push(() => proxy.close());
    const store = open({ commandTimeout: 5_000 }, "one", proxy.port);
    const at = await store.commit((await store.load()).position, [put("a/1", 1)]);
    const entities = Array.from({ length: 1_500 }, (_, n): [string, number] => [`b/${n}`, n]);
    let staged = () => {};
    const isStaged = new Promise<void>((resolve) => (staged = resolve));
    const replaced = store.replace(
      at,
      entities,
      { type: "import" },
      {
        onProgress(count) {
          if (count < entities.length) return;
          proxy.stall();
          staged();
        },
      },
    );
    const refused = expect(replaced).rejects.toMatchObject({ outcome: "not-written" });
    await isStaged;
    for (const key of await keysLike("{tardis}:e:*")) {
      if (key !== "{tardis}:e:0") await redis.command("HDEL", key, "b/7");
    }
    proxy.restore();
    await refused;
    expect((await open({}, "two").load()).position).toEqual(at);
  });

  it("writes nothing any more once a newer release wrote", async () => {
    const store = open();
    const at = await store.commit((await store.load()).position, [put("a/1", 1)]);
    await redis.command("SET", META, encodeMeta({ ...(await metaOf()), format: 2 }));
    expect(await store.since(at)).toEqual({ kind: "whole" });
    const error = await store.load().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StoreNewer);
    expect((error as StoreNewer).loaded?.position).toEqual(at);
    await expect(store.commit(at, [put("a/1", 2)])).rejects.toBeInstanceOf(StoreNewer);
    expect((await metaOf()).position).toEqual(at);
  });

  it("can be recovered whatever lies under its keys", async () => {
    const damages: [code: string, damage: () => Promise<unknown>][] = [
      [
        "store_damaged",
        async () => {
          await redis.command("XDEL", HISTORY, "3-0");
          await redis.command("SET", META, "nonsense");
        },
      ],
      // It may be another program's; what it is is said, and only an operator decides.
      [
        "store_unavailable",
        async () => {
          await redis.command("DEL", HISTORY);
          await redis.command("SET", HISTORY, "x");
        },
      ],
      [
        "store_unavailable",
        async () => {
          await redis.command("DEL", META);
          await redis.command("LPUSH", META, "x");
        },
      ],
      ["store_damaged", () => redis.command("HSET", "{tardis}:e:0", "a/1", "3 ")],
      [
        "store_damaged",
        async () => {
          await redis.command("DEL", META);
          await redis.command("XADD", HISTORY, "9-0", "link", "{}", "keys", "");
          await redis.command("SET", META, "nonsense");
        },
      ],
    ];
    for (const [index, [code, damage]] of damages.entries()) {
      await redis.command("FLUSHALL");
      const store = open({}, `console-${index}`);
      const { position } = await store.load();
      await store.commit(position, [put("a/1", 1), put("a/2", 2), put("a/1", 3)]);
      await damage();
      const again = open({}, `fresh-${index}`);
      await expect(again.load(), `${index}`).rejects.toMatchObject({ code });
      expect((await again.loadUnchecked()).problems, `${index}`).not.toEqual([]);
      expect((await again.accept()).revision, `${index}`).toBeGreaterThan(3);
      const entities = new Map([
        ["a/1", 3],
        ["a/2", 2],
      ]);
      expect((await open({}, `after-${index}`).load()).entities).toEqual(entities);
    }
  });

  it("does with the rights that the manual names, and says where it may not ask", async () => {
    const rights = ["on", ">words words", "~{tardis}:*", "&{tardis}:*", "+@all", "-@dangerous"];
    await redis.command("ACL", "SETUSER", "console", ...rights, "+info", "+config|get");
    await redis.command("ACL", "SETUSER", "blind", ...rights, "+info");
    await redis.command("CONFIG", "SET", "appendfsync", "everysec");
    for (const [username, said] of [
      ["console", /on Redis's disk within about two seconds/],
      ["blind", /CONFIG is forbidden/],
    ] as const) {
      await redis.command("FLUSHALL");
      const lines: string[] = [];
      const settings = { username, password: "words words", durability: "everysec" } as const;
      const store = open(settings, username, redis.port, (line) => lines.push(line));
      let at = await store.commit((await store.load()).position, [put("a/1", 1)]);
      let told = false;
      const unwatch = store.watch(() => (told = true));
      await waitFor(() => told, { describe: "the watch to begin" });
      unwatch();
      at = await store.replace(at, [["a/2", 2]], { type: "import" });
      expect(await store.settle(at, { ...at, revision: 9 })).toEqual({
        stored: false,
        position: at,
      });
      expect((await store.archive()).position).toEqual(at);
      expect((await store.loadUnchecked()).problems).toEqual([]);
      expect((await store.accept()).revision).toBe(3);
      expect(lines.join(" ")).toMatch(said);
    }
  });

  it("refuses a Redis that may drop keys or that leaves out syncs, and says so at the start", async () => {
    const lines: string[] = [];
    await redis.command("CONFIG", "SET", "appendfsync", "always");
    await redis.command("CONFIG", "SET", "no-appendfsync-on-rewrite", "yes");
    const store = open({ durability: "everysec" }, "one", redis.port, (line) => lines.push(line));
    const { position } = await store.load();
    await waitFor(() => lines.length > 0, { describe: "what Redis promises" });
    expect(lines.join(" ")).toMatch(/no-appendfsync-on-rewrite/);
    const refused = store.commit(position, [put("a/1", 1)]);
    await expect(refused).rejects.toThrow(/set no-appendfsync-on-rewrite to no/);
    await redis.command("CONFIG", "SET", "no-appendfsync-on-rewrite", "no");
    await redis.command("CONFIG", "SET", "maxmemory", "100mb");
    await redis.command("CONFIG", "SET", "maxmemory-policy", "volatile-lru");
    await expect(store.commit(position, [put("a/1", 1)])).rejects.toThrow(/set it to noeviction/);
    await redis.command("CONFIG", "SET", "maxmemory-policy", "noeviction");
    expect((await store.commit(position, [put("a/1", 1)])).revision).toBe(1);
  });
});

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

async function* each<T>(items: readonly T[]): AsyncIterable<T> {
  yield* items;
}
