import { describe, expect, it } from "vitest";
import { RereadQueue } from "../../../src/gitlab-pages/hooks/queue.ts";
import { HandClock } from "./hand-clock.ts";

const SECOND = 1_000;
const day = (hour: number) => `2026-01-05T${String(hour).padStart(2, "0")}:00:00Z`;

/** A queue that knows of pushes only, and what is deployed when. */
function watching(limits = {}) {
  const clock = new HandClock();
  const reads: { at: number; project: number; why: string }[] = [];
  const gitlab = { latest: null as string | null, fails: false, takes: 0 };
  const queue = new RereadQueue({
    now: clock.now,
    schedule: clock.schedule,
    full: () => undefined,
    namespaceProjects: () => [],
    limits,
    read: async (project, { why }) => {
      reads.push({ at: clock.now() / SECOND, project, why });
      if (gitlab.fails) throw new Error("away");
      if (gitlab.takes > 0) await clock.wait(gitlab.takes * SECOND);
      return { latestDeployment: gitlab.latest, gone: false };
    },
  });
  return {
    clock,
    queue,
    reads,
    gitlab,
    seconds: () => reads.map(({ at }) => at),
    push: (project = 12) => queue.add([{ kind: "watch", project }]),
    runTo: (seconds: number) => clock.runTo(seconds * SECOND),
  };
}

describe("a project that was pushed to", () => {
  it("is read ever more seldom, for 15 minutes", async () => {
    const { push, runTo, reads, seconds, queue, clock } = watching();
    push();
    await runTo(3_600);
    const minutes = Array.from({ length: 13 }, (_, n) => (n + 3) * 60);
    expect(seconds()).toEqual([15, 30, 45, 60, 90, 120, ...minutes]);
    expect(reads[0]?.why).toBe("push");
    expect([queue.pending().watches, clock.timers]).toEqual([0, 0]);
  });

  it.each([
    [null, day(9)],
    [day(9), day(10)],
    ["2026-01-05T09:00:00+00:00", "2026-01-05T09:00:00.001Z"],
  ])("is read until there is a newer deployment: %s, then %s", async (before, after) => {
    const { push, runTo, gitlab, seconds, queue } = watching();
    gitlab.latest = before;
    push();
    await runTo(50);
    gitlab.latest = after;
    await runTo(3_600);
    expect(seconds()).toEqual([15, 30, 45, 60]);
    expect(queue.pending().watches).toBe(0);
  });

  it.each([
    [day(9), day(9)],
    [day(9), "2026-01-05T10:00:00+01:00"],
    [day(9), day(8)],
    [day(9), null],
  ])("is read on after one that is no newer: %s, then %s", async (before, after) => {
    const { push, runTo, gitlab, seconds } = watching();
    gitlab.latest = before;
    push();
    await runTo(20);
    gitlab.latest = after;
    await runTo(3_600);
    expect(seconds()).toHaveLength(19);
  });

  it("and is pushed to again, is watched anew for what the later push deploys", async () => {
    const { push, runTo, gitlab, seconds } = watching();
    push();
    await runTo(20);
    push();
    gitlab.latest = day(9); // What the first push deployed.
    await runTo(52);
    gitlab.latest = day(10);
    await runTo(3_600);
    expect(seconds()).toEqual([15, 30, 35, 50, 65]);
  });

  it("during a read, is watched on though that read ends the watch of the push before", async () => {
    const { push, runTo, gitlab, seconds, queue } = watching();
    push();
    await runTo(20);
    gitlab.latest = day(9);
    gitlab.takes = 5;
    await runTo(32);
    push();
    gitlab.takes = 0;
    await runTo(46);
    expect([queue.pending().watches, seconds()]).toEqual([1, [15, 30, 45]]);
    gitlab.latest = day(10);
    await runTo(3_600);
    expect(seconds()).toEqual([15, 30, 45, 50]);
  });

  it("without end is still read", async () => {
    const { push, runTo, seconds } = watching();
    for (let at = 0; at <= 120; at++) {
      await runTo(at);
      push();
    }
    // Each is 15 s after the first push that the read before it did not see.
    expect(seconds()).toEqual([15, 29, 43, 57, 71, 85, 99, 113]);
  });

  it("is read on after reads that fail, and these say nothing", async () => {
    const { push, runTo, gitlab, seconds } = watching();
    gitlab.fails = true;
    gitlab.latest = day(9);
    push();
    await runTo(40);
    gitlab.fails = false;
    await runTo(50);
    gitlab.latest = day(10);
    await runTo(3_600);
    expect(seconds()).toEqual([15, 30, 45, 60]);
  });

  it("is read no more often when hooks speak of it too, and their reads count", async () => {
    const { push, runTo, gitlab, seconds, queue } = watching();
    push();
    await runTo(14);
    queue.add([{ kind: "project", project: 12, why: "pipeline success" }]);
    await runTo(18);
    gitlab.latest = day(9);
    await runTo(3_600);
    expect(seconds()).toEqual([14.1, 19.1, 44, 134]);
  });

  it("is not watched twice", async () => {
    const { push, runTo, seconds } = watching();
    for (let n = 0; n < 1_000; n++) push();
    await runTo(100);
    expect(seconds()).toEqual([15, 30, 45, 60, 90]);
  });

  it("longest ago is dropped when there are more than 200", async () => {
    const { push, runTo, reads, queue } = watching();
    for (let project = 1; project <= 200; project++) push(project);
    push(1);
    push(201);
    expect(queue.pending().watches).toBe(200);
    await runTo(60);
    const read = new Set(reads.map(({ project }) => project));
    expect([read.has(1), read.has(2), read.has(201), read.size]).toEqual([true, false, true, 200]);
  });
});
