import { afterAll, beforeAll, expect, test } from "vitest";
import { authenticate } from "../../src/auth/actor.ts";
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
