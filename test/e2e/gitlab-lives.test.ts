import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { RunningConsole } from "../../src/app.ts";
import { expectRouted } from "../gitlab-pages/model/compare.ts";
import { Oracle } from "../gitlab-pages/model/oracle.ts";
import { addresses, doInGitLab, isInGitLab, steps } from "../gitlab-pages/model/steps.ts";
import { rulesFrom } from "../../src/domain/rules.ts";
import {
  consoleHost,
  mustClient,
  type MustClient,
  startTestConsole,
  zone,
} from "../support/console.ts";
import { temporaryFolder } from "../support/folder.ts";
import type { SentHook } from "../support/gitlab/hooks.ts";
import { PagesDaemon } from "../support/gitlab/pages-daemon.ts";
import { startPagesDaemon, type PagesDaemonServer } from "../support/gitlab/pages-daemon-server.ts";
import { startGitLab, type GitLabServer } from "../support/gitlab/server.ts";
import { GitLabWorld } from "../support/gitlab/world.ts";
import { withFreePorts } from "../support/ports.ts";
import { request } from "../support/request.ts";
import { describeWithService } from "../support/services.ts";
import { startTraefik, type Traefik } from "../support/traefik.ts";
import { waitFor } from "../support/wait.ts";

// One GitLab that lives on from round to round, read by a real console behind the real Traefik.
// More of it: TARDIS_FUZZ_RUNS=500.
const ROUNDS = Math.max(12, Math.round(Number(process.env["TARDIS_FUZZ_RUNS"] ?? 0) / 10));
const SEED = Number(process.env["TARDIS_FUZZ_SEED"] ?? Date.now() % 2 ** 31);
const ACTS = 12;
const HOOK_TOKEN = "0123456789abcdef0123456789abcdef";

describeWithService("traefik", "whatever happens in GitLab, behind the real Traefik", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let world: GitLabWorld;
  let gitlab: GitLabServer;
  let pages: PagesDaemon;
  let daemon: PagesDaemonServer;
  let running: RunningConsole;
  let traefik: Traefik;
  let must: MustClient;
  let oracle: Oracle;
  let hooks: SentHook[] = [];

  beforeAll(async () => {
    folder = await temporaryFolder();
    world = new GitLabWorld({ now: () => new Date(), zone });
    const token = world.createToken(world.createUser("root", { isAdmin: true }));
    const alice = world.createUser("alice");
    const guild = world.createGroup("guild");
    world.addSystemHook({ url: `https://${consoleHost}/hooks/gitlab` });
    world.onHook((sent) => void hooks.push(sent));
    gitlab = await startGitLab(world);
    pages = new PagesDaemon(world);
    daemon = await startPagesDaemon(pages);
    await withFreePorts(5, async ([http = 0, internal = 0, web = 0, websecure = 0, api = 0]) => {
      running = await startTestConsole(folder.path, {
        http: { port: http },
        internal: { port: internal },
        traefik: { addresses: [web, websecure, api].map((port) => `127.0.0.1:${port}`) },
        pages: { enabled: true, url: daemon.url },
        gitlab: {
          enabled: true,
          url: gitlab.url,
          token,
          owners: [{ namespace: guild.id, owner: "bob" }],
          exclude: ["bob/wiki"],
          guard: { owners: 1000, percent: 100 },
          hooks: { token: HOOK_TOKEN },
        },
      });
      traefik = await startTraefik({
        ports: { web, websecure, api },
        provider: { url: `http://127.0.0.1:${internal}/traefik/config?wait=4s&poller=e2e` },
        certs: [{ names: [zone, `*.${zone}`] }],
      });
    });
    must = mustClient(running.httpPort);
    await must("POST", "/persons", { username: "bob" });
    await must("POST", "/persons", { username: "alice" });
    const identities = [{ issuer: gitlab.url, subject: String(alice.id) }];
    await must("PATCH", "/persons/alice", { identities });
    oracle = new Oracle(world, {
      owners: new Map([
        [alice.namespaceId, "alice"],
        [guild.id, "bob"],
      ]),
      labels: new Map([
        ["alice", "alice"],
        ["bob", "bob"],
      ]),
      reserved: new Set(["wpad"]),
      excluded: ["bob/wiki"],
    });
    oracle.note();
  }, 60_000);

  afterAll(async () => {
    await traefik?.stop();
    await running?.close();
    await daemon?.close();
    await gitlab?.close();
    await folder?.remove();
  });

  it(`visitors get what GitLab has, and no other's (TARDIS_FUZZ_SEED=${SEED})`, async () => {
    const rounds = fc.sample(steps(ACTS * 3), { seed: SEED, numRuns: ROUNDS });
    const story: string[] = [];
    try {
      for (const [round, taken] of rounds.entries()) {
        story.push(`round ${round}`);
        for (const step of taken.filter(({ act }) => isInGitLab(act)).slice(0, ACTS)) {
          const done = doInGitLab(world, step);
          if (done !== undefined) story.push(done);
          oracle.note();
        }
        // Some hooks arrive, some are lost.
        await Promise.all(hooks.filter((_, n) => (n + round) % 3 === 0).map(deliver));
        hooks = [];
        await syncAll();
        // Hooks may have had a host given to another than a read of everything would have.
        oracle.adopt(stateNow());
        const run = await syncAll();
        oracle.observeAll(stateNow(), new Set());
        expectRouted(stateNow(), tableNow(), oracle, run);
        await visitorsGetWhatIsExpected();
      }
    } catch (error) {
      throw new Error(`${String(error)}\n${story.join("\n")}`, { cause: error });
    }
  }, 240_000);

  const stateNow = () => running.core.ledger!.state;
  const tableNow = () => ({ rules: rulesFrom(running.config), userhomes: false });

  async function syncAll(): Promise<string> {
    const { id } = await must("POST", "/pages/sync", {});
    await waitFor(async () => (await must("GET", `/pages/sync-runs/${id}`)).state === "done", {
      describe: "the run to be done",
    });
    return id as string;
  }

  async function deliver({ headers, body }: SentHook): Promise<void> {
    const { status } = await request({
      port: running.httpPort,
      host: consoleHost,
      method: "POST",
      path: "/hooks/gitlab",
      headers: { ...headers, "X-Gitlab-Token": HOOK_TOKEN },
      body,
    });
    expect([200, 202]).toContain(status);
  }

  /** The project whose site an address leads to, by the oracle and the daemon, or by Traefik. */
  async function visitorsGetWhatIsExpected(): Promise<void> {
    pages.forget();
    const places = [...oracle.expected().keys()];
    const expected = addresses(zone).map(({ host, path }) => {
      const isRouted = places.some((place) => `${host}${path}/`.startsWith(`${place}/`));
      const served = pages.serve(host, path);
      const project = isRouted && served.kind === "site" ? served.projectId : "none";
      return `${host}${path}: ${project}`;
    });
    let found: string[] = [];
    const differ = (these: string[], others: string[]) =>
      these.filter((line) => !others.includes(line)).join("; ");
    await waitFor(
      async () => {
        found = await Promise.all(addresses(zone).map(visit));
        return found.join() === expected.join();
      },
      { describe: () => `${differ(expected, found)}, instead of ${differ(found, expected)}` },
    );
  }

  async function visit({ host, path }: { host: string; path: string }): Promise<string> {
    const answer = await request({ port: traefik.httpsPort, host, path, tls: {} });
    return `${host}${path}: ${answer.headers["x-project"] ?? "none"}`;
  }
});
