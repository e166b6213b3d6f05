import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Volatile } from "../../src/store/volatile.ts";
import { waitFor } from "../support/wait.ts";

/** One volatile store, as two of its users see it. */
export interface VolatilePlace {
  readonly one: Volatile;
  readonly two: Volatile;
  /** Lets time pass, where that is not the clock's own. */
  readonly pass: (ms: number) => void;
  destroy(): Promise<void>;
}

const LONG = 60_000;
const SHORT = 40;

/** The suite that every volatile store passes whole. */
export function describeVolatile(name: string, makePlace: () => Promise<VolatilePlace>): void {
  describe(`${name} as a volatile store`, () => {
    let place: VolatilePlace;
    let one: Volatile;
    let two: Volatile;

    beforeEach(async () => {
      place = await makePlace();
      ({ one, two } = place);
    });
    afterEach(() => place.destroy());

    async function gone(key: string): Promise<void> {
      place.pass(SHORT);
      await waitFor(async () => (await two.get(key)) === undefined, { describe: `${key} to go` });
    }

    it("keeps a value for its time, for everyone", async () => {
      expect(await one.get("a")).toBeUndefined();
      await one.set("a", "1", LONG);
      await one.set("b", "", LONG);
      expect(await two.get("a")).toBe("1");
      expect(await two.get("b")).toBe("");
      await two.set("a", "é\u0000 2\n", SHORT);
      expect(await one.get("a")).toBe("é\u0000 2\n");
      await gone("a");
      expect(await one.get("b")).toBe("");
      await one.set("part", "of a millisecond", 0.25);
      await gone("part");
    });

    it("puts a value in another's place only if that is still there", async () => {
      expect(await one.compareAndSet("a", "0", "1", LONG)).toBe(false);
      expect(await one.compareAndSet("a", undefined, "1", LONG)).toBe(true);
      expect(await two.compareAndSet("a", undefined, "2", LONG)).toBe(false);
      expect(await two.compareAndSet("a", "", "2", LONG)).toBe(false);
      expect(await one.get("a")).toBe("1");
      expect(await two.compareAndSet("a", "1", "", LONG)).toBe(true);
      expect(await one.compareAndSet("a", undefined, "2", LONG)).toBe(false);
      expect(await one.compareAndSet("a", "", undefined, LONG)).toBe(true);
      expect(await two.get("a")).toBeUndefined();
      expect(await one.compareAndSet("a", undefined, undefined, LONG)).toBe(true);
      expect(await one.compareAndSet("a", undefined, "3", SHORT)).toBe(true);
      await gone("a");
      expect(await one.compareAndSet("a", "3", "4", LONG)).toBe(false);
      expect(await one.compareAndSet("a", undefined, "4", LONG)).toBe(true);
    });

    it("lets one of many at once win", async () => {
      const users = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? one : two));
      const done = await Promise.all(
        users.map((user, index) => user.compareAndSet("a", undefined, `${index}`, LONG)),
      );
      expect(done.filter(Boolean)).toHaveLength(1);
      const fences = await Promise.all(
        users.map((user, index) => user.acquire("lease", `holder ${index}`, LONG)),
      );
      expect(fences.filter((fence) => fence !== undefined)).toHaveLength(1);
    });

    it("lists what begins with a text, whatever signs are in it", async () => {
      const odd = ["s*", "s?", "s[a-z]", "s\\", "s^", "s"];
      for (const start of odd) await one.set(`${start}:x`, start, LONG);
      await one.set("sa:x", "none of them", LONG);
      for (const start of odd) {
        expect(await two.list(`${start}:`)).toEqual(new Map([[`${start}:x`, start]]));
      }
      expect(await two.list("none")).toEqual(new Map());
      await one.set("t:short", "1", SHORT);
      await one.set("t:long", "2", LONG);
      await gone("t:short");
      expect(await two.list("t:")).toEqual(new Map([["t:long", "2"]]));
      const many = Array.from({ length: 300 }, (_, index) => `many:${index}`);
      await Promise.all(many.map((key) => one.set(key, key, LONG)));
      expect([...(await two.list("many:")).keys()].toSorted()).toEqual(many.toSorted());
    });

    it("gives a lease to one holder at a time, each with a higher fence", async () => {
      const first = (await one.acquire("lead", "holder one", LONG)) ?? 0;
      expect(first).toBeGreaterThan(0);
      expect(await two.acquire("lead", "holder two", LONG)).toBeUndefined();
      expect(await two.acquire("lead", "one", LONG)).toBeUndefined();
      expect(await one.acquire("lead", "holder one", LONG)).toBe(first);
      await two.release("lead", "holder two");
      expect(await two.acquire("lead", "holder two", LONG)).toBeUndefined();
      await one.release("lead", "holder one");
      const second = (await two.acquire("lead", "holder two", SHORT)) ?? 0;
      expect(second).toBeGreaterThan(first);
      place.pass(SHORT);
      const third = await waitFor(() => one.acquire("lead", "holder one", LONG), {
        describe: "the lease to run out",
      });
      expect(third).toBeGreaterThan(second);
      // The old holder gives back what it has no more.
      await two.release("lead", "holder two");
      expect(await two.acquire("lead", "holder two", LONG)).toBeUndefined();
      const other = (await two.acquire("another", "holder two", LONG)) ?? 0;
      expect(other).toBeGreaterThan(0);
      expect([...(await one.list("")).keys()].filter((key) => !key.startsWith("lease:"))).toEqual(
        [],
      );
    });

    it("keeps a lease that is renewed", async () => {
      const fence = await one.acquire("lead", "one", SHORT);
      await one.acquire("lead", "one", LONG);
      await one.set("beside", "x", SHORT);
      await gone("beside");
      expect(await two.acquire("lead", "two", LONG)).toBeUndefined();
      expect(await one.acquire("lead", "one", LONG)).toBe(fence);
    });

    it("tells everyone who listens to a topic, and nobody else", async () => {
      const heard: string[] = [];
      const ends = [
        one.onNudge("t", (text) => heard.push(`one ${text}`)),
        two.onNudge("t", (text) => heard.push(`two ${text}`)),
        two.onNudge("other", (text) => heard.push(`other ${text}`)),
      ];
      // Who has just begun to listen may miss what is said at once.
      await waitFor(
        async () => {
          await one.nudge("t", "begin");
          return heard.includes("one begin") && heard.includes("two begin");
        },
        { describe: "both to hear" },
      );
      await two.nudge("t", "a: b");
      await waitFor(() => heard.includes("one a: b") && heard.includes("two a: b"), {
        describe: "both to hear",
      });
      ends[0]?.();
      await one.nudge("t", "end");
      await waitFor(() => heard.includes("two end"), { describe: "the other to hear" });
      expect(heard).not.toContain("one end");
      expect(heard.filter((each) => !/^(one|two) (begin|a: b|end)$/.test(each))).toEqual([]);
      for (const end of ends) end();
    });
  });
}
