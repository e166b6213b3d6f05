import * as fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { renewalOf, renewMembership } from "../../src/owners/renew.ts";
import { suspendOwner } from "../../src/owners/suspend.ts";
import { updateGroup, updatePerson } from "../../src/owners/update.ts";
import { DAY_MS, Host, memberOf, refused } from "./support.ts";

const SELF = { TARDIS_MEMBERSHIPS__RENEW__SELF: "true" };

describe("a membership", () => {
  let host: Host;
  beforeEach(() => {
    host = new Host(SELF);
  });

  const inDays = (days: number) => new Date(host.now.getTime() + days * DAY_MS).toISOString();
  const endsIn = (days: number) =>
    host.do(updatePerson, { id: host.alice, membershipEndsAt: inDays(days) });
  const alice = () => host.state.owners.get(host.alice) as never;
  const renew = (id = host.alice, actor = memberOf(host.alice)) =>
    host.do(renewMembership, { id }, actor);
  const how = () => renewalOf({ now: host.now, rules: host.rules }, alice());

  it("is renewed by its member from the window on, for a term from its end", () => {
    endsIn(61);
    expect(how()).toBeNull();
    const early = refused(host, renew, "conflict");
    expect(early.message).toMatch(/runs until 2026-05-01; it can be renewed from 2026-03-02 on\./);
    host.pass(DAY_MS);
    expect(how()).toBe("self");
    expect(renew().membership).toEqual({ endsAt: inDays(60 + 365) });
    // Not a second time: the window of the new end is far.
    expect(how()).toBeNull();
    refused(host, renew, "conflict");
  });

  it("warns of its new end again", () => {
    endsIn(20);
    expect(host.sweep()).toEqual(["membership.ending"]);
    renew();
    expect(host.sweep()).toEqual([]);
    host.pass((20 + 365 - 30) * DAY_MS);
    expect(host.sweep()).toEqual(["membership.ending"]);
  });

  it("is an admin's to renew where members may not, and once it has ended", () => {
    for (const env of [SELF, {}]) {
      host = new Host({ ...env, TARDIS_MEMBERSHIPS__SUSPEND: "false" });
      endsIn(1);
      if (env === SELF) host.pass(2 * DAY_MS);
      expect(how()).toBe("request");
      refused(host, renew, "forbidden");
      expect(host.do(renewMembership, { id: "alice" }).membership).toBeDefined();
    }
  });

  it("that has ended begins anew today, and ends the suspension that it brought", () => {
    endsIn(1);
    host.pass(10 * DAY_MS);
    expect(host.sweep()).toEqual(["membership.ended"]);
    const renewed = host.do(renewMembership, { id: "alice" });
    expect(renewed).toMatchObject({ membership: { endsAt: inDays(365) } });
    expect(renewed.suspended).toBeUndefined();
  });

  it("of someone suspended by an admin, or without an end, is renewed by nobody", () => {
    expect(how()).toBeNull();
    refused(host, renew, "conflict");
    refused(host, () => host.do(renewMembership, { id: "alice" }), "conflict");
    endsIn(10);
    host.do(suspendOwner, { id: "alice", reason: "Spam." });
    expect(how()).toBeNull();
    refused(host, renew, "conflict");
    refused(host, () => host.do(renewMembership, { id: "alice" }), "conflict");
  });

  it("of a group is renewed by those who manage it now", () => {
    host.do(updateGroup, { id: "games", membershipEndsAt: inDays(5) });
    refused(host, () => renew(host.games, memberOf(host.bob)), "not_found");
    renew(host.games);
    host.pass(365 * DAY_MS);
    host.do(updateGroup, { id: "games", managers: ["bob"] });
    refused(host, () => renew(host.games), "not_found");
    expect(renew(host.games, memberOf(host.bob)).membership).toEqual({ endsAt: inDays(5 + 365) });
  });

  it("needs what was read to be unchanged", () => {
    const { revision } = endsIn(5);
    host.do(updatePerson, { id: "alice", displayName: "A." });
    const act = () => host.do(renewMembership, { id: "alice", ifMatch: revision });
    refused(host, act, "stale");
  });

  it("never ends more than a term and a window from now, however often it is renewed", () => {
    const { termDays, windowDays } = host.rules.memberships.renew;
    const turns = fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 12 });
    fc.assert(
      fc.property(fc.integer({ min: -100, max: 500 }), turns, (days, waits) => {
        host = new Host(SELF);
        endsIn(days);
        for (const wait of waits) {
          host.pass(wait * DAY_MS);
          if (how() === null) continue;
          host.do(renewMembership, { id: "alice" });
          expect(how()).toBeNull();
          const { membership } = host.state.owners.get(host.alice) ?? {};
          const left = Date.parse(membership?.endsAt ?? "") - host.now.getTime();
          expect(left).toBeLessThanOrEqual((termDays + windowDays) * DAY_MS);
          expect(left).toBeGreaterThanOrEqual(termDays * DAY_MS);
        }
      }),
      { numRuns: 100 },
    );
  });
});
