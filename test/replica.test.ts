import { afterEach, describe, expect, it } from "vitest";
import { silentLog } from "../src/observability/log.ts";
import { Replica } from "../src/replica.ts";
import { MemoryVolatile } from "../src/store/memory-volatile.ts";
import { StoreUnavailable } from "../src/store/store.ts";
import type { Volatile } from "../src/store/volatile.ts";

describe("replicas of one store", () => {
  let now = 0;
  const clock = () => now;
  const running: Replica[] = [];
  afterEach(async () => {
    for (const replica of running.splice(0)) await replica.stop();
  });

  function replica(name: string, volatile: () => Volatile | undefined, settings = "same"): Replica {
    const made = new Replica({
      name,
      volatile,
      clock,
      position: () => ({ lineage: "l", revision: 7, commit: "c" }),
      release: "1.0.0",
      settings,
      log: silentLog,
    });
    running.push(made);
    return made;
  }

  it("are led by one at a time", async () => {
    const shared = new MemoryVolatile(clock);
    const [a, b] = [replica("a", () => shared), replica("b", () => shared)];
    await a.beat();
    await b.beat();
    expect([a.leads, b.leads]).toEqual([true, false]);
    // One that hangs does not lead on, and the next one only begins when the lease has run out.
    now += 8_500;
    await b.beat();
    expect([a.leads, b.leads]).toEqual([false, false]);
    now += 2_000;
    await b.beat();
    expect([a.leads, b.leads]).toEqual([false, true]);
    await a.beat();
    expect(a.leads).toBe(false);
    await b.stop();
    await a.beat();
    expect([a.leads, b.leads]).toEqual([true, false]);
  });

  it("know of each other, and forget who is gone", async () => {
    const shared = new MemoryVolatile(clock);
    const [a, b] = [replica("a", () => shared), replica("b", () => shared)];
    await b.beat();
    await a.beat();
    expect(await a.all()).toMatchObject([
      { name: "a", release: "1.0.0", revision: 7, lineage: "l" },
      { name: "b" },
    ]);
    await b.stop();
    expect((await a.all()).map(({ name }) => name)).toEqual(["a"]);
    now += 20_000;
    expect(await a.all()).toEqual([]);
  });

  it("notice that one of them would make other documents", async () => {
    const shared = new MemoryVolatile(clock);
    const [a, b] = [replica("a", () => shared), replica("b", () => shared, "other")];
    await a.beat();
    expect(a.problem).toBeUndefined();
    await b.beat();
    await a.beat();
    expect(a.problem).toMatch(/^Configured differently than b:/);
    expect(b.problem).toMatch(/^Configured differently than a:/);
    await b.stop();
    await a.beat();
    expect(a.problem).toBeUndefined();
  });

  it("lead no longer than the lease while the store is away, and never throw", async () => {
    const shared = new MemoryVolatile(clock);
    let away = false;
    const flaky = new Proxy(shared, {
      get(target, name: keyof Volatile) {
        if (away) return () => Promise.reject(new StoreUnavailable("away", "not-written"));
        return target[name].bind(target);
      },
    });
    const a = replica("a", () => flaky);
    await a.beat();
    away = true;
    await a.beat();
    expect(a.leads).toBe(true);
    now += 8_001;
    expect(a.leads).toBe(false);
    await a.stop();
    const lost = replica("c", () => undefined);
    await lost.start();
    expect([lost.leads, await lost.all()]).toEqual([false, []]);
  });
});
