import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { DatabaseName } from "../../src/domain/entities.ts";
import { waitFor } from "../support/wait.ts";
import { ALL_SCOPES, problemOf, startApi, type TestApi } from "./support.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const LONG = "a-very-long-name-of-an-owner";
let api: TestApi;
let alice: string;
beforeAll(async () => {
  api = await startApi({ env: { TARDIS_QUOTAS__PERSON__DATABASES: "3" } });
  for (const username of ["alice", "alice-b", LONG])
    await api.must("POST", "/api/v1/persons", { username });
  alice = await api.tokenFor("alice");
});
afterAll(() => api.close());
beforeEach(() => {
  api.server.isAway = false;
});

const ask = (method: string, path: string, json?: object) =>
  api.request(method, `/api/v1/${path}`, { token: alice, ...(json === undefined ? {} : { json }) });
const laterDays = async (days: number) => {
  api.advance(days * DAY_MS);
  alice = await api.tokenFor("alice");
};

describe("a database", () => {
  it("is made, taken out of use, had back, and deleted in the end", async () => {
    const made = await ask("POST", "databases", { name: "blog" });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      name: "u_alice_blog",
      ownerName: "alice",
      address: "127.0.0.1:3306",
      standing: { state: "ready", why: null },
      usage: { bytes: 16_384, tables: 1 },
    });
    const path = `databases/${made.body.id}`;
    expect(api.server.stored.has("u_alice_blog")).toBe(true);
    const account = { name: "app", access: "write" };
    const { name } = (await ask("POST", "database-accounts", account)).body;
    expect([...(api.server.kept.get(name)?.grants ?? [])]).toEqual([["u_alice_blog", "write"]]);
    const mistyped = await ask("DELETE", `${path}?name=u_alice_blo`);
    expect(problemOf(mistyped)).toMatchObject({ status: 400, field: "name" });
    const removed = await ask("DELETE", `${path}?name=u_alice_blog`);
    expect(removed.body).toMatchObject({ standing: { state: "deleting" } });
    expect(removed.body.standing.why).toContain("can be had back");
    expect(api.server.stored.has("u_alice_blog")).toBe(true);
    expect([...(api.server.kept.get(name)?.grants ?? [])]).toEqual([]);
    expect(problemOf(await ask("POST", "databases", { name: "blog" }))).toMatchObject({
      code: "taken",
      detail: expect.stringContaining("is being deleted"),
    });
    const restored = await ask("POST", `${path}/restore`, {});
    expect(restored.body).toMatchObject({ deletingUntil: null, standing: { state: "ready" } });
    expect(api.server.kept.get(name)?.grants.size).toBe(1);
    await ask("DELETE", `${path}?name=u_alice_blog`);
    await laterDays(8);
    expect(problemOf(await ask("POST", `${path}/restore`, {}))).toMatchObject({ status: 409 });
    await api.databases.databases.once(made.body.id);
    expect(api.server.stored.has("u_alice_blog")).toBe(false);
    expect((await ask("GET", path)).status).toBe(404);
  });

  it.each(["", "Blog", "_a", "a_", "a.b", "a-b", "a`b", "a%", "ü", "x".repeat(57)])(
    "is not called %j",
    async (name) => {
      const answer = problemOf(await ask("POST", "databases", { name }));
      expect(answer).toMatchObject({ status: 400, field: "name" });
    },
  );

  it("keeps to what its owner may have", async () => {
    const ids: string[] = [];
    for (const name of ["a", "b", "c"])
      ids.push((await ask("POST", "databases", { name })).body.id);
    expect(problemOf(await ask("POST", "databases", { name: "d" }))).toMatchObject({
      status: 403,
      code: "quota_exceeded",
    });
    expect((await ask("GET", "persons/alice")).body.used).toMatchObject({ databases: 3 });
    for (const id of ids) {
      const { body } = await ask("GET", `databases/${id}`);
      await ask("DELETE", `databases/${id}?name=${body.name}`);
    }
    await laterDays(8);
    for (const id of ids) await api.databases.databases.once(id);
  });

  it("of one is never spelt like one of another", async () => {
    const theirs = await api.must("POST", "/api/v1/databases", { owner: "alice-b", name: "x" });
    expect(theirs.name).toBe("u_alice-b_x");
    const { body } = await ask("POST", "databases", { name: "b_x" });
    expect(body.name).toBe("u_alice_b_x");
    const long = await api.must("POST", "/api/v1/database-accounts", {
      owner: LONG,
      name: "app",
      access: "read",
    });
    expect(long.name).toMatch(/^u\.\.[0-9a-z]{13}\.app$/);
  });

  it("is asked for while the server is away, and made when it is back", async () => {
    api.server.isAway = true;
    const { status, body } = await ask("POST", "databases", { name: "later" });
    expect(status).toBe(201);
    expect(body.standing).toMatchObject({
      state: "creating",
      why: "The database server cannot be reached.",
    });
    api.server.isAway = false;
    await api.databases.databases.once(body.id);
    expect((await ask("GET", `databases/${body.id}`)).body.standing.state).toBe("ready");
    await ask("DELETE", `databases/${body.id}?name=${body.name}`);
    await laterDays(8);
    await api.databases.databases.once(body.id);
  });

  it("that was there before is left alone, and said to be in the way", async () => {
    await api.server.makeDatabase("u_alice_old" as DatabaseName);
    const { body } = await ask("POST", "databases", { name: "old" });
    expect(body.standing.state).toBe("conflict");
    await ask("DELETE", `databases/${body.id}?name=u_alice_old`);
    await laterDays(8);
    await api.databases.databases.once(body.id);
    expect(api.server.stored.has("u_alice_old")).toBe(true);
    expect((await ask("GET", `databases/${body.id}`)).status).toBe(404);
  });
});

describe("taking over a database", () => {
  it("shows first what is in it, and changes nothing of it", async () => {
    await api.server.makeDatabase("history" as DatabaseName);
    const adopt = { name: "history", owner: "alice-b" };
    const preview = await api.must("POST", "/api/v1/databases/adopt?dryRun=true", adopt);
    expect(preview.result).toMatchObject({ notes: ["the event nightly runs as root@%"] });
    const token = await api.tokenFor(null, [...ALL_SCOPES, "admin"]);
    const unseen = { token, json: { ...adopt, seen: "something else" } };
    const refused = await api.request("POST", "/api/v1/databases/adopt", unseen);
    expect(problemOf(refused)).toMatchObject({ status: 409, code: "conflict" });
    const listed = await api.must("GET", "/api/v1/databases/adoptable");
    expect(listed.items.map(({ name }: { name: string }) => name)).toContain("history");
    const { seen } = preview.result;
    const repeatable = { token, json: { ...adopt, seen }, headers: { "Idempotency-Key": "once" } };
    const done = await api.request("POST", "/api/v1/databases/adopt", repeatable);
    expect(done.status).toBe(201);
    const repeated = await api.request("POST", "/api/v1/databases/adopt", repeatable);
    expect(repeated).toMatchObject({ status: 201, body: done.body });
    const { id } = done.body;
    expect(await api.must("GET", `/api/v1/databases/${id}`)).toMatchObject({
      ownerName: "alice-b",
      standing: { state: "ready" },
    });
    const again = await api.must("GET", "/api/v1/databases/adoptable");
    expect(again.items.map(({ name }: { name: string }) => name)).not.toContain("history");
  });

  it.each(["mysql", "a`b", "a b", "missing"])("refuses %j", async (name) => {
    const adopt = { name, owner: "alice-b" };
    const admin = await api.tokenFor(null, [...ALL_SCOPES, "admin"]);
    const answer = await api.request("POST", "/api/v1/databases/adopt", {
      token: admin,
      json: adopt,
    });
    expect(problemOf(answer)).toMatchObject({ field: "name" });
  });
});

describe("an account", () => {
  const made = (name: string) => ask("POST", "database-accounts", { name, access: "write" });

  it("is shown once with its password, then never", async () => {
    const { status, body } = await made("laptop");
    expect(status).toBe(201);
    const { id, name, password, snippets } = body;
    expect(name).toBe("u.alice.laptop");
    expect(password).toMatch(/^[A-Za-z0-9]{32}$/);
    expect(snippets).toEqual({
      url: `mysql://${name}:${password}@127.0.0.1:3306/u_alice_b_x`,
      mysql: `mysql --host=127.0.0.1 --port=3306 --user=${name} --password=${password} u_alice_b_x`,
      pdo: `new PDO('mysql:host=127.0.0.1;port=3306;dbname=u_alice_b_x;charset=utf8mb4', '${name}', '${password}')`,
      sqlalchemy: `create_engine("mysql+pymysql://${name}:${password}@127.0.0.1:3306/u_alice_b_x?charset=utf8mb4")`,
      jdbc: `jdbc:mysql://127.0.0.1:3306/u_alice_b_x?user=${name}&password=${password}`,
      env: `DB_HOST=127.0.0.1\nDB_PORT=3306\nDB_DATABASE=u_alice_b_x\nDB_USERNAME=${name}\nDB_PASSWORD=${password}`,
    });
    expect(api.server.kept.get(name)).toMatchObject({ password, locked: false, connections: 10 });
    const rotated = await ask("POST", `database-accounts/${id}/rotate`);
    expect(rotated.body.password).not.toBe(password);
    expect(api.server.kept.get(name)?.password).toBe(rotated.body.password);
    const seen = [
      await ask("GET", `database-accounts/${id}`),
      await ask("GET", "database-accounts"),
    ];
    const everything = JSON.stringify([seen, api.state(), await ask("GET", "events")]);
    expect(everything).not.toContain(password);
    expect(everything).not.toContain(rotated.body.password);
    expect((await ask("DELETE", `database-accounts/${id}`)).status).toBe(204);
    expect(api.server.kept.has(name)).toBe(false);
    expect((await ask("GET", `database-accounts/${id}`)).status).toBe(404);
  });

  it("is shown no password again by a repeat", async () => {
    const json = { name: "twice", access: "read" };
    const once = { token: alice, json, headers: { "Idempotency-Key": "k1" } };
    const first = await api.request("POST", "/api/v1/database-accounts", once);
    const again = await api.request("POST", "/api/v1/database-accounts", once);
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(first.body.password).toHaveLength(32);
    expect(again.body.password).toBeUndefined();
    await ask("DELETE", `database-accounts/${first.body.id}`);
  });

  it("that came to nothing is drawn anew by a repeat", async () => {
    const json = { name: "thrice", access: "read" };
    const once = { token: alice, json, headers: { "Idempotency-Key": "k2" } };
    const post = () => api.request("POST", "/api/v1/database-accounts", once);
    const { makeAccount } = api.server;
    api.server.makeAccount = () => Promise.reject(new Error("a fault"));
    expect((await post()).status).toBe(503);
    expect(problemOf(await post())).toMatchObject({
      status: 503,
      detail: expect.stringContaining("is being taken back"),
    });
    api.server.makeAccount = makeAccount;
    for (const id of api.state().databaseAccounts.keys()) await api.databases.accounts.once(id);
    const { status, body } = await post();
    expect(status).toBe(201);
    expect(body.password).toHaveLength(32);
    await ask("DELETE", `database-accounts/${body.id}`);
  });

  it.each(["", "A", "-a", "a-", "a.b", "a_b", "a'b", "ü", "x".repeat(26)])(
    "is not called %j",
    async (name) => {
      expect(problemOf(await made(name))).toMatchObject({ status: 400, field: "name" });
    },
  );

  it("is not drawn while the server is away", async () => {
    const before = api.state();
    api.server.isAway = true;
    const answer = problemOf(await made("k"));
    expect(answer).toMatchObject({
      status: 503,
      detail: expect.stringContaining("Nothing was changed"),
    });
    expect(api.state()).toBe(before);
  });

  it("that the server refuses half way leaves nothing behind", async () => {
    const before = [...api.server.kept.keys()];
    const { grant } = api.server;
    api.server.grant = () => Promise.reject(new Error("a fault"));
    const answer = problemOf(await made("k"));
    api.server.grant = grant;
    expect(answer).toMatchObject({ status: 503 });
    for (const id of api.state().databaseAccounts.keys()) await api.databases.accounts.once(id);
    expect([...api.server.kept.keys()]).toEqual(before);
  });

  it("whose name a stranger has is refused, and the stranger's left as it is", async () => {
    const name = "u.alice.theirs" as never;
    await api.server.makeAccount(name, "secret" as never, 3);
    expect(problemOf(await made("theirs"))).toMatchObject({
      status: 503,
      detail: expect.stringContaining("that the console did not make"),
    });
    for (const id of api.state().databaseAccounts.keys()) await api.databases.accounts.once(id);
    expect(api.state().databaseAccountsByName.has(name)).toBe(false);
    expect(api.server.kept.get(name)).toMatchObject({ password: "secret", connections: 3 });
  });

  it("is for the databases that it names, of its owner alone, and can be given others", async () => {
    const [one] = (await ask("GET", "databases")).body.items;
    const json = { name: "k", access: "read", databases: [one.name] };
    const { body } = await ask("POST", "database-accounts", json);
    expect(body.databases).toEqual([one.id]);
    const grants = () => [...(api.server.kept.get(body.name)?.grants ?? [])];
    expect(grants()).toEqual([[one.name, "read"]]);
    for (const foreign of ["u_alice-b_x", "history", "nothing"]) {
      const refused = { ...json, name: "l", databases: [foreign] };
      const answer = problemOf(await ask("POST", "database-accounts", refused));
      expect(answer).toMatchObject({ status: 404, field: "databases.0" });
    }
    const path = `database-accounts/${body.id}`;
    const changed = await ask("PATCH", path, { databases: [], access: "write" });
    expect(changed.body).toMatchObject({ access: "write", standing: { state: "ready" } });
    expect(grants()).toEqual([]);
    await ask("PATCH", path, { databases: null });
    expect(grants()).toEqual([[one.name, "write"]]);
  });
});

describe("an owner of databases", () => {
  it("is suspended and resumed in one action, with the result part by part", async () => {
    const owner = "alice-b";
    const account = await api.must("POST", "/api/v1/database-accounts", {
      owner,
      name: "cut",
      access: "write",
    });
    api.server.open = [{ account: account.name, node: "here", id: 7 }];
    const suspended = await api.must("POST", "/api/v1/persons/alice-b/suspend", { reason: "x" });
    expect(suspended.parts).toContainEqual({
      kind: "databaseAccount",
      id: account.id,
      name: account.name,
      state: "suspended",
      why: "Its owner is suspended.",
    });
    expect(suspended.parts).toContainEqual(
      expect.objectContaining({ kind: "database", name: "u_alice-b_x", state: "suspended" }),
    );
    expect(api.server.kept.get(account.name)).toMatchObject({ locked: true });
    expect(api.server.open).toEqual([]);
    api.server.isAway = true;
    const resumed = await api.must("POST", "/api/v1/persons/alice-b/resume");
    expect(resumed.parts).toContainEqual(
      expect.objectContaining({ id: account.id, state: "repairing", why: expect.any(String) }),
    );
    api.server.isAway = false;
    // It was asked so often in vain that it is left alone for a second.
    await waitFor(() => api.databases.requireAnswer().then(() => true), {
      describe: "the server to be asked again",
    });
    await api.databases.accounts.once(account.id);
    expect(api.server.kept.get(account.name)).toMatchObject({ locked: false });
  });

  it("leaves with their accounts ended, and their databases kept for a while, which an admin may give on", async () => {
    await api.must("POST", "/api/v1/persons", { username: "carol" });
    const made = { owner: "carol", name: "work" };
    const database = await api.must("POST", "/api/v1/databases", made);
    const account = await api.must("POST", "/api/v1/database-accounts", {
      ...made,
      access: "read",
    });
    const carol = await api.must("GET", "/api/v1/persons/carol");
    await api.must("DELETE", "/api/v1/persons/carol");
    await api.databases.settleOwner(carol.id);
    expect(api.server.kept.has(account.name)).toBe(false);
    expect(api.state().databaseAccounts.has(account.id)).toBe(false);
    expect(api.server.stored.has("u_carol_work")).toBe(true);
    expect((await ask("GET", `databases/${database.id}`)).status).toBe(404);
    const given = await api.must("POST", `/api/v1/databases/${database.id}/restore`, {
      owner: "alice",
    });
    expect(given).toMatchObject({ ownerName: "alice", name: "u_carol_work" });
    expect((await ask("GET", `databases/${database.id}`)).body.standing.state).toBe("ready");
  });
});

describe("an account that the server does not drop, as views name it as theirs", () => {
  it("is locked and may do nothing until they are gone, and says so", async () => {
    await api.must("POST", "/api/v1/persons", { username: "dora" });
    const made = { owner: "dora", name: "work" };
    const database = await api.must("POST", "/api/v1/databases", made);
    const { id, name } = await api.must("POST", "/api/v1/database-accounts", {
      ...made,
      access: "write",
    });
    const dora = await api.must("GET", "/api/v1/persons/dora");
    api.server.definers.add(name);
    api.server.open = [{ account: name, node: "memory:3306", id: 7 }];
    await api.must("DELETE", "/api/v1/persons/dora");
    const why =
      "The database server keeps this account as long as views, triggers or routines name it as theirs: it is locked, may do nothing, and goes once these or their database are gone (4006).";
    for (let look = 0; look < 2; look++) {
      expect(await api.databases.settleOwner(dora.id)).toContainEqual(
        expect.objectContaining({ kind: "databaseAccount", state: "stuck", why }),
      );
      expect(api.server.kept.get(name)).toMatchObject({ locked: true, grants: new Map() });
      expect(api.server.open).toEqual([]);
    }
    await laterDays(8);
    await api.databases.databases.once(database.id);
    expect(api.server.stored.has("u_dora_work")).toBe(false);
    expect(api.state().databases.has(database.id)).toBe(false);
    // With the database, what named the account is gone.
    api.server.definers.clear();
    await api.databases.accounts.once(id);
    expect(api.server.kept.has(name)).toBe(false);
    expect(api.state().databaseAccounts.has(id)).toBe(false);
  });
});

describe("how the database server stands", () => {
  it("is told to admins, with what is wrong and what is a stranger's", async () => {
    const status = await api.must("GET", "/api/v1/databases/status");
    const messages = status.findings.map(({ message }: { message: string }) => message);
    expect(messages[0]).toBe("The database server answers: MariaDB memory.");
    expect(messages).toContainEqual(expect.stringMatching(/^1 account there begins with u\./));
    expect(messages).toContainEqual(expect.stringMatching(/may do everything there/));
    api.server.isAway = true;
    const away = await api.must("GET", "/api/v1/databases/status");
    expect(away).toMatchObject({ ok: false });
    expect(away.findings[0].message).toMatch(
      /^The database server cannot be reached\. Are databases/,
    );
    api.server.isAway = false;
  });
});
