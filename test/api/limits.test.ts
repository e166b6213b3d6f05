import { afterEach, describe, expect, test } from "vitest";
import { operator } from "../../src/domain/policy.ts";
import { startApi, type TestApi } from "./support.ts";

let api: TestApi | undefined;
afterEach(() => api?.close());

describe("the rate of changes", () => {
  test("is the acting member's, by quota; refusals, repeats, dry runs and reading are free", async () => {
    api = await startApi({ env: { TARDIS_QUOTAS__PERSON__CHANGESPERHOUR: "3" } });
    const { request, must } = api;
    await must("POST", "/api/v1/persons", { username: "alice" });
    await must("POST", "/api/v1/persons", { username: "bob" });
    const alice = await api.tokenFor("alice");
    const other = await api.tokenFor("alice");
    const describe = (token: string, displayName: unknown, headers = {}, query = "") =>
      request("PATCH", `/api/v1/persons/alice${query}`, { token, json: { displayName }, headers });
    expect((await describe(alice, "1", { "Idempotency-Key": "k" })).status).toBe(200);
    for (let n = 0; n < 5; n++) {
      expect((await describe(alice, "1", { "Idempotency-Key": "k" })).status).toBe(200);
      expect((await describe(alice, "x", { "If-Match": '"0"' })).status).toBe(412);
      expect((await describe(alice, 7)).status).toBe(400);
      expect((await describe(alice, "x", {}, "?dryRun=true")).status).toBe(200);
      expect((await request("GET", "/api/v1/persons/alice", { token: alice })).status).toBe(200);
    }
    expect((await describe(alice, "2")).status).toBe(200);
    expect((await describe(other, "3")).status).toBe(200);
    for (const token of [alice, other]) {
      const limited = await describe(token, "4");
      expect(limited.body).toMatchObject({ status: 429, code: "rate_limited" });
      expect(Number(limited.headers.get("retry-after"))).toBeGreaterThan(3000);
    }
    expect((await must("GET", "/api/v1/persons/alice")).displayName).toBe("3");
    api.advance(59 * 60_000);
    expect((await describe(alice, "4")).status).toBe(429);
    api.advance(60_000);
    for (const n of ["4", "5", "6"]) expect((await describe(alice, n)).status).toBe(200);
    const bob = await api.tokenFor("bob");
    expect(
      (await request("PATCH", "/api/v1/persons/bob", { token: bob, json: { displayName: "b" } }))
        .status,
    ).toBe(200);
    for (let n = 0; n < 5; n++)
      await must("PATCH", "/api/v1/persons/alice", { displayName: `${n}` });
  });
});

describe("failed tokens", () => {
  test("are limited by address, before the next one is looked at", async () => {
    let address = "192.0.2.1";
    api = await startApi({ clientAddress: () => address });
    const { request, admin } = api;
    const status = async (token: string | undefined) =>
      (await request("GET", "/api/v1/whoami", { token })).status;
    for (let n = 0; n < 150; n++) expect(await status(undefined)).toBe(401);
    for (let n = 0; n < 100; n++) expect(await status(`tardis_${n}`)).toBe(401);
    const limited = await request("GET", "/api/v1/whoami", { token: admin });
    expect(limited.body).toMatchObject({ status: 429, code: "rate_limited" });
    expect(Number(limited.headers.get("retry-after"))).toBeLessThanOrEqual(60);
    address = "192.0.2.2";
    expect(await status(admin)).toBe(200);
  });

  test("a whole /64 counts as one address", async () => {
    let address = "";
    api = await startApi({ clientAddress: () => address });
    const { request } = api;
    for (let n = 0; n < 100; n++) {
      address = `2001:db8:1:2::${n.toString(16)}`;
      await request("GET", "/api/v1/whoami", { token: "tardis_x" });
    }
    address = "2001:db8:1:2:ffff:1:2:3";
    expect((await request("GET", "/api/v1/whoami", { token: "tardis_x" })).status).toBe(429);
    address = "2001:db8:1:3::1";
    expect((await request("GET", "/api/v1/whoami", { token: "tardis_x" })).status).toBe(401);
  });
});

test("with an actor of its own, the API needs no token", async () => {
  api = await startApi({ actor: operator });
  const me = await api.request("GET", "/api/v1/whoami");
  expect(me.body).toMatchObject({ name: "operator", admin: true, owner: null, token: null });
});
