import { expect, it } from "vitest";
import { RecentChanges } from "../../src/store/recent-changes.ts";

const HOUR_MS = 3_600_000;
const START = Date.parse("2026-11-22T12:00:00.000Z");

function changesAt() {
  let now = START;
  const changes = new RecentChanges(() => now);
  const note = (owner: string | null, more: object = {}, at = now) =>
    changes.note({ at: new Date(at).toISOString(), actor: { owner, ...more } });
  return { changes, note, pass: (ms: number) => (now += ms) };
}

it("what an owner changed counts for an hour", () => {
  const { changes, note, pass } = changesAt();
  expect(changes.of("per-1")).toEqual({ count: 0, untilLess: 0 });
  note("per-1");
  pass(1000);
  note("per-1");
  note("per-2");
  expect(changes.of("per-1")).toEqual({ count: 2, untilLess: HOUR_MS - 1000 });
  pass(HOUR_MS - 1000);
  expect(changes.of("per-1")).toEqual({ count: 1, untilLess: 1000 });
  pass(1000);
  expect(changes.of("per-1")).toEqual({ count: 0, untilLess: 0 });
  expect(changes.of("per-2")).toEqual({ count: 0, untilLess: 0 });
});

it("what an admin, the operator or the console did counts for nobody", () => {
  const { changes, note } = changesAt();
  note("per-1", { admin: true });
  note(null);
  changes.note({ type: "import" });
  expect(changes.of("per-1").count).toBe(0);
});

it("what another replica did counts from when it says, and never for longer than an hour", () => {
  const { changes, note, pass } = changesAt();
  note("per-1", {}, START - HOUR_MS + 5000);
  note("per-1", {}, START + 60_000);
  expect(changes.of("per-1")).toEqual({ count: 2, untilLess: 5000 });
  pass(5000);
  expect(changes.of("per-1")).toEqual({ count: 1, untilLess: HOUR_MS - 5000 });
});
