import { describe, expect, it } from "vitest";
import {
  ensureProjectHook,
  hookWishFor,
  type SiteProject,
} from "../../../src/gitlab-pages/setup/project-hooks.ts";
import { GitLabError, isMissing } from "../../../src/gitlab-pages/client/error.ts";
import { failing } from "../../support/gitlab/faults.ts";
import { HOOK_TOKEN, HOOK_URL, type Stage, stage } from "./support.ts";

/** Projects of one user, with sites. */
function projectsOf({ world, root }: Stage, ...names: string[]) {
  return names.map((name) => {
    const project = world.createProject(root, name);
    world.deploy(project);
    const site: SiteProject = { project: project.id, path: world.fullPath(project) };
    return { project, site };
  });
}

describe("a project's hook", () => {
  it("tells of what ends, and of no pushes, which the system hook tells of", async () => {
    const at = stage();
    const [one] = projectsOf(at, "site");
    if (one === undefined) throw new Error("no project");
    const wish = hookWishFor(at.config);
    expect(await ensureProjectHook(at.client, one.project.id, wish)).toBe("created");
    expect(one.project.hooks).toMatchObject([
      {
        url: HOOK_URL,
        token: HOOK_TOKEN,
        events: {
          push_events: false,
          pipeline_events: true,
          job_events: true,
          deployment_events: true,
        },
      },
    ]);
    at.gitlab.forget();
    expect(await ensureProjectHook(at.client, one.project.id, wish)).toBe("present");
    expect(at.gitlab.log.map(({ method }) => method)).toEqual(["GET"]);
  });

  it("is repaired when it tells of something else, others left alone", async () => {
    const at = stage();
    const [one] = projectsOf(at, "site");
    if (one === undefined) throw new Error("no project");
    at.world.addProjectHook(one.project, { url: "https://ci.example/hook" });
    at.world.addProjectHook(one.project, { url: HOOK_URL });
    const wish = hookWishFor(at.config);
    expect(await ensureProjectHook(at.client, one.project.id, wish)).toBe("repaired");
    expect(one.project.hooks.map(({ url, events }) => [url, events["pipeline_events"]])).toEqual([
      ["https://ci.example/hook", false],
      [HOOK_URL, true],
    ]);
    expect(await ensureProjectHook(at.client, one.project.id, wish)).toBe("present");
  });

  it("of a project that is gone fails as missing", async () => {
    const at = stage();
    const failure = await ensureProjectHook(at.client, 404, hookWishFor(at.config)).catch(
      (error: unknown) => error,
    );
    expect(isMissing(failure)).toBe(true);
  });
});

describe("the hooks of many projects", () => {
  it("are made right, each told of once, those that are right not at all", async () => {
    const at = stage();
    const all = projectsOf(at, "a", "b", "c");
    const projects = all.map(({ site }) => site);
    if (all[1] === undefined) throw new Error("no project");
    at.world.addProjectHook(all[1].project, { url: HOOK_URL });
    const steps: [number, number][] = [];
    const progress = (done: number, of: number) => void steps.push([done, of]);
    expect((await at.install({ projects, progress })).toSorted()).toEqual([
      "The pipeline hook of root/a was made.",
      "The pipeline hook of root/b was made right.",
      "The pipeline hook of root/c was made.",
      `The system hook to ${HOOK_URL} was made.`,
    ]);
    expect(steps).toEqual([
      [1, 3],
      [2, 3],
      [3, 3],
    ]);
    at.changes();
    expect(await at.install({ projects })).toEqual([]);
    expect(at.changes()).toEqual([]);
  });

  it("are only spoken of in a dry run", async () => {
    const at = stage();
    const projects = projectsOf(at, "a").map(({ site }) => site);
    expect(await at.install({ projects, dryRun: true })).toContain(
      "The pipeline hook of root/a would be made.",
    );
    expect(at.changes()).toEqual([]);
  });

  it("are taken away when asked for, others left alone", async () => {
    const at = stage();
    const all = projectsOf(at, "a", "b");
    const projects = all.map(({ site }) => site);
    for (const { project } of all) {
      at.world.addProjectHook(project, { url: "https://ci.example/hook" });
    }
    await at.install({ projects: projects.slice(0, 1) });
    expect((await at.install({ projects, remove: true }))[1]).toBe(
      "The pipeline hook of root/a was removed.",
    );
    for (const { project } of all) {
      expect(project.hooks.map(({ url }) => url)).toEqual(["https://ci.example/hook"]);
    }
  });

  it("go on past a project that is gone, and one that GitLab refuses", async () => {
    const at = stage();
    const all = projectsOf(at, "a", "b", "c");
    const projects = all.map(({ site }) => site);
    if (all[0] === undefined || all[1] === undefined) throw new Error("no project");
    at.world.deleteProject(all[0].project);
    const refused = new RegExp(`/projects/${all[1].project.id}/hooks$`);
    at.gitlab.faults.add({ method: "POST", path: refused }, failing(422));
    const said = await at.install({ projects });
    expect(said).toContain("root/a is not in GitLab any more, or not to be seen.");
    expect(said.join("\n")).toContain("The pipeline hook of root/b could not be set: GitLab does");
    expect(said).toContain("The pipeline hook of root/c was made.");
  });

  it("end when GitLab is away, with what was done until then", async () => {
    const at = stage();
    const projects = projectsOf(at, "a", "b", "c").map(({ site }) => site);
    at.gitlab.faults.add(
      { path: new RegExp(`/projects/${projects[1]?.project}/hooks`) },
      failing(502),
    );
    const failure = await at.install({ projects }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(GitLabError);
    at.gitlab.faults.clear();
    await at.install({ projects });
    expect(await at.install({ projects })).toEqual([]);
  });
});
