import { beforeEach, describe, expect, it } from "vitest";
import { operator, type Actor } from "../../src/domain/policy.ts";
import { quotaOf } from "../../src/domain/rules.ts";
import { deleteOwner } from "../../src/owners/delete.ts";
import { grantLabel, reserveLabel } from "../../src/owners/labels.ts";
import { renewMembership } from "../../src/owners/renew.ts";
import { suspendOwner } from "../../src/owners/suspend.ts";
import { updateGroup, updatePerson } from "../../src/owners/update.ts";
import { acknowledgeRequest } from "../../src/requests/acknowledge.ts";
import { askAdmins } from "../../src/requests/ask.ts";
import { declineRequest, grantRequest } from "../../src/requests/decide.ts";
import { withdrawRequest } from "../../src/requests/withdraw.ts";
import { DAY_MS, memberOf, refused } from "../owners/support.ts";
import { Asking, endpoints, label, network, renewal } from "./support.ts";

describe("a request", () => {
  let host: Asking;
  beforeEach(() => {
    host = new Asking();
  });

  const owner = (id: string) => host.state.owners.get(id) ?? expect.fail("nobody");
  const admin = (): Actor => ({ ...operator, name: "token of bob", owner: host.bob });
  const grant = (id: string, answer?: string) => host.do(grantRequest, { id, answer }, admin());
  const inDays = (days: number) => new Date(host.now.getTime() + days * DAY_MS).toISOString();

  describe("that is granted", () => {
    it("for a label gives it, in the same commit, and says who asked and who decided", () => {
      const id = host.ask(label("wonder"));
      const decision = grantRequest(host.state, host.context(admin()), { id, answer: "Enjoy." });
      expect(decision.changes.map(({ kind, id: changed }) => `${kind} ${changed}`)).toEqual([
        "label wonder",
        `request ${id}`,
      ]);
      expect(decision.event).toEqual({
        type: "request.granted",
        summary: "alice's request for the name wonder was granted",
        owners: [host.alice],
      });
      host.take(decision);
      expect(host.held(host.alice)).toEqual(["alice", "wonder"]);
      expect(host.request(id)).toMatchObject({
        state: "granted",
        decided: { by: host.bob, at: host.now.toISOString(), answer: "Enjoy." },
      });
    });

    it("for a limit sets that one, beside the others that were set", () => {
      host.do(updatePerson, { id: "alice", quota: { pages: 3 } });
      grant(host.ask(endpoints(40)));
      expect(owner(host.alice).quota).toEqual({ pages: 3, endpoints: 40 });
      expect(quotaOf(host.rules, owner(host.alice))).toMatchObject({ endpoints: 40, labels: 1 });
    });

    it("for a target adds it to the others, for a group, too", () => {
      const present = { network: "192.168.0.0/24", ports: ["80"] };
      host.do(updateGroup, { id: "games", targets: [present] });
      const id = host.ask(network("192.168.3.0/24", "443"), host.games);
      expect(grant(id).decided).toEqual({ by: host.bob, at: host.now.toISOString() });
      expect(owner(host.games).targets).toEqual([
        present,
        { network: "192.168.3.0/24", ports: ["443"] },
      ]);
    });

    it("for a renewal adds a term, and ends the suspension by its end", () => {
      host.do(updateGroup, { id: "games", membershipEndsAt: inDays(10) });
      const id = host.ask(renewal, host.games);
      host.pass(20 * DAY_MS);
      expect(host.sweep()).toContain("membership.ended");
      grant(id);
      expect(owner(host.games)).toMatchObject({ membership: { endsAt: inDays(365) } });
      expect(owner(host.games).suspended).toBeUndefined();
    });
  });

  describe("is not granted, and stays open,", () => {
    const staysOpen = (id: string, code: "conflict" | "taken" | "reserved") => {
      const refusal = refused(host, () => grant(id), code);
      expect(host.request(id).state).toBe("open");
      return refusal.message;
    };

    it("when the label was taken or reserved meanwhile", () => {
      const [taken, kept] = [host.ask(label("wonder")), host.ask(label("secret"))];
      host.do(grantLabel, { label: "wonder", owner: "bob" });
      host.do(reserveLabel, { label: "secret", reason: "ours" });
      expect(staysOpen(taken, "taken")).toBe('"wonder" is already taken.');
      staysOpen(kept, "reserved");
    });

    it("when they have it by now", () => {
      const ids = [host.ask(endpoints(40)), host.ask(network("192.168.0.0/24", "80"))];
      const targets = [{ network: "192.168.0.0/24", ports: ["80"] }];
      host.do(updatePerson, { id: "alice", targets, quota: { endpoints: 60 } });
      expect(ids.map((id) => staysOpen(id, "conflict"))).toEqual([
        "alice may have 60 services already.",
        "alice may target this already.",
      ]);
    });

    it("when there are as many grants as there can be", () => {
      const id = host.ask(network("192.168.0.0/24", "80"));
      const targets = Array.from({ length: 100 }, (_, n) => ({
        network: `10.0.${n}.0/24`,
        ports: ["80"],
      }));
      host.do(updatePerson, { id: "alice", targets });
      staysOpen(id, "conflict");
    });

    it("when the membership was renewed by hand, so that no term is added twice", () => {
      host.do(updatePerson, { id: "alice", membershipEndsAt: inDays(10) });
      const id = host.ask(renewal);
      host.do(renewMembership, { id: "alice" });
      expect(staysOpen(id, "conflict")).toMatch(/it can be renewed from \d/);
    });

    it("when an admin has suspended whose membership it is", () => {
      host.do(updatePerson, { id: "alice", membershipEndsAt: inDays(10) });
      const id = host.ask(renewal);
      host.do(suspendOwner, { id: "alice", reason: "Spam." });
      staysOpen(id, "conflict");
    });

    it("when who asked manages the group no more, or is gone", () => {
      const id = host.ask(network("192.168.0.0/24", "80"), host.games);
      host.do(updateGroup, { id: "games", managers: ["bob"] });
      expect(staysOpen(id, "conflict")).toMatch(/^alice does not manage games any more; decline/);
      host.do(deleteOwner, { id: "alice", kind: "person" });
      staysOpen(id, "conflict");
      // It is the group's: those who manage it now may take it back.
      expect(host.do(withdrawRequest, { id }, memberOf(host.bob)).state).toBe("withdrawn");
    });
  });

  it("that an admin made for a group is granted like its managers'", () => {
    host.do(updatePerson, { id: "bob", role: "admin" });
    const input = { owner: "games", wish: label("chess"), reason: "x" };
    const made = host.do(askAdmins, input, admin());
    expect(made.asker).toBe(host.bob);
    grant(made.id);
    expect(host.held(host.games)).toEqual(["chess", "games"]);
    grant(host.do(askAdmins, { ...input, wish: label("go") }).id);
  });

  it("is declined with a word, that those see who asked, until they have taken note", () => {
    const id = host.ask(label("wonder"), host.games);
    refused(host, () => host.do(acknowledgeRequest, { id }, memberOf(host.alice)), "conflict");
    const declined = declineRequest(host.state, host.context(admin()), { id, answer: "Too vain." });
    expect(declined.event).toEqual({
      type: "request.declined",
      summary: "alice's request for the name wonder for games was declined",
      owners: [host.games],
    });
    host.take(declined);
    expect(host.held(host.games)).toEqual(["games"]);
    expect(host.request(id).decided).toMatchObject({ by: host.bob, answer: "Too vain." });
    host.pass(1000);
    const seen = host.do(acknowledgeRequest, { id }, memberOf(host.alice));
    expect(seen.decided).toMatchObject({ answer: "Too vain.", seenAt: host.now.toISOString() });
    const { state } = host;
    host.pass(1000);
    expect(host.do(acknowledgeRequest, { id }, memberOf(host.alice))).toEqual(seen);
    expect(host.state).toBe(state);
  });

  it("is decided once", () => {
    const verbs = [
      (id: string) => grant(id),
      (id: string) => host.do(declineRequest, { id, answer: "no" }, admin()),
      (id: string) => host.do(withdrawRequest, { id }, memberOf(host.alice)),
    ];
    for (const [n, first] of verbs.entries()) {
      const id = host.ask(label(`wonder-${n}`));
      first(id);
      for (const second of verbs) refused(host, () => second(id), "conflict");
    }
  });

  it("is decided by admins alone, and is nobody else's to see", () => {
    const id = host.ask(label("wonder"));
    const act = { id, answer: "x" };
    for (const verb of [grantRequest, declineRequest]) {
      refused(host, () => host.do(verb, act, memberOf(host.alice)), "forbidden");
      refused(host, () => host.do(verb, act, memberOf(host.bob)), "not_found");
      refused(host, () => host.do(verb, { ...act, id: "req-none" }, admin()), "not_found");
    }
    for (const verb of [withdrawRequest, acknowledgeRequest])
      refused(host, () => host.do(verb, { id }, memberOf(host.bob)), "not_found");
    refused(host, () => host.do(grantRequest, { id, ifMatch: 1 }), "stale");
  });

  it("goes some months after it was decided, and with whom it was for; an open one stays", () => {
    const { keepDays } = host.rules.requests;
    const [open, decided] = [host.ask(label("open")), host.ask(label("done"))];
    host.pass(100 * DAY_MS);
    host.do(declineRequest, { id: decided, answer: "no" });
    host.pass(keepDays * DAY_MS - 1);
    expect(host.sweep()).toEqual([]);
    host.pass(1);
    expect(host.sweep()).toEqual(["expired"]);
    expect([...host.state.requests.keys()]).toEqual([open]);
    host.do(deleteOwner, { id: "alice", kind: "person" });
    expect(host.state.requests.size).toBe(0);
  });
});
