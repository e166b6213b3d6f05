import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startApi, ZONE, type TestApi } from "./support.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
let api: TestApi;
let alice: string;
let id: string;

beforeAll(async () => {
  api = await startApi({
    env: {
      TARDIS_QUOTAS__PERSON__ENDPOINTS: "100000",
      TARDIS_QUOTAS__PERSON__CHANGESPERHOUR: "100000",
    },
  });
  await api.must("POST", "/api/v1/persons", { username: "alice" });
  alice = await api.tokenFor("alice");
});
beforeEach(async () => {
  for (const { id: old } of (await api.must("GET", "/api/v1/endpoints?limit=200")).items)
    await api.must("DELETE", `/api/v1/endpoints/${old}`);
  id = (
    await api.must("POST", "/api/v1/endpoints", { owner: "alice", target: "http://10.0.0.7:80" })
  ).id;
});
afterAll(() => api.close());

const create = (key: string, path: string, token = alice) =>
  api.request("POST", "/api/v1/endpoints", {
    token,
    json: { path, target: "http://10.0.0.7:80" },
    headers: { "Idempotency-Key": key },
  });
const countEndpoints = () => api.state().endpoints.size;

describe("If-Match and If-None-Match", () => {
  const patch = (ifMatch: string, json: object = { paused: true }) =>
    api.request("PATCH", `/api/v1/endpoints/${id}`, {
      token: alice,
      json,
      headers: { "If-Match": ifMatch },
    });

  test("the tag that was read, its revision alone and * are taken; others are stale", async () => {
    const read = await api.request("GET", `/api/v1/endpoints/${id}`, { token: alice });
    const tag = read.headers.get("etag") ?? "";
    expect(tag).toMatch(new RegExp(`^"${read.body.revision}-[0-9a-f]{12}"$`));
    for (const stale of ['"0"', '"999999"', '"abc"', `W/${tag}`, '"-1"']) {
      const answer = await patch(stale);
      expect(answer.body, stale).toMatchObject({ status: 412, code: "stale" });
    }
    expect((await patch("12")).body).toMatchObject({ status: 400, field: "If-Match" });
    const first = await patch(tag);
    expect(first.status).toBe(200);
    expect((await patch(tag)).status).toBe(412);
    expect((await patch(`"${first.body.revision}"`)).status).toBe(200);
    expect((await patch("*")).status).toBe(200);
  });

  test.each<[string, string, object?]>([
    ["DELETE", "endpoints/{endpoint}"],
    ["PATCH", "persons/alice", {}],
    ["DELETE", "persons/alice"],
    ["POST", "persons/alice/suspend", { reason: "x" }],
    ["POST", "persons/alice/resume"],
    ["DELETE", "labels/alice"],
    ["DELETE", "tokens/{token}"],
  ])("%s %s refuses a stale revision", async (method, path, json) => {
    const place = path
      .replace("{endpoint}", id)
      .replace("{token}", [...api.state().tokens.keys()][0] ?? "");
    const answer = await api.request(method, `/api/v1/${place}`, {
      token: api.admin,
      ...(json && { json }),
      headers: { "If-Match": '"0"' },
    });
    expect(answer.body).toMatchObject({ status: 412, code: "stale" });
  });

  test("a reserved name's removal refuses one, too", async () => {
    await api.must("POST", "/api/v1/reserved-names", { label: "kept", reason: "x" });
    const answer = await api.request("DELETE", "/api/v1/reserved-names/kept", {
      token: api.admin,
      headers: { "If-Match": '"0"' },
    });
    expect(answer.status).toBe(412);
    await api.must("DELETE", "/api/v1/reserved-names/kept");
  });

  test("8 clients that read the same: exactly one wins each round", async () => {
    for (let round = 0; round < 10; round++) {
      const tag =
        (await api.request("GET", `/api/v1/endpoints/${id}`, { token: alice })).headers.get(
          "etag",
        ) ?? "";
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, client) => patch(tag, { path: `/r${round}c${client}` })),
      );
      expect(answers.map(({ status }) => status).toSorted()).toEqual([
        200,
        ...Array<number>(7).fill(412),
      ]);
      const winner = answers.find(({ status }) => status === 200);
      expect(api.state().endpoints.get(id)?.path).toBe(winner?.body.path);
    }
  });

  test("304 for what the caller has, also when only what is derived has changed it is not", async () => {
    const read = (tag: string) =>
      api.request("GET", `/api/v1/endpoints/${id}`, {
        token: api.admin,
        headers: { "If-None-Match": tag },
      });
    const tag = (await read('"x"')).headers.get("etag") ?? "";
    const same = await read(`"other", W/${tag}`);
    expect(same.status).toBe(304);
    expect(same.headers.get("etag")).toBe(tag);
    await api.must("POST", "/api/v1/persons/alice/suspend", { reason: "x" });
    expect(await read(tag)).toMatchObject({ status: 200, body: { state: "suspended" } });
    await api.must("POST", "/api/v1/persons/alice/resume");
    expect((await read(tag)).status).toBe(304);
  });
});

describe("Idempotency-Key", () => {
  test("a repeat gets the same answer and changes nothing", async () => {
    const first = await create("key 1", "/one");
    expect(first.headers.get("idempotency-replayed")).toBeNull();
    const state = api.state();
    const again = await create("key 1", "/one");
    expect(again.status).toBe(201);
    expect(again.body).toEqual(first.body);
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    for (const header of ["tardis-revision", "location", "etag"])
      expect(again.headers.get(header)).toBe(first.headers.get(header));
    expect(api.state()).toBe(state);
  });

  test("another request under the key is refused", async () => {
    await create("key 2", "/two");
    const other = await create("key 2", "/other");
    expect(other.body).toMatchObject({
      status: 422,
      code: "idempotency_mismatch",
      field: "Idempotency-Key",
    });
    const elsewhere = await api.request("DELETE", `/api/v1/endpoints/${id}`, {
      token: alice,
      headers: { "Idempotency-Key": "key 2" },
    });
    expect(elsewhere.status).toBe(422);
    expect(api.state().endpoints.has(id)).toBe(true);
  });

  test("two at once: one is carried out, both get its answer", async () => {
    for (let round = 0; round < 20; round++) {
      const before = countEndpoints();
      const answers = await Promise.all(
        Array.from({ length: 4 }, () => create(`at once ${round}`, `/once${round}`)),
      );
      expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
      expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
      expect(
        answers.filter(({ headers }) => headers.get("idempotency-replayed") === null),
      ).toHaveLength(1);
      expect(countEndpoints()).toBe(before + 1);
    }
  });

  test("a repeat of a removal and of a PATCH with If-Match gets the first answer", async () => {
    const path = `/api/v1/endpoints/${id}`;
    const { revision } = api.state().endpoints.get(id)!;
    const patch = () =>
      api.request("PATCH", path, {
        token: alice,
        json: { path: "/p" },
        headers: { "If-Match": `"${revision}"`, "Idempotency-Key": "p" },
      });
    expect((await patch()).status).toBe(200);
    expect(await patch()).toMatchObject({ status: 200, body: { path: "/p" } });
    const remove = () =>
      api.request("DELETE", path, { token: alice, headers: { "Idempotency-Key": "d" } });
    const [first, again] = [await remove(), await remove()];
    expect([first.status, again.status]).toEqual([204, 204]);
    expect(again.headers.get("tardis-revision")).toBe(first.headers.get("tardis-revision"));
    expect(again.headers.get("idempotency-replayed")).toBe("true");
  });

  test("a repeat never gets the secret, and none is stored", async () => {
    const mint = () =>
      api.request("POST", "/api/v1/tokens", {
        token: alice,
        json: { name: "ci", scopes: ["read"] },
        headers: { "Idempotency-Key": "mint" },
      });
    const first = await mint();
    const again = await mint();
    expect(first.body.secret).toMatch(/^tardis_/);
    const { secret, ...rest } = first.body;
    expect(again.body).toEqual(rest);
    expect(again.headers.get("etag")).toBe(first.headers.get("etag"));
    expect(JSON.stringify([...api.state().answers.values()])).not.toContain(secret);
  });

  test("keys are each token's own; refusals are not kept; an answer lives a day", async () => {
    const other = await api.tokenFor("alice");
    await create("shared", "/mine");
    expect((await create("shared", "/theirs", other)).status).toBe(201);
    expect((await create("refused", "/mine")).status).toBe(409);
    expect((await create("refused", "/fresh")).status).toBe(201);
    expect((await create("bad\u00e9", "/x")).body).toMatchObject({
      status: 400,
      field: "Idempotency-Key",
    });
    expect((await create("x".repeat(201), "/x")).status).toBe(400);
    await create("old", "/old");
    api.advance(DAY_MS);
    const token = await api.tokenFor("alice");
    expect((await create("old", "/new", token)).status).toBe(201);
  });

  test("of one token, a bounded number is kept", async () => {
    const token = await api.tokenFor("alice");
    const patch = (key: number) =>
      api.request("PATCH", `/api/v1/endpoints/${id}`, {
        token,
        json: { paused: key % 2 === 0 },
        headers: { "Idempotency-Key": `n${key}` },
      });
    for (let key = 0; key < 60; key++) await patch(key);
    const actor =
      [...api.state().answersByActor.entries()].find(([, held]) => held.size === 60)?.[0] ?? "";
    const [kept] = [...(api.state().answersByActor.get(actor) ?? [])].flatMap(
      (held) => api.state().answers.get(held) ?? [],
    );
    const more = Array.from({ length: 939 }, (_, n) => ({
      ...kept!,
      id: `${actor}${String(n).padStart(24, "0")}`,
    }));
    await api.write((revision) =>
      more.map((entity) => ({ kind: "answer", id: entity.id, entity: { ...entity, revision } })),
    );
    for (let key = 60; key < 65; key++) await patch(key);
    const { size } = api.state().answersByActor.get(actor)!;
    expect(size).toBeLessThanOrEqual(1000);
    expect(size).toBeGreaterThan(900);
    expect((await patch(64)).headers.get("idempotency-replayed")).toBe("true");
    expect((await patch(0)).headers.get("idempotency-replayed")).toBeNull();
  });
});

describe("dryRun", () => {
  test("changes nothing and says what would be routed differently", async () => {
    const state = api.state();
    const added = await api.request("POST", "/api/v1/endpoints?dryRun=true", {
      token: alice,
      json: { path: "/a", target: "http://10.0.0.9:80" },
    });
    expect(added.status).toBe(200);
    expect(added.body).toMatchObject({
      dryRun: true,
      revision: null,
      result: { path: "/a", state: "routed" },
    });
    expect(added.body.routes).toMatchObject({
      added: [{ url: `https://alice.${ZONE}/a`, service: { targets: ["http://10.0.0.9:80"] } }],
      changed: [],
    });

    const retargeted = await api.request("PATCH", `/api/v1/endpoints/${id}?dryRun=true`, {
      token: alice,
      json: { target: "http://10.0.0.8:80" },
    });
    expect(retargeted.body.routes).toMatchObject({
      added: [],
      removed: [],
      changed: [
        {
          before: { service: { targets: ["http://10.0.0.7:80"] } },
          after: { service: { targets: ["http://10.0.0.8:80"] } },
        },
      ],
    });

    const suspended = await api.request("POST", "/api/v1/persons/alice/suspend?dryRun=true", {
      token: api.admin,
      json: { reason: "x" },
    });
    expect(suspended.body.routes.changed).toMatchObject([
      { before: { kind: "endpoint" }, after: { kind: "suspended" } },
    ]);

    const removed = await api.request("DELETE", `/api/v1/endpoints/${id}?dryRun=true`, {
      token: alice,
    });
    expect(removed).toMatchObject({
      status: 200,
      body: { result: null, routes: { removed: [{ host: `alice.${ZONE}` }] } },
    });

    const renamed = await api.request("PATCH", "/api/v1/persons/alice?dryRun=true", {
      token: api.admin,
      json: { username: "alicia" },
    });
    expect(renamed.body.routes).toMatchObject({
      added: [{ host: `alicia.${ZONE}`, kind: "endpoint" }],
      changed: [{ before: { kind: "endpoint" }, after: { kind: "given-back" } }],
    });
    const minted = await api.request("POST", "/api/v1/tokens?dryRun=true", {
      token: alice,
      json: { name: "x", scopes: ["read"] },
    });
    expect(minted.body.result.secret).toBeUndefined();
    expect(api.state()).toBe(state);
  });

  test("refuses what the change would refuse, and leaves keys alone", async () => {
    const refused = await api.request("POST", "/api/v1/endpoints?dryRun=true", {
      token: alice,
      json: { path: "/x", target: "http://192.0.2.1:80" },
    });
    expect(refused.body).toMatchObject({ status: 422, code: "target_refused" });
    const dry = await api.request("POST", "/api/v1/endpoints?dryRun=true", {
      token: alice,
      json: { path: "/k", target: "http://10.0.0.7:80" },
      headers: { "Idempotency-Key": "dry" },
    });
    expect(dry.status).toBe(200);
    expect((await create("dry", "/k")).headers.get("idempotency-replayed")).toBeNull();
  });
});
