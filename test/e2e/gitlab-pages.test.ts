import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import type { RunningConsole } from "../../src/app.ts";
import { apiClient, consoleHost, type MustClient, zone } from "../support/console.ts";
import {
  type GitLabBehindTraefik,
  startGitLabBehindTraefik,
} from "../support/gitlab/behind-traefik.ts";
import { deliverHook } from "../support/gitlab/deliver.ts";
import type { SentHook } from "../support/gitlab/hooks.ts";
import { GitLabWorld } from "../support/gitlab/world.ts";
import { request } from "../support/request.ts";
import { describeWithService } from "../support/services.ts";
import type { Traefik } from "../support/traefik.ts";
import { waitFor } from "../support/wait.ts";

describeWithService("traefik", "GitLab Pages behind the real Traefik", () => {
  let world: GitLabWorld;
  let stage: GitLabBehindTraefik;
  let running: RunningConsole;
  let traefik: Traefik;
  let must: MustClient;
  let hooks: SentHook[];

  beforeAll(async () => {
    world = new GitLabWorld({ now: () => new Date(), zone });
    world.onHook((sent) => void hooks.push(sent));
    const token = world.createToken(world.createUser("root", { isAdmin: true }));
    stage = await startGitLabBehindTraefik(world, token);
    ({ running, traefik, must } = stage);
  });
  beforeEach(() => {
    hooks = [];
  });

  afterAll(() => stage?.close());

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
    expect(await deliverHook(running.httpPort, sent!, "x".repeat(32))).toBe(401);
    expect(await deliverHook(running.httpPort, sent!)).toBe(202);
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
    await stage.syncAll();
    await becomes(`chess.${zone}`, "/board/", `project ${site.id}`);
    world.renameGroup(first, "go");
    const second = world.createGroup("chess");
    world.deploy(world.createProject(second, "board"));
    await stage.syncAll();
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
});
