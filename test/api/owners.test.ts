import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startApi, ZONE, type TestApi } from "./support.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
let api: TestApi;

beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

describe("persons", () => {
  test("POST makes one with the label of the name", async () => {
    const made = await api.request("POST", "/api/v1/persons", {
      token: api.admin,
      json: { username: "Alice", displayName: "Alice A.", email: "alice@example.org" },
    });
    expect(made.status).toBe(201);
    expect(made.headers.get("location")).toBe(`/api/v1/persons/${made.body.id}`);
    expect(made.body).toMatchObject({
      kind: "person",
      username: "alice",
      displayName: "Alice A.",
      email: "alice@example.org",
      role: "member",
      labels: ["alice"],
      suspended: null,
      warnings: [],
      used: { endpoints: 0, labels: 1, pages: 0, tokens: 0 },
    });
    expect(made.body.quota.endpoints).toBeGreaterThan(0);
    expect((await api.must("GET", "/api/v1/persons/alice")).id).toBe(made.body.id);
    expect((await api.must("GET", `/api/v1/persons/${made.body.id}`)).username).toBe("alice");
  });

  test("a name is taken, reserved, resting or no name", async () => {
    const codes: [string, number, string][] = [
      ["alice", 409, "taken"],
      ["www", 409, "reserved"],
      ["-x-", 400, "invalid_input"],
    ];
    for (const [username, status, code] of codes) {
      const answer = await api.request("POST", "/api/v1/persons", {
        token: api.admin,
        json: { username },
      });
      expect(answer.body).toMatchObject({ status, code, field: "username" });
    }
    await api.must("POST", "/api/v1/persons", { username: "carol" });
    await api.must("DELETE", "/api/v1/persons/carol");
    const resting = await api.request("POST", "/api/v1/persons", {
      token: api.admin,
      json: { username: "carol" },
    });
    expect(resting.body).toMatchObject({ status: 409, code: "resting" });
    expect(await api.must("GET", "/api/v1/labels/carol")).toMatchObject({
      state: "resting",
      ownerName: null,
    });
    await api.must("POST", "/api/v1/labels/carol/free");
    await api.must("POST", "/api/v1/persons", { username: "carol" });
  });

  test("PATCH changes, renames, and warns of a membership's end", async () => {
    await api.must("POST", "/api/v1/persons", { username: "dora" });
    const endsAt = new Date(api.now().getTime() + 3 * DAY_MS).toISOString();
    const changed = await api.must("PATCH", "/api/v1/persons/dora", {
      membershipEndsAt: endsAt,
      quota: { endpoints: 3 },
      targets: [{ network: "172.16.0.0/16", ports: ["80"] }],
      email: "d@example.org",
    });
    expect(changed).toMatchObject({
      membershipEndsAt: endsAt,
      quota: { endpoints: 3 },
      email: "d@example.org",
    });
    expect(changed.warnings).toMatchObject([{ code: "membership_ending" }]);
    expect(changed.targets).toEqual([{ network: "172.16.0.0/16", ports: ["80"] }]);
    const later = await api.must("PATCH", "/api/v1/persons/dora", {
      membershipEndsAt: null,
      email: null,
      quota: null,
    });
    expect(later).toMatchObject({ membershipEndsAt: null, email: null, warnings: [] });
    expect(later.quota.endpoints).not.toBe(3);
    const renamed = await api.must("PATCH", "/api/v1/persons/dora", { username: "dorothea" });
    expect(renamed).toMatchObject({ username: "dorothea", labels: ["dorothea"] });
    expect(await api.must("GET", "/api/v1/labels/dora")).toMatchObject({ state: "resting" });
  });

  test("suspend and resume", async () => {
    await api.must("POST", "/api/v1/persons", { username: "eve" });
    const suspended = await api.must("POST", "/api/v1/persons/eve/suspend", { reason: "Spam." });
    expect(suspended.suspended).toMatchObject({ reason: "Spam.", cause: "admin" });
    expect((await api.must("POST", "/api/v1/persons/eve/resume")).suspended).toBeNull();
    const again = await api.request("POST", "/api/v1/persons/eve/resume", { token: api.admin });
    expect(again.body).toMatchObject({ status: 409, code: "conflict" });
  });

  test("a membership is renewed by a member where the configuration lets them, and by an admin", async () => {
    const endsAt = new Date(api.now().getTime() + 3 * DAY_MS).toISOString();
    await api.must("POST", "/api/v1/persons", { username: "rita" });
    await api.must("PATCH", "/api/v1/persons/rita", { membershipEndsAt: endsAt });
    const path = "/api/v1/persons/rita";
    const token = await api.tokenFor("rita");
    expect((await api.request("GET", path, { token })).body.renewal).toBe("request");
    const asked = await api.request("POST", `${path}/renew`, { token });
    expect(asked.body).toMatchObject({ status: 403, code: "forbidden" });
    expect(asked.body.detail).toContain("send them a request");
    const renewed = await api.must("POST", `${path}/renew`);
    expect(renewed).toMatchObject({ renewal: null, warnings: [] });
    expect(Date.parse(renewed.membershipEndsAt)).toBe(Date.parse(endsAt) + 365 * DAY_MS);
    const again = await api.request("POST", `${path}/renew`, { token: api.admin });
    expect(again.body).toMatchObject({ status: 409, code: "conflict" });
  });

  test("a person is no group, nor the other way round", async () => {
    await api.must("POST", "/api/v1/groups", { name: "chess" });
    for (const [method, path] of [
      ["GET", "/api/v1/groups/alice"],
      ["PATCH", "/api/v1/groups/alice"],
      ["DELETE", "/api/v1/groups/alice"],
      ["POST", "/api/v1/groups/alice/suspend"],
      ["POST", "/api/v1/groups/alice/resume"],
      ["GET", "/api/v1/persons/chess"],
      ["PATCH", "/api/v1/persons/chess"],
      ["DELETE", "/api/v1/persons/chess"],
      ["POST", "/api/v1/persons/chess/suspend"],
      ["POST", "/api/v1/persons/chess/renew"],
      ["POST", "/api/v1/groups/alice/renew"],
    ] as const) {
      const json = method === "PATCH" ? {} : path.endsWith("suspend") ? { reason: "x" } : undefined;
      const answer = await api.request(method, path, {
        token: api.admin,
        ...(json === undefined ? {} : { json }),
      });
      expect(answer.status, `${method} ${path}`).toBe(404);
    }
  });
});

describe("groups", () => {
  test("are managed by persons, who may hand them over", async () => {
    const made = await api.must("POST", "/api/v1/groups", {
      name: "games",
      displayName: "Games",
      managers: ["alice"],
    });
    expect(made).toMatchObject({
      kind: "group",
      name: "games",
      managerNames: ["alice"],
      labels: ["games"],
    });
    const alice = await api.tokenFor("alice");
    const listed = await api.request("GET", "/api/v1/groups", { token: alice });
    expect(listed.body.items.map(({ name }: { name: string }) => name)).toEqual(["games"]);
    const handed = await api.request("PATCH", "/api/v1/groups/games", {
      token: alice,
      json: { managers: ["eve"] },
    });
    expect(handed.body.managerNames).toEqual(["eve"]);
    expect((await api.request("GET", "/api/v1/groups/games", { token: alice })).status).toBe(404);
    await api.must("PATCH", "/api/v1/groups/games", { name: "gaming", managers: ["alice"] });
    await api.must("POST", "/api/v1/groups/gaming/suspend", { reason: "x" });
    expect((await api.must("POST", "/api/v1/groups/gaming/resume")).suspended).toBeNull();
    await api.must("DELETE", "/api/v1/groups/gaming");
  });

  test("a manager who is nobody is named by position", async () => {
    const answer = await api.request("POST", "/api/v1/groups", {
      token: api.admin,
      json: { name: "x1", managers: ["alice", "nobody"] },
    });
    expect(answer.body).toMatchObject({ status: 400, field: "managers.1" });
  });
});

describe("labels and reserved names", () => {
  test("grant, list, give back", async () => {
    const granted = await api.request("POST", "/api/v1/labels", {
      token: api.admin,
      json: { label: "wonder", owner: "alice" },
    });
    expect(granted.status).toBe(201);
    expect(granted.body).toMatchObject({
      label: "wonder",
      ownerName: "alice",
      host: `wonder.${ZONE}`,
      url: `https://wonder.${ZONE}/`,
      state: "held",
    });
    await api.must("POST", "/api/v1/endpoints", {
      owner: "alice",
      label: "wonder",
      target: "http://10.0.0.7:80",
    });
    const alice = await api.tokenFor("alice");
    const mine = await api.request("GET", "/api/v1/labels", { token: alice });
    expect(mine.body.items.map(({ label }: { label: string }) => label)).toEqual([
      "alice",
      "wonder",
    ]);
    expect((await api.request("DELETE", "/api/v1/labels/wonder", { token: alice })).status).toBe(
      204,
    );
    expect((await api.must("GET", "/api/v1/endpoints?owner=alice")).items).toEqual([]);
    const own = await api.request("DELETE", "/api/v1/labels/alice", { token: alice });
    expect(own.body).toMatchObject({ status: 409, code: "conflict" });
  });

  test("reserved names are the configuration's and the admins'", async () => {
    const made = await api.request("POST", "/api/v1/reserved-names", {
      token: api.admin,
      json: { label: "kept", reason: "later" },
    });
    expect(made.body).toMatchObject({ label: "kept", source: "admin", reason: "later" });
    expect(await api.must("GET", "/api/v1/reserved-names/www")).toMatchObject({
      source: "configuration",
      revision: 0,
    });
    const taken = await api.request("POST", "/api/v1/persons", {
      token: api.admin,
      json: { username: "kept" },
    });
    expect(taken.body).toMatchObject({ status: 409, code: "reserved" });
    await api.must("DELETE", "/api/v1/reserved-names/kept");
    expect(
      (await api.request("GET", "/api/v1/reserved-names/kept", { token: api.admin })).status,
    ).toBe(404);
    const fixed = await api.request("DELETE", "/api/v1/reserved-names/www", { token: api.admin });
    expect(fixed.status).toBe(404);
  });
});

describe("tokens and whoami", () => {
  test("the secret is shown once, and the hash never", async () => {
    const made = await api.request("POST", "/api/v1/tokens", {
      token: api.admin,
      json: { name: "ci", owner: "alice", scopes: ["read"], expiresInDays: 7 },
    });
    expect(made.status).toBe(201);
    expect(made.body.secret).toMatch(/^tardis_[\w-]{43}$/);
    expect(made.body.expiresAt).toBe(new Date(api.now().getTime() + 7 * DAY_MS).toISOString());
    const read = await api.must("GET", `/api/v1/tokens/${made.body.id}`);
    const { secret: _secret, ...rest } = made.body;
    expect(read).toEqual(rest);
    const listed = JSON.stringify(await api.must("GET", "/api/v1/tokens?limit=200"));
    expect(listed).not.toContain("hash");
    expect(listed).not.toContain(made.body.secret);
    const me = await api.request("GET", "/api/v1/whoami", { token: made.body.secret });
    expect(me.body).toMatchObject({
      name: "token ci of alice",
      owner: { kind: "person", name: "alice" },
      admin: false,
      scopes: ["read"],
      token: { id: made.body.id, name: "ci" },
    });
    await api.must("DELETE", `/api/v1/tokens/${made.body.id}`);
    expect((await api.request("GET", "/api/v1/whoami", { token: made.body.secret })).status).toBe(
      401,
    );
  });

  test("nobody gives more than they have", async () => {
    const alice = await api.tokenFor("alice", ["read", "tokens"]);
    const more = await api.request("POST", "/api/v1/tokens", {
      token: alice,
      json: { name: "x", scopes: ["endpoints"] },
    });
    expect(more.body).toMatchObject({ status: 403, field: "scopes" });
    const own = await api.request("POST", "/api/v1/tokens", {
      token: alice,
      json: { name: "x", scopes: ["read"] },
    });
    expect(own.body).toMatchObject({ ownerName: "alice" });
    const operators = await api.request("POST", "/api/v1/tokens", {
      token: alice,
      json: { name: "x", owner: null, scopes: ["read"] },
    });
    expect(operators.status).toBe(403);
  });
});
