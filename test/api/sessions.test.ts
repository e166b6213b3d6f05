import { afterAll, beforeAll, expect, it } from "vitest";
import { sessionHolder } from "../../src/auth/actor.ts";
import { startApi, type TestApi } from "./support.ts";

const seen = { address: "192.0.2.7", agent: "Browser/1.0" };
let api: TestApi;
let alice: string;
let bob: string;

beforeAll(async () => {
  api = await startApi();
  alice = (await api.must("POST", "/api/v1/persons", { username: "alice" })).id;
  bob = (await api.must("POST", "/api/v1/persons", { username: "bob" })).id;
});
afterAll(() => api.close());

const idsOf = async (person: string): Promise<string[]> =>
  (await api.must("GET", `/api/v1/persons/${person}/sessions`)).items.map(
    ({ id }: { id: string }) => id,
  );

it("sessions are listed without anything that lets in, and ended one by one", async () => {
  const token = await api.tokenFor("alice");
  const { session, secret } = await api.sessions.begin(alice, seen);
  const other = await api.sessions.begin(alice, seen);
  const bobs = await api.sessions.begin(bob, seen);
  const list = await api.request("GET", "/api/v1/persons/alice/sessions", { token });
  expect(list.body.items).toContainEqual({
    id: session.id,
    createdAt: session.createdAt,
    usedAt: session.usedAt,
    address: "192.0.2.7",
    agent: "Browser/1.0",
    adminUntil: null,
  });
  expect(list.body.items).toHaveLength(2);
  expect(JSON.stringify(list.body)).not.toContain(secret);

  const path = `/api/v1/persons/alice/sessions/${session.id}`;
  const dry = await api.request("DELETE", `${path}?dryRun=true`, { token });
  expect([dry.status, dry.body.dryRun]).toEqual([200, true]);
  expect((await api.request("DELETE", path, { token })).status).toBe(204);
  expect((await api.request("DELETE", path, { token })).status).toBe(404);
  expect((await api.request("DELETE", `${path}?dryRun=true`, { token })).status).toBe(404);
  expect(await api.sessions.find(secret, seen)).toBeUndefined();
  expect(await idsOf("alice")).toEqual([other.session.id]);
  // A session is found below its own person alone.
  const stranger = `/api/v1/persons/alice/sessions/${bobs.session.id}`;
  expect((await api.request("DELETE", stranger, { token })).status).toBe(404);
  expect(await idsOf("bob")).toEqual([bobs.session.id]);
});

it("one that somebody else ends is in the history, one's own is not", async () => {
  const token = await api.tokenFor("alice");
  const below = "/api/v1/persons/alice/sessions";
  const newest = async () => (await api.must("GET", "/api/v1/events?limit=1")).items[0];
  const own = await api.sessions.begin(alice, seen);
  const before = await newest();
  expect((await api.request("DELETE", `${below}/${own.session.id}`, { token })).status).toBe(204);
  expect(await newest()).toEqual(before);
  const { session, secret } = await api.sessions.begin(alice, seen);
  await api.must("DELETE", `${below}/${session.id}`);
  expect(await api.sessions.find(secret, seen)).toBeUndefined();
  const event = await newest();
  expect(event).toMatchObject({
    type: "person.session-ended",
    summary: "one of the sessions of alice was ended",
    owners: [alice],
  });
  expect(JSON.stringify(event)).not.toContain(session.id);
  // What was not there is no event, and what was refused is none.
  await expect(api.must("DELETE", `${below}/${session.id}`)).rejects.toThrow("404");
  const bobs = await api.tokenFor("bob");
  const kept = await api.sessions.begin(alice, seen);
  const path = `${below}/${kept.session.id}`;
  expect((await api.request("DELETE", path, { token: bobs })).status).toBe(404);
  expect((await newest()).revision).toBe(api.state().revision);
  expect(await api.sessions.find(kept.secret, seen)).toBeDefined();
  await api.sessions.end(alice, kept.session.id);
});

it("a person is signed out everywhere, and stays so whatever a store brings back", async () => {
  const { session, secret } = await api.sessions.begin(alice, seen);
  const holder = () => sessionHolder(api.state(), session, api.now());
  expect(holder()?.person.id).toBe(alice);
  const before = api.state();
  const dry = await api.must("POST", "/api/v1/persons/alice/sign-out?dryRun=true");
  expect([dry.dryRun, api.state()]).toEqual([true, before]);
  const done = await api.must("POST", "/api/v1/persons/alice/sign-out");
  expect(done).toMatchObject({ person: alice, signedOut: api.now().toISOString() });
  expect(await idsOf("alice")).toEqual([]);
  expect(await api.sessions.find(secret, seen)).toBeUndefined();
  expect(holder()).toBeUndefined();
  const [event] = (await api.must("GET", "/api/v1/events?limit=1")).items;
  expect(event.summary).toBe("alice was signed out everywhere");
  const person = api.state().owners.get(alice);
  const after = person?.kind === "person" ? person.signedOut : undefined;
  const next = await api.sessions.begin(alice, seen, { after });
  expect(sessionHolder(api.state(), next.session, api.now())?.person.id).toBe(alice);
});
