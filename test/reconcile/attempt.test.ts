import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LEASE_MS } from "../../src/reconcile/lease.ts";
import { CALL_MS, System } from "../../src/reconcile/system.ts";
import { Busy, LeaseLost, Trouble } from "../../src/reconcile/trouble.ts";
import { Flags } from "./support.ts";

let world: Flags;
beforeEach(() => {
  world = new Flags();
});

describe("an attempt", () => {
  it("by a verb tells the outcome at once", async () => {
    world.wishes.set("a", { colour: "red", deleting: false });
    const outcome = await world.attempts.holding("a", (attempt) => attempt());
    expect(outcome).toMatchObject({ state: "ready", why: null });
  });

  it("ends with nothing once the thing is gone", async () => {
    world.wishes.set("a", { colour: "red", deleting: false });
    await world.attempts.once("a");
    world.wishes.set("a", { colour: "red", deleting: true });
    expect(await world.attempts.once("a")).toBeUndefined();
    expect(world.flags.has("a")).toBe(false);
    expect(await world.standings.get("flag/a")).toBeUndefined();
  });

  it("is one at a time for each thing", async () => {
    world.wishes.set("a", { colour: "red", deleting: false });
    await world.attempts.holding("a", async () => {
      expect(await world.attempts.once("a")).toBe("busy");
      await expect(world.attempts.holding("a", async () => undefined)).rejects.toThrow(Busy);
      expect(world.writes).toEqual([]);
    });
    expect(await world.attempts.once("a")).toMatchObject({ state: "ready" });
  });

  it("does no step once its lease has run out, and another has begun", async () => {
    world.wishes.set("a", { colour: "red", deleting: false });
    await world.attempts.holding("a", async (attempt) => {
      world.now += LEASE_MS;
      await expect(attempt()).rejects.toThrow(LeaseLost);
    });
    expect(world.writes).toEqual([]);
  });

  it("says that it does not stay when someone undoes it every time", async () => {
    world.wishes.set("a", { colour: "red", deleting: false });
    const set = world.flags.set.bind(world.flags);
    world.flags.set = (id, flag) => set(id, { ...flag, colour: "black" });
    expect(await world.attempts.once("a")).toMatchObject({
      state: "stuck",
      why: "It does not stay as it was set (painted it).",
    });
  });

  it("keeps what went wrong to itself where nobody has foreseen it", async () => {
    world.wishes.set("a", { colour: "red", deleting: false });
    world.crashAfter = 0;
    expect(await world.attempts.once("a")).toMatchObject({
      state: "stuck",
      why: "Something went wrong here; it is tried again.",
    });
    expect(world.unexpected).toHaveLength(1);
  });

  it("that finds the system away says where the thing was going", async () => {
    world.wishes.set("a", { colour: "red", deleting: false });
    world.mood = "away";
    const why = "The mast cannot be reached.";
    expect(await world.attempts.once("a")).toMatchObject({ state: "creating", why, tries: 1 });
    world.mood = "well";
    await world.attempts.once("a");
    world.mood = "away";
    expect(await world.attempts.once("a")).toMatchObject({ state: "ready", why });
    world.wishes.set("a", { colour: "red", deleting: true });
    expect(await world.attempts.once("a")).toMatchObject({ state: "deleting", why });
  });
});

describe("a system", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const troubleOf = (error: unknown) =>
    error instanceof Error && error.message === "away"
      ? new Trouble("away", "It is away.")
      : undefined;

  it("ends each call at its deadline, which is well within a lease", async () => {
    const system = new System({ name: "The mast", troubleOf });
    let ended: AbortSignal | undefined;
    const call = system.call((signal) => {
      ended = signal;
      return new Promise(() => undefined);
    });
    const failed = expect(call).rejects.toThrow("The mast did not answer within 10 s.");
    await vi.advanceTimersByTimeAsync(CALL_MS);
    await failed;
    expect(ended?.aborted).toBe(true);
    expect(2 * CALL_MS).toBeLessThan(LEASE_MS);
  });

  it("is asked no more after three failures, and again after a pause", async () => {
    const changes: (string | undefined)[] = [];
    const system = new System({ name: "M", troubleOf, onChange: (why) => changes.push(why) });
    let calls = 0;
    let isAway = true;
    const ask = () =>
      system.call(async () => {
        calls++;
        if (isAway) throw new Error("away");
        return "here";
      });
    for (let at = 0; at < 3; at++) await expect(ask()).rejects.toThrow("It is away.");
    await expect(ask()).rejects.toThrow("It is away. It is asked again shortly.");
    expect(calls).toBe(3);
    expect(system.away).toBe("It is away.");
    isAway = false;
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await ask()).toBe("here");
    expect(system.away).toBeUndefined();
    expect(changes).toEqual(["It is away.", undefined]);
  });

  it("is not away for refusing something", async () => {
    const system = new System({ name: "M", troubleOf });
    for (let at = 0; at < 9; at++) {
      await expect(
        system.call(async () => {
          throw new Trouble("stuck", "no");
        }),
      ).rejects.toThrow("no");
    }
    expect(system.away).toBeUndefined();
  });
});
