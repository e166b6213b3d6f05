import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { ALL_SCOPES, problemOf, startApi, type TestApi } from "./support.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
let api: TestApi;
let alice: string;
beforeAll(async () => {
  const env = {
    TARDIS_NAMESPACES__ENABLED: "true",
    TARDIS_NAMESPACES__TOKEN: "not asked for in memory",
    TARDIS_NAMESPACES__PUBLICURL: "https://k8s.tardis.test:6443",
    TARDIS_QUOTAS__PERSON__NAMESPACES: "2",
  };
  api = await startApi({ env });
  await api.must("POST", "/api/v1/persons", { username: "alice" });
  await api.must("POST", "/api/v1/persons", { username: "alice-b" });
  await api.must("POST", "/api/v1/persons", { username: "alice--b" });
  alice = await api.tokenFor("alice");
});
afterAll(() => api.close());
beforeEach(() => {
  api.cluster.isAway = false;
});

const ask = (method: string, path: string, json?: object) =>
  api.request(method, `/api/v1/${path}`, { token: alice, ...(json === undefined ? {} : { json }) });
const later = async (ms: number) => {
  api.advance(ms);
  alice = await api.tokenFor("alice");
};

describe("a namespace", () => {
  it("is made, closed, had back, and deleted in the end", async () => {
    const made = await ask("POST", "namespaces", { name: "shop" });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      name: "alice--shop",
      ownerName: "alice",
      hosts: ["alice.on.tardis.test"],
      services: "<service>.alice--shop.svc.cluster.local",
      limits: { cpu: 2000, memory: 4096, pods: 20, storage: 20 },
      standing: { state: "ready", why: null },
    });
    const path = `namespaces/${made.body.id}`;
    const mistyped = await ask("DELETE", `${path}?name=alice--sho`);
    expect(problemOf(mistyped)).toMatchObject({ status: 400, field: "name" });
    const removed = await ask("DELETE", `${path}?name=alice--shop`);
    expect(removed.body).toMatchObject({ standing: { state: "deleting" } });
    expect(removed.body.standing.why).toContain("can be had back");
    expect(problemOf(await ask("POST", "namespaces", { name: "shop" }))).toMatchObject({
      code: "taken",
      detail: expect.stringContaining("is being deleted"),
    });
    const restored = await ask("POST", `${path}/restore`, {});
    expect(restored.body).toMatchObject({ deletingUntil: null, standing: { state: "ready" } });
    await ask("DELETE", `${path}?name=alice--shop`);
    await later(8 * DAY_MS);
    expect(problemOf(await ask("POST", `${path}/restore`, {}))).toMatchObject({ status: 409 });
    await api.namespaces.namespaces.once(made.body.id);
    expect(api.cluster.objects.size).toBe(0);
    expect((await ask("GET", path)).status).toBe(404);
  });

  it.each(["", "Shop", "-a", "a-", "a.b", "a_b", "a--b", "ü", "x".repeat(57)])(
    "is not called %j",
    async (name) => {
      const answer = problemOf(await ask("POST", "namespaces", { name }));
      expect(answer).toMatchObject({ status: 400, field: "name" });
    },
  );

  it("of one is never spelt like one of another", async () => {
    const names = new Set<string>();
    for (const [owner, name] of [
      ["alice", "b-c"],
      ["alice-b", "c"],
      ["alice--b", "c"],
    ]) {
      const made = await api.must("POST", "/api/v1/namespaces", { owner, name });
      names.add(made.name);
    }
    expect([...names]).toEqual(["alice--b-c", "alice-b--c", "alice--b--c"]);
  });

  it("keeps to how many its owner may have", async () => {
    expect((await ask("POST", "namespaces", { name: "two" })).status).toBe(201);
    expect(problemOf(await ask("POST", "namespaces", { name: "three" }))).toMatchObject({
      code: "quota_exceeded",
    });
  });

  it("is asked for while the cluster is away, and made when it is back", async () => {
    api.cluster.isAway = true;
    const asked = await api.must("POST", "/api/v1/namespaces", { owner: "alice-b", name: "late" });
    expect(asked.standing).toMatchObject({ state: "creating" });
    expect(asked.standing.why).toContain("cannot be reached");
    api.cluster.isAway = false;
    expect(await api.namespaces.namespaces.once(asked.id)).toMatchObject({ state: "ready" });
  });

  it("gets more room from an admin", async () => {
    const [first] = (await ask("GET", "namespaces")).body.items;
    const changed = await api.must("PATCH", `/api/v1/namespaces/${first.id}`, { pods: 50 });
    expect(changed.limits).toMatchObject({ pods: 50, cpu: 2000 });
  });

  it("is made once by a request that comes twice", async () => {
    await api.must("POST", "/api/v1/persons", { username: "dora" });
    const token = await api.tokenFor("dora");
    const once = { token, json: { name: "twice" }, headers: { "Idempotency-Key": "n-1" } };
    const first = await api.request("POST", "/api/v1/namespaces", once);
    const again = await api.request("POST", "/api/v1/namespaces", once);
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(again.body.id).toBe(first.body.id);
  });
});

describe("a kubeconfig", () => {
  it("is shown once with its token, then never", async () => {
    const made = await ask("POST", "kubeconfigs", {
      namespace: "alice--two",
      name: "laptop",
      days: 7,
    });
    expect(made.status).toBe(201);
    const file = parse(made.body.file);
    const [issued] = api.cluster.tokens.slice(-1);
    expect(file).toMatchObject({
      kind: "Config",
      "current-context": "alice--two",
      clusters: [{ cluster: { server: "https://k8s.tardis.test:6443" } }],
      contexts: [{ context: { namespace: "alice--two" } }],
      users: [{ user: { token: issued?.token } }],
    });
    expect(Date.parse(made.body.expiresAt) - api.now().getTime()).toBe(7 * DAY_MS);
    const path = `kubeconfigs/${made.body.id}`;
    expect((await ask("GET", path)).body).not.toHaveProperty("file");
    const renewed = await ask("POST", `${path}/renew`, {});
    expect(renewed.body.file).not.toContain(issued?.token);
    const history = JSON.stringify((await api.must("GET", "/api/v1/events")).items);
    for (const { token } of api.cluster.tokens) expect(history).not.toContain(token);
    expect((await ask("DELETE", path)).status).toBe(204);
    expect((await ask("GET", path)).status).toBe(404);
    const secrets = [...api.cluster.objects.values()].filter(({ kind }) => kind === "Secret");
    expect(secrets).toEqual([]);
  });

  it("is answered again without its token to a repeat of the request", async () => {
    const body = { namespace: "alice--two", name: "again" };
    const repeat = () =>
      api.request("POST", "/api/v1/kubeconfigs", {
        token: alice,
        json: body,
        headers: { "Idempotency-Key": "k-1" },
      });
    const first = await repeat();
    const second = await repeat();
    expect(first.body).toHaveProperty("file");
    expect(second.body).toMatchObject({ id: first.body.id });
    expect(second.body).not.toHaveProperty("file");
    await ask("DELETE", `kubeconfigs/${first.body.id}`);
  });

  it("that came to nothing is made by a repeat under the same Idempotency-Key, and once", async () => {
    const send = () =>
      api.request("POST", "/api/v1/kubeconfigs", {
        token: alice,
        json: { namespace: "alice--two", name: "again" },
        headers: { "Idempotency-Key": "one-kubeconfig" },
      });
    const issueToken = api.cluster.issueToken.bind(api.cluster);
    const fail = () => {
      api.cluster.issueToken = () => Promise.reject(new Error("a fault"));
    };
    fail();
    expect(problemOf(await send())).toMatchObject({ status: 503 });
    // What was begun stands in the way as long as it has not been taken away.
    expect(problemOf(await send())).toMatchObject({ status: 503 });
    api.cluster.issueToken = issueToken;
    for (const id of api.state().kubeconfigs.keys()) await api.namespaces.kubeconfigs.once(id);
    const made = await send();
    expect(made.status).toBe(201);
    expect(made.body).toHaveProperty("file");
    const again = await send();
    expect(again.body).toMatchObject({ id: made.body.id });
    expect(again.body).not.toHaveProperty("file");

    // A renewal that came to nothing leaves what was answered before as it is.
    const renew = () =>
      api.request("POST", `/api/v1/kubeconfigs/${made.body.id}/renew`, {
        token: alice,
        json: {},
        headers: { "Idempotency-Key": "one-renewal" },
      });
    fail();
    expect(problemOf(await renew())).toMatchObject({ status: 503 });
    api.cluster.issueToken = issueToken;
    await api.namespaces.kubeconfigs.once(made.body.id);
    expect((await send()).body.id).toBe(made.body.id);
    expect((await renew()).body).toHaveProperty("file");
    expect((await ask("DELETE", `kubeconfigs/${made.body.id}`)).status).toBe(204);
  });

  it("is not given out while the cluster is away, and for no longer than may be", async () => {
    const body = { namespace: "alice--two", name: "n" };
    expect(problemOf(await ask("POST", "kubeconfigs", { ...body, days: 31 }))).toMatchObject({
      status: 400,
      field: "days",
    });
    api.cluster.isAway = true;
    expect(problemOf(await ask("POST", "kubeconfigs", body))).toMatchObject({ status: 503 });
    expect((await ask("GET", "kubeconfigs")).body.items).toEqual([]);
  });

  it("is none for a namespace of another, nor for one that is being deleted", async () => {
    const other = problemOf(
      await ask("POST", "kubeconfigs", { namespace: "alice-b--c", name: "n" }),
    );
    const missing = problemOf(
      await ask("POST", "kubeconfigs", { namespace: "none--c", name: "n" }),
    );
    expect({ ...other, requestId: "" }).toEqual({ ...missing, requestId: "" });
  });
});

describe("taking over a namespace", () => {
  const existing = (name: string, labels: Record<string, string>) =>
    api.cluster.create({ apiVersion: "v1", kind: "Namespace", metadata: { name, labels } });

  it("needs the word of the cluster's admin, and shows first what it does", async () => {
    await existing("old-lab", {});
    const body: Record<string, string> = { name: "old-lab", owner: "alice-b" };
    await api.must("POST", "/api/v1/persons", { username: "ada" });
    await api.must("PATCH", "/api/v1/persons/ada", { role: "admin" });
    const token = await api.tokenFor("ada", [...ALL_SCOPES, "admin"]);
    const adopt = (query = "", headers: Record<string, string> = {}) =>
      api.request("POST", `/api/v1/namespaces/adopt${query}`, { token, json: body, headers });
    expect(problemOf(await adopt())).toMatchObject({
      status: 409,
      detail: expect.stringContaining(
        "kubectl label namespace old-lab tardis-console/adoptable=true",
      ),
    });
    await existing("older-lab", { "tardis-console/adoptable": "true" });
    const { items } = await api.must("GET", "/api/v1/namespaces/adoptable");
    expect(items).toMatchObject([{ name: "older-lab" }]);
    body.name = "older-lab";
    const dry = await adopt("?dryRun=true");
    expect(dry.body.result.steps).toContain("marked the namespace as the console's");
    body["seen"] = "something else";
    expect(problemOf(await adopt())).toMatchObject({ status: 409, code: "conflict" });
    body["seen"] = dry.body.result.seen;
    const once = { "Idempotency-Key": "once" };
    const done = await adopt("", once);
    expect(done.status).toBe(201);
    expect(await adopt("", once)).toMatchObject({ status: 201, body: done.body });
    const adopted = await api.must("GET", "/api/v1/namespaces?owner=alice-b");
    expect(adopted.items.find(({ name }: { name: string }) => name === "older-lab")).toMatchObject({
      standing: { state: "ready" },
    });
  });
});

describe("an owner of namespaces", () => {
  it("is suspended and resumed in one action, with the result part by part", async () => {
    const made = await ask("POST", "kubeconfigs", { namespace: "alice--two", name: "laptop" });
    const suspended = await api.must("POST", "/api/v1/persons/alice/suspend", { reason: "x" });
    expect(suspended.parts).toContainEqual({
      kind: "namespace",
      id: made.body.namespace,
      name: "alice--two",
      state: "suspended",
      why: expect.stringContaining("Pods that run go on"),
    });
    expect(suspended.parts).toContainEqual(
      expect.objectContaining({ kind: "kubeconfig", state: "suspended" }),
    );
    const bindings = () =>
      [...api.cluster.objects.values()].filter(
        ({ kind, metadata }) => kind === "RoleBinding" && metadata.namespace === "alice--two",
      );
    expect(bindings()).toEqual([]);
    const resumed = await api.must("POST", "/api/v1/persons/alice/resume");
    expect(resumed.parts.every(({ state }: { state: string }) => state === "ready")).toBe(true);
    expect(bindings()).toHaveLength(1);
  });

  it("is told how Kubernetes stands only as an admin", async () => {
    expect((await ask("GET", "namespaces/status")).status).toBe(403);
    const status = await api.must("GET", "/api/v1/namespaces/status");
    expect(status.findings[0]).toMatchObject({
      ok: true,
      message: expect.stringContaining("v1.36"),
    });
  });
});
