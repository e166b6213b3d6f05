import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { waitFor } from "../support/wait.ts";
import { ALL_SCOPES, problemOf, startApi, type TestApi } from "./support.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
let api: TestApi;
let alice: string;
beforeAll(async () => {
  const env = {
    TARDIS_BUCKETS__ENABLED: "true",
    TARDIS_BUCKETS__ACCESSKEY: "console",
    TARDIS_BUCKETS__SECRETKEY: "not asked for in memory",
    TARDIS_QUOTAS__PERSON__BUCKETS: "3",
  };
  api = await startApi({ env });
  await api.must("POST", "/api/v1/persons", { username: "alice" });
  await api.must("POST", "/api/v1/persons", { username: "alice-b" });
  alice = await api.tokenFor("alice");
});
afterAll(() => api.close());
beforeEach(() => {
  api.storage.isAway = false;
});

const ask = (method: string, path: string, json?: object) =>
  api.request(method, `/api/v1/${path}`, { token: alice, ...(json === undefined ? {} : { json }) });
const laterDays = async (days: number) => {
  api.advance(days * DAY_MS);
  alice = await api.tokenFor("alice");
};

describe("a bucket", () => {
  it("is made, changed, taken out of use, had back, and deleted in the end", async () => {
    const made = await ask("POST", "buckets", { name: "photos", publicRead: true });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      name: "alice.photos",
      ownerName: "alice",
      gigabytes: 5,
      standing: { state: "ready", why: null },
      url: "http://127.0.0.1:9000/alice.photos/",
    });
    // What the console did by itself is not put down to an admin.
    const { body: history } = await ask("GET", "events?limit=5");
    expect(history.items).toContainEqual(
      expect.objectContaining({
        type: "bucket.made",
        actor: { name: "the console", owner: null, asAdmin: false },
      }),
    );
    const path = `buckets/${made.body.id}`;
    expect(api.storage.stored.get("alice.photos")).toMatchObject({
      mark: made.body.id,
      exposure: "read",
    });
    const changed = await ask("PATCH", path, { publicRead: false, expireDays: 7 });
    expect(changed.body).toMatchObject({ expireDays: 7, standing: { state: "ready" } });
    expect(api.storage.stored.get("alice.photos")).toMatchObject({
      exposure: "private",
      expireDays: 7,
    });
    const mistyped = await ask("DELETE", `${path}?name=alice.photo`);
    expect(problemOf(mistyped)).toMatchObject({ status: 400, field: "name" });
    const removed = await ask("DELETE", `${path}?name=alice.photos`);
    expect(removed.body).toMatchObject({ standing: { state: "deleting" } });
    expect(removed.body.standing.why).toContain("can be had back");
    expect(problemOf(await ask("POST", "buckets", { name: "photos" }))).toMatchObject({
      code: "taken",
      detail: expect.stringContaining("is being deleted"),
    });
    const restored = await ask("POST", `${path}/restore`, {});
    expect(restored.body).toMatchObject({ deletingUntil: null, standing: { state: "ready" } });
    await ask("DELETE", `${path}?name=alice.photos`);
    await laterDays(8);
    expect(problemOf(await ask("POST", `${path}/restore`, {}))).toMatchObject({ status: 409 });
    await api.buckets.buckets.once(made.body.id);
    expect(api.storage.stored.has("alice.photos")).toBe(false);
    expect((await ask("GET", path)).status).toBe(404);
  });

  it.each(["", "Photos", "-a", "a-", "a.b", "a_b", "ü", "x".repeat(58)])(
    "is not called %j",
    async (name) => {
      const answer = problemOf(await ask("POST", "buckets", { name }));
      expect(answer).toMatchObject({ status: 400, field: "name" });
    },
  );

  it("keeps to what its owner may have, in number and in size", async () => {
    const refused = async (json: object) => problemOf(await ask("POST", "buckets", json));
    expect(await refused({ name: "big", gigabytes: 21 })).toMatchObject({
      status: 403,
      code: "quota_exceeded",
      field: "gigabytes",
    });
    const ids: string[] = [];
    for (const name of ["a", "b", "c"]) ids.push((await ask("POST", "buckets", { name })).body.id);
    expect(await refused({ name: "d" })).toMatchObject({ code: "quota_exceeded" });
    const grown = problemOf(await ask("PATCH", `buckets/${ids[0]}`, { gigabytes: 11 }));
    expect(grown).toMatchObject({ code: "quota_exceeded", field: "gigabytes" });
    for (const id of ids) {
      const { body } = await ask("GET", `buckets/${id}`);
      await ask("DELETE", `buckets/${id}?name=${body.name}`);
    }
    await laterDays(8);
    for (const id of ids) await api.buckets.buckets.once(id);
  });

  it("are more where an admin set it for them, or granted it", async () => {
    const asked = await ask("POST", "requests", {
      owner: "alice",
      wish: { kind: "quota", of: "bucketGigabytes", amount: 30 },
      reason: "Our archive.",
    });
    expect(asked).toMatchObject({ status: 201 });
    await api.must("POST", `/api/v1/requests/${asked.body.id}/grant`, {});
    const { body: me } = await ask("GET", "persons/alice");
    expect(me.quota).toMatchObject({ bucketGigabytes: 30, buckets: 3 });
    const made = await ask("POST", "buckets", { name: "archive", gigabytes: 25 });
    expect(made).toMatchObject({ status: 201 });
    expect((await ask("GET", "persons/alice")).body.used).toMatchObject({
      buckets: 1,
      bucketGigabytes: 25,
      databases: 0,
    });
    await ask("DELETE", `buckets/${made.body.id}?name=${made.body.name}`);
    await laterDays(8);
    await api.buckets.buckets.once(made.body.id);
    await api.must("PATCH", "/api/v1/persons/alice", { quota: null });
  });

  it("is made once by a request that comes twice", async () => {
    const once = { token: alice, json: { name: "twice" }, headers: { "Idempotency-Key": "k1" } };
    const first = await api.request("POST", "/api/v1/buckets", once);
    const again = await api.request("POST", "/api/v1/buckets", once);
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(again.body.id).toBe(first.body.id);
    await ask("DELETE", `buckets/${first.body.id}?name=alice.twice`);
    await laterDays(8);
    await api.buckets.buckets.once(first.body.id);
  });

  it("of one is never spelt like one of another", async () => {
    const theirs = await api.must("POST", "/api/v1/buckets", { owner: "alice-b", name: "x" });
    expect(theirs.name).toBe("alice-b.x");
    const { body } = await ask("POST", "buckets", { name: "b-x" });
    expect(body.name).toBe("alice.b-x");
  });

  it("is asked for while the storage is away, and made when it is back", async () => {
    api.storage.isAway = true;
    const { status, body } = await ask("POST", "buckets", { name: "later" });
    expect(status).toBe(201);
    expect(body.standing).toMatchObject({
      state: "creating",
      why: "The storage cannot be reached.",
    });
    api.storage.isAway = false;
    await api.buckets.buckets.once(body.id);
    expect((await ask("GET", `buckets/${body.id}`)).body.standing.state).toBe("ready");
  });

  it("that was there before is left alone, and said to be in the way", async () => {
    await api.storage.makeBucket("alice.old");
    const { body } = await ask("POST", "buckets", { name: "old" });
    expect(body.standing.state).toBe("conflict");
    expect(api.storage.stored.get("alice.old")).toMatchObject({ mark: null, quotaBytes: null });
    await ask("DELETE", `buckets/${body.id}?name=alice.old`);
    await laterDays(8);
    await api.buckets.buckets.once(body.id);
    expect(api.storage.stored.has("alice.old")).toBe(true);
  });
});

describe("taking over a bucket", () => {
  it("shows first what it does, and keeps what the bucket has", async () => {
    await api.storage.makeBucket("history");
    await api.storage.setExposure("history", "read");
    await api.storage.setQuota("history", 7_000_000_000);
    const adopt = { name: "history", owner: "alice-b" };
    const preview = await api.must("POST", "/api/v1/buckets/adopt?dryRun=true", adopt);
    expect(preview.result).toMatchObject({
      publicRead: true,
      gigabytes: 7,
      steps: ["marked the bucket as the console's"],
    });
    expect(api.storage.stored.get("history")?.mark).toBeNull();
    api.advance(61_000);
    const listed = await api.must("GET", "/api/v1/buckets/adoptable");
    expect(listed.items.map(({ name }: { name: string }) => name)).toContain("history");
    const { id } = await api.must("POST", "/api/v1/buckets/adopt", adopt);
    expect(api.storage.stored.get("history")).toMatchObject({ mark: id, exposure: "read" });
    const again = await api.must("GET", "/api/v1/buckets/adoptable");
    expect(again.items.map(({ name }: { name: string }) => name)).not.toContain("history");
  });

  it("refuses what is not as it was seen, and does what was", async () => {
    await api.storage.makeBucket("attic");
    const token = await api.tokenFor(null, [...ALL_SCOPES, "admin"]);
    const adopt = (query: string, more: object = {}) =>
      api.request("POST", `/api/v1/buckets/adopt${query}`, {
        token,
        json: { name: "attic", owner: "alice-b", ...more },
        headers: query === "" ? { "Idempotency-Key": `attic-${JSON.stringify(more)}` } : {},
      });
    const { seen } = (await adopt("?dryRun=true")).body.result;
    expect((await adopt("?dryRun=true", { seen })).status).toBe(200);
    const refused = {
      status: 409,
      code: "conflict",
      detail: "What is there is not as it was when you looked at it. Look at it once more.",
    };
    expect(problemOf(await adopt("", { seen, gigabytes: 3 }))).toMatchObject(refused);
    await api.must("POST", "/api/v1/persons/alice-b/suspend", { reason: "x" });
    expect(problemOf(await adopt("", { seen }))).toMatchObject(refused);
    await api.must("POST", "/api/v1/persons/alice-b/resume");
    await api.storage.setExposure("attic", "read");
    for (const query of ["", "?dryRun=true"])
      expect(problemOf(await adopt(query, { seen }))).toMatchObject(refused);
    expect(api.storage.stored.get("attic")?.mark).toBeNull();
    await api.storage.setExposure("attic", "private");
    const done = await adopt("", { seen });
    expect(done.status).toBe(201);
    // Its answer was lost on the way, perhaps: what is there now is no news.
    expect(await adopt("", { seen })).toMatchObject({ status: 201, body: done.body });
  });
});

describe("a key", () => {
  it("is shown once with its secret, then never", async () => {
    const made = await ask("POST", "bucket-keys", { name: "laptop", access: "write" });
    expect(made.status).toBe(201);
    const { id, accessKey, secretKey, snippets } = made.body;
    expect(secretKey).toHaveLength(43);
    expect(snippets.mc).toBe(
      `mc alias set tardis-${made.body.ownerName} http://127.0.0.1:9000 ${accessKey} ${secretKey}`,
    );
    expect(api.storage.kept.get(accessKey)).toMatchObject({ secretKey, enabled: true });
    const rotated = await ask("POST", `bucket-keys/${id}/rotate`);
    expect(rotated.body.accessKey).not.toBe(accessKey);
    expect(api.storage.kept.has(accessKey)).toBe(false);
    const seen = [await ask("GET", `bucket-keys/${id}`), await ask("GET", "bucket-keys")];
    const everything = JSON.stringify([seen, api.state(), await ask("GET", "events")]);
    expect(everything).not.toContain(secretKey);
    expect(everything).not.toContain(rotated.body.secretKey);
    expect((await ask("DELETE", `bucket-keys/${id}`)).status).toBe(204);
    expect(api.storage.kept.size).toBe(0);
    expect((await ask("GET", `bucket-keys/${id}`)).status).toBe(404);
  });

  it("is not drawn while the storage is away", async () => {
    const before = api.state();
    api.storage.isAway = true;
    const answer = problemOf(await ask("POST", "bucket-keys", { name: "k", access: "read" }));
    expect(answer).toMatchObject({
      status: 503,
      detail: expect.stringContaining("Nothing was changed"),
    });
    expect(api.state()).toBe(before);
  });

  it("that the storage refuses half way leaves nothing behind", async () => {
    const { grant } = api.storage;
    api.storage.grant = () => Promise.reject(new Error("a fault"));
    const answer = problemOf(await ask("POST", "bucket-keys", { name: "k", access: "read" }));
    api.storage.grant = grant;
    expect(answer).toMatchObject({ status: 503 });
    for (const id of api.state().bucketKeys.keys()) await api.buckets.keys.once(id);
    expect(api.state().bucketKeys.size).toBe(0);
    expect(api.storage.kept.size).toBe(0);
  });

  it("that came to nothing is made by a repeat under the same Idempotency-Key, and once", async () => {
    const send = () =>
      api.request("POST", "/api/v1/bucket-keys", {
        token: alice,
        json: { name: "again", access: "read" },
        headers: { "Idempotency-Key": "one-key" },
      });
    const { grant } = api.storage;
    api.storage.grant = () => Promise.reject(new Error("a fault"));
    const failed = await send();
    expect(problemOf(failed)).toMatchObject({ status: 503 });
    // What was begun stands in the way as long as it has not been taken away.
    const early = await send();
    expect(problemOf(early)).toMatchObject({ status: 503 });
    api.storage.grant = grant;
    for (const id of api.state().bucketKeys.keys()) await api.buckets.keys.once(id);
    const made = await send();
    expect(made.status).toBe(201);
    expect(made.body.secretKey).toHaveLength(43);
    const again = await send();
    expect(again.body).toMatchObject({ id: made.body.id });
    expect(again.body.secretKey).toBeUndefined();
    expect(api.state().bucketKeys.size).toBe(1);

    // A rotation that came to nothing leaves what was answered before as it is.
    const rotate = () =>
      api.request("POST", `/api/v1/bucket-keys/${made.body.id}/rotate`, {
        token: alice,
        headers: { "Idempotency-Key": "another-key" },
      });
    api.storage.grant = () => Promise.reject(new Error("a fault"));
    expect(problemOf(await rotate())).toMatchObject({ status: 503 });
    api.storage.grant = grant;
    await api.buckets.keys.once(made.body.id);
    expect((await send()).body.id).toBe(made.body.id);
    const rotated = await rotate();
    expect(rotated.body.secretKey).toHaveLength(43);
    expect(rotated.body.accessKey).not.toBe(made.body.accessKey);
    expect((await ask("DELETE", `bucket-keys/${made.body.id}`)).status).toBe(204);
  });

  it("is for the buckets that it names, of its owner alone", async () => {
    const { body } = await ask("POST", "buckets", { name: "one" });
    const made = { name: "k", access: "read", buckets: [body.name] };
    const key = await ask("POST", "bucket-keys", made);
    expect(key.body.buckets).toEqual([body.id]);
    expect(api.storage.kept.get(key.body.accessKey)?.grant).toEqual({
      access: "read",
      buckets: ["alice.one"],
    });
    for (const foreign of ["alice-b.x", "history", "nothing"]) {
      const answer = problemOf(await ask("POST", "bucket-keys", { ...made, buckets: [foreign] }));
      expect(answer).toMatchObject({ status: 404, field: "buckets.0" });
    }
  });
});

describe("an owner of buckets", () => {
  it("is suspended and resumed in one action, with the result part by part", async () => {
    const bucket = await api.must("POST", "/api/v1/buckets", { owner: "alice-b", name: "cut" });
    const key = await api.must("POST", "/api/v1/bucket-keys", {
      owner: "alice-b",
      name: "k",
      access: "write",
    });
    const suspended = await api.must("POST", "/api/v1/persons/alice-b/suspend", { reason: "x" });
    expect(suspended.parts).toContainEqual({
      kind: "bucketKey",
      id: key.id,
      name: "k",
      state: "suspended",
      why: "Its owner is suspended.",
    });
    expect(suspended.parts).toContainEqual(
      expect.objectContaining({ id: bucket.id, state: "suspended" }),
    );
    expect(api.storage.kept.get(key.accessKey)).toMatchObject({ enabled: false });
    api.storage.isAway = true;
    const resumed = await api.must("POST", "/api/v1/persons/alice-b/resume");
    expect(resumed.parts).toContainEqual(
      expect.objectContaining({ id: key.id, state: "repairing", why: expect.any(String) }),
    );
    api.storage.isAway = false;
    // It was asked so often in vain that it is left alone for a second.
    await waitFor(() => api.buckets.requireAnswer().then(() => true), {
      describe: "the storage to be asked again",
    });
    await api.buckets.keys.once(key.id);
    expect(api.storage.kept.get(key.accessKey)).toMatchObject({ enabled: true });
  });

  it("leaves with their keys ended, and their buckets kept for a while, which an admin may give on", async () => {
    await api.must("POST", "/api/v1/persons", { username: "carol" });
    const bucket = await api.must("POST", "/api/v1/buckets", { owner: "carol", name: "work" });
    const key = { owner: "carol", name: "k", access: "read" };
    const { id, accessKey } = await api.must("POST", "/api/v1/bucket-keys", key);
    const carol = await api.must("GET", "/api/v1/persons/carol");
    const gone = await api.must("DELETE", "/api/v1/persons/carol");
    expect(gone).toMatchObject({
      id: carol.id,
      parts: [
        { kind: "bucketKey", name: "k", state: "gone", why: null },
        { kind: "bucket", name: "carol.work", state: "deleting" },
      ],
    });
    expect(api.storage.kept.has(accessKey)).toBe(false);
    expect(api.state().bucketKeys.has(id)).toBe(false);
    expect(api.storage.stored.has("carol.work")).toBe(true);
    expect((await ask("GET", `buckets/${bucket.id}`)).status).toBe(404);
    const restore = `/api/v1/buckets/${bucket.id}/restore`;
    const given = await api.must("POST", restore, { owner: "alice" });
    expect(given).toMatchObject({ ownerName: "alice", name: "carol.work" });
    expect((await ask("GET", `buckets/${bucket.id}`)).body.standing.state).toBe("ready");
  });
});
