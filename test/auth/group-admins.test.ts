import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { GroupAdmins } from "../../src/auth/group-admins.ts";
import { loadConfig } from "../../src/config.ts";
import { roles, type Namespace, type User } from "../support/gitlab/model.ts";
import { startGitLab, type GitLabServer } from "../support/gitlab/server.ts";
import { GitLabWorld } from "../support/gitlab/world.ts";

const HOUR_MS = 60 * 60 * 1000;
const now = () => new Date("2026-11-30T12:00:00.000Z");
let world: GitLabWorld;
let server: GitLabServer;
let alice: User;
let committee: Namespace;

beforeEach(async () => {
  world = new GitLabWorld({ now, url: "https://gitlab.example", zone: "tardis.test" });
  server = await startGitLab(world);
  alice = world.createUser("alice");
  committee = world.createGroup("committee");
});
afterEach(() => server.close());

function groupAdmins(token: string | null, level = 40): GroupAdmins {
  const config = loadConfig({
    env: {
      TARDIS_GITLAB__URL: server.url,
      TARDIS_GITLAB__TOKEN: token ?? "null",
      TARDIS_SIGNIN__OIDC__ISSUER: server.url,
      TARDIS_SIGNIN__OIDC__CLIENTID: "console",
      TARDIS_SIGNIN__OIDC__SCOPES: "openid,read_api",
      TARDIS_SIGNIN__ADMINS__GROUP: String(committee.id),
      TARDIS_SIGNIN__ADMINS__LEVEL: String(level),
    },
  });
  return new GroupAdmins({ config, now });
}
const ours = () => world.createToken(world.createUser("root", { isAdmin: true }), ["read_api"]);
const in8Hours = new Date(now().getTime() + 8 * HOUR_MS);

describe("who is an admin by a group of GitLab", () => {
  it("has the role there, or a higher one, also from a group above", async () => {
    const admins = groupAdmins(ours());
    const isAdmin = async (user: User) =>
      (await admins.adminUntil(String(user.id), "none")) !== undefined;
    expect(await isAdmin(alice)).toBe(false);
    for (const [role, is] of [
      [roles.guest, false],
      [roles.developer, false],
      [roles.maintainer, true],
      [roles.owner, true],
    ] as const) {
      committee.members.set(alice.id, role);
      expect(await isAdmin(alice), `role ${role}`).toBe(is);
    }
    expect(await admins.adminUntil(String(alice.id), "none")).toEqual(in8Hours);
    committee.members.delete(alice.id);
    expect(await isAdmin(alice)).toBe(false);
    const society = world.createGroup("society");
    society.members.set(alice.id, roles.owner);
    committee.parentId = society.id;
    expect(await isAdmin(alice)).toBe(true);
  });

  it("is nobody who made the group's path anew: another number is another group", async () => {
    committee.members.set(alice.id, roles.owner);
    const admins = groupAdmins(ours());
    expect(await admins.adminUntil(String(alice.id), "none")).toEqual(in8Hours);
    world.renameGroup(committee, "committee-2025");
    const mallory = world.createUser("mallory");
    const again = world.createGroup("committee");
    again.members.set(mallory.id, roles.owner);
    expect(world.fullPath(again)).toBe("committee");
    expect(await admins.adminUntil(String(mallory.id), "none")).toBeUndefined();
    expect(await admins.adminUntil(String(alice.id), "none")).toEqual(in8Hours);
    world.deleteGroup(committee, { delayed: false });
    expect(await admins.adminUntil(String(alice.id), "none")).toBeUndefined();
    expect(await admins.adminUntil(String(mallory.id), "none")).toBeUndefined();
  });

  it("is asked with their own token where the console has none", async () => {
    committee.members.set(alice.id, roles.owner);
    const admins = groupAdmins(null);
    const own = world.createToken(alice, ["read_api"]);
    expect(await admins.adminUntil(String(alice.id), own)).toEqual(in8Hours);
    const wrong = admins.adminUntil(String(alice.id), "nothing");
    await expect(wrong).rejects.toMatchObject({ code: "unauthorized" });
  });

  it("is nobody whose subject is no number, and nothing of it gets into the path", async () => {
    const admins = groupAdmins(ours());
    for (const subject of ["", "0", "1/../2", "me", "1?x", "99999999999999999"])
      expect(await admins.adminUntil(subject, "none"), subject).toBeUndefined();
  });

  it("cannot be said while GitLab is away", async () => {
    const admins = groupAdmins(ours());
    await server.close();
    const away = admins.adminUntil(String(alice.id), "none");
    await expect(away).rejects.toMatchObject({ code: "unavailable" });
  });
});
