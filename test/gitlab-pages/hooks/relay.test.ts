import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Hint, hintKey } from "../../../src/gitlab-pages/hooks/hint.ts";
import { HintRelay } from "../../../src/gitlab-pages/hooks/relay.ts";
import { MemoryVolatile } from "../../../src/store/memory-volatile.ts";
import type { Volatile } from "../../../src/store/volatile.ts";
import { waitFor } from "../../support/wait.ts";
import { away, hangs } from "./support.ts";

const project = (id: number, why = "project_update"): Hint => ({
  kind: "project",
  project: id,
  why,
});
const watch = (id: number): Hint => ({ kind: "watch", project: id });
const user = (id: number, path = "cosmo"): Hint => ({ kind: "namespace", path, user: id });

function relay(volatile: Volatile | undefined) {
  const heard: Hint[] = [];
  const made = new HintRelay({
    volatile: () => volatile,
    onHints: (hints) => void heard.push(...hints),
  });
  return { relay: made, heard, stop: volatile && made.listen(volatile) };
}

/** A store that answers when it is told to, and keeps what it was asked. */
function slow() {
  const store = new MemoryVolatile();
  const asked: { what: "set" | "nudge"; text: string; answer: () => void }[] = [];
  const later = (what: "set" | "nudge", text: string, work: () => Promise<void>) =>
    new Promise<void>((resolve, reject) => {
      asked.push({ what, text, answer: () => void work().then(resolve, reject) });
    });
  const volatile = new Proxy<Volatile>(store, {
    get(target, name) {
      if (name === "set") {
        return (key: string, value: string, ttl: number) =>
          later("set", key, () => store.set(key, value, ttl));
      }
      if (name === "nudge") {
        return (topic: string, text: string) =>
          later("nudge", text, () => store.nudge(topic, text));
      }
      const member: unknown = Reflect.get(target, name);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
  let answered = 0;
  const answerAll = () => {
    for (; answered < asked.length; answered++) asked[answered]?.answer();
  };
  return { volatile, store, asked, answerAll };
}

describe("hints", () => {
  it("reach every replica, also the one that sent them", async () => {
    const shared = new MemoryVolatile();
    const [a, b] = [relay(shared), relay(shared)];
    a.relay.send([project(1), watch(2)]);
    b.relay.send([user(58)]);
    await waitFor(() => a.heard.length === 3 && b.heard.length === 3, { describe: "hints" });
    for (const { heard } of [a, b]) expect(heard).toEqual([project(1), watch(2), user(58)]);
    b.stop?.();
    a.relay.send([project(3)]);
    await waitFor(() => a.heard.length === 4, { describe: "the last hint" });
    expect(b.heard).toHaveLength(3);
  });

  it("are there for the next leader, the latest of each, for 15 minutes", async () => {
    let now = 0;
    const shared = new MemoryVolatile(() => now);
    const { relay: sender } = relay(shared);
    const gone: Hint = { kind: "project", project: 1, why: "project_destroy", gone: true };
    const group: Hint = { kind: "namespace", path: "club", oldPath: "chess", group: 58 };
    const path: Hint = { kind: "namespace", path: "club" };
    sender.send([project(1), watch(1), user(58), group, path]);
    sender.send([gone, user(58, "cosmo2")]);
    await sender.settled();
    const taken = await relay(shared).relay.take();
    expect(taken).toHaveLength(5);
    expect(taken).toEqual(
      expect.arrayContaining([gone, watch(1), user(58, "cosmo2"), group, path]),
    );
    now += 15 * 60_000 - 1;
    expect(await sender.take()).toHaveLength(5);
    now += 1;
    expect(await sender.take()).toEqual([]);
  });

  it.each([
    ["without a store", undefined],
    ["while the store is away", away],
  ])("stay where they came %s", async (_, volatile) => {
    const { relay: sender, heard } = relay(volatile);
    sender.send([project(1), watch(2)]);
    await sender.settled();
    expect(heard).toEqual([project(1), watch(2)]);
    expect(await sender.take()).toEqual([]);
  });

  it("are sent on though they cannot be kept", async () => {
    const store = new MemoryVolatile();
    const volatile = new Proxy<Volatile>(store, {
      get: (target, name) =>
        name === "set" ? away.set : (Reflect.get(target, name) as () => void).bind(target),
    });
    const { relay: sender, heard } = relay(volatile);
    sender.send([project(1)]);
    await sender.settled();
    await waitFor(() => heard.length, { describe: "the hint" });
    expect(heard).toEqual([project(1)]);
  });

  it("are kept to a bound while the store hangs, and become a full read beyond it", async () => {
    const { volatile, asked, answerAll } = slow();
    const { relay: sender, heard } = relay(volatile);
    for (let id = 1; id <= 10_000; id++) sender.send([project(id)]);
    expect(asked.length).toBeLessThanOrEqual(64);
    const first = asked.filter(({ what }) => what === "set").length;
    const done = sender.settled();
    let isDone = false;
    void done.then(() => (isDone = true));
    await waitFor(
      () => {
        answerAll();
        return isDone;
      },
      { describe: "all writes" },
    );
    expect(heard.filter(({ kind }) => kind === "full")).toHaveLength(1);
    const taken = await sender.take();
    expect(taken.filter(({ kind }) => kind === "project").length).toBeLessThan(first + 1_000);
    // Whatever was left out came before the full read.
    const full = heard.findIndex(({ kind }) => kind === "full");
    expect(heard.slice(full + 1)).toEqual(
      heard.slice(full + 1).map((_, at) => project(10_000 - (heard.length - full - 2) + at)),
    );
  });

  it("wait for a place, each thing once, in the order of its latest hint", async () => {
    const { volatile, asked, answerAll } = slow();
    const { relay: sender, heard } = relay(volatile);
    for (let n = 0; n < 10; n++) {
      for (let id = 1; id <= 500; id++) sender.send([project(id, `${n}`)]);
    }
    expect(asked.length).toBeLessThanOrEqual(64);
    let isDone = false;
    void sender.settled().then(() => (isDone = true));
    await waitFor(
      () => {
        answerAll();
        return isDone;
      },
      { describe: "all writes" },
    );
    expect(heard.some(({ kind }) => kind === "full")).toBe(false);
    const latest = new Map(heard.map((hint) => [hint.kind === "project" && hint.project, hint]));
    expect(latest.size).toBe(500);
    expect([...latest.values()].every((hint) => hint.kind === "project" && hint.why === "9")).toBe(
      true,
    );
    expect(await sender.take()).toHaveLength(500);
  });

  it("are told in nudges below 8 kB, and arrive as they were", async () => {
    const path = fc.string({ unit: "binary", minLength: 1, maxLength: 1_000, size: "max" });
    const hint: fc.Arbitrary<Hint> = fc.oneof(
      fc.record({
        kind: fc.constant("namespace" as const),
        path,
        oldPath: path,
        user: fc.integer({ min: 1, max: 30 }),
      }),
      fc.integer({ min: 1, max: 10 }).map(watch),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(hint, { maxLength: 40, size: "max" }), async (hints) => {
        const shared = new MemoryVolatile();
        const sizes: number[] = [];
        shared.onNudge("gitlab-hints", (text) => sizes.push(Buffer.byteLength(text)));
        const { relay: sender, heard } = relay(shared);
        sender.send(hints);
        await sender.settled();
        expect(sizes.every((size) => size <= 8_000)).toBe(true);
        const latest = hints.filter(
          (each, at) => !hints.slice(at + 1).some((later) => hintKey(later) === hintKey(each)),
        );
        await waitFor(() => heard.length === latest.length, { describe: "hints" });
        const isLong = (each: Hint) => Buffer.byteLength(JSON.stringify(each)) + 2 > 8_000;
        expect(heard).toEqual(latest.map((each) => (isLong(each) ? { kind: "full" } : each)));
      }),
      { numRuns: 20 },
    );
  });

  it("too long for a nudge become a full read", async () => {
    const { relay: sender, heard } = relay(new MemoryVolatile());
    sender.send([
      user(1, "\u0001".repeat(1_000)),
      { ...user(2), oldPath: "\u0001".repeat(999) } as Hint,
    ]);
    sender.send([{ kind: "namespace", path: "\u0001".repeat(900), oldPath: "\u0001".repeat(900) }]);
    await waitFor(() => heard.length === 3, { describe: "hints" });
    expect(heard.map(({ kind }) => kind)).toEqual(["namespace", "namespace", "full"]);
  });

  it.each(["", "{", "7", "null", "[7, null]", '[{"kind":"project"}]', '[{"kind":"other"}]'])(
    "that cannot be read are left out: %s",
    async (text) => {
      const shared = new MemoryVolatile();
      const { relay: listener, heard } = relay(shared);
      await shared.nudge("gitlab-hints", text);
      await shared.nudge("gitlab-hints", JSON.stringify([{ kind: "other" }, project(1)]));
      await shared.set("gitlab:hint:x", text, 1_000);
      await waitFor(() => heard.length, { describe: "the hint that can" });
      expect(heard).toEqual([project(1)]);
      expect(await listener.take()).toEqual([]);
    },
  );

  it("are sent without waiting for anything", () => {
    const { relay: sender, heard } = relay(hangs);
    for (let id = 1; id <= 5_000; id++) sender.send([project(id)]);
    expect(heard).toEqual([]);
  });
});
