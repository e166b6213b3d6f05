import { describe, expect, it } from "vitest";
import { failing } from "../support/gitlab/faults.ts";
import { scene, ZONE } from "./support.ts";

/** Users with a site each, where two who lose theirs at once are many. */
async function twoOnline(uniqueDomains: boolean) {
  const stage = scene({ guard: { owners: 2, percent: 1 } });
  const { gitlabWorld: gitlab } = stage;
  const projects = ["anna", "ben"].map((name) => {
    const options = uniqueDomains ? { uniqueDomain: `${name}s-4160ce` } : {};
    return gitlab.createProject(gitlab.createUser(name), "site", options);
  });
  for (const project of projects) gitlab.deploy(project);
  await stage.sync();
  return { stage, gitlab, projects };
}

describe("the guard", () => {
  it("holds all places of a site, the way to its own domain as well", async () => {
    const { stage, gitlab, projects } = await twoOnline(true);
    const served = stage.served();
    expect(served).toHaveLength(4);
    for (const project of projects) gitlab.undeploy(project);
    expect(await stage.sync()).toMatchObject({ state: "held", counts: { held: 4, removed: 0 } });
    expect(stage.served()).toEqual(served);
    expect(stage.restOf(`annas-4160ce.${ZONE}`)).not.toBe("given-back");
  });

  it("still knows after a read that failed what hooks said to be deleted", async () => {
    const { stage, gitlab, projects } = await twoOnline(false);
    for (const project of projects) gitlab.deleteProject(project);
    stage.gitlab.faults.add({}, failing(503));
    for (const { id } of projects) {
      await expect(stage.engine.project(id, "hook", { gone: true })).rejects.toThrow("503");
    }
    expect((await stage.sync()).state).toBe("failed");
    stage.gitlab.faults.clear();
    expect(await stage.sync()).toMatchObject({ state: "done", counts: { removed: 2, held: 0 } });
  });

  it("tells since when removals are held, also after further reads", async () => {
    const { stage, gitlab, projects } = await twoOnline(false);
    for (const project of projects) gitlab.undeploy(project);
    await stage.sync();
    const first = await stage.records.held();
    stage.clock.pass(60_000);
    const run = await stage.sync();
    expect(run.state).toBe("held");
    expect(await stage.records.held()).toMatchObject({ run: run.id, since: first?.since });
    gitlab.deploy(projects[0]!);
    await stage.sync();
    expect(await stage.records.held()).toBeUndefined();
  });
});
