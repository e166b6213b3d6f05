import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startApi, type Json, type TestApi } from "./support.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const MARKUP = `<img src=x onerror=alert(1)>"'\`{{7*7}}`;

let api: TestApi;
let alice: string;
let gina: string;

beforeAll(async () => {
  api = await startApi();
  for (const username of ["alice", "bob", "gina", "ada"])
    await api.must("POST", "/api/v1/persons", { username });
  await api.must("PATCH", "/api/v1/persons/ada", { role: "admin" });
  await api.must("POST", "/api/v1/groups", { name: "games", managers: ["alice", "gina"] });
  alice = await api.tokenFor("alice");
  gina = await api.tokenFor("gina");
});
afterAll(() => api.close());

const ask = (wish: object, more: object = {}, token = alice) =>
  api.request("POST", "/api/v1/requests", {
    token,
    json: { wish, reason: "We need it.", ...more },
  });
const label = (name: string) => ({ kind: "label", label: name });

/** What an admin with a person's token does. */
async function asAda(method: string, path: string, json?: object): Promise<Json> {
  const token = await api.tokenFor("ada", ["read", "owners", "admin"]);
  return (await api.request(method, path, { token, ...(json === undefined ? {} : { json }) })).body;
}

describe("a member who asks", () => {
  test("is told when an admin granted it, and has what they asked for", async () => {
    const asked = await ask(label("Wonder"), { reason: " A club.\r\nTwo lines. " });
    expect(asked.status).toBe(201);
    expect(asked.headers.get("location")).toBe(`/api/v1/requests/${asked.body.id}`);
    expect(asked.body).toMatchObject({
      ownerName: "alice",
      askerName: "alice",
      wish: label("wonder"),
      summary: "the name wonder",
      reason: "A club.\nTwo lines.",
      state: "open",
      decidedAt: null,
      decidedByName: null,
      seenAt: null,
    });
    const path = `/api/v1/requests/${asked.body.id}`;
    const preview = await api.must("POST", `${path}/grant?dryRun=true`, {});
    expect(preview.result.state).toBe("granted");
    expect(api.state().labels.has("wonder")).toBe(false);

    const granted = await asAda("POST", `${path}/grant`, { answer: "Enjoy." });
    expect(granted).toMatchObject({ state: "granted", decidedByName: "ada" });
    expect(granted.decidedBy).toBe(api.state().ownersByName.get("ada"));
    const read = await api.request("GET", path, { token: alice });
    expect(read.body).toMatchObject({
      state: "granted",
      decidedAt: api.now().toISOString(),
      decidedBy: null,
      decidedByName: "ada",
      answer: "Enjoy.",
    });
    const held = await api.request("GET", "/api/v1/labels/wonder", { token: alice });
    expect(held.body).toMatchObject({ ownerName: "alice", revision: read.body.revision });
    const seen = await api.request("POST", `${path}/acknowledge`, { token: alice });
    expect(seen.body.seenAt).toBe(api.now().toISOString());
    const again = await api.request("POST", `${path}/acknowledge`, { token: alice });
    expect(again).toMatchObject({ status: 200, body: { seenAt: seen.body.seenAt } });

    const events = await api.request("GET", "/api/v1/events?type=request.granted", {
      token: alice,
    });
    expect(events.body.items).toMatchObject([
      {
        summary: "alice's request for the name wonder was granted",
        actor: { name: "ada", owner: null },
      },
    ]);
    const kinds = events.body.items[0].changes.map(({ kind }: { kind: string }) => kind);
    expect(kinds.toSorted()).toEqual(["label", "request"]);
  });

  test("by a group's manager is seen by its managers, and by no former one", async () => {
    const { body } = await ask(label("chess"), { owner: "games" });
    const path = `/api/v1/requests/${body.id}`;
    // Of a fellow manager, the name is told.
    const seen = await api.request("GET", path, { token: gina });
    expect(seen.body).toMatchObject({ askerName: "alice", asker: null, ownerName: "games" });
    await api.must("PATCH", "/api/v1/groups/games", { managers: ["gina"] });
    for (const [method, suffix] of [
      ["GET", ""],
      ["POST", "/withdraw"],
    ] as const) {
      const left = await api.request(method, `${path}${suffix}`, { token: alice });
      const none = await api.request(method, `/api/v1/requests/req-none${suffix}`, {
        token: alice,
      });
      expect([left.status, left.body.detail]).toEqual([404, none.body.detail]);
    }
    const refused = await api.request("POST", `${path}/grant`, { token: api.admin, json: {} });
    expect(refused.body).toMatchObject({ status: 409, code: "conflict" });
    expect((await api.must("GET", path)).state).toBe("open");
    const back = await api.request("POST", `${path}/withdraw`, { token: gina });
    expect(back.body).toMatchObject({ state: "withdrawn", decidedByName: "gina" });
    await api.must("PATCH", "/api/v1/groups/games", { managers: ["alice", "gina"] });
  });

  test("is not granted by themselves, nor by a member who calls it something else", async () => {
    const { body } = await ask(label("castle"));
    for (const action of ["grant", "decline"]) {
      const json = action === "grant" ? {} : { answer: "x" };
      const own = await api.request("POST", `/api/v1/requests/${body.id}/${action}`, {
        token: alice,
        json,
      });
      expect(own.body).toMatchObject({ status: 403, code: "forbidden" });
    }
    for (const smuggled of [
      { state: "granted" },
      { decided: { by: null, at: api.now().toISOString() } },
      { asker: "ada" },
      { id: "req-mine" },
    ]) {
      const answer = await ask(label("moat"), smuggled);
      expect(answer.body).toMatchObject({ status: 400, field: Object.keys(smuggled)[0] });
    }
    const odd = await ask({ kind: "label", label: "moat", state: "granted" });
    expect(odd.body).toMatchObject({ status: 400, field: "wish.state" });
    expect(api.state().labels.has("castle")).toBe(false);
  });

  test("is refused what is malformed, with its field", async () => {
    for (const [wish, more, field] of [
      [{ kind: "role", role: "admin" }, {}, "wish.kind"],
      [label("a_b"), {}, "wish.label"],
      [label(MARKUP), {}, "wish.label"],
      [{ kind: "quota", of: "money", amount: 1 }, {}, "wish.of"],
      [{ kind: "quota", of: "pages", amount: 1.5 }, {}, "wish.amount"],
      [{ kind: "quota", of: "pages", amount: 1_000_000 }, {}, "wish.amount"],
      [label("x1"), { reason: "" }, "reason"],
      [label("x1"), { reason: " \n " }, "reason"],
      [label("x1"), { reason: "x".repeat(1001) }, "reason"],
      [label("x1"), { reason: "bell \u0007" }, "reason"],
      [label("x1"), { reason: "turned \u202e round" }, "reason"],
      [label("www"), {}, "wish.label"],
    ] as const) {
      const { body } = await ask(wish, more);
      expect(body.field, JSON.stringify([wish, more])).toBe(field);
    }
    const operators = await api.request("POST", "/api/v1/requests", {
      token: api.admin,
      json: { wish: label("x1"), reason: "x" },
    });
    expect(operators.body).toMatchObject({ status: 400, field: "owner" });
  });

  test("writes text, that stays text", async () => {
    const { body } = await ask(label("markup"), { reason: MARKUP });
    expect(body.reason).toBe(MARKUP);
    const path = `/api/v1/requests/${body.id}`;
    const declined = await asAda("POST", `${path}/decline`, { answer: MARKUP });
    expect(declined).toMatchObject({ state: "declined", answer: MARKUP });
    const events = await api.must("GET", "/api/v1/events?type=request.declined");
    expect(events.items[0].summary).not.toContain("<");
  });

  test("asks once, however often the request comes", async () => {
    const headers = { "Idempotency-Key": "once" };
    const json = { wish: label("once"), reason: "x" };
    const send = () => api.request("POST", "/api/v1/requests", { token: alice, headers, json });
    const first = await send();
    const second = await send();
    expect(second.headers.get("idempotency-replayed")).toBe("true");
    expect(second.body).toEqual(first.body);
    const other = await ask(label("once"));
    expect(other.body).toMatchObject({ status: 409, code: "conflict" });
  });

  test("a decision needs the request as it was read, and is made once by two admins", async () => {
    const { body } = await ask({ kind: "quota", of: "pages", amount: 90 });
    const path = `/api/v1/requests/${body.id}`;
    const etag = (await api.request("GET", path, { token: api.admin })).headers.get("etag") ?? "";
    const decide = (action: string, json: object) =>
      api.request("POST", `${path}/${action}`, {
        token: api.admin,
        json,
        headers: { "If-Match": etag },
      });
    const answers = await Promise.all([decide("grant", {}), decide("decline", { answer: "no" })]);
    const statuses = answers.map(({ status }) => status);
    expect(statuses.toSorted()).toEqual([200, 412]);
    const { quota } = await api.must("GET", "/api/v1/persons/alice");
    expect(quota.pages).toBe(statuses[0] === 200 ? 90 : 50);
  });
});

test("a membership is renewed by a request", async () => {
  const endsAt = new Date(api.now().getTime() + 3 * DAY_MS).toISOString();
  await api.must("PATCH", "/api/v1/persons/bob", { membershipEndsAt: endsAt });
  const token = await api.tokenFor("bob");
  const { body } = await ask({ kind: "renewal" }, {}, token);
  expect(body.summary).toBe("another term of membership");
  await asAda("POST", `/api/v1/requests/${body.id}/grant`, {});
  const bob = await api.request("GET", "/api/v1/persons/bob", { token });
  expect(Date.parse(bob.body.membershipEndsAt)).toBe(Date.parse(endsAt) + 365 * DAY_MS);
});
