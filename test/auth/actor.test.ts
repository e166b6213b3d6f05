import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ADMIN_WORD_MS, authenticate, sessionHolder } from "../../src/auth/actor.ts";
import type { Session } from "../../src/auth/sessions.ts";
import { Refusal } from "../../src/errors.ts";
import { ALL_SCOPES, startApi, type TestApi } from "../api/support.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
let api: TestApi;

beforeAll(async () => {
  api = await startApi();
  await api.must("POST", "/api/v1/persons", { username: "alice" });
  await api.must("POST", "/api/v1/persons", { username: "ada" });
  await api.must("PATCH", "/api/v1/persons/ada", { role: "admin" });
});
afterAll(() => api.close());

const actor = (secret: string) => authenticate(api.state(), `Bearer ${secret}`, api.now());
function refused(header: string | undefined): Refusal {
  try {
    authenticate(api.state(), header, api.now());
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  return expect.fail("it was let in");
}

test("a member's token acts for the member, with its scopes", async () => {
  const secret = await api.tokenFor("alice", ["read", "endpoints"]);
  expect(actor(secret)).toMatchObject({
    name: "token test of alice",
    admin: false,
    scopes: new Set(["read", "endpoints"]),
  });
  expect(authenticate(api.state(), `bearer   ${secret}`, api.now()).admin).toBe(false);
});

test("an admin is one by the scope and by the role of now", async () => {
  const secret = await api.tokenFor("ada", [...ALL_SCOPES, "admin"]);
  expect(actor(secret).admin).toBe(true);
  expect(actor(await api.tokenFor("ada")).admin).toBe(false);
  expect(actor(api.admin)).toMatchObject({ admin: true, owner: null });
  await api.must("PATCH", "/api/v1/persons/ada", { role: "member" });
  expect(actor(secret).admin).toBe(false);
  expect(actor(secret).scopes.has("admin")).toBe(false);
  await api.must("PATCH", "/api/v1/persons/ada", { role: "admin" });
  expect(actor(secret).admin).toBe(true);
});

test("what is no token in force is refused", async () => {
  const secret = await api.tokenFor("alice", ["read"], 1);
  for (const header of [
    undefined,
    "",
    "Basic YTpi",
    "Bearer",
    "Bearer ",
    "Bearer tardis_nothing",
    `Bearer ${secret}x`,
    `Bearer ${secret} x`,
    secret,
  ]) {
    expect(refused(header).code, header).toBe("unauthenticated");
  }
  api.advance(DAY_MS - 1);
  expect(actor(secret).owner).not.toBeNull();
  api.advance(1);
  expect(refused(`Bearer ${secret}`)).toMatchObject({
    code: "unauthenticated",
    message: "This token has expired.",
  });
});

test("a revoked token, and one whose owner is gone, is refused at once", async () => {
  await api.must("POST", "/api/v1/persons", { username: "carol" });
  const secret = await api.tokenFor("carol");
  const [{ id }] = (await api.must("GET", "/api/v1/tokens?owner=carol")).items;
  await api.write((revision) => [
    {
      kind: "token",
      id: "tok-stray",
      entity: {
        ...api.state().tokens.get(id)!,
        id: "tok-stray",
        owner: "per-gone",
        hash: "0".repeat(64),
        revision,
      },
    },
  ]);
  await api.must("DELETE", `/api/v1/tokens/${id}`);
  expect(refused(`Bearer ${secret}`).code).toBe("unauthenticated");
  const stray = await api.tokenFor("carol");
  const owner = (await api.must("GET", "/api/v1/persons/carol")).id;
  await api.write(() => [{ kind: "person", id: owner, entity: null }]);
  expect(refused(`Bearer ${stray}`)).toMatchObject({
    code: "unauthenticated",
    message: "This token's owner is gone.",
  });
});

test("a suspended owner's token says why", async () => {
  const secret = await api.tokenFor("alice");
  await api.must("POST", "/api/v1/persons/alice/suspend", { reason: "Spam." });
  expect(refused(`Bearer ${secret}`)).toMatchObject({
    code: "forbidden",
    message: "alice is suspended: Spam. Ask an admin.",
  });
  await api.must("POST", "/api/v1/persons/alice/resume");
  expect(actor(secret).owner).not.toBeNull();
});

describe("a session", () => {
  // After the suspension above, which has signed alice out.
  beforeAll(() => api.advance(1));
  const session = (person: string, more: Partial<Session> = {}): Session => ({
    id: "ses-1",
    person: api.state().ownersByName.get(person) ?? person,
    createdAt: api.now().toISOString(),
    usedAt: api.now().toISOString(),
    address: "192.0.2.1",
    agent: "",
    ...more,
  });
  const holder = (one: Session) => sessionHolder(api.state(), one, api.now());

  test("acts for its person, with all that they may do now", async () => {
    expect(holder(session("alice"))?.actor).toEqual({
      name: "alice",
      owner: session("alice").person,
      admin: false,
      scopes: new Set(ALL_SCOPES),
      token: null,
    });
    const adas = session("ada");
    expect(holder(adas)?.actor.admin).toBe(true);
    expect(holder(adas)?.actor.scopes.has("admin")).toBe(true);
    await api.must("PATCH", "/api/v1/persons/ada", { role: "member" });
    expect(holder(adas)?.actor.admin).toBe(false);
    expect(holder(adas)?.actor.scopes.has("admin")).toBe(false);
    await api.must("PATCH", "/api/v1/persons/ada", { role: "admin" });
  });

  test("is an admin's by the provider's word until that is old", () => {
    const until = new Date(api.now().getTime() + DAY_MS).toISOString();
    const one = session("alice", { adminUntil: until });
    const adminOf = (at: Session) => [holder(at)?.actor.admin, holder(at)?.adminLapsed];
    expect(adminOf(one)).toEqual([true, false]);
    api.advance(ADMIN_WORD_MS);
    expect(adminOf(one)).toEqual([false, true]);
    expect(holder(one)?.actor.scopes.has("admin")).toBe(false);
    expect(adminOf({ ...one, adminSeenAt: api.now().toISOString() })).toEqual([true, false]);
    api.advance(DAY_MS);
    const confirmed = { ...one, adminSeenAt: api.now().toISOString() };
    expect(adminOf(confirmed)).toEqual([false, true]);
    expect(adminOf(session("alice"))).toEqual([false, false]);
    expect(adminOf(session("ada", { adminUntil: until }))).toEqual([true, false]);
  });

  test("is dead once its person is suspended, and stays so when they are resumed", async () => {
    const one = session("alice");
    api.advance(1);
    await api.must("POST", "/api/v1/persons/alice/suspend", { reason: "Spam." });
    expect(holder(one)).toBeUndefined();
    expect(holder(session("alice", { createdAt: "2999-01-01T00:00:00.000Z" }))).toBeUndefined();
    await api.must("POST", "/api/v1/persons/alice/resume");
    expect(holder(one)).toBeUndefined();
    api.advance(1);
    expect(holder(session("alice"))?.person.name).toBe("alice");
  });

  test("is dead once its person is gone, and is no group's", async () => {
    await api.must("POST", "/api/v1/persons", { username: "zoe" });
    await api.must("POST", "/api/v1/groups", { name: "chess" });
    const one = session("zoe");
    expect(holder(one)).toBeDefined();
    await api.must("DELETE", "/api/v1/persons/zoe");
    expect(holder(one)).toBeUndefined();
    expect(holder(session("chess"))).toBeUndefined();
  });
});
