import { rm } from "node:fs/promises";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunningConsole } from "../../src/app.ts";
import { adminToken, consoleHost, mustClient, startTestConsole, zone } from "../support/console.ts";
import { temporaryFolder } from "../support/folder.ts";
import { type Answer, type RawRequest, request } from "../support/request.ts";

describe("the public listener", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let running: RunningConsole;

  beforeAll(async () => {
    folder = await temporaryFolder();
    running = await startTestConsole(folder.path);
    const must = mustClient(running.httpPort);
    const person = await must("POST", "/persons", { username: "carol" });
    await must("POST", "/endpoints", { owner: "carol", target: "http://127.0.0.1:9" });
    await must("POST", `/persons/${person.id}/suspend`, { reason: "Spam." });
    await must("POST", "/groups", { name: "chess" });
    await must("POST", "/labels", { label: "games", owner: "chess" });
    await must("DELETE", "/labels/games");
    await running.publisher.settled();
  });
  afterAll(async () => {
    await running.close();
    await folder.remove();
  });

  const ask = (more: RawRequest): Promise<Answer> =>
    request({
      port: running.httpPort,
      path: "/api/v1/whoami",
      ...more,
      headers: { Authorization: `Bearer ${adminToken}`, ...more.headers },
    });
  const isConsole = ({ status, headers }: Answer) =>
    status === 200 && headers["content-type"]?.startsWith("application/json") === true;

  it.each([
    consoleHost,
    `${consoleHost}:443`,
    consoleHost.toUpperCase(),
    `${consoleHost}.`,
    `${consoleHost}.:8443`,
    "localhost",
    "localhost:8080",
    "127.0.0.1",
    "127.8.9.10:80",
    "[::1]",
    "[::1]:8080",
  ])("is the console at %s", async (host) => {
    expect(isConsole(await ask({ host }))).toBe(true);
  });

  it.each([
    [`carol.${zone}`, 403],
    [`CAROL.${zone}.:443`, 403],
    [`games.${zone}`, 410],
    [`nobody.${zone}`, 404],
    [zone, 404],
    [`x.${consoleHost}`, 404],
    [`${consoleHost}.evil.example`, 404],
    [`${consoleHost}..`, 404],
    ["localhost.evil.example", 404],
    ["10.0.0.1", 404],
    ["[::2]", 404],
    ["", 404],
    ["a b", 400],
    ["console.tardis.test/", 400],
    ["user@localhost", 400],
    ['"><script>', 400],
  ])("shows the host page of %j: %i", async (host, status) => {
    const paths = ["/", "//", "//localhost/api/v1/whoami", "/api/v1/whoami", "/metrics", "/a\\b"];
    for (const path of paths) {
      const answer = await ask({ host, path });
      expect([path, answer.status]).toEqual([path, status]);
      expect(answer.headers["content-type"]).toMatch(/^text\/html/);
      expect(answer.body).not.toContain("script>");
    }
  });

  it("takes the host of an absolute target over the header's", async () => {
    const at = (host: string) => `http://${host}/api/v1/whoami`;
    const own = await ask({ host: `carol.${zone}`, path: at(consoleHost) });
    expect(isConsole(own)).toBe(true);
    const other = await ask({ host: consoleHost, path: at(`carol.${zone}`) });
    expect(other.status).toBe(403);
    const unreadable = await ask({ host: consoleHost, path: "http://[::1/api/v1/whoami" });
    expect(unreadable.status).toBe(400);
    expect((await ask({ host: consoleHost, path: "*", method: "OPTIONS" })).status).toBe(400);
  });

  it("refuses a request without a host, or with two", async () => {
    expect((await ask({ host: null })).status).toBe(400);
    const two = await ask({ host: consoleHost, headers: { Host: `carol.${zone}` } });
    expect(two.status).toBe(400);
    // HTTP/1.0 has no Host: it is no host of anybody's, not the console.
    expect(await rawStatus("GET /api/v1/whoami HTTP/1.0\r\n\r\n")).toBe(404);
  });

  async function rawStatus(text: string): Promise<number> {
    const socket = connect(running.httpPort, "127.0.0.1");
    socket.write(text);
    let answer = "";
    for await (const chunk of socket) answer += String(chunk);
    return Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);
  }

  it("answers any method at a host page, HEAD without a body", async () => {
    for (const method of ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"]) {
      const answer = await ask({ host: `carol.${zone}`, method });
      expect([method, answer.status]).toEqual([method, 403]);
      expect(answer.headers["content-length"]).toMatch(/^\d{3}/);
      expect(answer.body === "").toBe(method === "HEAD");
    }
    const large = await ask({ host: `carol.${zone}`, method: "POST", body: "x".repeat(500_000) });
    expect(large.status).toBe(403);
  });

  it("lets a host page do nothing, and say nothing of the console", async () => {
    const { headers } = await ask({ host: `carol.${zone}` });
    expect(headers["content-security-policy"]).toContain("default-src 'none'");
    expect(headers["content-security-policy"]).toContain("frame-ancestors 'none'");
    expect(headers).toMatchObject({
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
    });
    expect(headers["clear-site-data"]).toBeUndefined();
    expect(headers["set-cookie"]).toBeUndefined();
    const gone = await ask({ host: `games.${zone}` });
    expect(gone.headers["clear-site-data"]).toBe('"storage"');
  });

  it.each(["/", "/nothing", "/api", "/api/v1/whoami", "/api/v1/nothing"])(
    "guards its own answers at %s",
    async (path) => {
      for (const method of ["GET", "HEAD", "POST"]) {
        const { headers } = await ask({ host: consoleHost, path, method });
        expect(headers["content-security-policy"]).toContain("default-src 'none'");
        expect(headers["x-frame-options"]).toBe("DENY");
        expect(headers["x-content-type-options"]).toBe("nosniff");
        expect(headers["set-cookie"]).toBeUndefined();
      }
    },
  );

  it("does not have the internal listener's paths", async () => {
    for (const path of ["/traefik/config", "/metrics", "/healthz", "/readyz", "/control/export"]) {
      const answer = await ask({ host: consoleHost, path });
      expect([answer.status, answer.headers["location"]]).toEqual([
        303,
        `/sign-in?to=${encodeURIComponent(path)}`,
      ]);
    }
  });

  it("takes a chunked body, and one of 64 kB at most", async () => {
    const head = `POST /api/v1/persons HTTP/1.1\r\nHost: ${consoleHost}\r\nConnection: close\r\nAuthorization: Bearer ${adminToken}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`;
    const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
    const end = "0\r\n\r\n";
    expect(await rawStatus(`${head}${chunk('{"username":')}${chunk('"chunky"}')}${end}`)).toBe(201);
    const long = `{"username":"${"x".repeat(70_000)}"}`;
    expect(await rawStatus(`${head}${chunk(long)}${end}`)).toBe(413);
  });
});

describe("the public listener without a state", () => {
  it("says that it cannot tell, instead of 404", async () => {
    const folder = await temporaryFolder();
    const sound = await startTestConsole(folder.path);
    await sound.close();
    await rm(`${folder.path}/data/db`, { recursive: true });
    const damaged = await startTestConsole(folder.path);
    try {
      const answer = await request({ port: damaged.httpPort, host: `carol.${zone}` });
      expect(answer.status).toBe(503);
      expect(answer.headers["retry-after"]).toBe("5");
      const own = await request({ port: damaged.httpPort, host: consoleHost });
      expect([own.status, own.headers["retry-after"]]).toEqual([503, "5"]);
      expect(own.body).toContain("the store is damaged");
    } finally {
      await damaged.close();
      await folder.remove();
    }
  });
});
