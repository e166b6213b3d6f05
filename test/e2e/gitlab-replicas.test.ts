import { afterAll, beforeAll, expect, it } from "vitest";
import { consoleHost, zone } from "../support/console.ts";
import { deliverHook, HOOK_TOKEN } from "../support/gitlab/deliver.ts";
import type { SentHook } from "../support/gitlab/hooks.ts";
import { startGitLab, type GitLabServer } from "../support/gitlab/server.ts";
import { GitLabWorld } from "../support/gitlab/world.ts";
import { type Replicas, startReplicas } from "../support/replicas.ts";
import { describeWithService } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";

describeWithService(["traefik", "redis"], "GitLab Pages with three consoles on one Redis", () => {
  let gitlab: GitLabServer;
  let world: GitLabWorld;
  let replicas: Replicas;
  const hooks: SentHook[] = [];

  beforeAll(async () => {
    world = new GitLabWorld({ now: () => new Date(), zone });
    world.onHook((sent) => void hooks.push(sent));
    const token = world.createToken(world.createUser("root", { isAdmin: true }));
    gitlab = await startGitLab(world);
    replicas = await startReplicas({
      config: {
        pages: { enabled: true, url: "http://127.0.0.1:9" },
        gitlab: { enabled: true, url: gitlab.url, token, hooks: { token: HOOK_TOKEN } },
      },
    });
    await waitFor(async () => (await status(0)).completeAt !== null, { describe: "a first read" });
  }, 60_000);
  afterAll(async () => {
    await replicas?.close();
    await gitlab?.close();
  });

  const slot = (index: number) => replicas.slots[index]!;
  const get = async (index: number, path: string) => (await slot(index).api("GET", path)).body;
  const status = (index: number) => get(index, "/pages/sync");
  const isRouted = async (index: number, host: string) =>
    (await get(index, `/pages?host=${host}`)).items.some(
      ({ state }: { state: string }) => state === "routed",
    );

  /** Publishes a site, and has its hook come to one of the consoles. */
  async function publish(name: string, to: number) {
    const project = world.createProject(world.createGroup(name), "site");
    world.addProjectHook(project, {
      url: `https://${consoleHost}/hooks/gitlab`,
      events: { pipeline_events: true },
    });
    world.publish(project);
    expect(await deliverHook(slot(to).httpPort, hooks.at(-1)!)).toBe(202);
    return project;
  }

  it("takes a hook at any of them; one reads, all route", async () => {
    for (const index of [0, 1, 2]) {
      const project = await publish(`club${index}`, index);
      gitlab.gitlab.forget();
      for (const other of [0, 1, 2]) {
        await waitFor(() => isRouted(other, `club${index}.${zone}`), {
          describe: () => `club${index} at console ${other}`,
        });
      }
      // One console alone asks GitLab: the project and its Pages, not three times each.
      const asked = gitlab.gitlab.count({ path: new RegExp(`/projects/${project.id}$`) });
      expect(asked).toBeLessThan(3);
    }
  });

  it("runs an admin's request where the leading one is, and tells of it everywhere", async () => {
    for (const index of [0, 1, 2]) {
      const answer = await slot(index).api("POST", "/pages/sync", {});
      expect(answer.status).toBe(202);
      await waitFor(
        async () => (await get(2, `/pages/sync-runs/${answer.body.id}`)).state === "done",
        { describe: `the run that console ${index} was asked for` },
      );
    }
  });

  it("goes on with another when the leading one is killed", async () => {
    const { items } = await get(0, "/pages?limit=200");
    expect(items).toHaveLength(3);
    await slot(0).end("SIGKILL");
    const project = await publish("after", 1);
    await waitFor(() => isRouted(2, `after.${zone}`), {
      timeout: 30_000,
      describe: "the site after the lead has changed",
    });
    expect(project.deployments).toHaveLength(1);
  });
});
