import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Decision } from "../../src/domain/decision.ts";
import type { LabelRecord } from "../../src/domain/entities.ts";
import type { Label } from "../../src/domain/names.ts";
import { operator } from "../../src/domain/policy.ts";
import { rulesFrom } from "../../src/domain/rules.ts";
import { Refusal } from "../../src/errors.ts";
import { Ledger, type Decide, type LedgerOptions } from "../../src/store/ledger.ts";
import { openLevelStore } from "../../src/store/leveldb.ts";
import {
  StoreConflict,
  StoreDamaged,
  StoreDiverged,
  StoreUnavailable,
  type WholeStore,
} from "../../src/store/store.ts";
import { testConfig } from "../support/domain.ts";
import { FaultyStore } from "../support/faulty-store.ts";
import { temporaryFolder } from "../support/folder.ts";
import { waitFor } from "../support/wait.ts";

const rules = rulesFrom(testConfig());

function labelRecord(id: string, revision: number, owner = "per-0"): LabelRecord {
  const createdAt = "2026-01-01T00:00:00.000Z";
  return { v: 1, kind: "label", id: id as Label, revision, createdAt, owner };
}

function put(record: LabelRecord): Decision<LabelRecord> {
  return {
    changes: [{ kind: "label", id: record.id, entity: record }],
    event: { type: "test", summary: `put ${record.id}`, owners: [] },
    result: record,
  };
}

/** Adds one to what is there: a lost update shows in the sum. */
const increment: Decide<number> = (state, { revision }) => {
  const count = Number(state.labels.get("counter")?.owner.slice(4) ?? "0") + 1;
  return { ...put(labelRecord("counter", revision, `per-${count}`)), result: count };
};

const add =
  (id: string): Decide<LabelRecord> =>
  (_state, { revision }) =>
    put(labelRecord(id, revision));

/** Takes a label that nobody has. */
const claim =
  (id: string): Decide<LabelRecord> =>
  (state, context) => {
    if (state.labels.has(id)) throw new Refusal("taken", "It is taken.");
    return add(id)(state, context);
  };

describe("the ledger", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let level: WholeStore;
  let store: FaultyStore;
  let ledger: Ledger;

  async function open(options: Partial<LedgerOptions> = {}): Promise<void> {
    level = await openLevelStore(folder.path);
    store = new FaultyStore(level);
    ledger = await Ledger.open(store, {
      rules,
      settleDelays: [0, 1],
      resettleDelay: 5,
      ...options,
    });
  }
  beforeEach(async () => {
    folder = await temporaryFolder();
    await open();
  });
  afterEach(async () => {
    await ledger.close();
    await folder.remove();
  });

  const change = <T>(decide: Decide<T>) => ledger.change(operator, decide);
  const storedLabels = async () => [...(await level.load()).entities.keys()].toSorted();
  const isUnavailable = { name: "Refusal", code: "unavailable", retryAfter: 5 };

  /** Lets nothing be stored until it is called. */
  function hold(): () => void {
    let release = () => {};
    store.gate = new Promise((resolve) => (release = resolve));
    return release;
  }

  describe("with many writers", () => {
    it("answers each of eight, loses no update, gives each revision once", async () => {
      const revisions: number[] = [];
      const counts: number[] = [];
      await Promise.all(
        Array.from({ length: 8 }, async () => {
          for (let turn = 0; turn < 25; turn++) {
            const { revision, result, before, after } = await change(increment);
            expect([before.revision, after.revision]).toEqual([revision - 1, revision]);
            revisions.push(revision);
            counts.push(result);
          }
        }),
      );
      const upTo200 = Array.from({ length: 200 }, (_, index) => index + 1);
      expect(revisions.toSorted((a, b) => a - b)).toEqual(upTo200);
      expect(counts.toSorted((a, b) => a - b)).toEqual(upTo200);
      expect(ledger.state.labels.get("counter")?.owner).toBe("per-200");
      const events = await level.history({ limit: 1000 });
      expect(events.map(({ revision }) => revision)).toEqual(upTo200);
      expect(events.map(({ event }) => event["changes"])).toMatchObject(
        upTo200.map((count) => [{ after: { owner: `per-${count}` } }]),
      );
      expect(store.groups.length).toBeLessThan(100);
      await ledger.close();
      await open();
      expect(ledger.position.revision).toBe(200);
      expect(ledger.state.labels.get("counter")?.owner).toBe("per-200");
    });

    it("stores what waits as one group", async () => {
      const release = hold();
      const first = change(add("first"));
      const others = Array.from({ length: 300 }, (_, index) => change(add(`n${index}`)));
      release();
      await Promise.all([first, ...others]);
      expect(store.groups).toEqual([1, 256, 44]);
    });

    it("takes a bounded number", async () => {
      await ledger.close();
      await open({ queueMax: 3 });
      const release = hold();
      const taken = ["a", "b", "c", "d"].map((id) => change(add(id)));
      await expect(change(add("e"))).rejects.toMatchObject({ code: "unavailable", retryAfter: 1 });
      release();
      await Promise.all(taken);
      expect(await storedLabels()).toEqual(["label/a", "label/b", "label/c", "label/d"]);
      await change(add("e"));
    });

    it("takes a change that comes in the very turn in which the last one is answered", async () => {
      for (let turn = 0; turn < 20; turn++) {
        await change(increment);
        for (let hop = 0; hop < turn % 5; hop++) await Promise.resolve();
      }
      expect(ledger.state.revision).toBe(20);
    });
  });

  describe("in a group", () => {
    it("lets a refusal harm no other, and decides on what stands before it", async () => {
      const release = hold();
      const outcomes = Promise.allSettled([
        change(add("first")),
        change(claim("x")),
        change(claim("x")),
        change(claim("y")),
      ]);
      release();
      const results = await outcomes;
      expect(results.map(({ status }) => status)).toEqual([
        "fulfilled",
        "fulfilled",
        "rejected",
        "fulfilled",
      ]);
      expect(results[2]).toMatchObject({ reason: { code: "taken" } });
      expect(await storedLabels()).toEqual(["label/first", "label/x", "label/y"]);
    });

    it("lets a bug of a verb harm no other", async () => {
      const release = hold();
      const bug: Decide<never> = () => {
        throw new RangeError("a bug");
      };
      const unreadable: Decide<LabelRecord> = (_state, { revision }) =>
        put({ ...labelRecord("bad", revision), owner: "no id" });
      const unkeepable: Decide<LabelRecord> = (_state, { revision }) =>
        put({ ...labelRecord("bad", revision), restsUntil: undefined });
      const outcomes = Promise.allSettled([
        change(add("first")),
        change(bug),
        change(unreadable),
        change(unkeepable),
        change(add("last")),
      ]);
      release();
      const [, ...rest] = await outcomes;
      expect(rest).toMatchObject([
        { reason: new RangeError("a bug") },
        { reason: { name: "TypeError" } },
        { reason: { name: "TypeError" } },
        { status: "fulfilled", value: { revision: 2 } },
      ]);
      expect(ledger.fault).toBeUndefined();
      expect(await storedLabels()).toEqual(["label/first", "label/last"]);
    });

    it("does not believe a refusal that was decided on what was not stored", async () => {
      const release = hold();
      const first = change(add("first"));
      store.faults = [undefined as never, "before-unknown"];
      const winner = change(claim("x"));
      const loser = change(claim("x"));
      const outcomes = Promise.allSettled([winner, loser]);
      release();
      await first;
      expect(await outcomes).toMatchObject([{ reason: isUnavailable }, { reason: isUnavailable }]);
      await change(claim("x"));
    });
  });

  it("stores nothing for a decision without changes", async () => {
    await change(increment);
    const nothing: Decide<string> = () => ({
      changes: [],
      event: { type: "nothing", summary: "", owners: [] },
      result: "as it is",
    });
    const { result, revision, before, after } = await change(nothing);
    expect([result, revision]).toEqual(["as it is", 1]);
    expect(after).toBe(before);
    expect(ledger.preview(operator, nothing).revision).toBe(1);
    expect(store.groups).toEqual([1]);
  });

  it("changes nothing in a preview", async () => {
    await change(increment);
    const { state } = ledger;
    const told: number[] = [];
    ledger.onCommit(({ revision }) => told.push(revision));
    const preview = ledger.preview(operator, increment);
    expect([preview.result, preview.revision, preview.after.revision]).toEqual([2, 2, 2]);
    expect(ledger.state).toBe(state);
    expect(() => ledger.preview(operator, claim("counter"))).toThrow("It is taken.");
    expect(told).toEqual([]);
    expect((await level.load()).position.revision).toBe(1);
  });

  it("tells its listeners what a group changed, in order", async () => {
    const told: (string[] | undefined)[] = [];
    ledger.onCommit((_state, changes) => told.push(changes?.map(({ id }) => id)));
    const release = hold();
    const all = Promise.allSettled([
      change(add("first")),
      change(add("x")),
      change(claim("x")),
      change(add("y")),
    ]);
    release();
    await all;
    await ledger.replace(() => [], { type: "emptied" });
    expect(told).toEqual([["first"], ["x", "y"], undefined]);
  });

  it("tells its listeners of each group in order, before those who asked", async () => {
    await ledger.close();
    const faults: unknown[] = [];
    await open({ report: (error) => faults.push(error) });
    const told: string[] = [];
    const stop = ledger.onCommit(({ revision }) => told.push(`state ${revision}`));
    ledger.onCommit(() => {
      throw new Error("a listener's fault");
    });
    const ask = async () => told.push(`answer ${(await change(increment)).revision}`);
    const release = hold();
    const group = [ask(), ask(), ask()];
    release();
    await Promise.all(group);
    stop();
    await ask();
    expect(told).toEqual(["state 1", "answer 1", "state 3", "answer 2", "answer 3", "answer 4"]);
    expect(faults).toEqual(Array.from({ length: 3 }, () => new Error("a listener's fault")));
  });

  it("acknowledges what is stored though whoever copies events cannot", async () => {
    await ledger.close();
    const faults: unknown[] = [];
    const fault = new Error("the log is full");
    await open({
      report: (error) => faults.push(error),
      onEvent: () => {
        throw fault;
      },
    });
    const { revision } = await change(increment);
    expect([revision, ledger.state.revision]).toEqual([1, 1]);
    expect(faults).toEqual([fault]);
  });

  it("keeps secrets out of the history", async () => {
    await change((_state, { revision, newId, now }) => ({
      changes: [
        {
          kind: "token",
          id: "tok-1",
          entity: {
            v: 2,
            kind: "token",
            id: "tok-1",
            revision,
            createdAt: now.toISOString(),
            name: newId("tok"),
            owner: null,
            scopes: ["read"],
            hash: "ab".repeat(32),
            expiresAt: now.toISOString(),
            bootstrap: false,
          },
        },
      ],
      event: { type: "token.created", summary: "a token was made", owners: [] },
      result: null,
    }));
    const [event] = await level.history({ limit: 1 });
    expect(event?.event["changes"]).toEqual([{ key: "token/tok-1", removed: false }]);
  });

  describe("when the store fails", () => {
    it("refuses what was not written, and goes on", async () => {
      await change(increment);
      store.faults = ["before"];
      await expect(change(increment)).rejects.toMatchObject(isUnavailable);
      expect(ledger.fault).toBeUndefined();
      expect((await change(increment)).result).toBe(2);
    });

    it("acknowledges what turns out to be stored", async () => {
      store.faults = ["after-unknown"];
      expect(await change(increment)).toMatchObject({ result: 1, revision: 1 });
      expect((await change(increment)).revision).toBe(2);
    });

    it.each(["after-unknown", "before-unknown"] as const)(
      "takes no change while an outcome is unknown, and knows it later (%s)",
      async (fault) => {
        const told: number[] = [];
        ledger.onCommit(({ revision }) => told.push(revision));
        await change(increment);
        store.faults = [fault];
        const away = () => new StoreUnavailable("still away", "unknown");
        store.settleErrors = [away(), away(), away(), away()];
        store.loadErrors = [away(), away()];
        await expect(change(increment)).rejects.toMatchObject(isUnavailable);
        expect(ledger.fault).toMatchObject({ code: "store_unavailable" });
        await expect(change(increment)).rejects.toMatchObject(isUnavailable);
        expect(store.groups).toEqual([1, 1]);
        expect(ledger.state.revision).toBe(1);
        await waitFor(() => ledger.fault === undefined, { describe: "writes to be taken again" });
        const stored = fault === "after-unknown" ? 2 : 1;
        expect([ledger.position.revision, ledger.state.revision]).toEqual([stored, stored]);
        expect(await change(increment)).toMatchObject({
          result: stored + 1,
          revision: stored + 1,
        });
        expect(told.at(-1)).toBe(stored + 1);
      },
    );

    it("shows members no path of the machine", async () => {
      store.faults = ["before"];
      await expect(change(increment)).rejects.toThrow(/^The store cannot be written now;/);
    });

    it("keeps its state while the store is not the one it knew, and goes on once it is", async () => {
      await change(increment);
      const diverged = () => new StoreDiverged("It is empty.");
      store.faults = ["before-unknown"];
      store.settleErrors = [diverged()];
      store.sinceErrors = Array.from({ length: 20 }, diverged);
      const refused = { code: "unavailable", message: expect.stringContaining("operator") };
      await expect(change(increment)).rejects.toMatchObject(refused);
      expect(ledger.fault).toEqual({
        code: "store_diverged",
        reason: "It is empty. See `tardis-console recover`.",
      });
      await expect(change(increment)).rejects.toMatchObject(refused);
      expect([ledger.state.revision, store.groups]).toEqual([1, [1, 1]]);
      await waitFor(() => ledger.fault === undefined, { describe: "the store to be put right" });
      expect((await change(increment)).result).toBe(2);
    });

    it("tries a lost race again for a while, then says so and changes nothing", async () => {
      await ledger.close();
      await open({ racePatience: 40 });
      await change(increment);
      const { position } = ledger;
      // Somebody is always first; what they wrote is told by nobody.
      store.commitError = new StoreConflict({ ...position, revision: position.revision + 1 });
      await expect(change(increment)).rejects.toMatchObject({
        code: "unavailable",
        retryAfter: 1,
        message: expect.stringMatching(/^Others are changing things all the time/),
      });
      expect(store.groups.length).toBeGreaterThan(3);
      expect(ledger.fault).toBeUndefined();
      store.commitError = undefined;
      expect((await change(increment)).result).toBe(2);
    });

    it("refuses nothing for what it has not caught up with", async () => {
      await change(increment);
      const away = () => new StoreUnavailable("away", "not-written");
      store.sinceErrors = [away(), away()];
      await expect(change(claim("counter"))).rejects.toMatchObject({ code: "unavailable" });
      await waitFor(() => ledger.fault === undefined, { describe: "the store to be back" });
      await expect(change(claim("counter"))).rejects.toMatchObject({ code: "taken" });
    });

    it.each([
      new StoreDamaged("changes are missing."),
      new StoreConflict({ lineage: "x", revision: 9, commit: "y" }),
    ])("stops for good when it says $code", async (error) => {
      store.commitError = error;
      await expect(change(increment)).rejects.toMatchObject({ code: "unavailable" });
      store.commitError = undefined;
      await expect(change(increment)).rejects.toMatchObject({ code: "unavailable" });
      expect(ledger.fault?.code).toBe("store_damaged");
      expect(ledger.fault?.reason).toContain(error.message);
      expect(store.groups).toEqual([1]);
    });

    it("stops when settling finds damage", async () => {
      store.faults = ["after-unknown"];
      store.settleErrors = [new StoreDamaged("changes are missing.")];
      await expect(change(increment)).rejects.toMatchObject({ code: "unavailable" });
      expect(ledger.fault?.code).toBe("store_damaged");
    });

    it("does not stop for a value that no store can keep", async () => {
      store.commitError = new TypeError("not a key");
      await expect(change(increment)).rejects.toThrow("not a key");
      store.commitError = undefined;
      await change(increment);
    });
  });

  describe("a replacement", () => {
    const replacement = [["label/new", labelRecord("new", 1)] as const] as never;

    it("takes its turn among changes, on the newest state, and loses none that comes after", async () => {
      const release = hold();
      const before = change(add("before"));
      let seen: readonly string[] = [];
      const replaced = ledger.replace(
        (state) => {
          seen = [...state.labels.keys()];
          return replacement;
        },
        { type: "imported" },
      );
      const after = change(add("after"));
      release();
      await Promise.all([before, replaced, after]);
      expect(seen).toEqual(["before"]);
      expect(ledger.fault).toBeUndefined();
      expect(await storedLabels()).toEqual(["label/after", "label/new"]);
      expect([...ledger.state.labels.keys()].toSorted()).toEqual(["after", "new"]);
      expect(ledger.position.revision).toBe(3);
    });

    it.each(["before", "before-unknown", "after-unknown"] as const)(
      "ends whole or not at all (%s)",
      async (fault) => {
        await change(add("old"));
        store.faults = [fault];
        const outcome = ledger.replace(() => replacement, { type: "imported" });
        if (fault === "after-unknown") await outcome;
        else await expect(outcome).rejects.toMatchObject(isUnavailable);
        const left = fault === "after-unknown" ? ["new"] : ["old"];
        expect([...ledger.state.labels.keys()]).toEqual(left);
        await change(add("z"));
        expect(await storedLabels()).toEqual([...left, "z"].map((id) => `label/${id}`));
      },
    );

    it("is taken up once it can be read", async () => {
      store.loadErrors = [new StoreUnavailable("away", "not-written")];
      const outcome = ledger.replace(() => replacement, { type: "imported" });
      await expect(outcome).rejects.toMatchObject(isUnavailable);
      await expect(change(add("z"))).rejects.toMatchObject(isUnavailable);
      await waitFor(() => ledger.fault === undefined, { describe: "the state to be read" });
      expect([...ledger.state.labels.keys()]).toEqual(["new"]);
      await change(add("z"));
    });

    it("is not made when its making fails", async () => {
      await change(add("old"));
      const outcome = ledger.replace(
        () => {
          throw new Refusal("invalid_input", "no");
        },
        { type: "imported" },
      );
      await expect(outcome).rejects.toMatchObject({ code: "invalid_input" });
      expect([...ledger.state.labels.keys()]).toEqual(["old"]);
      await change(add("z"));
    });
  });

  describe("with records that it cannot read", () => {
    it("keeps them as they are, says so, and drops the word once they are written anew", async () => {
      const garbage = { v: 1, kind: "label", id: "odd", owner: "per-7" };
      await level.replace(ledger.position, [["label/odd", garbage]], { type: "imported" });
      await ledger.close();
      await open();
      expect(ledger.state.setAside).toEqual([
        { key: "label/odd", owner: "per-7", reason: expect.stringContaining("revision") },
      ]);
      await change(add("other"));
      expect((await level.load()).entities.get("label/odd")).toEqual(garbage);
      expect(ledger.state.setAside).toHaveLength(1);
      await change(add("odd"));
      expect(ledger.state.setAside).toEqual([]);
    });

    it.each([
      ["that it understands", { ...labelRecord("new", 1), v: 2, colour: "red" }],
      ["that it does not", { v: 2, kind: "label", id: "new" }],
    ])("serves records of a newer release %s, and writes nothing", async (_what, record) => {
      await level.replace(ledger.position, [["label/new", record as never]], { type: "imported" });
      await ledger.close();
      await open();
      expect(ledger.state.labels.size + ledger.state.setAside.length).toBe(1);
      expect(ledger.fault?.code).toBe("store_newer");
      await expect(change(increment)).rejects.toMatchObject({ code: "unavailable" });
      expect(store.groups).toEqual([]);
    });
  });

  it("finishes what waits before it closes, and takes nothing more", async () => {
    const release = hold();
    const waiting = Array.from({ length: 600 }, () => change(increment));
    const closed = ledger.close();
    await expect(change(increment)).rejects.toMatchObject({ code: "unavailable" });
    await expect(ledger.replace(() => [], {})).rejects.toMatchObject({ code: "unavailable" });
    release();
    await Promise.all(waiting);
    await closed;
    expect(ledger.fault?.code).toBe("closed");
    await open();
    expect(ledger.state.labels.get("counter")?.owner).toBe("per-600");
  });

  it("closes while the store is away", async () => {
    store.faults = ["before-unknown"];
    store.settleErrors = Array.from(
      { length: 50 },
      () => new StoreUnavailable("still away", "unknown"),
    );
    await expect(change(increment)).rejects.toMatchObject(isUnavailable);
    await ledger.close();
    expect(ledger.fault?.code).toBe("closed");
    await open();
    expect(ledger.state.revision).toBe(0);
  });
});
