import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import type { RunningConsole } from "../../src/app.ts";
import {
  apiClient,
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

const HOOK_TOKEN = "0123456789abcdef0123456789abcdef";

describeWithService("traefik", "GitLab Pages behind the real Traefik", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let gitlab: GitLabServer;
  let world: GitLabWorld;
  let daemon: PagesDaemonServer;
  let running: RunningConsole;
  let traefik: Traefik;
  let must: MustClient;
  let hooks: SentHook[];

  beforeAll(async () => {
    folder = await temporaryFolder();
    world = new GitLabWorld({ now: () => new Date(), zone });
    world.onHook((sent) => void hooks.push(sent));
    const token = world.createToken(world.createUser("root", { isAdmin: true }));
    gitlab = await startGitLab(world);
    daemon = await startPagesDaemon(new PagesDaemon(world));
    await withFreePorts(5, async ([http = 0, internal = 0, web = 0, websecure = 0, api = 0]) => {
      running = await startTestConsole(folder.path, {
        http: { port: http },
        internal: { port: internal },
        traefik: { addresses: [web, websecure, api].map((port) => `127.0.0.1:${port}`) },
        pages: { enabled: true, url: daemon.url },
        gitlab: { enabled: true, url: gitlab.url, token, hooks: { token: HOOK_TOKEN } },
      });
      traefik = await startTraefik({
        ports: { web, websecure, api },
        provider: { url: `http://127.0.0.1:${internal}/traefik/config?wait=4s&poller=e2e` },
        certs: [{ names: [zone, `*.${zone}`] }],
      });
    });
    must = mustClient(running.httpPort);
  });
  beforeEach(() => {
    hooks = [];
  });

  afterAll(async () => {
    await traefik?.stop();
    await running?.close();
    await daemon?.close();
    await gitlab?.close();
    await folder?.remove();
  });

  /** What a visitor gets: the project that is served, or the status. */
  async function visit(host: string, path = "/"): Promise<string> {
    const answer = await request({ port: traefik.httpsPort, host, path, tls: {} });
    const project = answer.headers["x-project"];
    return project === undefined ? String(answer.status) : `project ${project}`;
  }

  function becomes(host: string, path: string, expected: string): Promise<unknown> {
    return traefik.waitUntil(
      async () => (await visit(host, path)) === expected,
      `${host}${path} to be ${expected}`,
    );
  }

  /** Sends a hook as GitLab would. */
  async function deliver({ headers, body }: SentHook, token = HOOK_TOKEN): Promise<number> {
    const response = await request({
      port: running.httpPort,
      host: consoleHost,
      method: "POST",
      path: "/hooks/gitlab",
      headers: { ...headers, "X-Gitlab-Token": token },
      body,
    });
    return response.status;
  }

  it("are online after the first read, after a hook, and off again after another", async () => {
    await waitFor(async () => (await must("GET", "/pages/sync")).completeAt !== null, {
      describe: "the first read",
    });
    const club = world.createGroup("club");
    const site = world.createProject(club, "Site");
    const hook = world.addProjectHook(site, {
      url: `https://${consoleHost}/hooks/gitlab`,
      events: { pipeline_events: true },
    });
    hooks = [];
    world.publish(site);
    // The last one says that the pipeline has ended.
    const sent = hooks.at(-1);
    expect(sent).toBeDefined();
    expect(await deliver(sent!, "x".repeat(32))).toBe(401);
    expect(await deliver(sent!)).toBe(202);
    await becomes(`club.${zone}`, "/Site/", `project ${site.id}`);
    world.removeHook(hook);
    const listed = await must("GET", `/pages?host=club.${zone}`);
    expect(listed.items).toMatchObject([
      { project: site.id, path: "/Site", state: "routed", source: "hook", serves: "site" },
    ]);
    world.undeploy(site);
    const one = await must("POST", "/pages/sync", { project: site.id });
    expect(one).toMatchObject({ state: "not-deployed", places: [{ state: "not-deployed" }] });
    await becomes(`club.${zone}`, "/Site/", "404");
  });

  it("keep a renamed name from its next holder, as soon as a read shows it", async () => {
    const first = world.createGroup("chess");
    const site = world.createProject(first, "board");
    world.deploy(site);
    await syncAll();
    await becomes(`chess.${zone}`, "/board/", `project ${site.id}`);
    world.renameGroup(first, "go");
    const second = world.createGroup("chess");
    world.deploy(world.createProject(second, "board"));
    await syncAll();
    await becomes(`go.${zone}`, "/board/", `project ${site.id}`);
    expect(await visit(`chess.${zone}`, "/board/")).toBe("410");
  });

  it("are counted for metrics, and nobody but an admin reads runs", async () => {
    const response = await fetch(`http://127.0.0.1:${running.internalPort}/metrics`);
    const metrics = await response.text();
    expect(metrics).toMatch(/tardis_gitlab_hooks_total\{event="pipeline",outcome="accepted"\} 1/);
    expect(metrics).toMatch(/tardis_gitlab_hooks_total\{event="other",outcome="refused"\} 1/);
    expect(metrics).toMatch(/tardis_gitlab_last_complete_sync_timestamp_seconds \d{10}/);
    expect(metrics).toMatch(/tardis_gitlab_calls_total\{outcome="2xx"\} \d+/);
    await must("POST", "/persons", { username: "alice" });
    const token = await must("POST", "/tokens", {
      name: "t",
      owner: "alice",
      scopes: ["read", "endpoints"],
    });
    const alice = apiClient(running.httpPort, token.secret as string);
    expect((await alice("GET", "/pages/sync-runs")).status).toBe(403);
    expect((await alice("POST", "/pages/sync", {})).status).toBe(403);
    expect((await alice("POST", "/pages/sync", { project: 1 })).status).toBe(404);
  });

  async function syncAll(): Promise<void> {
    const { id } = await must("POST", "/pages/sync", {});
    await waitFor(async () => (await must("GET", `/pages/sync-runs/${id}`)).state === "done", {
      describe: "the run to be done",
    });
  }
});
