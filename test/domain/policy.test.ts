import { describe, expect, it } from "vitest";
import { SCOPES, type Scope } from "../../src/domain/entities.ts";
import {
  type Action,
  type Actor,
  actsFor,
  authorise,
  operator,
  POLICY,
  sees,
  verdict,
} from "../../src/domain/policy.ts";
import { Refusal } from "../../src/errors.ts";
import { group, person, stateOf } from "../support/states.ts";

const alice = person("alice");
const bob = person("bob");
const games = group("games", { managers: [alice.id] });
const chess = group("chess", { managers: [bob.id] });
const state = stateOf(alice, bob, games, chess);

const actor = (owner: string | null, admin: boolean, scopes: readonly Scope[] = SCOPES): Actor => ({
  name: "someone",
  owner,
  admin,
  scopes: new Set(admin ? scopes : scopes.filter((scope) => scope !== "admin")),
  token: "tok-1",
});
const member = actor(alice.id, false);
const admin = actor(bob.id, true);

/** Who may do what: with a thing of one's own, of one's group, of another, of nobody. */
const table: Record<Action, [own: string, group: string, other: string, nobody: string]> = {
  "owner.read": ["allowed", "allowed", "missing", "missing"],
  "owner.create": ["forbidden", "forbidden", "forbidden", "forbidden"],
  "owner.describe": ["allowed", "allowed", "missing", "missing"],
  "owner.renew": ["allowed", "allowed", "missing", "missing"],
  "owner.administer": ["forbidden", "forbidden", "missing", "missing"],
  "owner.delete": ["forbidden", "forbidden", "missing", "missing"],
  "group.managers": ["allowed", "allowed", "missing", "missing"],
  "label.read": ["allowed", "allowed", "missing", "missing"],
  "label.grant": ["forbidden", "forbidden", "forbidden", "forbidden"],
  "label.give-back": ["allowed", "allowed", "missing", "missing"],
  "label.free": ["forbidden", "forbidden", "missing", "missing"],
  "label.reserve": ["forbidden", "forbidden", "forbidden", "forbidden"],
  "endpoint.read": ["allowed", "allowed", "missing", "missing"],
  "endpoint.write": ["allowed", "allowed", "missing", "missing"],
  "endpoint.write-host": ["forbidden", "forbidden", "missing", "missing"],
  "page.read": ["allowed", "allowed", "missing", "missing"],
  "page.sync": ["allowed", "allowed", "missing", "missing"],
  "page.sync-all": ["forbidden", "forbidden", "forbidden", "forbidden"],
  "page.sync-read": ["forbidden", "forbidden", "forbidden", "forbidden"],
  "domain.read": ["allowed", "allowed", "missing", "missing"],
  "route.read": ["allowed", "allowed", "missing", "missing"],
  "event.read": ["allowed", "allowed", "missing", "missing"],
  "request.read": ["allowed", "allowed", "missing", "missing"],
  "request.ask": ["allowed", "allowed", "missing", "missing"],
  "request.withdraw": ["allowed", "allowed", "missing", "missing"],
  "request.acknowledge": ["allowed", "allowed", "missing", "missing"],
  "request.decide": ["forbidden", "forbidden", "missing", "missing"],
  "bucket.read": ["allowed", "allowed", "missing", "missing"],
  "bucket.write": ["allowed", "allowed", "missing", "missing"],
  "bucket.adopt": ["forbidden", "forbidden", "forbidden", "forbidden"],
  "bucketKey.read": ["allowed", "allowed", "missing", "missing"],
  "bucketKey.write": ["allowed", "allowed", "missing", "missing"],
  "database.read": ["allowed", "allowed", "missing", "missing"],
  "database.write": ["allowed", "allowed", "missing", "missing"],
  "database.adopt": ["forbidden", "forbidden", "forbidden", "forbidden"],
  "databaseAccount.read": ["allowed", "allowed", "missing", "missing"],
  "databaseAccount.write": ["allowed", "allowed", "missing", "missing"],
  "namespace.read": ["allowed", "allowed", "missing", "missing"],
  "namespace.write": ["allowed", "allowed", "missing", "missing"],
  "namespace.adopt": ["forbidden", "forbidden", "forbidden", "forbidden"],
  "namespace.limit": ["forbidden", "forbidden", "missing", "missing"],
  "kubeconfig.read": ["allowed", "allowed", "missing", "missing"],
  "kubeconfig.write": ["allowed", "allowed", "missing", "missing"],
  "token.read": ["allowed", "allowed", "missing", "missing"],
  "token.create": ["allowed", "allowed", "missing", "missing"],
  "token.create-operator": ["forbidden", "forbidden", "forbidden", "forbidden"],
  "token.revoke": ["allowed", "allowed", "missing", "missing"],
  "session.read": ["allowed", "allowed", "missing", "missing"],
  "session.revoke": ["allowed", "allowed", "missing", "missing"],
  "pass.read": ["forbidden", "forbidden", "forbidden", "forbidden"],
  "pass.create": ["forbidden", "forbidden", "missing", "missing"],
  "pass.revoke": ["forbidden", "forbidden", "missing", "missing"],
};
const actions = Object.keys(table) as Action[];
const things = [alice.id, games.id, bob.id, null];

describe("the policy", () => {
  it("has a row here for every action", () => {
    expect(actions.toSorted()).toEqual(Object.keys(POLICY).toSorted());
  });

  it.each(actions)("%s, for a member", (action) => {
    expect(things.map((thing) => verdict(state, member, action, thing))).toEqual(table[action]);
  });

  it.each(actions)("%s, for an admin and for the operator", (action) => {
    for (const who of [admin, operator]) {
      expect(things.map((thing) => verdict(state, who, action, thing))).toEqual(
        things.map(() => "allowed"),
      );
    }
  });

  it.each(actions)("%s, with a token that lacks its scope", (action) => {
    const rest = SCOPES.filter((scope) => scope !== POLICY[action].scope);
    expect(verdict(state, actor(bob.id, true, rest), action, alice.id)).toBe("forbidden");
    expect(verdict(state, actor(alice.id, false, rest), action, alice.id)).toBe("forbidden");
    // What one may not see stays unseen, whatever the scope.
    const unseen = table[action][2];
    expect(verdict(state, actor(alice.id, false, rest), action, bob.id)).toBe(unseen);
  });

  it("lets no group act for another, nor a manager for a fellow manager", () => {
    expect(verdict(state, actor(games.id, false), "endpoint.write", games.id)).toBe("allowed");
    for (const other of [alice.id, chess.id, bob.id]) {
      expect(verdict(state, actor(games.id, false), "endpoint.write", other)).toBe("missing");
    }
    expect(verdict(state, member, "endpoint.write", chess.id)).toBe("missing");
  });

  it("gives a token of nobody nothing unless it is an operator's", () => {
    const nobody = actor(null, false);
    expect(actsFor(state, nobody, null)).toBe(false);
    expect(sees(state, nobody, alice.id)).toBe(false);
    expect(sees(state, operator, null)).toBe(true);
    expect(verdict(state, nobody, "owner.read", null)).toBe("missing");
  });

  it("does not act for an owner who is gone", () => {
    expect(actsFor(stateOf(alice), member, games.id)).toBe(false);
  });
});

describe("a refusal", () => {
  const refusal = (who: Actor, action: Action, owner: string | null) => {
    try {
      authorise(state, who, action, owner, "endpoint");
      return "allowed";
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return `${error.code}: ${error.message}`;
    }
  };
  it.each<[who: Actor, action: Action, owner: string | null, expected: string]>([
    [member, "endpoint.write", alice.id, "allowed"],
    [member, "endpoint.write", bob.id, "not_found: There is no such endpoint."],
    [member, "endpoint.write", null, "not_found: There is no such endpoint."],
    [member, "endpoint.write-host", alice.id, "forbidden: Only an admin may do this."],
    [member, "owner.create", null, "forbidden: Only an admin may do this."],
    [
      actor(alice.id, false, ["read"]),
      "endpoint.write",
      alice.id,
      'forbidden: This token lacks the scope "endpoints".',
    ],
    [
      actor(alice.id, false, ["read"]),
      "owner.create",
      null,
      'forbidden: This token lacks the scope "owners".',
    ],
    [
      actor(null, true, ["read", "admin"]),
      "token.create-operator",
      null,
      'forbidden: This token lacks the scope "tokens".',
    ],
  ])("case %#: %s", (who, action, owner, expected) =>
    expect(refusal(who, action, owner)).toBe(expected),
  );
});
