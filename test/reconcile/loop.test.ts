import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FOREIGN, Flags } from "./support.ts";

const MINUTE = 60_000;
let world: Flags;
beforeEach(() => {
  // The circuit breaker reads the clock of the system.
  vi.useFakeTimers({ toFake: ["Date"] });
  world = new Flags();
});
afterEach(() => {
  vi.useRealTimers();
});

async function pass(ms: number): Promise<void> {
  vi.setSystemTime(world.now + ms);
  await world.pass(ms);
}
const standing = (id: string) => world.standings.get(`flag/${id}`);
const wish = (id: string, colour: string) => world.wishes.set(id, { colour, deleting: false });

describe("the loop", () => {
  it("makes what is missing, and then writes nothing more", async () => {
    for (const id of ["a", "b", "c"]) wish(id, "red");
    await pass(0);
    expect([...world.flags.keys()].toSorted()).toEqual(["a", "b", "c"]);
    expect(await standing("a")).toMatchObject({ state: "ready", tries: 0 });
    world.writes.length = 0;
    const puts = vi.spyOn(world.volatile, "set");
    const acquired = vi.spyOn(world.volatile, "acquire");
    const before = world.calls;
    await pass(11 * MINUTE);
    expect(world.sweeps.at(-1)).toMatchObject({ things: 3, attempted: 0 });
    expect(world.writes).toEqual([]);
    expect(puts).not.toHaveBeenCalled();
    expect(acquired).not.toHaveBeenCalled();
    expect(world.calls - before).toBe(1);
  });

  it("has one look tell what is right, where nothing is known of how things stood", async () => {
    for (const id of ["a", "b", "c"]) wish(id, "red");
    await pass(0);
    const before = await standing("a");
    for (const id of ["a", "b", "c"]) await world.standings.drop(`flag/${id}`);
    world.flags.set("b", { mark: "b", colour: "black" });
    const acquired = vi.spyOn(world.volatile, "acquire");
    const { calls } = world;
    await pass(11 * MINUTE);
    expect(world.sweeps.at(-1)).toMatchObject({ things: 3, attempted: 1 });
    expect(await standing("a")).toMatchObject({
      state: "ready",
      settled: before?.settled,
      tries: 0,
    });
    expect(await standing("b")).toMatchObject({ state: "ready", settled: before?.settled });
    // The look, and of what was wrong: a look, a change, a look.
    expect(world.calls - calls).toBe(4);
    expect(new Set(acquired.mock.calls.map(([name]) => name))).toEqual(
      new Set(["reconcile:flag/b"]),
    );
  });

  it("does not put what a look found in the place of what an attempt came to meanwhile", async () => {
    wish("a", "red");
    await pass(0);
    const found = world.attempts.kind.plan("a", { flag: world.flags.get("a") }, undefined);
    if (!("steps" in found)) throw new Error("there is something to do");
    world.mood = "away";
    await world.attempts.once("a");
    await world.attempts.foundRight("a", found);
    expect(await standing("a")).toMatchObject({ why: "The mast cannot be reached.", tries: 1 });
  });

  it("puts right what was changed behind its back, and says what it did", async () => {
    wish("a", "red");
    await pass(0);
    world.flags.set("a", { mark: "a", colour: "black" });
    await pass(11 * MINUTE);
    expect(world.flags.get("a")?.colour).toBe("red");
    expect(await standing("a")).toMatchObject({
      state: "ready",
      repaired: [{ what: "painted it" }],
    });
    expect(world.reports).toEqual(["flag/a ready: painted it"]);
  });

  it("calls what was asked for no repair", async () => {
    wish("a", "red");
    await pass(0);
    wish("a", "blue");
    world.loop.soon(world.attempts, "a");
    await pass(0);
    expect(world.flags.get("a")?.colour).toBe("blue");
    expect(await standing("a")).toMatchObject({ state: "ready", repaired: [] });
  });

  it("touches nothing of a stranger's, and says so once", async () => {
    world.flags.set("a", { mark: FOREIGN, colour: "black" });
    wish("a", "red");
    await pass(0);
    await pass(11 * MINUTE);
    expect(world.flags.get("a")).toEqual({ mark: FOREIGN, colour: "black" });
    expect(await standing("a")).toMatchObject({
      state: "conflict",
      why: "A stranger's flag is in its place.",
    });
    expect(world.reports).toHaveLength(1);
    world.wishes.set("a", { colour: "red", deleting: true });
    await pass(11 * MINUTE);
    expect(world.flags.has("a")).toBe(true);
  });

  it("plans nothing from what it could not read", async () => {
    wish("a", "red");
    world.mood = "away";
    await pass(0);
    expect(world.sweeps.at(-1)?.why).toBe("The mast cannot be reached.");
    expect(world.writes).toEqual([]);
  });

  it("heals by itself, soon after the system is back", async () => {
    wish("a", "red");
    await pass(0);
    wish("b", "red");
    world.mood = "away";
    world.loop.soon(world.attempts, "b");
    for (let second = 0; second < 300; second++) await pass(1_000);
    expect(world.system.away).toBe("The mast cannot be reached.");
    // Left alone: some calls in five minutes.
    expect(world.calls).toBeLessThan(40);
    world.mood = "well";
    for (let second = 0; second < 61; second++) await pass(1_000);
    expect(world.system.away).toBeUndefined();
    expect(world.flags.get("b")?.colour).toBe("red");
    expect(await standing("b")).toMatchObject({ state: "ready", why: null, tries: 0 });
  });

  it("says why something is stuck, and tries again less and less often", async () => {
    wish("a", "plaid");
    world.mood = "refusing";
    await pass(0);
    const gaps: number[] = [];
    for (let tries = 1; tries < 12; tries++) {
      const found = await standing("a");
      expect(found).toMatchObject({ state: "stuck", why: "The mast refuses this colour.", tries });
      const gap = Date.parse(found?.retryAt ?? "") - world.now;
      gaps.push(gap);
      await pass(gap);
    }
    expect(gaps.slice(0, 3)).toEqual([1_500, 3_000, 6_000]);
    expect(gaps.at(-1)).toBe(450_000);
    expect(world.reports).toEqual(["flag/a stuck: "]);
    world.mood = "well";
    await pass(10 * MINUTE);
    expect(await standing("a")).toMatchObject({ state: "ready", tries: 0 });
  });

  it("leaves everything to the replica that leads", async () => {
    world.leads = false;
    wish("a", "red");
    world.loop.soon(world.attempts, "a");
    await pass(11 * MINUTE);
    expect(world.calls).toBe(0);
    world.leads = true;
    await pass(1_000);
    expect(world.flags.has("a")).toBe(true);
  });

  it("comes again for what a verb holds", async () => {
    wish("a", "red");
    await world.attempts.holding("a", async () => {
      await pass(0);
      expect(world.writes).toEqual([]);
    });
    await pass(1_000);
    expect(world.flags.has("a")).toBe(true);
  });
});

const ids = fc.constantFrom("a", "b", "c");
const colours = fc.constantFrom("red", "blue");
const events = fc.oneof(
  fc.record({ do: fc.constant("wish" as const), id: ids, colour: colours }),
  fc.record({ do: fc.constant("delete" as const), id: ids }),
  fc.record({ do: fc.constant("drift" as const), id: ids, colour: colours }),
  fc.record({ do: fc.constant("lose" as const), id: ids }),
  fc.record({
    do: fc.constant("mood" as const),
    mood: fc.constantFrom("well", "away", "refusing"),
  }),
  fc.record({ do: fc.constant("crash" as const), after: fc.nat(3) }),
  fc.record({ do: fc.constant("pass" as const), ms: fc.nat(20 * MINUTE) }),
);

describe("whatever happens", () => {
  it("ends as it was wished, and touches nothing of a stranger's", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(events, { maxLength: 30 }), async (happenings) => {
        world = new Flags();
        vi.setSystemTime(world.now);
        world.flags.set("stranger", { mark: FOREIGN, colour: "black" });
        world.flags.set("taken", { mark: FOREIGN, colour: "black" });
        wish("taken", "red");
        for (const event of happenings) {
          if (event.do === "wish") wish(event.id, event.colour);
          else if (event.do === "delete" && world.wishes.has(event.id))
            world.wishes.set(event.id, { colour: "red", deleting: true });
          else if (event.do === "drift" && world.flags.has(event.id))
            world.flags.set(event.id, { mark: event.id, colour: event.colour });
          else if (event.do === "lose") world.flags.delete(event.id);
          else if (event.do === "mood") world.mood = event.mood;
          else if (event.do === "crash") world.crashAfter = event.after;
          else if (event.do === "pass") await pass(event.ms);
        }
        world.mood = "well";
        world.crashAfter = Number.POSITIVE_INFINITY;
        // The breaker's longest pause, then the next look at everything.
        for (let turn = 0; turn < 3; turn++) await pass(11 * MINUTE);
        const wanted = [...world.wishes].filter(([id]) => id !== "taken");
        expect(
          Object.fromEntries([...world.flags].filter(([, { mark }]) => mark !== FOREIGN)),
        ).toEqual(Object.fromEntries(wanted.map(([id, { colour }]) => [id, { mark: id, colour }])));
        expect(wanted.some(([, { deleting }]) => deleting)).toBe(false);
        expect(world.flags.get("stranger")?.colour).toBe("black");
        expect(world.flags.get("taken")?.colour).toBe("black");
      }),
      { numRuns: 150 },
    );
  });
});
