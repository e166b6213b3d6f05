import { beforeEach, describe, expect, it } from "vitest";
import type { Group, OwnTargetGrant, Person } from "../../src/domain/entities.ts";
import { operator, type Actor } from "../../src/domain/policy.ts";
import { createGroup, createPerson } from "../../src/owners/create.ts";
import { deleteOwner } from "../../src/owners/delete.ts";
import { grantLabel } from "../../src/owners/labels.ts";
import { resumeOwner, suspendOwner } from "../../src/owners/suspend.ts";
import { createToken } from "../../src/owners/tokens.ts";
import { updateGroup, updatePerson } from "../../src/owners/update.ts";
import { DAY_MS, Host, memberOf, refused } from "./support.ts";

describe("owners", () => {
  let host: Host;
  beforeEach(() => {
    host = new Host();
  });

  const person = (id: string) => host.state.owners.get(id) as Person;
  const group = (id: string) => host.state.owners.get(id) as Group;
  const hosts = () =>
    [...host.state.endpoints.values()].map((one) => `${one.host}${one.path}`).toSorted();
  const iso = (milliseconds: number) => new Date(host.now.getTime() + milliseconds).toISOString();

  describe("when they are made", () => {
    it("are persons and groups with their names, of admins only", () => {
      expect(person(host.alice)).toMatchObject({ name: "alice", role: "member", identities: [] });
      expect(group(host.games).managers).toEqual([host.alice]);
      const asMember = () => host.do(createPerson, { username: "carol" }, memberOf(host.alice));
      refused(host, asMember, "forbidden");
      refused(host, () => host.do(createPerson, { username: "games" }), "taken", "username");
    });

    it("have persons as managers, each once", () => {
      const make = (managers: string[]) => () => host.do(createGroup, { name: "tea", managers });
      refused(host, make(["alice", "nobody"]), "invalid_input", "managers.1");
      refused(host, make(["games"]), "invalid_input", "managers.0");
      expect(make(["alice", host.alice, "ALICE"])().managers).toEqual([host.alice]);
    });
  });

  describe("when targets are granted to them", () => {
    const grant = (target: OwnTargetGrant) => () =>
      host.do(updatePerson, { id: host.alice, targets: [target] });

    it.each([
      ["127.0.0.0/8", "target_refused", "targets.0.network"],
      ["0.0.0.0/0", "target_refused", "targets.0.network"],
      ["::/0", "target_refused", "targets.0.network"],
    ] as const)("refuse %s, which reaches loopback", (network, code, field) => {
      refused(host, grant({ network, ports: ["80"] }), code, field);
    });

    it("refuse the zone itself, and ports that no target has", () => {
      const zone = grant({ suffix: ".tardis.test", ports: ["80"] });
      refused(host, zone, "target_refused", "targets.0.suffix");
      for (const ports of ["0", "65536", "90-80", "1-99999"]) {
        const wrong = grant({ network: "10.0.0.0/8", ports: [ports] });
        refused(host, wrong, "invalid_input", "targets.0.ports");
      }
      grant({ suffix: ".vm.tardis.test", ports: ["1-65535"] })();
      expect(person(host.alice).targets).toHaveLength(1);
    });
  });

  describe("when they are renamed", () => {
    const rename = (name: string) => host.do(updatePerson, { id: host.alice, name });

    it("take their endpoints along, and the old name rests", () => {
      host.do(grantLabel, { label: "al", owner: "alice" });
      const id = host.endpoint(host.alice, "alice", "/a");
      host.endpoint(host.alice, "al", "/b");
      expect(rename("Alicia").name).toBe("alicia");
      expect(hosts()).toEqual(["al.tardis.test/b", "alicia.tardis.test/a"]);
      expect(host.state.endpoints.get(id)?.revision).toBe(host.state.revision);
      expect(host.held(host.alice)).toEqual(["al", "alicia"]);
      expect(host.state.labels.get("alice")?.restsUntil).toBeDefined();
      refused(host, () => host.do(createPerson, { username: "alice" }), "resting", "username");
      rename("alice");
      expect(host.held(host.alice)).toEqual(["al", "alice"]);
      expect(hosts()).toEqual(["al.tardis.test/b", "alice.tardis.test/a"]);
    });

    it("may take the name of a label of theirs, unless endpoints would clash", () => {
      host.do(grantLabel, { label: "al", owner: "alice" });
      host.endpoint(host.alice, "alice", "/a");
      host.endpoint(host.alice, "al", "/b");
      const clash = host.endpoint(host.alice, "al", "/a");
      refused(host, () => rename("al"), "taken", "name");
      host.state = {
        ...host.state,
        endpointsByHost: host.state.endpointsByHost.deleteIn(["al.tardis.test", "/a"]),
        endpoints: host.state.endpoints.delete(clash),
      };
      rename("al");
      expect(hosts()).toEqual(["al.tardis.test/a", "al.tardis.test/b"]);
      expect(host.held(host.alice)).toEqual(["al"]);
    });

    it("take nobody else's name", () => {
      host.do(grantLabel, { label: "play", owner: "games" });
      for (const name of ["bob", "games", "play"])
        refused(host, () => rename(name), "taken", "name");
      refused(host, () => rename("www"), "reserved", "name");
      refused(host, () => rename("a b"), "invalid_input", "name");
      const byThemselves = { id: host.alice, name: "alicia" };
      refused(host, () => host.do(updatePerson, byThemselves, memberOf(host.alice)), "forbidden");
      const { labels } = host.state;
      rename("ALICE");
      expect(host.state.labels).toBe(labels);
    });
  });

  describe("when they are deleted", () => {
    it("leave no endpoint and no token, their labels rest, their groups stay", () => {
      host.do(grantLabel, { label: "al", owner: "alice" });
      host.do(updateGroup, { id: host.games, managers: ["alice", "bob"] });
      host.endpoint(host.alice, "al");
      host.endpoint(host.games, "games");
      host.do(createToken, { name: "t", owner: "alice", scopes: ["read"] });
      host.do(deleteOwner, { id: "alice", kind: "person" });
      expect(host.state.owners.has(host.alice)).toBe(false);
      expect(hosts()).toEqual(["games.tardis.test"]);
      expect(host.state.tokens.size).toBe(0);
      expect(group(host.games).managers).toEqual([host.bob]);
      for (const label of ["alice", "al"]) {
        expect(host.state.labels.get(label)?.restsUntil).toBe(iso(180 * DAY_MS));
      }
      refused(host, () => host.do(createPerson, { username: "alice" }), "resting", "username");
      host.pass(180 * DAY_MS);
      expect(host.sweep()).toEqual(["expired"]);
      expect(host.do(createPerson, { username: "alice" }).id).not.toBe(host.alice);
    });

    it("do not start a rest anew that runs already", () => {
      host.do(updatePerson, { id: host.alice, name: "alicia" });
      const { restsUntil } = host.state.labels.get("alice") ?? {};
      host.pass(DAY_MS);
      host.do(deleteOwner, { id: host.alice, kind: "person" });
      expect(host.state.labels.get("alice")?.restsUntil).toBe(restsUntil);
    });

    it("are of the kind that was meant, and nobody deletes themselves", () => {
      const remove = (id: string, kind: "person" | "group", actor = operator) =>
        host.do(deleteOwner, { id, kind }, actor);
      refused(host, () => remove("games", "person"), "not_found");
      refused(host, () => remove("alice", "group"), "not_found");
      refused(host, () => remove("alice", "person", memberOf(host.alice)), "forbidden");
      refused(host, () => remove("alice", "person", memberOf(host.bob)), "not_found");
      const admin: Actor = { ...operator, owner: host.alice };
      refused(host, () => remove("alice", "person", admin), "conflict");
      remove("games", "group");
      expect(host.held(host.games)).toEqual([]);
    });
  });

  it("are handed over by their managers in one step, and not left without one", () => {
    const hand = (managers: string[], by: string) =>
      host.do(updateGroup, { id: host.games, managers }, memberOf(by));
    refused(host, () => hand(["bob"], host.bob), "not_found");
    refused(host, () => hand([], host.alice), "conflict", "managers");
    expect(hand(["bob"], host.alice).managers).toEqual([host.bob]);
    refused(host, () => hand(["alice"], host.alice), "not_found");
    host.do(updateGroup, { id: host.games, managers: [] });
    expect(group(host.games).managers).toEqual([]);
  });

  it("describe themselves, and nothing more", () => {
    const alice = memberOf(host.alice);
    const own = { id: host.alice, displayName: "Alice", email: "a@example.org" };
    expect(host.do(updatePerson, own, alice)).toMatchObject({ displayName: "Alice" });
    expect(host.do(updatePerson, { id: host.alice, email: null }, alice).email).toBeUndefined();
    for (const more of [
      { role: "admin" as const },
      { identities: [] },
      { quota: { endpoints: 99 } },
      { targets: [] },
      { membershipEndsAt: null },
    ]) {
      refused(host, () => host.do(updatePerson, { id: host.alice, ...more }, alice), "forbidden");
    }
    const stale = { id: host.alice, email: "x@example.org", ifMatch: 1 };
    refused(host, () => host.do(updatePerson, stale, alice), "stale");
    expect(person(host.alice)).toMatchObject({ displayName: "Alice", role: "member" });
  });

  it("have identities that are nobody else's", () => {
    const identity = { issuer: "https://id.test", subject: "1" };
    const link = (id: string) => host.do(updatePerson, { id, identities: [identity] });
    link("alice");
    link("alice");
    refused(host, () => link("bob"), "taken", "identities.0");
    host.do(updatePerson, { id: "alice", identities: [] });
    link("bob");
    expect(host.state.personsByIdentity.size).toBe(1);
  });

  it("are held to their quota as members, with what an admin set for one", () => {
    host = new Host({
      TARDIS_QUOTAS__PERSON__ENDPOINTS: "2",
      TARDIS_QUOTAS__GROUP__ENDPOINTS: "1",
    });
    const alice = memberOf(host.alice);
    const add = (owner: string, label: string, path: string, actor = alice) =>
      host.endpoint(owner, label, path, actor);
    add(host.alice, "alice", "/1");
    add(host.alice, "alice", "/2");
    refused(host, () => add(host.alice, "alice", "/3"), "quota_exceeded");
    // A group has its own.
    add(host.games, "games", "/1");
    refused(host, () => add(host.games, "games", "/2"), "quota_exceeded");
    add(host.alice, "alice", "/3", operator);
    host.do(updatePerson, { id: host.alice, quota: { endpoints: 4, tokens: undefined } });
    expect(person(host.alice).quota).toEqual({ endpoints: 4 });
    add(host.alice, "alice", "/4");
    refused(host, () => add(host.alice, "alice", "/5"), "quota_exceeded");
    host.do(updatePerson, { id: host.alice, quota: null });
    expect(person(host.alice).quota).toBeUndefined();
    refused(host, () => add(host.alice, "alice", "/5"), "quota_exceeded");
    host.do(updatePerson, { id: host.alice, quota: { endpoints: undefined } });
    expect(person(host.alice).quota).toBeUndefined();
  });

  describe("suspended", () => {
    const suspend = (reason: string, id = "alice") => host.do(suspendOwner, { id, reason });

    it("are so until they are resumed, by admins only", () => {
      refused(host, () => host.do(resumeOwner, { id: "alice" }), "conflict");
      suspend("spam");
      expect(person(host.alice).suspended).toEqual({ at: iso(0), reason: "spam", cause: "admin" });
      host.pass(DAY_MS);
      expect(suspend("much spam").suspended?.reason).toBe("much spam");
      for (const act of [
        () => host.do(resumeOwner, { id: "alice" }, memberOf(host.alice)),
        () => host.do(suspendOwner, { id: "alice", reason: "" }, memberOf(host.alice)),
      ]) {
        refused(host, act, "forbidden");
      }
      expect(host.do(resumeOwner, { id: "alice" }).suspended).toBeUndefined();
      expect(person(host.alice).signedOut).toBe(iso(0));
      const admin: Actor = { ...operator, owner: host.alice };
      const self = { id: "alice", reason: "" };
      refused(host, () => host.do(suspendOwner, self, admin), "conflict");
      refused(host, () => suspend("x", "nobody"), "not_found");
    });
  });

  describe("with a membership", () => {
    const until = (membershipEndsAt: string | null) =>
      host.do(updatePerson, { id: host.alice, membershipEndsAt });

    it("are warned before its end, suspended after it, and resumed by its renewal", () => {
      const warnDays = host.rules.memberships.warnDays;
      until(iso((warnDays + 10) * DAY_MS));
      expect(host.sweep()).toEqual([]);
      host.pass(10 * DAY_MS);
      expect(host.sweep()).toEqual(["membership.ending"]);
      expect(person(host.alice).membership?.warnedAt).toBe(iso(0));
      expect(host.sweep()).toEqual([]);
      host.pass(warnDays * DAY_MS);
      expect(host.sweep()).toEqual(["membership.ended"]);
      expect(person(host.alice).suspended?.cause).toBe("membership");
      expect(host.sweep()).toEqual([]);
      refused(host, () => host.do(resumeOwner, { id: "alice" }), "conflict");
      until(iso((warnDays + 1) * DAY_MS));
      expect(person(host.alice).suspended).toBeUndefined();
      // And is warned of the new end again.
      host.pass(DAY_MS);
      expect(host.sweep()).toEqual(["membership.ending"]);
    });

    it("stay suspended by an admin, whatever becomes of it", () => {
      host.do(suspendOwner, { id: "alice", reason: "spam" });
      until(iso(-1));
      expect(host.sweep()).toEqual([]);
      until(null);
      expect(person(host.alice).suspended?.cause).toBe("admin");
      until(iso(-1));
      host.do(resumeOwner, { id: "alice" });
      expect(host.sweep()).toEqual(["membership.ended"]);
      until(iso(-2));
      expect(person(host.alice).suspended?.cause).toBe("membership");
    });

    it("are not suspended where that is off", () => {
      host = new Host({ TARDIS_MEMBERSHIPS__SUSPEND: "false" });
      until(iso(DAY_MS));
      expect(host.sweep()).toEqual(["membership.ending"]);
      host.pass(2 * DAY_MS);
      expect(host.sweep()).toEqual([]);
      expect(person(host.alice).suspended).toBeUndefined();
    });
  });
});
