import { beforeEach, describe, expect, it } from "vitest";
import { operator, type Actor } from "../../src/domain/policy.ts";
import { deleteOwner } from "../../src/owners/delete.ts";
import { createPass, revokePass, useLink } from "../../src/owners/passes.ts";
import { suspendOwner } from "../../src/owners/suspend.ts";
import { hashSecret } from "../../src/owners/tokens.ts";
import { Host, refused } from "./support.ts";

const MINUTE_MS = 60_000;
let host: Host;

beforeEach(() => {
  host = new Host();
});

const link = (more: object = {}) =>
  host.do(createPass, { person: "alice", use: "sign-in", ...more });
const use = (code: string) => host.do(useLink, { hash: hashSecret(code) });

describe("a sign-in link", () => {
  it("lets its person in once, and keeps no code", () => {
    const { pass, code } = link();
    expect(pass).toMatchObject({ person: host.alice, by: "operator", hash: hashSecret(code) });
    expect(JSON.stringify([...host.state.passes.values()])).not.toContain(code);
    expect(use(code).name).toBe("alice");
    expect(host.state.passes.size).toBe(0);
    refused(host, () => use(code), "not_found");
  });

  it("ends by time, and is swept then", () => {
    const { code } = link();
    host.pass(15 * MINUTE_MS - 1);
    const later = link({ minutes: 1_440 });
    refused(host, () => use(code), "not_found");
    host.pass(1_440 * MINUTE_MS);
    refused(host, () => use(later.code), "not_found");
    expect(host.sweep()).toEqual(["expired"]);
    expect(host.state.passes.size).toBe(0);
    for (const minutes of [0, 1_441])
      refused(host, () => link({ minutes }), "invalid_input", "minutes");
  });

  it("ends the one made before, and no other person's", () => {
    const bobs = host.do(createPass, { person: "bob", use: "sign-in" });
    const first = link();
    const second = link();
    refused(host, () => use(first.code), "not_found");
    expect(use(second.code).name).toBe("alice");
    expect(use(bobs.code).name).toBe("bob");
  });

  it("is ended by an admin, and with its person", () => {
    const { pass, code } = link();
    refused(host, () => host.do(revokePass, { id: pass.id, ifMatch: 1 }), "stale");
    host.do(revokePass, { id: pass.id });
    refused(host, () => use(code), "not_found");
    const again = link();
    host.do(deleteOwner, { id: "alice", kind: "person" });
    expect(host.state.passes.size).toBe(0);
    refused(host, () => use(again.code), "not_found");
  });

  it("lets nobody in who is suspended, and is made for none", () => {
    const { code } = link();
    host.do(suspendOwner, { id: "alice", reason: "Spam." });
    expect(refused(host, () => use(code), "forbidden").message).toContain("Spam.");
    refused(host, () => link(), "conflict", "person");
  });

  it("is for persons alone", () => {
    for (const person of ["games", "nobody"])
      refused(host, () => link({ person }), "not_found", "person");
  });

  it("is made by nobody who may do less than its person", () => {
    const weak: Actor = { ...operator, scopes: new Set(["tokens", "admin"]) };
    const make = () => host.do(createPass, { person: "alice", use: "sign-in" }, weak);
    refused(host, make, "forbidden");
  });
});

describe("an invitation", () => {
  const invite = (more: object = {}) =>
    host.do(createPass, { person: "alice", use: "invitation", ...more });

  it("is made where there is a provider to accept it with", () => {
    refused(host, invite, "conflict", "use");
    host = new Host({
      TARDIS_SIGNIN__OIDC__ISSUER: "https://login.example",
      TARDIS_SIGNIN__OIDC__CLIENTID: "console",
    });
    const { pass } = invite();
    expect(Date.parse(pass.expiresAt) - host.now.getTime()).toBe(14 * 1_440 * MINUTE_MS);
    expect(invite({ minutes: 90 * 1_440 }).pass.use).toBe("invitation");
    refused(host, () => invite({ minutes: 90 * 1_440 + 1 }), "invalid_input", "minutes");
    // It stands beside a sign-in link for the same person.
    link();
    expect(host.state.passes.size).toBe(2);
  });
});
