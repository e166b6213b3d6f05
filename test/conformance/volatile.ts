import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Volatile } from "../../src/store/volatile.ts";
import { waitFor } from "../support/wait.ts";

/** The suite that every volatile part passes whole. @param open a fresh one, and what ends it */
export function describeVolatile(
  name: string,
  open: () => Promise<{ readonly volatile: Volatile; close(): Promise<void> }>,
): void {
  describe(`${name} as a volatile part`, () => {
    let volatile: Volatile;
    let close: () => Promise<void>;

    beforeEach(async () => {
      ({ volatile, close } = await open());
    });
    afterEach(() => close());

    const gone = (key: string) =>
      waitFor(async () => (await volatile.get(key)) === undefined, {
        describe: `${key} to expire`,
      });

    it("keeps what is set, until its time is over", async () => {
      expect(await volatile.get("a")).toBeUndefined();
      await volatile.set("a", "1", 60_000);
      await volatile.set("a", "2 é\n", 60_000);
      expect(await volatile.get("a")).toBe("2 é\n");
      await volatile.set("a", "3", 30);
      await gone("a");
      expect(await volatile.list("")).toEqual(new Map());
    });

    it("lists by what keys begin with, whatever signs are in them", async () => {
      const keys = ["poller:a", "poller:b*", "poller", "x:poller:a", "poller:[c]", "pol?er:a"];
      for (const key of keys) await volatile.set(key, key, 60_000);
      const listed = async (prefix: string) => [...(await volatile.list(prefix)).keys()].toSorted();
      expect(await listed("poller:")).toEqual(["poller:[c]", "poller:a", "poller:b*"]);
      expect(await listed("poller:b*")).toEqual(["poller:b*"]);
      expect(await listed("pol?er:")).toEqual(["pol?er:a"]);
      expect(await listed("")).toEqual(keys.toSorted());
      expect((await volatile.list("poller:a")).get("poller:a")).toBe("poller:a");
    });

    it("changes only what is as it was expected", async () => {
      expect(await volatile.compareAndSet("a", "1", "2", 60_000)).toBe(false);
      expect(await volatile.compareAndSet("a", undefined, "1", 60_000)).toBe(true);
      expect(await volatile.compareAndSet("a", undefined, "2", 60_000)).toBe(false);
      expect(await volatile.compareAndSet("a", "1", "", 60_000)).toBe(true);
      expect(await volatile.get("a")).toBe("");
      expect(await volatile.compareAndSet("a", "", undefined, 60_000)).toBe(true);
      expect(await volatile.get("a")).toBeUndefined();
      expect(await volatile.compareAndSet("a", undefined, undefined, 60_000)).toBe(true);
      const taken = await Promise.all(
        Array.from({ length: 20 }, (_, n) =>
          volatile.compareAndSet("b", undefined, `${n}`, 60_000),
        ),
      );
      expect(taken.filter(Boolean)).toHaveLength(1);
    });

    it("leases to one holder at a time, with a fence that rises", async () => {
      const first = await volatile.acquire("lead", "a b", 60_000);
      expect(first).toBeGreaterThan(0);
      expect(await volatile.acquire("lead", "c", 60_000)).toBeUndefined();
      expect(await volatile.acquire("lead", "a b", 60_000)).toBe(first);
      await volatile.release("lead", "c");
      expect(await volatile.acquire("lead", "c", 60_000)).toBeUndefined();
      await volatile.release("lead", "a b");
      const second = await volatile.acquire("lead", "c", 30);
      expect(second).toBeGreaterThan(first ?? 0);
      const third = await waitFor(() => volatile.acquire("lead", "a b", 60_000), {
        describe: "the lease to run out",
      });
      expect(third).toBeGreaterThan(second ?? 0);
      expect(await volatile.acquire("other", "c", 60_000)).toBeGreaterThan(0);
    });

    it("tells everyone who listens to a topic", async () => {
      const told: string[] = [];
      const end = volatile.onNudge("topic", (text) => told.push(text));
      volatile.onNudge("other", (text) => told.push(`other ${text}`));
      await waitFor(
        async () => {
          await volatile.nudge("topic", "news");
          return told.includes("news");
        },
        { describe: "the news" },
      );
      expect(told.filter((text) => text.startsWith("other n"))).toEqual([]);
      end();
      const before = told.filter((text) => text === "news").length;
      await volatile.nudge("topic", "more");
      await volatile.get("a");
      expect(told.filter((text) => text === "more")).toEqual([]);
      expect(told.filter((text) => text === "news")).toHaveLength(before);
    });
  });
}
