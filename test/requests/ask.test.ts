import { beforeEach, describe, expect, it } from "vitest";
import type { Wish } from "../../src/domain/requests.ts";
import { operator, type Actor } from "../../src/domain/policy.ts";
import { giveBackLabel, grantLabel } from "../../src/owners/labels.ts";
import { suspendOwner } from "../../src/owners/suspend.ts";
import { updateGroup, updatePerson } from "../../src/owners/update.ts";
import { askAdmins } from "../../src/requests/ask.ts";
import { withdrawRequest } from "../../src/requests/withdraw.ts";
import { DAY_MS, memberOf, refused } from "../owners/support.ts";
import { Asking, endpoints, label, network, renewal } from "./support.ts";

describe("a request", () => {
  let host: Asking;
  beforeEach(() => {
    host = new Asking();
  });

  const inDays = (days: number) => new Date(host.now.getTime() + days * DAY_MS).toISOString();

  it.each([
    ["a label", label("wonder"), "alice's request for the name wonder was sent"],
    ["a higher limit", endpoints(40), "alice's request for 40 services was sent"],
    [
      "a limit of several words",
      { kind: "quota", of: "targetsPerEndpoint", amount: 12 },
      "alice's request for 12 targets of one service was sent",
    ],
    [
      "a network",
      network("192.168.3.0/24", "80", "8000-9000"),
      "alice's request for the target 192.168.3.0/24, ports 80, 8000-9000 was sent",
    ],
    [
      "names",
      { kind: "target", grant: { suffix: ".vm.tardis.test", ports: ["443"] } },
      "alice's request for the target names under .vm.tardis.test, ports 443 was sent",
    ],
  ] as [string, Wish, string][])(
    "for %s is written down, and gives nothing",
    (_what, wish, said) => {
      const input = { owner: "alice", wish, reason: "We need it." };
      const decision = askAdmins(host.state, host.context(memberOf(host.alice)), input);
      expect(decision.event).toEqual({
        type: "request.asked",
        summary: said,
        owners: [host.alice],
      });
      expect(decision.changes.map(({ kind }) => kind)).toEqual(["request"]);
      const { id } = host.take(decision);
      expect(host.request(id)).toMatchObject({
        owner: host.alice,
        asker: host.alice,
        wish,
        state: "open",
      });
      expect(host.request(id).decided).toBeUndefined();
    },
  );

  it("for a group is its managers' to make, and says for whom", () => {
    const input = { owner: "games", wish: label("chess"), reason: "x" };
    const { event } = askAdmins(host.state, host.context(memberOf(host.alice)), input);
    expect(event.summary).toBe("alice's request for the name chess for games was sent");
    refused(host, () => host.ask(label("chess"), host.games, host.bob), "not_found");
    refused(host, () => host.ask(label("chess"), host.bob), "not_found");
    refused(host, () => host.ask(label("chess"), "nobody"), "not_found");
  });

  describe("is refused, with the field at fault,", () => {
    it.each([
      ["for a reserved name", label("www"), "reserved", "wish.label"],
      ["for a name that is taken", label("bob"), "taken", "wish.label"],
      ["for a limit that they have", endpoints(20), "conflict", "wish.amount"],
      ["for a limit that nobody may have", endpoints(100_001), "invalid_input", "wish.amount"],
      [
        "for more of what there is none of here",
        { kind: "quota", of: "databases", amount: 9 },
        "conflict",
        "wish.amount",
      ],
      ["for loopback", network("127.0.0.0/8", "80"), "target_refused", "wish.grant"],
      ["for everything", network("0.0.0.0/0", "80"), "target_refused", "wish.grant"],
      ["for ports that no target has", network("10.0.0.0/8", "0"), "invalid_input", "wish.grant"],
      [
        "for the zone itself",
        { kind: "target", grant: { suffix: ".tardis.test", ports: ["80"] } },
        "target_refused",
        "wish.grant",
      ],
      ["to renew a membership without an end", renewal, "conflict", "wish.kind"],
    ] as [string, Wish, "conflict", string][])("%s", (_what, wish, code, field) => {
      refused(host, () => host.ask(wish), code, field);
    });

    it("for a target that they have", () => {
      const targets = [{ network: "192.168.0.0/16", ports: ["80"] }];
      host.do(updatePerson, { id: "alice", targets });
      refused(host, () => host.ask(network("192.168.0.0/16", "80")), "conflict", "wish.grant");
      host.ask(network("192.168.0.0/16", "443"));
    });

    it("for another's name at rest, and not for one's own", () => {
      for (const owner of ["alice", "bob"]) {
        host.do(grantLabel, { label: `${owner}-old`, owner });
        host.do(giveBackLabel, { label: `${owner}-old` });
      }
      refused(host, () => host.ask(label("bob-old")), "resting", "wish.label");
      host.ask(label("alice-old"));
    });

    it("a second time while it is open, for a limit whatever the amount", () => {
      const first = host.ask(endpoints(40));
      refused(host, () => host.ask(endpoints(50)), "conflict");
      host.ask({ kind: "quota", of: "pages", amount: 100 });
      host.do(withdrawRequest, { id: first }, memberOf(host.alice));
      host.ask(endpoints(50));
      // Each for their own.
      host.ask(endpoints(50), host.bob, host.bob);
    });

    it("while a group is suspended, but for the renewal that would end it", () => {
      host.do(updateGroup, { id: "games", membershipEndsAt: inDays(1) });
      host.pass(2 * DAY_MS);
      host.sweep();
      refused(host, () => host.ask(label("chess"), host.games), "conflict");
      host.ask(renewal, host.games);
      host.do(suspendOwner, { id: "games", reason: "Spam." });
      refused(host, () => host.ask(renewal, host.games), "conflict");
    });

    it("to renew what needs no admin, or not yet", () => {
      host = new Asking({ TARDIS_MEMBERSHIPS__RENEW__SELF: "true" });
      host.do(updatePerson, { id: "alice", membershipEndsAt: inDays(100) });
      refused(host, () => host.ask(renewal), "conflict", "wish.kind");
      host.pass(70 * DAY_MS);
      refused(host, () => host.ask(renewal), "conflict", "wish.kind");
    });
  });

  it("is one of few that a person has open, for themselves and their groups", () => {
    host = new Asking({ TARDIS_REQUESTS__OPEN: "3" });
    const first = host.ask(label("a1"));
    host.ask(label("a2"), host.games);
    host.ask(label("a3"));
    const refusal = refused(host, () => host.ask(label("a4"), host.games), "quota_exceeded");
    expect(refusal.message).toMatch(/^You have 3 of 3 requests open/);
    // Another manager's do not count, nor those of a group that is another's by now.
    host.do(updateGroup, { id: "games", managers: ["alice", "bob"] });
    for (const name of ["b1", "b2", "b3"]) host.ask(label(name), host.games, host.bob);
    refused(host, () => host.ask(label("b4"), host.bob, host.bob), "quota_exceeded");
    host.do(updateGroup, { id: "games", managers: ["bob"] });
    host.ask(label("a5"));
    host.do(withdrawRequest, { id: first }, memberOf(host.alice));
    host.ask(label("a6"));
    refused(host, () => host.ask(label("a7")), "quota_exceeded");
    // An admin's own act is not held by it.
    const admin: Actor = { ...operator, owner: host.alice };
    host.do(askAdmins, { owner: "alice", wish: label("a7"), reason: "x" }, admin);
  });

  it("can be switched off", () => {
    host = new Asking({ TARDIS_REQUESTS__OPEN: "0" });
    refused(host, () => host.ask(label("wonder")), "quota_exceeded");
  });
});
