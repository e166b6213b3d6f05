import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startApi, ZONE, type TestApi } from "./support.ts";

let api: TestApi;
let alice: string;

beforeAll(async () => {
  api = await startApi();
  await api.must("POST", "/api/v1/persons", { username: "alice" });
  await api.must("POST", "/api/v1/persons", { username: "bob" });
  alice = await api.tokenFor("alice");
});
afterAll(() => api.close());

describe("endpoints", () => {
  test("POST answers 201 with the id, the URL and the revision it became part of", async () => {
    const json = {
      owner: "alice",
      path: "/wiki",
      target: "http://10.0.0.7:8080",
      stripPrefix: true,
    };
    const made = await api.request("POST", "/api/v1/endpoints", { token: alice, json });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      url: `https://alice.${ZONE}/wiki/`,
      host: `alice.${ZONE}`,
      label: "alice",
      ownerName: "alice",
      targets: ["http://10.0.0.7:8080"],
      state: "routed",
      reason: null,
      revision: api.state().revision,
    });
    expect(made.headers.get("location")).toBe(`/api/v1/endpoints/${made.body.id}`);
    expect(made.headers.get("tardis-revision")).toBe(String(made.body.revision));

    const read = await api.request("GET", `/api/v1/endpoints/${made.body.id}`, { token: alice });
    expect(read.status).toBe(200);
    expect(read.body).toEqual(made.body);
    expect(read.headers.get("etag")).toBe(made.headers.get("etag"));
  });

  test("the owner is the token's own when none is given, and may be given by id", async () => {
    const own = await api.request("POST", "/api/v1/endpoints", {
      token: alice,
      json: { path: "/own", targets: ["http://10.0.0.7:80", "http://10.0.0.8:80"] },
    });
    expect(own.body.ownerName).toBe("alice");
    const byId = await api.request("POST", "/api/v1/endpoints", {
      token: api.admin,
      json: { owner: own.body.owner, path: "/by-id", target: "http://10.0.0.7" },
    });
    expect(byId.status).toBe(201);
    const nobody = await api.request("POST", "/api/v1/endpoints", {
      token: api.admin,
      json: { target: "http://10.0.0.7" },
    });
    expect(nobody.body).toMatchObject({ status: 400, code: "invalid_input", field: "owner" });
  });

  test("PATCH changes what is given, DELETE answers 204 with the revision", async () => {
    const made = await api.must("POST", "/api/v1/endpoints", {
      owner: "bob",
      path: "/a",
      target: "http://10.0.0.7:80",
    });
    const path = `/api/v1/endpoints/${made.id}`;
    const paused = await api.request("PATCH", path, {
      token: api.admin,
      json: { paused: true, path: "/b" },
    });
    expect(paused.body).toMatchObject({
      path: "/b",
      paused: true,
      state: "paused",
      targets: ["http://10.0.0.7:80"],
    });
    const removed = await api.request("DELETE", path, { token: api.admin });
    expect(removed.status).toBe(204);
    expect(removed.body).toBeNull();
    expect(removed.headers.get("tardis-revision")).toBe(String(api.state().revision));
    expect((await api.request("GET", path, { token: api.admin })).status).toBe(404);
  });

  test("what is wrong is named by code and field", async () => {
    const cases: [object, number, string, string][] = [
      [{ owner: "alice", target: "http://192.0.2.9:80" }, 422, "target_refused", "target"],
      [
        { owner: "alice", targets: ["http://10.0.0.7:80", "nonsense"] },
        400,
        "invalid_input",
        "targets.1",
      ],
      [
        { owner: "alice", path: "wiki", target: "http://10.0.0.7:80" },
        400,
        "invalid_input",
        "path",
      ],
      [{ owner: "alice", path: "/wiki", target: "http://10.0.0.7:80" }, 409, "taken", "path"],
      [{ owner: "alice", label: "bob", target: "http://10.0.0.7:80" }, 404, "not_found", "label"],
      [
        { owner: "alice", target: "http://10.0.0.7:80", tagret: "x" },
        400,
        "invalid_input",
        "tagret",
      ],
      [{ owner: "alice", target: 7 }, 400, "invalid_input", "target"],
      [{ owner: "alice" }, 400, "invalid_input", "target"],
    ];
    for (const [json, status, code, field] of cases) {
      const answer = await api.request("POST", "/api/v1/endpoints", { token: alice, json });
      expect(answer.body, JSON.stringify(json)).toMatchObject({ status, code, field });
      expect(answer.status).toBe(status);
    }
  });

  test("says that its owner is suspended, or why it is set aside", async () => {
    await api.must("POST", "/api/v1/persons", { username: "carol" });
    const made = await api.must("POST", "/api/v1/endpoints", {
      owner: "carol",
      target: "http://10.0.0.7:80",
    });
    await api.must("POST", "/api/v1/persons/carol/suspend", { reason: "Spam." });
    const path = `/api/v1/endpoints/${made.id}`;
    expect(await api.must("GET", path)).toMatchObject({ state: "suspended", reason: "Spam." });
    await api.must("POST", "/api/v1/persons/carol/resume");
    await api.write((revision) => [
      {
        kind: "endpoint",
        id: made.id,
        entity: {
          ...api.state().endpoints.get(made.id)!,
          revision,
          targets: ["http://192.0.2.1:80"],
        },
      },
    ]);
    const aside = await api.must("GET", path);
    expect(aside.state).toBe("set-aside");
    expect(aside.reason).toContain("192.0.2.1");
  });
});
