import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { RunningConsole } from "../../../src/app.ts";
import { mustClient, startTestConsole, type MustClient } from "../../support/console.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { TestVisitor } from "../../support/visitor.ts";

const SESSION = "__Host-tardis-session";
const PROXY = "127.0.0.1/32";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let running: RunningConsole;
let must: MustClient;
let visitor: TestVisitor;

beforeAll(async () => {
  folder = await temporaryFolder();
  running = await startTestConsole(folder.path, { http: { port: 0, trustedProxies: [PROXY] } });
  must = mustClient(running.httpPort);
  await must("POST", "/persons", { username: "alice" });
  await must("POST", "/persons", { username: "bob" });
});
afterAll(async () => {
  await running?.close();
  await folder?.remove();
});
beforeEach(() => {
  visitor = new TestVisitor(running);
});

/** Makes a link. @returns its path */
async function linkFor(person: string): Promise<string> {
  const { url } = await must("POST", "/passes", { person });
  expect(url).toMatch(/^https:\/\/console\.tardis\.test\/sign-in\/link\/[A-Za-z0-9_-]{43}$/);
  return new URL(url).pathname;
}

/** What the page that a link opens would send. */
async function formAt(path: string, at = visitor): Promise<Record<string, string>> {
  const page = await at.get(path);
  expect(page.status).toBe(200);
  const fields = page.body.matchAll(/name="(\w+)" value="([^"]+)"/g);
  return Object.fromEntries([...fields].map(([, name, value]) => [name, value]));
}

const isIn = async (name: string, at = visitor) => (await at.who()) === name;

describe("a sign-in link", () => {
  it("asks first, and signs in by its form alone, once", async () => {
    const path = await linkFor("alice");
    const form = await formAt(path);
    // However often it is opened, nothing is used up.
    await formAt(path, new TestVisitor(running));
    expect(await isIn("alice")).toBe(false);
    const done = await visitor.post("/sign-in/link", form);
    expect([done.status, done.headers["location"]]).toEqual([303, "/"]);
    expect(String(done.headers["set-cookie"])).toMatch(
      /__Host-tardis-session=[A-Za-z0-9_-]{43}; Max-Age=1209600; Path=\/; HttpOnly; Secure; SameSite=Lax/,
    );
    expect(await isIn("alice")).toBe(true);
    expect(visitor.cookies.has("__Host-tardis-link")).toBe(false);
    const other = new TestVisitor(running);
    expect((await other.get(path)).status).toBe(404);
    const events = (await must("GET", "/events?limit=1")).items;
    expect(events[0].summary).toContain("alice signed in with a link");
    expect(JSON.stringify(await must("GET", "/events"))).not.toContain(form["code"]);
  });

  it("is worth nothing in a browser that was not asked", async () => {
    const path = await linkFor("alice");
    const form = await formAt(path, new TestVisitor(running));
    expect((await visitor.post("/sign-in/link", form)).status).toBe(403);
    await formAt(path);
    expect((await visitor.post("/sign-in/link", form)).status).toBe(403);
    for (const binding of ["", "ä".repeat(43), "x"])
      expect((await visitor.post("/sign-in/link", { ...form, binding })).status).toBe(403);
    expect(await isIn("alice")).toBe(false);
    // None of that has used it up.
    await visitor.post("/sign-in/link", await formAt(path));
    expect(await isIn("alice")).toBe(true);
  });

  it("is used up once, also by two browsers at the same moment", async () => {
    const path = await linkFor("alice");
    const others = Array.from({ length: 5 }, () => new TestVisitor(running));
    const forms = await Promise.all(others.map((other) => formAt(path, other)));
    const answers = await Promise.all(
      others.map((other, at) => other.post("/sign-in/link", forms[at] ?? {})),
    );
    const statuses = answers.map(({ status }) => status).toSorted();
    expect(statuses).toEqual([303, 404, 404, 404, 404]);
  });

  it("ends the session that the browser had", async () => {
    await visitor.be("bob");
    const before = visitor.cookies.get(SESSION) ?? "";
    await visitor.post("/sign-in/link", await formAt(await linkFor("alice")));
    expect(await isIn("alice")).toBe(true);
    const old = new TestVisitor(running);
    old.cookies.set(SESSION, before);
    expect((await old.get("/")).status).toBe(303);
  });

  it("is not planted by another site", async () => {
    const form = await formAt(await linkFor("alice"));
    const headers = { Origin: "https://bob.tardis.test", "Sec-Fetch-Site": "same-site" };
    expect((await visitor.post("/sign-in/link", form, { headers })).status).toBe(403);
    expect(await isIn("alice")).toBe(false);
  });

  it("lets in who was signed out everywhere in the same moment", async () => {
    const path = await linkFor("bob");
    await must("POST", "/persons/bob/suspend", { reason: "Spam." });
    expect((await visitor.get(path)).status).toBe(403);
    await must("POST", "/persons/bob/resume");
    await visitor.post("/sign-in/link", await formAt(path));
    expect(await isIn("bob")).toBe(true);
  });
});

it("codes are guessed a few times a minute from one address, whoever is behind a proxy", async () => {
  const path = await linkFor("alice");
  const from = (address: string) => ({ headers: { "X-Forwarded-For": `10.9.9.9, ${address}` } });
  const guess = (n: number, address: string) =>
    visitor.get(`/sign-in/link/${"x".repeat(40)}${n}`, from(address));
  for (let n = 100; n < 130; n++) expect((await guess(n, "192.0.2.66")).status).toBe(404);
  const answer = await guess(130, "192.0.2.66");
  expect(answer.status).toBe(429);
  expect(Number(answer.headers["retry-after"])).toBeGreaterThan(0);
  expect((await visitor.get(path, from("192.0.2.66"))).status).toBe(429);
  expect((await visitor.get(path, from("192.0.2.67"))).status).toBe(200);
});
