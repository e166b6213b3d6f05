import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { newRun } from "../../src/gitlab-pages/runs.ts";
import { failing } from "../support/gitlab/faults.ts";
import type { Project, User } from "../support/gitlab/model.ts";
import { waitFor } from "../support/wait.ts";
import { problemOf, startApi, type TestApi, ZONE } from "./support.ts";

const PATH = "/api/v1/pages/sync";

describe("a member who has one project read", () => {
  let api: TestApi;
  let alice: string;
  let bob: User;
  let secret: Project;

  beforeEach(async () => {
    api = await startApi();
    const { world } = api.gitlab;
    for (const username of ["alice", "bob"]) {
      const user = world.createUser(username);
      await api.must("POST", "/api/v1/persons", { username });
      const identities = [{ issuer: "https://gitlab.example", subject: String(user.id) }];
      await api.must("PATCH", `/api/v1/persons/${username}`, { identities });
      if (username === "bob") bob = user;
    }
    secret = world.createProject(bob, "secret");
    world.deploy(secret);
    alice = await api.tokenFor("alice");
  });
  afterEach(() => api.close());

  const ask = (project: number, token = alice) =>
    api.request("POST", PATH, { token, json: { project }, headers: { "X-Request-Id": "same" } });
  const history = async () => (await api.must("GET", "/api/v1/events?type=pages.synced")).items;
  const mine = () =>
    [...api.gitlab.world.users.values()].find(({ username }) => username === "alice")!;

  it("stores nothing of a stranger's", async () => {
    expect((await ask(secret.id)).status).toBe(404);
    expect(api.state().pages.size).toBe(0);
    expect(await history()).toEqual([]);
  });

  it.each(["known here", "not known here"])(
    "gets the same answer for a stranger's, %s, as for none",
    async (how) => {
      if (how === "known here") await api.must("POST", PATH, { project: secret.id });
      const { faults } = api.gitlab.gitlab;
      const same = async (status: number, token = alice) => {
        const there = await ask(secret.id, token);
        expect(there.status).toBe(status);
        expect(problemOf(there)).toEqual(problemOf(await ask(4_711, token)));
      };
      await same(404);
      await same(403, await api.tokenFor("alice", ["read"]));
      faults.add({}, failing(401));
      await same(503);
      expect((await ask(secret.id)).body.detail).not.toContain("gitlab.token");
      expect((await ask(secret.id, api.admin)).body.detail).toContain("gitlab.token");
      // What they spend on it is the same, too.
      await api.must("PATCH", "/api/v1/persons/alice", { quota: { changesPerHour: 1 } });
      await ask(secret.id);
      await same(429);
    },
  );

  it("is not told where a project of theirs has gone that is another's now", async () => {
    const { world } = api.gitlab;
    const project = world.createProject(mine(), "site");
    world.deploy(project);
    expect((await ask(project.id)).body).toMatchObject({
      state: "deployed",
      projectPath: "alice/site",
      places: [{ url: `https://alice.${ZONE}/site/`, state: "routed" }],
    });
    world.transferProject(project, bob);
    world.renameProject(project, "hidden-plan");
    const { status, body } = await ask(project.id);
    expect(status).toBe(200);
    expect(body).toMatchObject({ state: "gone", projectPath: "alice/site", places: [] });
    expect(JSON.stringify(body)).not.toContain("hidden");
    expect([...api.state().pages.values()].map(({ host }) => host)).toEqual([`bob.${ZONE}`]);
    expect((await ask(project.id)).status).toBe(404);
  });
});

it("is told where GitLab does not show a site, and not that it moved", async () => {
  const api = await startApi();
  try {
    const { world, gitlab } = api.gitlab;
    const project = world.createProject(world.createGroup("club"), "site");
    world.deploy(project);
    await api.must("POST", PATH, { project: project.id });
    gitlab.faults.add({ path: /\/pages$/ }, failing(403));
    expect(await api.must("POST", PATH, { project: project.id })).toMatchObject({
      state: "withheld",
      reason: expect.stringContaining("does not show it"),
      places: [{ url: `https://club.${ZONE}/site/`, state: "routed" }],
    });
  } finally {
    await api.close();
  }
});

describe("the hook of a project with a site", () => {
  const hooksOf = async (env: Record<string, string>, isMade = false) => {
    const api = await startApi({ env });
    try {
      const { world } = api.gitlab;
      const alice = world.createUser("alice");
      const site = world.createProject(alice, "site");
      const other = world.createProject(alice, "no-site");
      world.deploy(site);
      await api.must("POST", PATH, { project: site.id });
      if (isMade) await waitFor(() => site.hooks.length > 0, { describe: "its hook" });
      await api.gitlab.pages.stop();
      return [site, other].map(({ hooks }) => hooks.map(({ url }) => url));
    } finally {
      await api.close();
    }
  };
  const token = { TARDIS_GITLAB__HOOKS__TOKEN: "0123456789abcdef" };
  const projects = { TARDIS_GITLAB__HOOKS__PROJECTS: "true" };

  it("is made when the site comes, where the configuration asks for hooks", async () => {
    expect(await hooksOf({ ...token, ...projects }, true)).toEqual([
      ["https://console.example/hooks/gitlab"],
      [],
    ]);
  });

  it.each([token, projects])("is not made with only %o", async (env) => {
    expect(await hooksOf(env)).toEqual([[], []]);
  });
});

it("lists runs with the newest first, page by page, also when one comes in between", async () => {
  const api = await startApi();
  try {
    const ask = async (id: string, startedAt: string) => {
      const now = new Date(startedAt);
      await api.gitlab.pages.records.put(newRun(id, "start", now));
    };
    await ask("sync-a", "2026-03-01T12:00:00.000Z");
    await ask("sync-b", "2026-03-01T12:10:00.000Z");
    await ask("sync-c", "2026-03-01T12:20:00.000Z");
    const first = await api.must("GET", "/api/v1/pages/sync-runs?limit=2");
    await ask("sync-d", "2026-03-01T12:30:00.000Z");
    const rest = await api.must("GET", `/api/v1/pages/sync-runs?cursor=${first.nextCursor}`);
    const ids = [first, rest].map(({ items }) => items.map(({ id }: { id: string }) => id));
    expect(ids).toEqual([["sync-c", "sync-b"], ["sync-a"]]);
  } finally {
    await api.close();
  }
});
