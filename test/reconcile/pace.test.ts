import { expect, it } from "vitest";
import { Pace, type PaceOptions } from "../../src/reconcile/pace.ts";

/** Time that passes by being slept through, and the moments at which work began. */
function driven(perSecond: number, options: PaceOptions = {}) {
  let now = 0;
  const began: number[] = [];
  const sleep = async (ms: number) => {
    now += ms;
  };
  const pace = new Pace(perSecond, { ...options, now: () => now, sleep });
  return {
    pass: (ms: number) => (now += ms),
    began,
    run: async (count: number) => {
      for (let turn = 0; turn < count; turn++) {
        await pace.next();
        began.push(now);
      }
    },
  };
}

it("lets a second's worth begin at once, and the rest in even steps", async () => {
  const { began, run } = driven(100);
  await run(300);
  expect(began.slice(0, 100)).toEqual(Array.from({ length: 100 }, () => 0));
  expect(began.slice(100)).toEqual(Array.from({ length: 200 }, (_, turn) => 10 * (turn + 1)));
});

it("lets no more begin at once after a long rest", async () => {
  const { began, run, pass } = driven(100);
  await run(100);
  pass(60_000);
  await run(101);
  expect(began.filter((at) => at === 60_000)).toHaveLength(100);
  expect(began.at(-1)).toBe(60_010);
});

it("lets as many begin at once as it is told", async () => {
  const { began, run, pass } = driven(100, { atOnce: 3 });
  await run(5);
  expect(began).toEqual([0, 0, 0, 10, 20]);
  pass(60_000);
  await run(5);
  expect(began.slice(5)).toEqual([60_020, 60_020, 60_020, 60_030, 60_040]);
});

it("holds those that wait at the same time to one rate", async () => {
  const pace = new Pace(50);
  const start = performance.now();
  await Promise.all(Array.from({ length: 60 }, () => pace.next()));
  // 50 at once, and one each 20 ms then.
  expect(performance.now() - start).toBeGreaterThan(190);
});

it("ends waiting with the signal", async () => {
  const pace = new Pace(1);
  await pace.next();
  const ended = new AbortController();
  const waiting = pace.next(ended.signal);
  ended.abort();
  await expect(waiting).rejects.toMatchObject({ name: "AbortError" });
});
