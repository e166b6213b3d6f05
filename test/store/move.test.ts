import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { openLevelStore } from "../../src/store/leveldb.ts";
import { openRedisStore } from "../../src/store/redis.ts";
import type { RedisSettings } from "../../src/store/redis/client.ts";
import {
  StoreConflict,
  StoreDamaged,
  type Archive,
  type Position,
  type StoredLink,
  type WholeStore,
} from "../../src/store/store.ts";
import { del, put } from "../conformance/store.ts";
import { temporaryFolder } from "../support/folder.ts";
import { type RedisServer, redisSettings, startRedis } from "../support/redis.ts";
import { describeWithService } from "../support/services.ts";

describeWithService("redis", "moving a state between stores", () => {
  let redis: RedisServer;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let stores: WholeStore[];
  let places = 0;

  beforeAll(async () => {
    redis = await startRedis({ settings: { appendfsync: "no" } });
  });
  afterAll(() => redis.destroy());
  beforeEach(async () => {
    folder = await temporaryFolder();
    stores = [];
  });
  afterEach(async () => {
    for (const store of stores) await store.close();
    await folder.remove();
  });

  async function level(): Promise<WholeStore> {
    const store = await openLevelStore(join(folder.path, `level-${++places}`));
    stores.push(store);
    return store;
  }

  function shared(more: Partial<RedisSettings> = {}, prefix = `move-${++places}`): WholeStore {
    const settings = redisSettings(redis.port, { prefix, ...more });
    const { store } = openRedisStore(settings, { head: join(folder.path, `head-${++places}`) });
    stores.push(store);
    return store;
  }

  const kinds: [name: string, open: () => Promise<WholeStore>][] = [
    ["LevelDB", level],
    ["Redis", async () => shared()],
  ];

  /** More events than are read at once, a replacement among them. */
  async function fill(store: WholeStore): Promise<Position> {
    let at = (await store.load()).position;
    at = await store.commit(at, [put("a/1", 1), put("a/2", { deep: ["é\u0000", null] })]);
    at = await store.replace(at, [["b/1", "x".repeat(100_000)]], { type: "import" });
    for (let group = 0; group < 5; group++) {
      const commits = Array.from({ length: 256 }, (_, n) => put(`c/${n}`, { group }));
      at = await store.commit(at, commits);
    }
    return store.commit(at, [del("c/7")]);
  }

  it.each(kinds.flatMap((from) => kinds.map((to) => [from[0], to[0], from[1], to[1]] as const)))(
    "keeps all of it, from %s to %s",
    async (_from, _to, openFrom, openTo) => {
      const source = await openFrom();
      const at = await fill(source);
      const archive = await source.archive();
      expect(archive.position).toEqual(at);
      const target = await openTo();
      await target.load();
      const progress: number[] = [];
      expect(await target.restore(archive, (done, of) => progress.push(done / of))).toEqual(at);
      expect(progress.at(-1)).toBe(1);
      const loaded = await target.load();
      expect(loaded).toEqual({ position: at, entities: archive.entities });
      const all = { limit: 10_000 };
      expect(await target.history(all)).toEqual(await source.history(all));
      const copy = await target.archive();
      expect(copy.since).toBe(archive.since);
      expect(await linksOf(copy)).toEqual(await linksOf(archive));
      // Both go on from there, to the very same place.
      const next = [put("d/1", 1)];
      expect(await target.commit(at, next)).toEqual(await source.commit(at, next));
      expect((await target.loadUnchecked()).problems).toEqual([]);
    },
  );

  it.each(kinds)("is refused by a store that holds something, %s", async (_name, open) => {
    const source = await level();
    await fill(source);
    const archive = await source.archive();
    const target = await open();
    const there = await target.commit((await target.load()).position, [put("z/1", 1)]);
    await expect(target.restore(archive)).rejects.toBeInstanceOf(StoreConflict);
    const kept = await target.load();
    expect(kept).toEqual({ position: there, entities: new Map([["z/1", 1]]) });
    expect(await target.history({ limit: 10 })).toHaveLength(1);
  });

  it.each(kinds)("leaves nothing behind when the source breaks off, %s", async (_name, open) => {
    const source = await level();
    const at = await fill(source);
    const archive = await source.archive();
    async function* broken(): AsyncIterable<StoredLink> {
      let left = 700;
      for await (const link of archive.links()) {
        if (left-- === 0) throw new Error("the source went away");
        yield link;
      }
    }
    const target = await open();
    const born = (await target.load()).position;
    await expect(target.restore({ ...archive, links: broken })).rejects.toThrow("went away");
    expect(await target.load()).toEqual({ position: born, entities: new Map() });
    expect(await target.history({ limit: 10 })).toEqual([]);
    expect(await target.restore(archive)).toEqual(at);
    expect((await target.load()).position).toEqual(at);
  });

  it.each(kinds)("takes a history that was trimmed, into %s", async (_name, open) => {
    const source = shared({ historyEvents: 100 });
    const at = await fill(source);
    const archive = await source.archive();
    const links = await linksOf(archive);
    expect(links.length).toBeLessThan(at.revision);
    expect(archive.since).toBe(links[0]?.revision);
    const target = await open();
    await target.load();
    await target.restore(archive);
    expect((await target.load()).position).toEqual(at);
    expect(await target.history({ limit: 10_000 })).toEqual(
      await source.history({ limit: 10_000 }),
    );
    expect((await target.loadUnchecked()).problems).toEqual([]);
  });

  it("gives no archive of a store that is damaged", async () => {
    const prefix = `damaged-${++places}`;
    const source = shared({}, prefix);
    await fill(source);
    await redis.command("XDEL", `{${prefix}}:h`, "9-0");
    // Far behind what a start looks at; it is found on the way.
    const archive = await source.archive();
    await expect(linksOf(archive)).rejects.toBeInstanceOf(StoreDamaged);
    expect((await source.loadUnchecked()).problems).not.toEqual([]);
  });
});

async function linksOf(archive: Archive): Promise<StoredLink[]> {
  const links: StoredLink[] = [];
  for await (const link of archive.links()) links.push(link);
  return links;
}
