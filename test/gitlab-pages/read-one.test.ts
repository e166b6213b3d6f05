import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { whyOut } from "../../src/gitlab-pages/sync/read-one.ts";
import { failing } from "../support/gitlab/faults.ts";
import { scene, ZONE } from "./support.ts";

describe("one project whose Pages GitLab does not show", () => {
  /** A site of a group that is read, and from then on not shown. */
  async function withheld(status: number) {
    const stage = scene();
    const { gitlabWorld: gitlab } = stage;
    const club = gitlab.createGroup("club");
    const site = gitlab.createProject(club, "site");
    gitlab.deploy(site);
    await stage.sync();
    expect(stage.served()).toEqual([`club.${ZONE}/site club/site`]);
    const path = new RegExp(`/projects/${site.id}/pages$`);
    stage.gitlab.faults.add({ path }, failing(status));
    stage.gitlab.forget();
    /** How often the project itself was asked for: each try begins with that. */
    const tries = () => stage.gitlab.log.filter(({ path }) => /\/projects\/\d+$/.test(path)).length;
    return { stage, club, site, tries };
  }

  it.each([403, 500])("is not asked for again, and its site stays (%i)", async (status) => {
    const { stage, site, tries } = await withheld(status);
    const { read } = await stage.engine.project(site.id, "hook");
    expect(read).toMatchObject({
      state: "withheld",
      reason: expect.stringContaining("refuses to show the Pages of club/site"),
    });
    expect(tries()).toBe(1);
    expect(stage.served()).toEqual([`club.${ZONE}/site club/site`]);
  });

  it("is asked for again where its namespace moves meanwhile", async () => {
    const { stage, club, site, tries } = await withheld(403);
    let isMoved = false;
    stage.gitlab.before = ({ path }) => {
      if (isMoved || !path.endsWith("/pages")) return;
      isMoved = true;
      stage.gitlabWorld.renameGroup(club, "guild");
    };
    stage.gitlabWorld.transferProject(site, stage.gitlabWorld.createGroup("web", club));
    const { read } = await stage.engine.project(site.id, "hook");
    expect(read).toMatchObject({ state: "withheld", projectPath: "guild/web/site" });
    expect(tries()).toBe(2);
  });

  it("is served no more where another's namespace has it by now", async () => {
    const { stage, site } = await withheld(403);
    stage.gitlabWorld.transferProject(site, stage.gitlabWorld.createGroup("guild"));
    await stage.engine.project(site.id, "hook");
    expect(stage.served()).toEqual([]);
  });
});

it("is one of few in a complete read, also where it was only asked for again", async () => {
  const stage = scene();
  const { gitlabWorld: gitlab } = stage;
  const club = gitlab.createGroup("club");
  for (let n = 0; n < 21; n++) gitlab.deploy(gitlab.createProject(club, `p${n}`));
  await stage.sync();
  expect(stage.served()).toHaveLength(21);
  // GraphQL answers for all of them that nothing is deployed, so that each is asked for by itself.
  for (const project of gitlab.projects.values()) gitlab.undeploy(project);
  stage.gitlab.faults.add({ path: /\/pages$/ }, failing(403));
  const failed = { state: "failed", error: expect.stringContaining("refuses to show") };
  expect(await stage.sync()).toMatchObject(failed);
  stage.gitlab.faults.clear();
  const [one] = gitlab.projects.keys();
  stage.gitlab.faults.add({ path: new RegExp(`/projects/(?!${one}/)\\d+/pages$`) }, failing(403));
  const run = await stage.sync();
  expect(run).toMatchObject({ state: "done", counts: { removed: 1 } });
  expect(run.notes).toHaveLength(20);
  expect(stage.served()).toHaveLength(20);
});

it("is read by one after the other: an older answer is never stored after a newer one", async () => {
  const stage = scene();
  const { gitlabWorld: gitlab } = stage;
  const site = gitlab.createProject(gitlab.createGroup("club"), "site");
  gitlab.deploy(site);
  let second: Promise<unknown> | undefined;
  stage.gitlab.faults.add({ path: /\/pages$/, times: 1 }, async (_request, answer) => {
    const old = answer();
    gitlab.deleteProject(site);
    second = stage.engine.project(site.id, "hook", { gone: true });
    // Time enough for one that does not wait.
    for (let turns = 0; turns < 50; turns++) await turn();
    return old;
  });
  await stage.engine.project(site.id, "hook");
  await second;
  expect(stage.served()).toEqual([]);
  expect(stage.world.state.pages.size).toBe(0);
});

describe("a project's site is not asked for", () => {
  const exclude = ["sandbox", "club/private/*"];
  it.each<[path: string, more: object, why: ReturnType<typeof whyOut>]>([
    ["club/site", {}, undefined],
    ["club/site", { marked_for_deletion_on: "2026-03-01" }, "leaving"],
    ["club/site", { marked_for_deletion_at: "2026-03-01" }, "leaving"],
    ["club/site-deletion_scheduled-7", {}, "leaving"],
    ["club-Deletion_Scheduled-7/web/site", {}, "leaving"],
    ["club/site-deletion_scheduled-x", {}, undefined],
    ["Sandbox/site", {}, "excluded"],
    ["sandboxes/site", {}, undefined],
    ["club/private/site", {}, "excluded"],
    ["club/private", {}, undefined],
    ["club/site", { pages_access_level: "disabled" }, "hidden"],
    ["sandbox/site", { marked_for_deletion_on: "2026-03-01" }, "leaving"],
  ])("where it is out: %s %j: %s", (path, more, why) => {
    const project = { id: 1, path_with_namespace: path, visibility: "public", ...more };
    expect(whyOut(project as Parameters<typeof whyOut>[0], exclude)).toBe(why);
  });
});
