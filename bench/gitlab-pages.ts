import { setTimeout as delay } from "node:timers/promises";
import { consoleHost, zone } from "../test/support/console.ts";
import { certificateFor } from "../test/support/certificates.ts";
import { request } from "../test/support/request.ts";
import { startTraefik, type Traefik } from "../test/support/traefik.ts";
import { waitFor } from "../test/support/wait.ts";
import type { HookRequest, Site } from "./gitlab-server.ts";
import { gitlabStage, type GitLabStage, type Phase } from "./gitlab-stage.ts";
import { HANDFUL, SOCIETY, type WorldSize } from "./gitlab-world.ts";
import { median, type Bench, type Row } from "./table.ts";

const QUICK: WorldSize = { users: 150, groups: 30, projects: 1_000, sites: 200 };
const IDLE_MS = 4_000;
const SYNC_MAX_MS = 120_000;
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
      rows.push(await throughTraefik(stage, quick ? 8 : 30));
      const hooks = quick ? 1_000 : 10_000;
      rows.push(...(await burst(stage, hooks, 20)));
      rows.push(...(await burst(stage, hooks, size.projects)));
      return rows;
    } finally {
      await stage.close();
    }
  },
};

async function idle({ during }: GitLabStage): Promise<Phase> {
  return during(() => delay(IDLE_MS));
}

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

function phaseRows(what: string, busy: Phase, quiet: Phase): Row[] {
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

/** The calls that follow a hook before the site is looked at again after 5 s. */
async function callsFor({ gitlab, ports, console }: GitLabStage, site: Site): Promise<number> {
  const hook = await gitlab.ask.publish({ project: site.project });
  await gitlab.ask.forget();
  const before = await console.ask.revision();
  await send(ports.http, hook);
  await waitFor(async () => (await console.ask.revision()) > before, {
    describe: "the site to be stored",
  });
  await delay(500);
  return (await gitlab.ask.calls()).count;
}

interface FewCalls {
  readonly flat: number;
  readonly nested: number;
}

async function fewCalls(stage: GitLabStage): Promise<FewCalls> {
  const { flat, nested } = stage.about;
  return {
    flat: await callsFor(stage, first(flat)),
    nested: await callsFor(stage, first(nested)),
  };
}

async function callsOfHandful(): Promise<FewCalls> {
  const stage = await gitlabStage(HANDFUL);
  try {
    const since = Date.now();
    await stage.gitlab.ask.release();
    await stage.fullSync(since, SYNC_MAX_MS);
    return await fewCalls(stage);
  } finally {
    await stage.close();
  }
}

async function oneSite(stage: GitLabStage, handful: FewCalls, size: WorldSize): Promise<Row[]> {
  const found = await fewCalls(stage);
  return [
    {
      what: `calls for one site that a hook speaks of, ${size.projects} projects: at the top / in a subgroup`,
      measured: `${found.flat} / ${found.nested}`,
      compared: `${HANDFUL.projects} projects: ${handful.flat} / ${handful.nested}`,
      goal: "2 / 3",
      met: found.flat === 2 && found.nested === 3 && handful.flat === 2 && handful.nested === 3,
    },
  ];
}

async function throughTraefik(stage: GitLabStage, count: number): Promise<Row> {
  const { gitlab, about, ports } = stage;
  const { cert: certFile, key: keyFile } = await certificateFor([zone, `*.${zone}`]);
  const traefik = await startTraefik({
    provider: { url: `http://127.0.0.1:${ports.internal}/traefik/config?wait=4s&poller=bench` },
    fileProvider: { tls: { stores: { default: { defaultCertificate: { certFile, keyFile } } } } },
  });
  const times: number[] = [];
  try {
    const sites = about.flat.slice(-2 * count).filter((_site, n) => n % 2 === 0);
    const [probe, ...rest] = [...about.nested.slice(-Math.ceil(count / 4)), ...sites];
    if (probe === undefined) throw new Error("there is no project to publish");
    await publish(stage, probe);
    await visited(traefik, probe, performance.now() + 60_000);
    for (const [turn, site] of rest.slice(0, count).entries()) {
      // Hooks come at any moment of a poll's life, not at its start.
      await delay(200 + ((turn * 617) % 400));
      const hook = await gitlab.ask.publish({ project: site.project });
      const start = performance.now();
      await send(ports.http, hook);
      await visited(traefik, site, start + 15_000);
      times.push(performance.now() - start);
    }
  } finally {
    await traefik.stop();
  }
  return {
    what: "hook sent → first right answer through Traefik, the deployment being there",
    measured: `median ${Math.round(median(times))} ms (${Math.round(Math.min(...times))} to ${Math.round(Math.max(...times))}, ${times.length} hooks)`,
    compared: "",
    goal: "median ≤ 1 s",
    met: median(times) <= 1_000,
  };
}

async function publish({ gitlab, ports }: GitLabStage, site: Site): Promise<void> {
  await send(ports.http, await gitlab.ask.publish({ project: site.project }));
}

async function visited(traefik: Traefik, site: Site, deadline: number): Promise<void> {
  for (;;) {
    const answer = await request({
      port: traefik.httpsPort,
      tls: { sni: site.host },
      host: site.host,
      path: site.path,
    });
    if (answer.headers["x-project"] === String(site.project)) return;
    if (performance.now() > deadline) {
      throw new Error(`${site.host}${site.path} was not live in time: ${answer.status}`);
    }
    // A breath between two handshakes: what is measured runs on the same two cores.
    await delay(5);
  }
}

async function send(port: number, { headers, body }: HookRequest): Promise<void> {
  const path = "/hooks/gitlab";
  const answer = await request({ port, host: consoleHost, method: "POST", path, headers, body });
  if (answer.status !== 202) throw new Error(`a hook was answered ${answer.status}`);
}

async function burst(stage: GitLabStage, hooks: number, projects: number): Promise<Row[]> {
  const { gitlab, ports, during, fullSync } = stage;
  // A read of everything is due a minute after the last at the soonest.
  const isFlood = projects > 1_000;
  await gitlab.ask.prepare({ hooks, projects });
  await gitlab.ask.forget();
  const quiet = await idle(stage);
  const since = Date.now();
  const busy = await during(() => gitlab.ask.burst({ port: ports.http, host: consoleHost }));
  const { ms, statuses } = busy.result;
  if (isFlood) await fullSync(since, SYNC_MAX_MS);
  else await delay(8_000);
  const { walks } = await gitlab.ask.calls();
  const singles = await gitlab.ask.singles({ upTo: projects });
  const total = (await gitlab.ask.calls()).count;
  const answers = Object.entries(statuses).map(([status, n]) => `${n} × ${status}`);
  const what = `${hooks} signed hooks about ${projects} projects`;
  return [
    {
      what: `${what}: all answered`,
      measured: `${seconds(ms)} (${Math.round(hooks / (ms / 1_000))}/s; ${answers.join(", ")})`,
      compared: "",
      goal: "all 202",
      met: statuses["202"] === hooks,
    },
    {
      what: `${what}: reads that they cost`,
      measured: `${singles} of one project, ${walks} of everything (${total} calls)`,
      compared: "",
      goal: isFlood ? "≤ 1,000 and 2" : `≤ ${2 * projects + 20}`,
      met: isFlood ? singles <= 1_000 && walks <= 2 : singles <= 2 * projects + 20 && walks === 0,
    },
    ...phaseRows(`${hooks} hooks about ${projects} projects`, busy, quiet),
  ];
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

function first<T>(from: readonly T[]): T {
  const [found] = from;
  if (found === undefined) throw new Error("there is no such project");
  return found;
}
