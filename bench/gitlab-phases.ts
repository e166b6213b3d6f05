import { setTimeout as delay } from "node:timers/promises";
import type { Phase } from "./during.ts";
import type { GitLabStage } from "./gitlab-stage.ts";
import type { Row } from "./table.ts";

const IDLE_MS = 4_000;

/** What it is like while nothing happens. */
export async function idle({ during }: GitLabStage): Promise<Phase> {
  return during(() => delay(IDLE_MS));
}

/** What a phase did to the event loop and to polls, beside a quiet one of the same run. */
export function phaseRows(what: string, busy: Phase, quiet: Phase): Row[] {
  const { watched, polls, bare } = busy;
  const ratio = polls.median / quiet.polls.median;
  return [
    {
      what: `the event loop's longest delay during ${what}`,
      measured: `${watched.delayMax.toFixed(1)} ms (99 %: ${watched.delay99.toFixed(1)})`,
      compared: `idle ${quiet.watched.delayMax.toFixed(1)} ms`,
      goal: "≤ 50 ms",
      met: watched.delayMax <= 50,
    },
    {
      what: `polls of /traefik/config during ${what}`,
      measured: `median ${polls.median.toFixed(2)} ms, 99 % ${polls.p99.toFixed(1)}, longest ${polls.max.toFixed(1)} (${polls.count} polls): ${ratio.toFixed(2)} × idle`,
      compared: `idle ${quiet.polls.median.toFixed(2)} ms, 99 % ${quiet.polls.p99.toFixed(1)}; a bare server in turn ${(bare.median / quiet.bare.median).toFixed(2)} ×`,
      goal: "median ≤ 1.2 × idle",
      met: ratio <= 1.2,
    },
  ];
}

/** As people read it. */
export function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
