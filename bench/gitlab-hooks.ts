import { setTimeout as delay } from "node:timers/promises";
import { consoleHost, zone } from "../test/support/console.ts";
import { certificateFor } from "../test/support/certificates.ts";
import { request } from "../test/support/request.ts";
import { startTraefik, type Traefik } from "../test/support/traefik.ts";
import { waitFor } from "../test/support/wait.ts";
import { idle, phaseRows, seconds } from "./gitlab-phases.ts";
import type { HookRequest, Site } from "./gitlab-server.ts";
import { gitlabStage, SYNC_MAX_MS, type GitLabStage } from "./gitlab-stage.ts";
import { HANDFUL, type WorldSize } from "./gitlab-world.ts";
import { median, type Row } from "./table.ts";

/** Hooks are followed by reads at once and after 5 s; later ones are left out. */
const SETTLE_MS = 8_000;

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

export interface FewCalls {
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

/** In a GitLab of few projects. */
export async function callsOfHandful(): Promise<FewCalls> {
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

/** What one changed site costs, here and in a GitLab of few projects. */
export async function oneSite(
  stage: GitLabStage,
  handful: FewCalls,
  size: WorldSize,
): Promise<Row[]> {
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

/** From a hook to the first right answer of the real Traefik. */
export async function throughTraefik(stage: GitLabStage, count: number): Promise<Row> {
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

/** Many hooks at once: how many reads they cost, and who waits for them. */
export async function burst(stage: GitLabStage, hooks: number, projects: number): Promise<Row[]> {
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
  else await delay(SETTLE_MS);
  const { walks } = await gitlab.ask.calls();
  const singles = await gitlab.ask.singles({ upTo: projects });
  const total = (await gitlab.ask.calls()).count;
  const answers = Object.entries(statuses).map(([status, n]) => `${n} × ${status}`);
  const what = `${hooks} signed hooks about ${projects} projects`;
  // No project is read again within 5 s.
  const most = isFlood ? 1_000 : projects * (Math.ceil((ms + SETTLE_MS) / 5_000) + 1);
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
      goal: `≤ ${most} and ${isFlood ? 2 : 0}`,
      met: singles <= most && walks <= (isFlood ? 2 : 0),
    },
    ...phaseRows(`${hooks} hooks about ${projects} projects`, busy, quiet),
  ];
}

function first<T>(from: readonly T[]): T {
  const [found] = from;
  if (found === undefined) throw new Error("there is no such project");
  return found;
}
