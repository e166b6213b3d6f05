import { describe, expect, it } from "vitest";
import type { Hint } from "../../../src/gitlab-pages/hooks/hint.ts";
import {
  type ReadOutcome,
  RereadQueue,
  type RereadQueueOptions,
} from "../../../src/gitlab-pages/hooks/queue.ts";
import { HandClock } from "./hand-clock.ts";

const nothing: ReadOutcome = { latestDeployment: null, gone: false };
const SECOND = 1_000;

function queueOn(clock: HandClock, options: Partial<RereadQueueOptions> = {}) {
  const reads: { at: number; project: number; why: string; gone: boolean }[] = [];
  const fulls: number[] = [];
  const { read = async () => nothing, ...more } = options;
  const queue = new RereadQueue({
    now: clock.now,
    schedule: clock.schedule,
    full: () => void fulls.push(clock.now()),
    namespaceProjects: () => [],
    read: (project, reason) => {
      reads.push({ at: clock.now(), project, ...reason });
      return read(project, reason);
    },
    ...more,
  });
  const timesOf = (project: number) =>
    reads.filter((read) => read.project === project).map(({ at }) => at);
  return { queue, reads, fulls, timesOf };
}

const hint = (project: number, why = "project_update"): Hint => ({ kind: "project", project, why });
const gone = (project: number): Hint =>
  ({ ...hint(project, "project_destroy"), gone: true }) as Hint;
const push = (project: number): Hint => ({ kind: "watch", project });

describe("a project that a hook spoke of", () => {
  it("is read at once, and again 5, 30 and 120 s later", async () => {
    const clock = new HandClock();
    const { queue, reads, timesOf } = queueOn(clock);
    queue.add([hint(12)]);
    expect(queue.pending()).toEqual({ projects: 1, watches: 0, running: 0 });
    await clock.runTo(3_600 * SECOND);
    // The debounce makes the second wait for the gap of 5 s between two reads.
    expect(timesOf(12)).toEqual([100, 5_100, 30_000, 120_000]);
    expect(reads[0]).toMatchObject({ why: "project_update", gone: false });
    expect(queue.pending()).toEqual({ projects: 0, watches: 0, running: 0 });
    expect(clock.timers).toBe(0);
  });

  it("is read once for a burst, and the later reads follow its latest hook", async () => {
    const clock = new HandClock();
    const { queue, timesOf } = queueOn(clock);
    for (let n = 0; n < 10_000; n++) queue.add([hint(12)]);
    await clock.runTo(3 * SECOND);
    queue.add([hint(12)]);
    await clock.runTo(3_600 * SECOND);
    expect(timesOf(12)).toEqual([100, 5_100, 10_100, 33_000, 123_000]);
  });

  it("is read every 5 s while hooks never end", async () => {
    const clock = new HandClock();
    const { queue, timesOf } = queueOn(clock);
    for (let at = 0; at < 60 * SECOND; at += 50) {
      await clock.runTo(at);
      queue.add([hint(12)]);
    }
    expect(timesOf(12)).toEqual(Array.from({ length: 12 }, (_, n) => 100 + n * 5_000));
  });

  it("is never read twice at once, and again after a hook during a read", async () => {
    const clock = new HandClock();
    const { queue, timesOf } = queueOn(clock, {
      read: async () => clock.wait(20 * SECOND).then(() => nothing),
    });
    queue.add([hint(12)]);
    await clock.runTo(10 * SECOND);
    queue.add([hint(12)]);
    await clock.runTo(25 * SECOND);
    expect(timesOf(12)).toEqual([100, 20_100]);
    await clock.runTo(3_600 * SECOND);
    expect(timesOf(12)).toEqual([100, 20_100, 40_100, 130_000]);
  });

  it("is not read on when it was deleted, and the read agrees", async () => {
    const clock = new HandClock();
    let outcome = nothing;
    const { queue, reads, timesOf } = queueOn(clock, { read: async () => outcome });
    queue.add([push(12), gone(12)]);
    await clock.runTo(2 * SECOND);
    expect(reads).toMatchObject([{ at: 100, why: "project_destroy", gone: true }]);
    // GitLab deletes in the background: a read may still find it.
    outcome = { latestDeployment: null, gone: true };
    await clock.runTo(6 * SECOND);
    expect(timesOf(12)).toEqual([100, 5_100]);
    expect(queue.pending()).toEqual({ projects: 0, watches: 0, running: 0 });
    // A late hook of the pipeline.
    queue.add([hint(12)]);
    await clock.runTo(8 * SECOND);
    expect(queue.pending().projects).toBe(1);
  });

  it("is read on when only a hook or only a read says that it is gone", async () => {
    for (const [hinted, read] of [
      [gone(12), false],
      [hint(12), true],
    ] as const) {
      const clock = new HandClock();
      const { queue, timesOf } = queueOn(clock, {
        read: async () => ({ latestDeployment: null, gone: read }),
      });
      queue.add([hinted]);
      await clock.runTo(3_600 * SECOND);
      expect(timesOf(12)).toHaveLength(4);
    }
  });

  it("is read on when a hook comes during the read that finds it gone", async () => {
    const clock = new HandClock();
    const { queue, timesOf } = queueOn(clock, {
      read: async () => clock.wait(SECOND).then(() => ({ latestDeployment: null, gone: true })),
    });
    queue.add([gone(12)]);
    await clock.runTo(500);
    queue.add([hint(12)]);
    await clock.runTo(3_600 * SECOND);
    expect(timesOf(12)).toEqual([100, 5_100]);
  });
});

describe("a read that fails", () => {
  it("is tried again on its schedule, and three times after it", async () => {
    const clock = new HandClock();
    const { queue, timesOf } = queueOn(clock, {
      read: async () => Promise.reject(new Error("away")),
    });
    queue.add([hint(12)]);
    await clock.runTo(3_600 * SECOND);
    expect(timesOf(12)).toEqual([100, 5_100, 30_000, 120_000, 150_000, 180_000, 210_000]);
    expect(queue.pending().projects).toBe(0);
  });

  it("is not tried again once one has worked", async () => {
    const clock = new HandClock();
    const { queue, timesOf } = queueOn(clock, {
      read: async () => (clock.now() === 120_000 ? Promise.reject(new Error("away")) : nothing),
    });
    queue.add([hint(12)]);
    await clock.runTo(3_600 * SECOND);
    expect(timesOf(12)).toEqual([100, 5_100, 30_000, 120_000, 150_000]);
  });

  it("may throw before it is a promise", async () => {
    const clock = new HandClock();
    const { queue, timesOf } = queueOn(clock, {
      read: () => {
        throw new Error("away");
      },
    });
    queue.add([hint(12), hint(13)]);
    await clock.runTo(3_600 * SECOND);
    expect([timesOf(12).length, timesOf(13).length]).toEqual([7, 7]);
  });
});

describe("many projects", () => {
  it("are read two at a time", async () => {
    const clock = new HandClock();
    let running = 0;
    let most = 0;
    const { queue, reads } = queueOn(clock, {
      read: async () => {
        most = Math.max(most, ++running);
        await clock.wait(400);
        running--;
        return nothing;
      },
    });
    queue.add(Array.from({ length: 20 }, (_, n) => hint(n + 1)));
    await clock.runTo(4.2 * SECOND);
    expect(most).toBe(2);
    expect(reads.map(({ project }) => project)).toEqual(
      Array.from({ length: 20 }, (_, n) => n + 1),
    );
  });

  it("are read ten in a second, in the order in which they were hinted", async () => {
    const clock = new HandClock();
    const { queue, reads } = queueOn(clock);
    queue.add(Array.from({ length: 50 }, (_, n) => hint(50 - n)));
    await clock.runTo(100);
    expect(reads).toHaveLength(10);
    await clock.runTo(1_100);
    expect(reads).toHaveLength(20);
    await clock.runTo(4_100);
    expect(reads.map(({ project }) => project)).toEqual(
      Array.from({ length: 50 }, (_, n) => 50 - n),
    );
  });

  it("that were just hinted come before those read again, and these before watches", async () => {
    const clock = new HandClock();
    const { queue, reads } = queueOn(clock, { limits: { perSecond: 1 } });
    queue.add([push(3)]);
    await clock.runTo(9.9 * SECOND);
    queue.add([hint(2)]);
    await clock.runTo(14.85 * SECOND);
    queue.add([hint(6)]);
    await clock.runTo(14.95 * SECOND);
    // 6 has taken this second's place. When there is one again, all of these could be read.
    queue.add([hint(1), hint(4), hint(5)]);
    await clock.runTo(25 * SECOND);
    expect(reads.map(({ project }) => project)).toEqual([2, 6, 1, 4, 5, 2, 6, 1, 4, 5, 3]);
  });

  it("beyond a thousand are dropped for one full read, and hooks go on counting together", async () => {
    const clock = new HandClock();
    const { queue, reads, fulls } = queueOn(clock);
    queue.add([push(1)]);
    for (let project = 1; project <= 10_000; project++) {
      await clock.runTo(project);
      queue.add([hint(project)]);
    }
    expect(queue.pending()).toMatchObject({ projects: 0, watches: 1 });
    await clock.runTo(3_600 * SECOND);
    // The last hook was at 10 s, so the second comes after all of them.
    expect(fulls).toHaveLength(2);
    expect(fulls[1]).toBeGreaterThan(10_000);
    expect(reads.filter(({ why }) => why !== "push").length).toBeLessThanOrEqual(20);
    // After the flood all is as before.
    queue.add([hint(7)]);
    await clock.runTo(3_601 * SECOND);
    expect(reads.at(-1)).toMatchObject({ project: 7, at: 3_600_100 });
  });

  it("of a thousand are still read each", async () => {
    const clock = new HandClock();
    const { queue, reads, fulls } = queueOn(clock);
    queue.add(Array.from({ length: 1_000 }, (_, n) => hint(n + 1)));
    queue.add(Array.from({ length: 1_000 }, (_, n) => hint(n + 1)));
    await clock.runTo(100 * SECOND);
    expect(fulls).toEqual([]);
    expect(new Set(reads.map(({ project }) => project)).size).toBe(1_000);
  });
});

describe("a namespace", () => {
  const renamed: Hint = { kind: "namespace", path: "cosmo2", oldPath: "cosmo", user: 58 };

  it("has up to 50 projects read each, and more than that all at once", async () => {
    const clock = new HandClock();
    let count = 50;
    const asked: unknown[] = [];
    const { queue, reads, fulls } = queueOn(clock, {
      namespaceProjects: (hint) => {
        asked.push(hint);
        return Array.from({ length: count }, (_, n) => n + 1);
      },
    });
    queue.add([renamed]);
    await clock.runTo(4.9 * SECOND);
    expect([reads.length, fulls.length]).toEqual([50, 0]);
    expect(asked).toEqual([renamed]);
    count = 51;
    queue.add([renamed]);
    expect(fulls).toHaveLength(1);
  });

  it("and whoever asks for everything get one full read", async () => {
    const clock = new HandClock();
    const { queue, fulls } = queueOn(clock);
    for (let n = 0; n < 100; n++) queue.add([{ kind: "full" }]);
    await clock.runTo(3_600 * SECOND);
    // One for the first, at once, and one for all that came after it.
    expect(fulls).toEqual([0, 10_000]);
  });
});

describe("a queue that is stopped", () => {
  it("reads nothing more, whatever was pending", async () => {
    const clock = new HandClock();
    const { queue, reads, fulls } = queueOn(clock, {
      read: async () => clock.wait(SECOND).then(() => Promise.reject(new Error("away"))),
    });
    queue.add([hint(1), push(2), { kind: "full" }, hint(3)]);
    queue.stop();
    queue.add([hint(4), push(5), { kind: "full" }]);
    expect(clock.timers).toBe(0);
    const other = queueOn(clock, { read: async () => clock.wait(SECOND).then(() => nothing) });
    other.queue.add([hint(1)]);
    await clock.runTo(500);
    other.queue.stop();
    await clock.runTo(3_600 * SECOND);
    expect([reads, other.reads.length, fulls.length]).toEqual([[], 1, 1]);
  });
});
