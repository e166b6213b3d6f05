import * as fc from "fast-check";
import { expect, it } from "vitest";
import type { Wish } from "../../src/domain/requests.ts";
import { quotaOf } from "../../src/domain/rules.ts";
import { Refusal } from "../../src/errors.ts";
import { giveBackLabel, grantLabel } from "../../src/owners/labels.ts";
import { updateGroup, updatePerson } from "../../src/owners/update.ts";
import { askAdmins } from "../../src/requests/ask.ts";
import { declineRequest, grantRequest } from "../../src/requests/decide.ts";
import { withdrawRequest } from "../../src/requests/withdraw.ts";
import { DAY_MS, memberOf } from "../owners/support.ts";
import { Asking, endpoints, label, network, renewal } from "./support.ts";

const who = fc.constantFrom("alice", "bob");
const whose = fc.constantFrom("alice", "bob", "games");
const names = fc.constantFrom("wonder", "castle", "chess");
const wishes: fc.Arbitrary<Wish> = fc.oneof(
  names.map(label),
  fc.integer({ min: 1, max: 60 }).map(endpoints),
  fc.nat(3).map((n) => network(`192.168.${n}.0/24`, "80")),
  fc.constant(renewal),
);

type Step = (host: Asking, granted: Set<string>) => void;

const some = (host: Asking, n: number) => [...host.state.requests.keys()].at(n % 8) ?? "";
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(who, whose, wishes).map(([asker, owner, wish]): Step => (host) => {
      const actor = memberOf(host.state.ownersByName.get(asker) ?? "");
      host.do(askAdmins, { owner, wish, reason: "x" }, actor);
    }),
  },
  {
    weight: 3,
    arbitrary: fc.nat().map((n): Step => (host, granted) => {
      const id = some(host, n);
      host.do(grantRequest, { id });
      granted.add(id);
      expectGiven(host, id);
    }),
  },
  fc.nat().map(
    (n): Step =>
      (host) =>
        host.do(declineRequest, { id: some(host, n), answer: "no" }),
  ),
  fc.tuple(who, fc.nat()).map(([actor, n]): Step => (host) => {
    const id = host.state.ownersByName.get(actor) ?? "";
    host.do(withdrawRequest, { id: some(host, n) }, memberOf(id));
  }),
  who.map((manager): Step => (host) => {
    host.do(updateGroup, { id: "games", managers: [manager] });
  }),
  fc.tuple(names, whose).map(([name, owner]): Step => (host) => {
    host.do(grantLabel, { label: name, owner });
  }),
  names.map(
    (name): Step =>
      (host) =>
        host.do(giveBackLabel, { label: name }),
  ),
  fc.tuple(whose, fc.integer({ min: -10, max: 90 })).map(([id, days]): Step => (host) => {
    const membershipEndsAt = new Date(host.now.getTime() + days * DAY_MS).toISOString();
    if (id === "games") host.do(updateGroup, { id, membershipEndsAt });
    else host.do(updatePerson, { id, membershipEndsAt });
  }),
  fc.integer({ min: 1, max: 100 }).map((days): Step => (host) => {
    host.pass(days * DAY_MS);
    host.sweep();
  }),
);

/** What was asked for is there as soon as it is granted. */
function expectGiven(host: Asking, id: string): void {
  const { owner: ownerId, wish } = host.request(id);
  const owner = host.state.owners.get(ownerId) ?? expect.fail("nobody has it");
  switch (wish.kind) {
    case "label":
      expect(host.held(ownerId)).toContain(wish.label);
      return;
    case "quota":
      expect(quotaOf(host.rules, owner)[wish.of]).toBe(wish.amount);
      return;
    case "target":
      expect(owner.targets).toContainEqual(wish.grant);
      return;
    case "renewal":
      expect(Date.parse(owner.membership?.endsAt ?? "")).toBeGreaterThan(host.now.getTime());
  }
}

it("requests, whatever happens around them: granted is given, refused changes nothing, open ones are few", () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 40 }), (steps) => {
      const host = new Asking({ TARDIS_REQUESTS__OPEN: "2" });
      const membershipEndsAt = new Date(host.now.getTime() + 30 * DAY_MS).toISOString();
      host.do(updateGroup, { id: "games", membershipEndsAt });
      for (const id of ["alice", "bob"]) host.do(updatePerson, { id, membershipEndsAt });
      const granted = new Set<string>();
      for (const one of steps) {
        const before = host.state;
        try {
          one(host, granted);
        } catch (error) {
          if (!(error instanceof Refusal)) throw error;
          expect(host.state).toBe(before);
          seen.add(error.code);
        }
        const requests = [...host.state.requests.values()];
        for (const { id, state, wish } of requests) {
          expect(state === "granted").toBe(granted.has(id));
          if (state === "granted") seen.add(wish.kind);
        }
        const open = requests.filter(({ state }) => state === "open");
        // One for each thing of an owner, and few of those that a person still has a say in.
        const things = open.map(({ owner, wish }) =>
          JSON.stringify([owner, wish.kind === "quota" ? wish.of : wish]),
        );
        expect(new Set(things).size).toBe(things.length);
        for (const person of [host.alice, host.bob]) {
          const own = open.filter(({ asker, owner }) => asker === person && owner === person);
          expect(own.length).toBeLessThanOrEqual(2);
        }
      }
    }),
    { numRuns: 400 },
  );
  for (const one of ["label", "quota", "target", "renewal", "taken", "quota_exceeded", "conflict"])
    expect(seen).toContain(one);
});
