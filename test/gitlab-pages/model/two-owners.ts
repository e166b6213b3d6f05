import { expect } from "vitest";
import type { GitLabWorld } from "../../support/gitlab/world.ts";
import { Oracle } from "./oracle.ts";

/** The namespace that the configuration gives to bob, who is somebody else than GitLab's bob. */
export const GUILD = 3;
/** What the configuration leaves out. */
export const EXCLUDED = ["bob/wiki"];

/** A user whose namespace is alice's here, a group that is bob's, and an oracle that knows. */
export function twoOwners(world: GitLabWorld) {
  const alice = world.createUser("alice");
  const guild = world.createGroup("guild");
  expect(guild.id).toBe(GUILD);
  const oracle = new Oracle(world, {
    owners: new Map([
      [alice.namespaceId, "alice"],
      [GUILD, "bob"],
    ]),
    labels: new Map([
      ["alice", "alice"],
      ["bob", "bob"],
    ]),
    reserved: new Set(["wpad"]),
    excluded: EXCLUDED,
  });
  return { alice, oracle };
}
