import { describe, expect, it } from "vitest";
import { ok, skipped, warning, wrong, type Found, type Part } from "../../src/checks/check.ts";
import { Doctor } from "../../src/doctor/doctor.ts";
import { examine, type Progress } from "../../src/doctor/run.ts";

const part = (name: string, look: Part["look"]): Part => ({ name, look });
const finding = (name: string, ...found: Found[]) =>
  part(name, async ({ tell }) => {
    for (const one of found) tell("thing", one);
  });
const never = () => new Promise<never>(() => undefined);

describe("a look at everything", () => {
  it.each([
    [[ok("a"), skipped("b")], "ok", "All is well (1 check)."],
    [[ok("a"), warning("b"), warning("c")], "warning", "All is well (3 checks, and 2 warnings)."],
    [[wrong("a")], "wrong", "1 thing is wrong: Part: thing."],
    [
      [wrong("a"), wrong("b"), warning("c")],
      "wrong",
      "2 things are wrong, and 1 warning: Part: thing; Part: thing.",
    ],
  ])("sums up %j", async (found, state, says) => {
    const report = await examine([finding("Part", ...found)], { by: "command" });
    expect(report).toMatchObject({ state, says });
  });

  it("tells in the order of the parts, whoever is done first", async () => {
    let isSecondDone = false;
    const slow = part("slow", async ({ tell }) => {
      while (!isSecondDone) await new Promise((resolve) => setImmediate(resolve));
      tell("x", ok("x"));
    });
    const quick = part("quick", async ({ tell }) => {
      tell("y", ok("y"));
      isSecondDone = true;
    });
    const { checks } = await examine([slow, quick], { by: "command" });
    expect(checks.map(({ part }) => part)).toEqual(["slow", "quick"]);
  });

  it("has a part that throws, or does not end, harm no other", async () => {
    let signal: AbortSignal | undefined;
    const stuck = part("stuck", async (look) => {
      ({ signal } = look);
      look.tell("first", ok("It answers."));
      await never();
    });
    const late = part("late", async ({ tell, signal }) => {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      tell("after", wrong("This comes too late."));
    });
    const thrown = part("thrown", () => Promise.reject(new Error("no such thing")));
    const parts = [stuck, late, thrown, finding("fine", ok("a"))];
    const { checks, state } = await examine(parts, { by: "command", partMs: 50 });
    expect(state).toBe("wrong");
    expect(
      checks.map(({ part, what, state, says }) => `${part} ${what} ${state}: ${says}`),
    ).toEqual([
      "stuck first ok: It answers.",
      "stuck deadline wrong: The rest was not found out within 0.05 s: something there does not answer.",
      "late deadline wrong: Nothing was found out within 0.05 s: something there does not answer.",
      "thrown trouble wrong: It could not be looked at: no such thing",
      "fine thing ok: a",
    ]);
    expect(signal?.aborted).toBe(true);
  });

  it("says who is still waited for", async () => {
    const told: Progress[] = [];
    const onProgress = (progress: Progress) => void told.push(progress);
    await examine([finding("a", ok("x"))], { by: "command", onProgress });
    expect(told).toEqual([
      { of: 1, left: ["a"] },
      { of: 1, left: [] },
    ]);
  });

  it("goes on from when it is asked for, before it is known who is waited for", async () => {
    let begin = (_parts: readonly Part[]) => undefined as void;
    const parts = () => new Promise<readonly Part[]>((resolve) => void (begin = resolve));
    const doctor = new Doctor({ parts, now: () => new Date() });
    expect(doctor.progress).toBeUndefined();
    for (const name of ["first", "second"]) {
      const looked = doctor.look();
      expect([name, doctor.progress]).toEqual([name, { of: 0, left: [] }]);
      begin([finding("a", ok("x"))]);
      await looked;
      expect([name, doctor.progress]).toEqual([name, undefined]);
    }
  });

  it("has the form that is promised to programs", async () => {
    const now = () => new Date("2026-01-05T18:00:00.000Z");
    const found = ok("Traefik 3.7.15.", { version: "3.7.15" });
    const report = await examine([finding("Traefik", found)], { by: "console", now });
    expect(report).toEqual({
      version: 1,
      release: expect.stringMatching(/^\d+\.\d+\.\d+/),
      at: "2026-01-05T18:00:00.000Z",
      by: "console",
      state: "ok",
      says: "All is well (1 check).",
      checks: [
        {
          part: "Traefik",
          what: "thing",
          state: "ok",
          says: "Traefik 3.7.15.",
          facts: { version: "3.7.15" },
        },
      ],
    });
  });
});
