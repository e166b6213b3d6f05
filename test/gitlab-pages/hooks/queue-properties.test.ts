import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Hint } from "../../../src/gitlab-pages/hooks/hint.ts";
import { RereadQueue } from "../../../src/gitlab-pages/hooks/queue.ts";
import { HandClock } from "./hand-clock.ts";

const limits = { concurrency: 2, perSecond: 3, maxProjects: 6, maxWatches: 3 };
/** Long after every schedule, retry and watch has ended. */
const END = 4 * 3_600_000;

interface Step {
  readonly after: number;
  readonly hint: Hint;
  readonly times: number;
}

const project = fc.integer({ min: 1, max: 9 });
const hint: fc.Arbitrary<Hint> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("project" as const),
      project,
      why: fc.constant("project_update"),
    }),
  },
  {
    weight: 2,
    arbitrary: project.map((id) => ({
      kind: "project" as const,
      project: id,
      why: "project_destroy",
      gone: true as const,
    })),
  },
  {
    weight: 3,
    arbitrary: project.map((id) => ({ kind: "watch" as const, project: id })),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Hint>(
      { kind: "namespace", path: "few", user: 1 },
      { kind: "namespace", path: "many", user: 2 },
      { kind: "full" },
    ),
  },
);
const step: fc.Arbitrary<Step> = fc.record({
  after: fc.oneof(fc.constant(0), fc.nat(200), fc.nat(10_000), fc.nat(200_000)),
  hint,
  times: fc.oneof({ weight: 5, arbitrary: fc.constant(1) }, fc.integer({ min: 2, max: 30 })),
});

/** What reads do, one after the other, over and over. */
const answer = fc.record({
  takes: fc.oneof(fc.constant(0), fc.nat(300), fc.nat(20_000)),
  ends: fc.constantFrom("found", "gone", "deployed", "failed"),
});

interface Read {
  readonly project: number;
  readonly began: number;
  ended: number;
}

async function run(steps: readonly Step[], answers: readonly { takes: number; ends: string }[]) {
  const clock = new HandClock();
  const reads: Read[] = [];
  const fulls: number[] = [];
  const hinted: { project: number; read: number; full: number }[] = [];
  let deployed = 0;
  const namespaces = new Map([
    ["few", [1, 2]],
    ["many", Array.from({ length: 60 }, (_, n) => n + 1)],
  ]);
  const queue = new RereadQueue({
    now: clock.now,
    schedule: clock.schedule,
    limits,
    full: () => void fulls.push(clock.now()),
    namespaceProjects: ({ path }) => namespaces.get(path) ?? [],
    read: async (id) => {
      const read: Read = { project: id, began: clock.now(), ended: Infinity };
      const { takes, ends } = answers[reads.length % answers.length]!;
      reads.push(read);
      if (takes > 0) await clock.wait(takes);
      read.ended = clock.now();
      if (ends === "failed") throw new Error("away");
      if (ends === "deployed") deployed++;
      return { latestDeployment: new Date(deployed * 1_000).toISOString(), gone: ends === "gone" };
    },
  });
  let now = 0;
  for (const { after, hint, times } of steps) {
    now += after;
    await clock.runTo(now);
    let full = 0;
    for (let n = 0; n < times; n++) {
      full = fulls.length;
      queue.add([hint]);
    }
    const about =
      hint.kind === "project"
        ? [hint.project]
        : hint.kind === "namespace"
          ? (namespaces.get(hint.path) ?? [])
          : [];
    for (const id of about) {
      // What had begun before the last of these cannot have seen it.
      hinted.push({ project: id, read: reads.length, full });
    }
    expect(queue.pending().projects).toBeLessThanOrEqual(limits.maxProjects);
    expect(queue.pending().watches).toBeLessThanOrEqual(limits.maxWatches);
  }
  await clock.runTo(now + END);
  return { queue, clock, reads, fulls, hinted, last: now };
}

describe("whatever hooks come, in whatever order, doubled and delayed", () => {
  const cases = [fc.array(step, { maxLength: 40 }), fc.array(answer, { minLength: 1 })] as const;
  const check = (holds: (seen: Awaited<ReturnType<typeof run>>) => void) =>
    fc.assert(
      fc.asyncProperty(...cases, async (steps, answers) => holds(await run(steps, answers))),
      { numRuns: 150 },
    );

  it("each is followed by a read of its project that began after it, or a full one", async () => {
    await check(({ reads, fulls, hinted }) => {
      for (const { project, read, full } of hinted) {
        const isRead = reads.slice(read).some((later) => later.project === project);
        expect(isRead || fulls.length > full).toBe(true);
      }
    });
  });

  it("no project is read twice at once, nor twice within 5 s, and no more than two are read", async () => {
    await check(({ reads }) => {
      for (const [index, read] of reads.entries()) {
        const earlier = reads.slice(0, index);
        expect(earlier.filter(({ ended }) => ended > read.began).length).toBeLessThan(
          limits.concurrency,
        );
        for (const other of earlier.filter(({ project }) => project === read.project)) {
          expect(read.began).toBeGreaterThanOrEqual(Math.max(other.ended, other.began + 5_000));
        }
      }
    });
  });

  it("reads keep to the rate", async () => {
    await check(({ reads }) => {
      for (const [index, { began }] of reads.entries()) {
        for (let from = 0; from < index; from++) {
          const seconds = (began - reads[from]!.began) / 1_000;
          expect(index - from + 1).toBeLessThanOrEqual(
            limits.perSecond + seconds * limits.perSecond + 1e-6,
          );
        }
      }
    });
  });

  it("all comes to an end, with nothing left over", async () => {
    await check(({ queue, clock, reads, fulls, hinted }) => {
      expect(queue.pending()).toEqual({ projects: 0, watches: 0, running: 0 });
      expect(clock.timers).toBe(0);
      // Four reads and three more tries for each hint, 19 for each watch at most.
      expect(reads.length).toBeLessThanOrEqual(hinted.length * 7 + 40 * 19);
      expect(fulls.length).toBeLessThanOrEqual(2 * 40);
    });
  });
});
