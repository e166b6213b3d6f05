import { beforeEach, describe, expect, it } from "vitest";
import { SCOPES, type Scope } from "../../src/domain/entities.ts";
import { operator, type Actor } from "../../src/domain/policy.ts";
import {
  createBootstrapToken,
  createToken,
  hashSecret,
  revokeToken,
  TOKEN_PREFIX,
} from "../../src/owners/tokens.ts";
import { updatePerson } from "../../src/owners/update.ts";
import { DAY_MS, Host, memberOf, refused } from "./support.ts";

describe("tokens", () => {
  let host: Host;
  beforeEach(() => {
    host = new Host({ TARDIS_TOKENS__DEFAULTDAYS: "30", TARDIS_TOKENS__MAXDAYS: "90" });
  });

  const make = (
    owner: string | null,
    scopes: readonly Scope[],
    actor: Actor = operator,
    expiresInDays?: number,
  ) => host.do(createToken, { name: "t", owner, scopes, expiresInDays }, actor);

  it("are shown once, and kept as a hash", () => {
    const { token, secret } = make("alice", ["read", "read"]);
    expect(secret.startsWith(TOKEN_PREFIX)).toBe(true);
    expect(token).toMatchObject({ owner: host.alice, scopes: ["read"], hash: hashSecret(secret) });
    expect(JSON.stringify([...host.state.tokens.values()])).not.toContain(secret);
    expect(host.state.tokensByHash.get(hashSecret(secret))).toBe(token.id);
  });

  it("give no more than their maker has", () => {
    const alice = memberOf(host.alice);
    make("alice", ["read", "endpoints", "owners", "tokens"], alice);
    refused(host, () => make("alice", ["read", "admin"], alice), "forbidden", "scopes");
    const few = { ...alice, scopes: new Set<Scope>(["tokens"]) };
    refused(host, () => make("alice", ["read"], few), "forbidden", "scopes");
    const none = { ...alice, scopes: new Set<Scope>(["read"]) };
    refused(host, () => make("alice", ["read"], none), "forbidden");
  });

  it("are made for oneself and one's groups", () => {
    make("games", ["read"], memberOf(host.alice));
    refused(host, () => make("games", ["read"], memberOf(host.bob)), "not_found");
    refused(host, () => make("bob", ["read"], memberOf(host.alice)), "not_found");
    refused(host, () => make("nobody", ["read"], memberOf(host.alice)), "not_found");
    refused(host, () => make("nobody", ["read"]), "not_found", "owner");
    refused(host, () => make(null, ["read"], memberOf(host.alice)), "forbidden");
  });

  it("are an admin's for persons who are admins only", () => {
    refused(host, () => make("alice", ["admin"]), "invalid_input", "scopes");
    refused(host, () => make("games", ["admin"]), "invalid_input", "scopes");
    host.do(updatePerson, { id: "alice", role: "admin" });
    expect(make("alice", ["admin"]).token.scopes).toEqual(["admin"]);
    expect(make(null, ["admin"]).token.owner).toBeNull();
  });

  it("live as long as was asked for, within bounds", () => {
    const lives = (days?: number) =>
      (Date.parse(make(null, ["read"], operator, days).token.expiresAt) - host.now.getTime()) /
      DAY_MS;
    expect([lives(), lives(1), lives(90)]).toEqual([30, 1, 90]);
    for (const days of [91, 0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      refused(host, () => lives(days), "invalid_input", "expiresInDays");
    }
  });

  it("are counted while they are in force", () => {
    host.do(updatePerson, { id: "alice", quota: { tokens: 2 } });
    const alice = memberOf(host.alice);
    make("alice", ["read"], alice, 1);
    make("alice", ["read"], alice, 2);
    refused(host, () => make("alice", ["read"], alice), "quota_exceeded");
    make("alice", ["read"], operator, 1);
    host.pass(DAY_MS);
    make("alice", ["read"], alice);
    refused(host, () => make("alice", ["read"], alice), "quota_exceeded");
  });

  it("are swept when they have expired", () => {
    const short = make("alice", ["read"], operator, 1).token.id;
    const long = make("alice", ["read"], operator, 2).token.id;
    host.pass(DAY_MS - 1);
    expect(host.sweep()).toEqual([]);
    host.pass(1);
    expect(host.sweep()).toEqual(["expired"]);
    expect([...host.state.tokens.keys()]).toEqual([long]);
    expect(host.state.tokens.has(short)).toBe(false);
  });

  it("are revoked by their own, and by admins", () => {
    const revoke = (id: string, actor: Actor = operator) => host.do(revokeToken, { id }, actor);
    const mine = make("alice", ["read"]).token.id;
    const operators = make(null, ["read"]).token.id;
    refused(host, () => revoke(mine, memberOf(host.bob)), "not_found");
    refused(host, () => revoke(operators, memberOf(host.bob)), "not_found");
    refused(host, () => revoke("tok-none"), "not_found");
    revoke(mine, memberOf(host.alice));
    revoke(operators);
    expect(host.state.tokens.size).toBe(0);
    expect(host.state.tokensByHash.size).toBe(0);
  });

  describe("the first", () => {
    const first = (secret?: string) => host.do(createBootstrapToken, { hours: 24, secret });

    it("can do everything for some hours, and dies with the next admin's", () => {
      const { token } = first();
      expect(token).toMatchObject({ owner: null, scopes: SCOPES, bootstrap: true });
      expect(Date.parse(token.expiresAt)).toBe(host.now.getTime() + DAY_MS);
      make(null, ["read", "owners"]);
      expect(host.state.tokens.has(token.id)).toBe(true);
      make(null, ["admin"]);
      expect(host.state.tokens.has(token.id)).toBe(false);
    });

    it("takes the place of an earlier first one", () => {
      const { token } = first();
      first();
      expect(host.state.tokens.has(token.id)).toBe(false);
      expect(host.state.tokens.size).toBe(1);
    });

    it("stays when the operator chose it", () => {
      const { token, secret } = first("chosen by the operator");
      expect(secret).toBe("chosen by the operator");
      make(null, ["admin"]);
      expect(host.state.tokens.has(token.id)).toBe(true);
    });

    it("is an operator's to make", () => {
      const act = () => host.do(createBootstrapToken, { hours: 1 }, memberOf(host.alice));
      refused(host, act, "forbidden");
    });
  });
});

describe("the sweep", () => {
  it("ends, and finds nothing left, however much is due", () => {
    const host = new Host();
    const many = Array.from({ length: 1_234 }, (_, index) => `tok-${index}`);
    const { token } = host.do(createToken, { name: "t", owner: null, scopes: ["read"] });
    host.take({
      changes: many.map((id, index) => ({
        kind: "token",
        id,
        // Times may be written without fractions of a second.
        entity: {
          ...token,
          id,
          hash: String(index).padStart(64, "0"),
          expiresAt: "2026-03-01T12:00:00Z",
        },
      })),
      event: { type: "test", summary: "", owners: [] },
      result: null,
    });
    for (const id of [host.alice, host.bob]) {
      host.do(updatePerson, { id, membershipEndsAt: "2026-03-01T12:00:00Z" });
    }
    expect(host.sweep()).toEqual([
      "membership.ended",
      "membership.ended",
      "expired",
      "expired",
      "expired",
    ]);
    expect([...host.state.tokens.keys()]).toEqual([token.id]);
    expect(host.sweep()).toEqual([]);
  });
});
