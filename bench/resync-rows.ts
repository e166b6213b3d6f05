import type { Phase } from "./during.ts";
import { latencyOf, type Latency } from "./polls.ts";
import type { Look } from "./resync-console.ts";
import { median, type Row } from "./table.ts";
import type { Memory } from "./watch.ts";

/** A phase with looks at everything, and the quiet one before it. */
export interface Pair {
  readonly idle: Phase;
  readonly busy: Phase;
  readonly looks: readonly Look[];
  /** Calls to the system, of all looks. */
  readonly calls: number;
  /** What was written there, of all looks. */
  readonly writes: number;
}

/** What a look took. */
export function lookRow(
  what: string,
  system: string,
  pairs: readonly Pair[],
  goal: "nothing" | "all",
): Row {
  const looks = pairs.flatMap((pair) => pair.looks);
  const sum = (of: (pair: Pair) => number) => pairs.reduce((total, pair) => total + of(pair), 0);
  const calls = Math.round(sum((pair) => pair.calls) / looks.length);
  const cpu = sum((pair) => pair.busy.watched.cpuMs) / looks.length;
  const commits = looks.reduce((total, look) => total + look.commits, 0);
  const attempted = looks.reduce((total, look) => total + look.attempted, 0);
  const writes = sum((pair) => pair.writes);
  return {
    what,
    measured: `median ${shown(median(looks.map(({ ms }) => ms)))}, ${calls} calls, ${shown(cpu)} of CPU (${looks[0]?.things} things, ${looks.length} looks)`,
    compared: `${commits} commits, ${Math.round(attempted / looks.length)} attempts, ${writes} writes at ${system}`,
    goal: goal === "nothing" ? "writes nothing" : "measured",
    met: goal === "nothing" ? commits === 0 && writes === 0 : null,
  };
}

export function memoryRow(pairs: readonly Pair[], before: Memory, after: Memory): Row {
  const most = (of: "rss" | "heap") => Math.max(...pairs.map(({ busy }) => busy.watched.peak[of]));
  const beyond = (of: "rss" | "heap") => `${Math.round(most(of) - before[of])} MB`;
  return {
    what: "memory beyond that of before, at the peak of all looks",
    measured: `${beyond("rss")} resident, ${beyond("heap")} of heap`,
    compared: `${Math.round(before.rss)} MB before, ${Math.round(after.rss)} MB after`,
    goal: "measured",
    met: null,
  };
}

/** What looks did to the event loop and to polls, beside the quiet phases in turn with them. */
export function phaseRows(what: string, pairs: readonly Pair[]): Row[] {
  const longest = (of: "idle" | "busy") =>
    Math.max(...pairs.map((pair) => pair[of].watched.delayMax));
  const all = (of: "idle" | "busy", whose: "polls" | "bare") =>
    latencyOf(pairs.flatMap((pair) => pair[of][whose].times));
  // A machine that others use changes from one minute to the next: each is compared to its neighbour.
  const ratio = (whose: "polls" | "bare", figure: "median" | "mean") =>
    median(pairs.map(({ busy, idle }) => busy[whose][figure] / idle[whose][figure]));
  const ratios = (whose: "polls" | "bare") =>
    `median ${ratio(whose, "median").toFixed(2)} ×, mean ${ratio(whose, "mean").toFixed(2)} ×`;
  const times = ({ median: middle, p99 }: Latency) =>
    `median ${middle.toFixed(2)} ms, 99 % ${p99.toFixed(1)}`;
  const busy = all("busy", "polls");
  return [
    {
      what: `the event loop's longest delay during ${what}`,
      measured: `${longest("busy").toFixed(1)} ms`,
      compared: `idle ${longest("idle").toFixed(1)} ms`,
      goal: "≤ 50 ms",
      met: longest("busy") <= 50,
    },
    {
      what: `polls of /traefik/config during ${what}`,
      measured: `${times(busy)}, longest ${busy.max.toFixed(1)} (${busy.count} polls): ${ratios("polls")} idle`,
      compared: `idle ${times(all("idle", "polls"))}; a bare server in turn ${ratios("bare")}`,
      goal: "median ≤ 1.2 × idle",
      met: ratio("polls", "median") <= 1.2,
    },
  ];
}

function shown(ms: number): string {
  return ms < 1_000 ? `${ms.toFixed(0)} ms` : `${(ms / 1_000).toFixed(2)} s`;
}
