import { describe, expect, it } from "vitest";
import { handClock } from "../support/gitlab/clock.ts";
import { type SentHook, signatureOf } from "../support/gitlab/hooks.ts";
import { roles } from "../support/gitlab/model.ts";
import { GitLabWorld } from "../support/gitlab/world.ts";

function worldWithHook() {
  const clock = handClock();
  const world = new GitLabWorld({ now: clock.now });
  const sent: SentHook[] = [];
  world.onHook((hook) => sent.push(hook));
  world.addSystemHook({ url: "http://console.test/hooks/gitlab", token: "secret" });
  const cosmo = world.createUser("cosmo", { name: "Cosmo" });
  const names = () => sent.map(({ event }) => event.event_name ?? event.object_kind);
  return { world, clock, cosmo, sent, names };
}

describe("the stand-in's tree of paths", () => {
  it("keeps a path for one at a time, whatever its case, and frees it", () => {
    const world = new GitLabWorld();
    const cosmo = world.createUser("cosmo");
    const foo = world.createProject(cosmo, "Foo");
    expect(() => world.createProject(cosmo, "foo")).toThrow("is taken");
    expect(() => world.createGroup("COSMO")).toThrow("is taken");
    expect(() => world.createUser("Cosmo")).toThrow("is taken");
    expect(world.find("COSMO/foo")).toBe(foo);
    world.renameProject(foo, "bar");
    const other = world.createProject(cosmo, "foo");
    expect(() => world.renameProject(foo, "FOO")).toThrow("is taken");
    world.deleteProject(other);
    const third = world.createProject(cosmo, "foo");
    expect([foo.id, other.id, third.id]).toEqual([1, 2, 3]);
  });

  it("moves what is below with a group, and makes no circles", () => {
    const world = new GitLabWorld();
    const [club, sub] = [world.createGroup("club"), world.createGroup("other")];
    const web = world.createGroup("web", sub);
    const site = world.createProject(web, "site");
    world.transferGroup(sub, club);
    world.renameGroup(club, "Verein");
    expect(world.fullPath(site)).toBe("Verein/other/web/site");
    expect(world.findMoved("club/other/web/site")).toBe(site);
    expect(() => world.transferGroup(club, web)).toThrow("within itself");
    expect(world.allProjectsIn(club)).toEqual([site]);
    expect(world.projectsIn(club)).toEqual([]);
  });

  it("forgets an old path once somebody else had it", () => {
    const world = new GitLabWorld();
    const cosmo = world.createUser("cosmo");
    const foo = world.createProject(cosmo, "foo");
    world.renameProject(foo, "bar");
    expect(world.findMoved("cosmo/foo")).toBe(foo);
    world.deleteProject(world.createProject(cosmo, "foo"));
    expect(world.findMoved("cosmo/foo")).toBeUndefined();
  });

  it("gives a role in what is below", () => {
    const world = new GitLabWorld();
    const ann = world.createUser("ann");
    const club = world.createGroup("club");
    const site = world.createProject(world.createGroup("web", club), "site");
    world.setRole(ann, club, roles.maintainer);
    world.setRole(ann, site, roles.guest);
    expect(world.roleIn(ann, site)).toBe(roles.maintainer);
    world.setRole(ann, club, 0);
    expect(world.roleIn(ann, site)).toBe(roles.guest);
  });
});

describe("the stand-in's hooks", () => {
  it("tell of projects as the documentation shows", () => {
    const { world, cosmo, sent } = worldWithHook();
    const club = world.createGroup("club");
    const foo = world.createProject(cosmo, "foo", { visibility: "private" });
    world.renameProject(foo, "bar");
    world.transferProject(foo, club);
    world.deleteProject(foo);
    const common = { project_id: foo.id, project_namespace_id: 3, project_visibility: "private" };
    expect(sent.slice(-4).map(({ event }) => event)).toMatchObject([
      {
        ...common,
        event_name: "project_create",
        created_at: "2026-01-05T18:00:00Z",
        path_with_namespace: "cosmo/foo",
        owner_name: "Cosmo",
        owner_email: "cosmo@tardis.ac",
        owners: [{ name: "Cosmo", email: "cosmo@tardis.ac" }],
      },
      {
        ...common,
        event_name: "project_rename",
        path: "bar",
        path_with_namespace: "cosmo/bar",
        old_path_with_namespace: "cosmo/foo",
      },
      {
        ...common,
        event_name: "project_transfer",
        path_with_namespace: "club/bar",
        old_path_with_namespace: "cosmo/bar",
        owner_name: "club",
      },
      { ...common, event_name: "project_destroy", path_with_namespace: "club/bar" },
    ]);
  });

  it("tell of a renamed namespace, not of its projects", () => {
    const { world, cosmo, sent, names } = worldWithHook();
    const club = world.createGroup("club");
    world.createProject(cosmo, "foo");
    world.createProject(club, "site");
    sent.length = 0;
    world.renameUser(cosmo, "cosmo2");
    world.renameGroup(club, "club2");
    expect(names()).toEqual(["user_rename", "group_rename"]);
    expect(sent[0]?.event).toMatchObject({ username: "cosmo2", old_username: "cosmo" });
    expect(sent[1]?.event).toMatchObject({ full_path: "club2", old_full_path: "club" });
  });

  it("tell nothing of deployments, domains and moved groups, and no detail of settings", () => {
    const { world, cosmo, sent, names } = worldWithHook();
    const [club, other] = [world.createGroup("club"), world.createGroup("other")];
    const foo = world.createProject(cosmo, "foo");
    sent.length = 0;
    world.deploy(foo);
    world.undeploy(foo);
    world.verifyDomain(world.addDomain(foo, "example.com"));
    world.transferGroup(club, other);
    expect(sent).toEqual([]);
    world.setAccess(foo, "private");
    expect(names()).toEqual(["project_update"]);
    expect(sent[0]?.body).not.toContain("pages");
  });

  it("tell of what goes with a user or a group", () => {
    const { world, cosmo, sent, names } = worldWithHook();
    const club = world.createGroup("club");
    world.createProject(world.createGroup("web", club), "site");
    world.createProject(cosmo, "foo");
    sent.length = 0;
    world.deleteGroup(club);
    world.deleteUser(cosmo);
    expect(names()).toEqual([
      "project_destroy",
      "group_destroy",
      "group_destroy",
      "project_destroy",
      "user_destroy",
    ]);
    expect(world.isFree(null, "cosmo")).toBe(true);
  });

  it("tell of pushes and pipelines to those who asked for them", () => {
    const { world, cosmo, sent, names } = worldWithHook();
    const foo = world.createProject(cosmo, "foo");
    const all = { push_events: true, pipeline_events: true, job_events: true };
    sent.length = 0;
    world.publish(foo);
    expect(names()).toEqual(["repository_update"]);
    world.addProjectHook(foo, { url: "http://console.test/hooks/gitlab", events: all });
    sent.length = 0;
    world.publish(foo);
    expect(sent.map(({ headers }) => headers["X-Gitlab-Event"])).toEqual([
      "System Hook",
      "Push Hook",
      "Job Hook",
      "Pipeline Hook",
      "Job Hook",
      "Pipeline Hook",
    ]);
    expect(sent.at(-1)?.event).toMatchObject({
      object_kind: "pipeline",
      object_attributes: { status: "success" },
      project: { id: foo.id, path_with_namespace: "cosmo/foo" },
    });
  });

  it("are signed with the signing token, over the body as it is", () => {
    const token = "whsec_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";
    expect(signatureOf(token, "a", "1767639494", "{}")).toBe(
      "v1,7pxAzt1PPT8msqgcbl06K35wcVQDEPtMZzbdPH+c1D4=",
    );
    const { world, sent } = worldWithHook();
    world.addSystemHook({ url: "http://console.test/two", signingToken: token });
    world.createGroup("club");
    const [plain, signed] = sent.slice(-2).map(({ headers }) => headers);
    expect(plain).toMatchObject({ "X-Gitlab-Token": "secret", "X-Gitlab-Event": "System Hook" });
    expect(plain).not.toHaveProperty("webhook-signature");
    const { "webhook-id": id = "", "webhook-timestamp": at = "" } = signed!;
    expect(at).toBe("1767636000");
    expect(id).toBe(signed!["Idempotency-Key"]);
    expect(signed!["webhook-signature"]).toBe(signatureOf(token, id, at, sent.at(-1)!.body));
    expect(plain!["X-Gitlab-Event-UUID"]).toBe(signed!["X-Gitlab-Event-UUID"]);
    expect(plain!["Idempotency-Key"]).not.toBe(id);
  });
});

describe("the stand-in's delayed deletion", () => {
  it("renames a project, keeps its pages, and restores it beside whoever took its path", () => {
    const { world, cosmo, sent } = worldWithHook();
    const foo = world.createProject(cosmo, "foo");
    world.deploy(foo);
    world.deleteProject(foo, { delayed: true });
    expect(world.fullPath(foo)).toBe("cosmo/foo-deletion_scheduled-1");
    expect(foo.markedForDeletionOn).toBe("2026-01-05");
    expect(sent.at(-1)?.event).toMatchObject({ event_name: "project_rename" });
    expect(world.activeDeployments(foo)).toHaveLength(1);
    world.createProject(cosmo, "foo");
    world.restore(foo);
    expect(world.fullPath(foo)).toBe("cosmo/foo-1");
    expect(foo.markedForDeletionOn).toBeNull();
  });

  it("ends a parallel deployment at its time and all of them with the archive", () => {
    const { world, clock, cosmo } = worldWithHook();
    const foo = world.createProject(cosmo, "foo");
    world.deploy(foo);
    world.deploy(foo, { prefix: "mr3", expiresAt: new Date(clock.now().getTime() + 1000) });
    const base = world.deploy(foo);
    expect(world.activeDeployments(foo)).toHaveLength(2);
    clock.advance(1000);
    expect(world.activeDeployments(foo)).toEqual([base]);
    world.setArchived(foo, true);
    expect(world.activeDeployments(foo)).toEqual([]);
  });
});
