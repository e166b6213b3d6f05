import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { failing } from "../support/gitlab/faults.ts";
import type { Project, User } from "../support/gitlab/model.ts";
import type { TestVisitor } from "../support/visitor.ts";
import { stageGitLab, type GitLabStage } from "./admin/gitlab-stage.ts";
import { readPage, startAdminWorld, textOf, type AdminWorld } from "./admin/support.ts";

describe("a GitLab page that a member has read again", () => {
  let stage: GitLabStage;
  let world: AdminWorld;
  let project: Project;
  let alice: TestVisitor;
  let id: string;

  beforeEach(async () => {
    stage = stageGitLab();
    world = await startAdminWorld(stage.settings, stage.overrides);
    const user: User = stage.world.createUser("alice");
    const identities = [{ issuer: "https://gitlab.example", subject: String(user.id) }];
    await world.must("PATCH", "/persons/alice", { identities });
    project = stage.world.createProject(user, "site");
    stage.world.deploy(project);
    await world.must("POST", "/pages/sync", { project: project.id });
    alice = await world.as("alice");
    id = [...(world.running.core.ledger?.state.pages.keys() ?? [])][0] ?? "";
  });
  afterEach(() => world.close());

  /** Presses the button. @returns where it led, and what is said there */
  const readAgain = async (who = alice) => {
    const answer = await who.post(`/pages/${id}/read`);
    if (answer.status !== 303) return { status: answer.status, to: "", said: textOf(answer.body) };
    const to = answer.headers["location"] ?? "";
    return { status: 303, to, said: await readPage(who, to) };
  };

  it("says what GitLab has now, and shows it", async () => {
    expect(await readPage(alice, `/pages/${id}`)).toContain("Read it again from GitLab");
    const before = await readAgain();
    expect(before.to).toBe(`/pages/${id}`);
    expect(before.said).toContain("alice/site was read anew. GitLab serves it.");
    stage.world.renameProject(project, "renamed");
    const { said } = await readAgain();
    expect(said).toContain("alice/renamed was read anew.");
    expect(said).toContain("Project in GitLab alice/renamed");
  });

  it("leads back to the sites when it is gone, and says so", async () => {
    stage.world.deleteProject(project);
    const { to, said } = await readAgain();
    expect(to).toBe("/");
    expect(said).toContain("GitLab has no such project.");
  });

  it("says that GitLab cannot be read, without what is only the admins' to know", async () => {
    stage.gitlab.faults.add({}, failing(401));
    const { to, said } = await readAgain();
    expect(to).toBe(`/pages/${id}`);
    expect(said).toContain("GitLab cannot be read now; try again shortly.");
    expect(said).not.toContain("gitlab.token");
  });

  it("counts as a change, so that nobody has it read all the time", async () => {
    await world.must("PATCH", "/persons/alice", { quota: { changesPerHour: 1 } });
    await readAgain();
    const asked = { path: new RegExp(`/projects/${project.id}\\b`) };
    const calls = stage.gitlab.count(asked);
    expect(calls).toBeGreaterThan(0);
    expect((await readAgain()).said).toContain("may make 1 changes an hour");
    expect(stage.gitlab.count(asked)).toBe(calls);
  });

  it("is not there for anybody else", async () => {
    const bob = await world.as("bob");
    const none = await bob.post("/pages/pg-none/read");
    const answer = await bob.post(`/pages/${id}/read`);
    expect([answer.status, textOf(answer.body)]).toEqual([404, textOf(none.body)]);
  });
});
