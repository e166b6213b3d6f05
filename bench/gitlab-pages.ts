import { setTimeout as delay } from "node:timers/promises";
import { burst, callsOfHandful, oneSite, throughTraefik } from "./gitlab-hooks.ts";
import { idle, phaseRows, seconds } from "./gitlab-phases.ts";
import { gitlabStage, SYNC_MAX_MS, type GitLabStage } from "./gitlab-stage.ts";
import { SOCIETY, type WorldSize } from "./gitlab-world.ts";
import type { Bench, Row } from "./table.ts";

const QUICK: WorldSize = { users: 60, groups: 12, projects: 300, sites: 60 };
/** `gitlab.concurrency` as it is by default. */
const AT_ONCE = 4;

/** Reading a GitLab, following its hooks, and what that does to everything else. */
export const gitlabPages: Bench = {
  name: "gitlab-pages",
  run: async ({ quick }) => {
    const size = quick ? QUICK : SOCIETY;
    const handful = await callsOfHandful();
    const stage = await gitlabStage(size);
    try {
      const rows = await syncs(stage, size);
      rows.push(...(await oneSite(stage, handful, size)));
      rows.push(await throughTraefik(stage, quick ? 3 : 30));
      const hooks = quick ? 300 : 10_000;
      rows.push(...(await burst(stage, hooks, 20)));
      rows.push(...(await burst(stage, hooks, size.projects)));
      return rows;
    } finally {
      await stage.close();
    }
  },
};

async function syncs(stage: GitLabStage, size: WorldSize): Promise<Row[]> {
  const { gitlab, console, must, during, fullSync } = stage;
  await during(() => delay(1_000));
  const before = await idle(stage);
  const start = await console.ask.memory();
  await gitlab.ask.forget();
  const first = await during(async () => {
    const since = Date.now();
    await gitlab.ask.release();
    const run = await fullSync(since, SYNC_MAX_MS);
    return { run, ms: Date.parse(run.finishedAt ?? "") - since };
  });
  await console.ask.settled();
  const calls = await gitlab.ask.calls();
  const after = await console.ask.memory();
  const { run } = first.result;
  if (run.state !== "done") throw new Error(`the first read: ${run.state}, ${run.error}`);
  const filled = await idle(stage);

  await gitlab.ask.forget();
  const second = await during(async () => {
    const since = Date.now();
    await must("POST", "/pages/sync", {});
    const found = await fullSync(since, SYNC_MAX_MS);
    return { run: found, ms: Date.parse(found.finishedAt ?? "") - since };
  });
  const callsAgain = await gitlab.ask.calls();
  const afterAgain = await console.ask.memory();
  const what = `${size.projects} projects with ${size.sites} sites`;
  const peak = Math.max(first.watched.peak.rss, second.watched.peak.rss) - start.rss;
  const wrote = second.result.run.revision === run.revision ? "nothing" : "something";
  return [
    {
      what: `${what}: read and stored for the first time`,
      measured: `${calls.count} calls, ${seconds(first.result.ms)} (${run.counts.created} pages, ${seconds(first.watched.cpuMs)} of CPU)`,
      compared: `${calls.graphql} by GraphQL, ${calls.pages} for one site`,
      goal: "measured",
      met: null,
    },
    {
      what: `${what}: read again, nothing new`,
      measured: `${callsAgain.count} calls, ${seconds(second.result.ms)}, ${wrote} written`,
      compared: "",
      goal: "nothing written",
      met: wrote === "nothing",
    },
    {
      what: "calls of GitLab at once meanwhile",
      measured: `at most ${Math.max(calls.peak, callsAgain.peak)}`,
      compared: "",
      goal: `≤ ${AT_ONCE}`,
      met: Math.max(calls.peak, callsAgain.peak) <= AT_ONCE,
    },
    {
      what: "memory beyond that of before, at the peak of both reads",
      measured: `${Math.round(peak)} MB resident, ${Math.round(first.watched.peak.heap - start.heap)} MB of heap`,
      compared: `${Math.round(start.rss)} MB before`,
      goal: "≤ 200 MB",
      met: peak <= 200,
    },
    {
      what: "memory beyond that of before, after the first and the second read",
      measured: `${Math.round(after.rss - start.rss)} / ${Math.round(afterAgain.rss - start.rss)} MB resident, ${Math.round(after.heap - start.heap)} / ${Math.round(afterAgain.heap - start.heap)} MB of heap`,
      compared: "",
      goal: "≤ 200 MB",
      met: Math.max(after.rss, afterAgain.rss) - start.rss <= 200,
    },
    ...phaseRows("the first read", first, before),
    ...phaseRows("the second read", second, filled),
  ];
}
