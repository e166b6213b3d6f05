import { describe, expect, it } from "vitest";
import { eachAtOnce, Gate } from "../../../src/gitlab-pages/client/gate.ts";

/** Work that ends when it is told to. */
function handWork() {
  const running: { readonly name: number; readonly end: (error?: Error) => void }[] = [];
  const begin = (name: number) =>
    new Promise<void>((resolve, reject) => {
      running.push({ name, end: (error) => (error === undefined ? resolve() : reject(error)) });
    });
  return { running, begin, names: () => running.map(({ name }) => name) };
}

const settled = () =>
  new Promise<void>((resolve) => {
    setImmediate(resolve);
  });

describe("the gate", () => {
  it("lets so many through, the others in their order, failures or not", async () => {
    const gate = new Gate(2);
    const { running, begin, names } = handWork();
    const done = [1, 2, 3, 4].map((name) => gate.run(() => begin(name)));
    const outcomes = Promise.allSettled(done);
    await settled();
    expect(names()).toEqual([1, 2]);
    running[1]?.end(new Error("no"));
    await settled();
    expect(names()).toEqual([1, 2, 3]);
    running[0]?.end();
    await settled();
    expect(names()).toEqual([1, 2, 3, 4]);
    for (const { end } of running) end();
    expect((await outcomes).map(({ status }) => status)).toEqual([
      "fulfilled",
      "rejected",
      "fulfilled",
      "fulfilled",
    ]);
    let ran = 0;
    await Promise.all([1, 2].map(() => gate.run(() => Promise.resolve(ran++))));
    expect(ran).toBe(2);
  });
});

describe("work for each item", () => {
  it("is done for all, so many at a time", async () => {
    const { running, begin, names } = handWork();
    const done = eachAtOnce([1, 2, 3, 4, 5], 2, begin);
    for (let ended = 0; ended < 5; ended++) {
      await settled();
      expect(running.length - ended).toBe(Math.min(2, 5 - ended));
      running[ended]?.end();
    }
    await done;
    expect(names()).toEqual([1, 2, 3, 4, 5]);
  });

  it("ends with the first error: nothing new is begun", async () => {
    const { running, begin, names } = handWork();
    const done = eachAtOnce([1, 2, 3, 4], 2, begin);
    const failed = expect(done).rejects.toThrow("no");
    await settled();
    running[0]?.end(new Error("no"));
    await failed;
    running[1]?.end();
    await settled();
    expect(names()).toEqual([1, 2]);
  });
});
