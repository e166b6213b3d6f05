import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { RunningConsole } from "../../../src/app.ts";
import {
  consoleHost,
  mustClient,
  startTestConsole,
  type MustClient,
} from "../../support/console.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { FOLLOWED, TestVisitor } from "../../support/visitor.ts";

const HOUR_MS = 60 * 60 * 1000;
const SESSION = "__Host-tardis-session";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let running: RunningConsole;
let must: MustClient;
let visitor: TestVisitor;
let ahead = 0;

beforeAll(async () => {
  folder = await temporaryFolder();
  const now = () => new Date(Date.now() + ahead);
  running = await startTestConsole(folder.path, {}, { now });
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

const sees = async (path = "/") => (await visitor.get(path)).body.includes("alice");

describe("somebody who is not signed in", () => {
  it.each([
    "/",
    "/nothing",
    "/admin/owners?q=x",
    "/traefik/config",
    "/sign-out",
    "/control/export",
  ])("is led from %s to the sign-in page and back", async (path) => {
    for (const method of ["GET", "HEAD"]) {
      const answer = await visitor.ask(path, { method });
      const to = path === "/" ? "" : `?to=${encodeURIComponent(path)}`;
      expect([answer.status, answer.headers["location"]]).toEqual([303, `/sign-in${to}`]);
      expect(answer.body).toBe("");
      expect(answer.headers["cache-control"]).toBe("no-store");
    }
    for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
      const answer = await visitor.ask(path, { method });
      expect([method, answer.status]).toEqual([method, 401]);
    }
  });

  it("is never led to another host", async () => {
    for (const path of ["//evil.example/x", "/%5c%5cevil.example", "///x"]) {
      const answer = await visitor.get(path);
      expect(answer.status, path).toBe(303);
      const to = new URL(answer.headers["location"] ?? "", `https://${consoleHost}`);
      expect([to.host, to.pathname], path).toEqual([consoleHost, "/sign-in"]);
      expect(to.searchParams.get("to") ?? "/", path).toMatch(/^\/(?![/\\])/);
    }
  });

  it("gets the sign-in page, which no cache keeps and no frame shows", async () => {
    const answer = await visitor.get("/sign-in?to=%2Fgroups");
    expect(answer.status).toBe(200);
    expect(answer.body).toContain("<h1>Sign in</h1>");
    expect(answer.headers).toMatchObject({
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "referrer-policy": "same-origin",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
    });
    expect(answer.headers["permissions-policy"]).toContain("camera=()");
    expect(answer.headers["content-security-policy"]?.split("; ")).toEqual([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self'",
      "connect-src 'self'",
      "form-action 'self'",
      "frame-ancestors 'none'",
      "base-uri 'none'",
    ]);
    for (const [, path = ""] of answer.body.matchAll(/<(?:link|img)[^>]* (?:href|src)="([^"]+)"/g))
      expect([path, (await visitor.get(path)).status]).toEqual([path, 200]);
  });

  it("is told so by a fetched part of a page and by a stream, where no page could be shown", async () => {
    const part = await visitor.get("/", {
      headers: { "HX-Request": "true", "HX-Current-URL": `https://${consoleHost}/groups?x=1` },
    });
    expect([part.status, part.headers["hx-redirect"], part.body]).toEqual([
      401,
      "/sign-in?to=%2Fgroups%3Fx%3D1",
      "",
    ]);
    const stream = await visitor.get("/", { headers: { Accept: "text/event-stream" } });
    expect(stream.status).toBe(401);
  });

  it("reaches files that are the same for all, and the API's own refusal", async () => {
    expect((await visitor.get("/assets/nothing.css")).status).toBe(404);
    expect((await visitor.get("/favicon.ico")).status).toBe(404);
    expect((await visitor.get("/api/v1/whoami")).status).toBe(401);
    expect((await visitor.get("/hooks/gitlab")).status).toBe(404);
  });
});

describe("somebody who is signed in", () => {
  it("is known at every page, and needs no sign-in page", async () => {
    await visitor.be("alice");
    expect(await sees()).toBe(true);
    expect((await visitor.get("/nothing")).status).toBe(404);
    const back = await visitor.get("/sign-in?to=%2Fgroups");
    expect([back.status, back.headers["location"]]).toEqual([303, "/groups"]);
    const away = await visitor.get("/sign-in?to=%2F%2Fevil.example");
    expect(away.headers["location"]).toBe("/");
  });

  it("is nobody to the API, which takes tokens alone", async () => {
    await visitor.be("alice");
    expect((await visitor.get("/api/v1/whoami")).status).toBe(401);
    expect((await visitor.post("/api/v1/tokens", { name: "x" })).status).toBe(401);
  });

  it("is signed out by a form, and the session is dead for whoever kept its cookie", async () => {
    await visitor.be("alice");
    const secret = visitor.cookies.get(SESSION) ?? "";
    const out = await visitor.post("/sign-out");
    expect([out.status, out.headers["location"]]).toEqual([303, "/sign-in"]);
    expect(visitor.cookies.has(SESSION)).toBe(false);
    expect(String(out.headers["set-cookie"])).toMatch(
      /^__Host-tardis-session=; Max-Age=0; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    );
    visitor.cookies.set(SESSION, secret);
    expect((await visitor.get("/")).status).toBe(303);
    expect((await visitor.get("/sign-out")).status).toBe(303);
  });

  it("is out at once when suspended, and has to sign in anew when resumed", async () => {
    await visitor.be("alice");
    expect(await sees()).toBe(true);
    await must("POST", "/persons/alice/suspend", { reason: "Spam." });
    expect((await visitor.get("/")).status).toBe(303);
    await must("POST", "/persons/alice/resume");
    expect((await visitor.get("/")).status).toBe(303);
    ahead += 1;
    await visitor.be("alice");
    expect(await sees()).toBe(true);
  });

  it("is out at once when deleted", async () => {
    await must("POST", "/persons", { username: "zoe" });
    await visitor.be("zoe");
    expect((await visitor.get("/")).status).toBe(200);
    await must("DELETE", "/persons/zoe");
    expect((await visitor.get("/")).status).toBe(303);
  });

  it("is out after the time that a session has", async () => {
    await visitor.be("alice");
    ahead += 23 * HOUR_MS;
    expect((await visitor.get("/")).status).toBe(200);
    ahead += 24 * HOUR_MS;
    expect((await visitor.get("/")).status).toBe(303);
  });
});

/** What a browser says of what a page of another host has it ask for. */
const UNSEEN: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "a call": { "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "empty" },
  "a call that wants to read": { "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty" },
  "a picture": { "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image" },
  "a script": { "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script" },
  "a frame": { "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe" },
  "an object": { "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "object" },
  "a page that is fetched ahead": { ...FOLLOWED, "Sec-Purpose": "prefetch" },
  "something without a kind": {},
};

describe("what a page of another host asks for unseen", () => {
  it.each(Object.entries(UNSEEN))(
    "is refused before anything is touched: %s",
    async (_what, said) => {
      await visitor.be("alice");
      const secret = visitor.cookies.get(SESSION) ?? "";
      const session = () => running.core.sessions.find(secret, { address: "", agent: "" }, "check");
      const usedAt = (await session())?.usedAt;
      visitor.cookies.set("__Host-flash", "a message that waits");
      ahead += 2 * 60_000;
      for (const [method, path] of [
        ["GET", "/"],
        ["HEAD", "/"],
        ["GET", "/live"],
        ["GET", "/sign-in"],
        ["GET", "/favicon.ico"],
      ] as const) {
        for (const site of ["same-site", "cross-site"]) {
          const headers = { ...said, "Sec-Fetch-Site": site };
          const answer = await visitor.ask(path, { method, headers });
          expect([path, site, answer.status]).toEqual([path, site, 403]);
          expect(answer.headers["set-cookie"]).toBeUndefined();
          expect(answer.headers["cache-control"]).toBe("no-store");
          expect(answer.headers["vary"]).toContain("Sec-Fetch-Site");
        }
      }
      expect((await session())?.usedAt).toBe(usedAt);
    },
  );

  it("is not what somebody follows, sees, or asks for with a program", async () => {
    await visitor.be("alice");
    for (const headers of [
      FOLLOWED,
      { ...FOLLOWED, "Sec-Fetch-Site": "same-site" },
      { ...UNSEEN["a call"], "Sec-Fetch-Site": "same-origin" },
      { "Sec-Fetch-Site": "none" },
      { "Sec-Fetch-Site": undefined },
    ])
      expect([headers, (await visitor.get("/", { headers })).status]).toEqual([headers, 200]);
    // Chromium says so of what another's page has it fetch ahead, with its cookies.
    const fetched = { ...FOLLOWED, "Sec-Fetch-Site": "none", "Sec-Purpose": "prefetch" };
    expect((await visitor.get("/", { headers: fetched })).status).toBe(403);
    const headers = { ...UNSEEN["a picture"], "Sec-Fetch-Site": "cross-site" };
    const [path = ""] = /\/assets\/[^"]+\.svg/.exec((await visitor.get("/sign-in/x")).body) ?? [];
    expect((await visitor.get(path, { headers })).status).toBe(200);
    expect((await visitor.get("/api/v1/whoami", { headers })).status).toBe(401);
    expect((await visitor.get("/hooks/gitlab", { headers })).status).toBe(404);
  });
});

describe("a form", () => {
  const own = `https://${consoleHost}`;
  it.each([
    ["without an origin", { Origin: undefined }],
    ["of another origin", { Origin: "https://alice.tardis.test" }],
    ["of the same host over HTTP", { Origin: `http://${consoleHost}` }],
    ["of another port", { Origin: `${own}:8443` }],
    ["of a host that only begins so", { Origin: `${own}.evil.example` }],
    ["of a page without an origin", { Origin: "null" }],
    ["of a same-site page that claims our origin", { "Sec-Fetch-Site": "same-site" }],
    ["of a cross-site page that claims our origin", { "Sec-Fetch-Site": "cross-site" }],
  ])("%s does nothing", async (_what, headers) => {
    await visitor.be("alice");
    for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
      const answer = await visitor.ask("/sign-out", { method, headers });
      expect([method, answer.status]).toEqual([method, 403]);
    }
    expect(await sees()).toBe(true);
  });

  it("from a browser that does not say where a request comes from is taken by its origin", async () => {
    await visitor.be("alice");
    const answer = await visitor.post(
      "/sign-out",
      {},
      { headers: { "Sec-Fetch-Site": undefined } },
    );
    expect(answer.status).toBe(303);
  });

  it("of more than 64 kB is refused", async () => {
    await visitor.be("alice");
    const answer = await visitor.post("/sign-out", { x: "x".repeat(70_000) });
    expect(answer.status).toBe(400);
    expect(await sees()).toBe(true);
  });
});
