import { afterEach, describe, expect, it } from "vitest";
import { silentLog } from "../../src/observability/log.ts";
import { SharedPollers, type SeenPoller } from "../../src/publisher/shared-pollers.ts";
import { MemoryVolatile } from "../../src/store/memory-volatile.ts";
import { StoreUnavailable } from "../../src/store/store.ts";
import type { Volatile } from "../../src/store/volatile.ts";
import { waitFor } from "../support/wait.ts";

/** The polls that one replica answered. */
class Answered {
  readonly #pollers = new Map<string, SeenPoller>();
  readonly #listeners = new Set<() => void>();

  pollers = () => [...this.#pollers.values()];

  onFetched(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  answer(name: string, revision: number, at = new Date()): void {
    this.#pollers.set(name, { name, revision, etag: `"${revision}"`, at });
    for (const listener of this.#listeners) listener();
  }
}

describe("who polls several replicas", () => {
  const running: SharedPollers[] = [];
  afterEach(async () => {
    for (const one of running.splice(0)) await one.stop();
  });

  const replica = (id: string, volatile: () => Volatile | undefined) => {
    const own = new Answered();
    const shared = new SharedPollers({ own, id, name: `console-${id}`, volatile, log: silentLog });
    running.push(shared);
    return { own, shared };
  };
  const shown = (pollers: readonly SeenPoller[]) =>
    pollers.map(({ name, revision, replica: at }) => [name, revision, at]);

  it("is known to each of them at once, and who looks is told", async () => {
    const store = new MemoryVolatile();
    const [a, b] = [replica("a", () => store), replica("b", () => store)];
    await a.shared.beat();
    await b.shared.beat();
    let told = 0;
    b.shared.onFetched(() => told++);
    a.own.answer("edge-1", 7);
    await waitFor(() => b.shared.pollers().length === 1, { describe: () => "b to know of it" });
    expect(shown(b.shared.pollers())).toEqual([["edge-1", 7, "console-a"]]);
    expect(shown(a.shared.pollers())).toEqual([["edge-1", 7, undefined]]);
    expect(told).toBe(1);
    // Nothing new is no news.
    await a.shared.beat(true);
    await b.shared.beat();
    expect(told).toBe(1);
  });

  it("is told of once, as whoever answered last knows", async () => {
    const store = new MemoryVolatile();
    const [a, b] = [replica("a", () => store), replica("b", () => store)];
    const now = Date.now();
    a.own.answer("edge-1", 7, new Date(now - 2000));
    b.own.answer("edge-1", 8, new Date(now - 1000));
    b.own.answer("edge-2", 6, new Date(now - 3000));
    await a.shared.beat();
    await b.shared.beat();
    await a.shared.beat();
    expect(shown(a.shared.pollers())).toEqual([
      ["edge-2", 6, "console-b"],
      ["edge-1", 8, "console-b"],
    ]);
    expect(shown(b.shared.pollers())).toEqual([
      ["edge-2", 6, undefined],
      ["edge-1", 8, undefined],
    ]);
  });

  it("is forgotten by the others when they ask no more", async () => {
    const store = new MemoryVolatile();
    const [a, b] = [replica("a", () => store), replica("b", () => store)];
    a.own.answer("gone", 7, new Date(Date.now() - 5 * 60_000));
    a.own.answer("edge-1", 7);
    await a.shared.beat();
    await b.shared.beat();
    expect(shown(b.shared.pollers())).toEqual([["edge-1", 7, "console-a"]]);
  });

  it("leaves each with its own while the store is away, and nothing of what cannot be read", async () => {
    const store = new MemoryVolatile();
    await store.set("pollers:x", "no JSON", 60_000);
    await store.set("pollers:y", '{"another": "release"}', 60_000);
    let away = false;
    const list: Volatile["list"] = (prefix) =>
      away ? Promise.reject(new StoreUnavailable("away", "not-written")) : store.list(prefix);
    const broken = Object.assign(Object.create(store) as MemoryVolatile, {
      list,
      set: (key: string, value: string, ttl: number) => store.set(key, value, ttl),
      nudge: (topic: string, text: string) => store.nudge(topic, text),
      onNudge: (topic: string, listener: (text: string) => void) => store.onNudge(topic, listener),
    });
    const { own, shared } = replica("a", () => broken);
    await shared.beat();
    away = true;
    own.answer("edge-1", 7);
    await shared.beat();
    expect(shown(shared.pollers())).toEqual([["edge-1", 7, undefined]]);
    expect(() => replica("b", () => undefined).own.answer("edge-2", 1)).not.toThrow();
  });
});
