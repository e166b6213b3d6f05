import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Label } from "../../src/domain/names.ts";
import { operator } from "../../src/domain/policy.ts";
import { rulesFrom } from "../../src/domain/rules.ts";
import { Refusal } from "../../src/errors.ts";
import { Ledger, type Decide, type DecideInSteps } from "../../src/store/ledger.ts";
import { openLevelStore } from "../../src/store/leveldb.ts";
import { openRedisStore } from "../../src/store/redis.ts";
import { testConfig } from "../support/domain.ts";
import { temporaryFolder } from "../support/folder.ts";
import { redisSettings, startRedis } from "../support/redis.ts";
import { describeWithService } from "../support/services.ts";

const rules = rulesFrom(testConfig());

/** Adds one to what is there: a lost update shows in the sum. */
const increment: Decide<number> = (state, { revision }) => {
  const count = Number(state.labels.get("counter")?.owner.slice(4) ?? "0") + 1;
  const id = "counter" as Label;
  const createdAt = "2026-01-01T00:00:00.000Z";
  const owner = `per-${count}`;
  return {
    changes: [
      { kind: "label", id, entity: { v: 1, kind: "label", id, revision, createdAt, owner } },
    ],
    event: { type: "test", summary: "one more", owners: [] },
    result: count,
  };
};

/** The same, but it looks at first and takes its time then. */
function slowIncrement(ms: number) {
  const slow = {
    runs: 0,
    decide: function* (state, context) {
      slow.runs++;
      const decision = increment(state, context);
      const until = performance.now() + ms;
      while (performance.now() < until) yield;
      return decision;
    } satisfies DecideInSteps<number>,
  };
  return slow;
}

const countOf = (ledger: Ledger) => Number(ledger.state.labels.get("counter")?.owner.slice(4));

describe("a change that is decided in turns", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let ledger: Ledger;

  beforeEach(async () => {
    folder = await temporaryFolder();
    ledger = await Ledger.open(await openLevelStore(folder.path), { rules });
  });
  afterEach(async () => {
    await ledger.close();
    await folder.remove();
  });

  it("lets other work have its turns, and is stored as it was decided", async () => {
    const slow = slowIncrement(100);
    let turns = 0;
    let running = true;
    const other = (async () => {
      for (; running; turns++) await new Promise(setImmediate);
    })();
    const { result, revision, before, after } = await ledger.changeInTurns(operator, slow.decide);
    running = false;
    await other;
    expect([result, revision, before.revision, after.revision, slow.runs]).toEqual([1, 1, 0, 1, 1]);
    expect(ledger.state).toBe(after);
    expect(turns).toBeGreaterThan(5);
  });

  it("is decided again when the state has changed meanwhile", async () => {
    const slow = slowIncrement(50);
    const inTurns = ledger.changeInTurns(operator, slow.decide);
    await ledger.change(operator, increment);
    expect((await inTurns).result).toBe(2);
    expect(slow.runs).toBe(2);
    expect([countOf(ledger), ledger.state.revision]).toEqual([2, 2]);
  });

  it("comes to an end, and loses no update, while others never rest", async () => {
    const slow = slowIncrement(60);
    let others = 0;
    let running = true;
    const writing = (async () => {
      while (running) {
        await ledger.change(operator, increment);
        others++;
      }
    })();
    await ledger.changeInTurns(operator, slow.decide);
    running = false;
    await writing;
    expect(slow.runs).toBeLessThan(5);
    expect(countOf(ledger)).toBe(others + 1);
  });

  it("is decided again when what was known beside the state holds no more", async () => {
    const slow = slowIncrement(0);
    let asked = 0;
    const { result } = await ledger.changeInTurns(operator, slow.decide, () => ++asked > 1);
    expect([result, slow.runs, ledger.state.revision]).toEqual([1, 2, 1]);
  });

  it("changes nothing when it is refused, and nothing when there is nothing to change", async () => {
    await expect(
      // eslint-disable-next-line require-yield
      ledger.changeInTurns(operator, function* () {
        throw new Refusal("taken", "It is taken.");
      }),
    ).rejects.toMatchObject({ code: "taken" });
    const { revision } = await ledger.changeInTurns(operator, function* (state, context) {
      yield;
      return { ...increment(state, context), changes: [] };
    });
    expect([revision, ledger.state.revision]).toEqual([0, 0]);
  });

  it("is refused once the ledger is closed", async () => {
    const inTurns = ledger.changeInTurns(operator, slowIncrement(50).decide);
    const refused = expect(inTurns).rejects.toMatchObject({ code: "unavailable" });
    await ledger.close();
    await refused;
    expect(ledger.state.revision).toBe(0);
  });
});

describeWithService("redis", "a change that is decided in turns, beside another replica", () => {
  it("is decided on what the other has written, and loses no update", async () => {
    const folder = await temporaryFolder();
    const redis = await startRedis();
    const open = async (name: string) => {
      const head = join(folder.path, name, "redis-head");
      const { store } = openRedisStore(redisSettings(redis.port), { head });
      // The other one is always first, until it rests.
      return Ledger.open(store, { rules, racePatience: 20_000 });
    };
    const [mine, theirs] = [await open("mine"), await open("theirs")];
    try {
      const writing = (async () => {
        for (let turn = 0; turn < 40; turn++) await theirs.change(operator, increment);
      })();
      for (let turn = 0; turn < 3; turn++) {
        await mine.changeInTurns(operator, slowIncrement(30).decide);
      }
      await writing;
      await theirs.catchUp();
      expect(countOf(theirs)).toBe(43);
      expect(theirs.state.revision).toBe(43);
    } finally {
      await mine.close();
      await theirs.close();
      await redis.destroy();
      await folder.remove();
    }
  });
});
