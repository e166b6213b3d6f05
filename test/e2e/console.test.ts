import { afterAll, beforeAll, expect, it } from "vitest";
import type { RunningConsole } from "../../src/app.ts";
import { type Backend, type Echo, startBackend } from "../support/backends.ts";
import {
  adminToken,
  consoleHost,
  mustClient,
  type MustClient,
  startTestConsole,
  zone,
} from "../support/console.ts";
import { temporaryFolder } from "../support/folder.ts";
import { expectNoComplaint } from "../support/live.ts";
import { withFreePorts } from "../support/ports.ts";
import { type Answer, request } from "../support/request.ts";
import { describeWithService } from "../support/services.ts";
import { startTraefik, type Traefik } from "../support/traefik.ts";

describeWithService("traefik", "a running console and the real Traefik", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let home: Backend;
  let one: Backend;
  let two: Backend;
  let running: RunningConsole;
  let traefik: Traefik;
  let must: MustClient;
  let settings: object;

  beforeAll(async () => {
    folder = await temporaryFolder();
    [home, one, two] = await Promise.all([
      startBackend("home"),
      startBackend("one"),
      startBackend("two"),
    ]);
    await withFreePorts(5, async ([http = 0, internal = 0, web = 0, websecure = 0, api = 0]) => {
      settings = {
        http: { port: http },
        internal: { port: internal },
        traefik: { addresses: [web, websecure, api].map((port) => `127.0.0.1:${port}`) },
        userhomes: { enabled: true, url: home.url },
      };
      running = await startTestConsole(folder.path, settings);
      traefik = await startTraefik({
        ports: { web, websecure, api },
        provider: { url: `http://127.0.0.1:${internal}/traefik/config?wait=4s&poller=e2e` },
        certs: [{ names: [zone, `*.${zone}`] }],
      });
    });
    must = mustClient(running.httpPort);
  });

  afterAll(async () => {
    await traefik?.stop();
    await running?.close();
    await Promise.all([home, one, two].map((backend) => backend?.close()));
    await folder?.remove();
  });

  /** Asks Traefik over TLS, with the host as SNI. */
  const site = (name: string, path = "/", more: object = {}): Promise<Answer> =>
    request({ port: traefik.httpsPort, host: `${name}.${zone}`, path, tls: {}, ...more });
  const nameAt = async (name: string, path = "/"): Promise<string> => {
    const answer = await site(name, path);
    return answer.status === 200 ? answer.json<Echo>().name : `status ${answer.status}`;
  };
  const untilAt = (name: string, wanted: string, path = "/") =>
    traefik.waitUntil(
      async () => (await nameAt(name, path)) === wanted,
      `${name}${path} to be ${wanted}`,
    );

  it("serves a person's endpoint, from the API to the browser", async () => {
    await traefik.waitUntil(() => traefik.router("zone-default"), "the first document");
    await must("POST", "/persons", { username: "alice", displayName: "Alice" });
    expect(await nameAt("alice")).toBe("home");
    const made = await must("POST", "/endpoints", { owner: "alice", target: one.url });
    const start = performance.now();
    await untilAt("alice", "one");
    const liveAfter = performance.now() - start;
    console.info(`live ${liveAfter.toFixed(0)} ms after the answer`);
    expect(liveAfter).toBeLessThan(4_000);
    expect(made.url).toBe(`https://alice.${zone}/`);
    const echo = (await site("alice", "/a%20b?c=d")).json<Echo>();
    expect(echo).toMatchObject({ url: "/a%20b?c=d", headers: { host: `alice.${zone}` } });

    await must("PATCH", `/endpoints/${made.id}`, { target: two.url });
    await untilAt("alice", "two");
    await must("PATCH", `/endpoints/${made.id}`, { paused: true });
    await untilAt("alice", "home");
    await must("PATCH", `/endpoints/${made.id}`, { paused: false });
    await untilAt("alice", "two");
    const added = await must("POST", "/endpoints", {
      owner: "alice",
      path: "/wiki",
      target: one.url,
      stripPrefix: true,
    });
    await untilAt("alice", "one", "/wiki/page");
    expect((await site("alice", "/wiki/page")).json<Echo>().url).toBe("/page");
    expect(await nameAt("alice", "/wikipage")).toBe("two");
    await must("DELETE", `/endpoints/${made.id}`);
    await untilAt("alice", "home");
    expect(await nameAt("alice", "/wiki")).toBe("one");
    await must("DELETE", `/endpoints/${added.id}`);
    await untilAt("alice", "home", "/wiki");
    await expectNoComplaint({ traefik });
  });

  it("has two changes live that come 100 ms apart", async () => {
    await must("POST", "/persons", { username: "bob" });
    await must("POST", "/endpoints", { owner: "bob", path: "/a", target: one.url });
    // The gap is what is tested here.
    await new Promise((resolve) => setTimeout(resolve, 100));
    await must("POST", "/endpoints", { owner: "bob", path: "/b", target: two.url });
    await Promise.all([untilAt("bob", "one", "/a"), untilAt("bob", "two", "/b")]);
  });

  it("shows the suspended's page for every path, and never the console's own things", async () => {
    const person = await must("POST", "/persons", { username: "carol" });
    await must("POST", "/endpoints", { owner: "carol", target: one.url });
    await must("POST", "/endpoints", { owner: "carol", path: "/sub", target: two.url });
    await untilAt("carol", "two", "/sub/x");
    const suspended = await must("POST", `/persons/${person.id}/suspend`, { reason: "Spam." });
    expect(suspended.suspended.reason).toBe("Spam.");
    await untilAt("carol", "status 403", "/sub/x");
    const internal = ["/traefik/config", "/metrics", "/healthz", "/readyz"];
    const api = ["/api/v1/whoami", "/api/docs", "/api/v1/openapi.json", "//api/v1/whoami"];
    for (const path of ["/", "/sub", "/any/thing?x=y", "/..%2f", ...internal, ...api]) {
      for (const method of ["GET", "HEAD", "POST"]) {
        const answer = await site("carol", path, {
          method,
          headers: { Authorization: `Bearer ${adminToken}` },
          ...(method === "POST" ? { body: "x".repeat(10_000) } : {}),
        });
        expect([method, path, answer.status]).toEqual([method, path, 403]);
        expect(answer.headers["content-type"]).toBe("text/html; charset=utf-8");
        if (method !== "HEAD") expect(answer.body).toContain("This site is suspended.");
        // The reason is between the owner and the admins.
        expect(answer.body).not.toContain("Spam");
      }
    }
    const upper = await request({
      port: traefik.httpsPort,
      host: `CAROL.${zone}.`,
      tls: { sni: `carol.${zone}` },
    });
    expect(upper.status).toBe(403);
    await must("POST", `/persons/${person.id}/resume`);
    await untilAt("carol", "one");
    expect(await nameAt("carol", "/sub")).toBe("two");
  });

  it("answers 410 for a label that was given back, and has browsers forget", async () => {
    await must("POST", "/groups", { name: "chess", managers: ["alice"] });
    await must("POST", "/labels", { label: "games", owner: "chess" });
    const made = await must("POST", "/endpoints", {
      owner: "chess",
      label: "games",
      target: one.url,
    });
    await untilAt("games", "one");
    await must("DELETE", `/endpoints/${made.id}`);
    await must("DELETE", "/labels/games");
    await untilAt("games", "status 410", "/any");
    const answer = await site("games", "/any");
    expect(answer.headers["clear-site-data"]).toBe('"storage"');
    expect(answer.body).toContain("given back");
    await must("POST", "/labels", { label: "games", owner: "chess" });
    await untilAt("games", "home");
  });

  it("reaches its own API through Traefik, and only at its own host", async () => {
    const headers = { Authorization: `Bearer ${adminToken}` };
    const whoami = await site("console", "/api/v1/whoami", { headers });
    expect(whoami.status).toBe(200);
    expect(whoami.json<{ admin: boolean }>().admin).toBe(true);
    // Whatever is asked for there, a visitor who is not signed in learns nothing of it.
    for (const path of ["/traefik/config", "/metrics"]) {
      const answer = await site("console", path);
      expect([answer.status, answer.body]).toEqual([303, ""]);
    }
    await must("POST", "/persons", { username: "dora" });
    // One connection's SNI may be the console's while the Host is another's: the Host decides.
    const other = await request({
      port: traefik.httpsPort,
      host: `dora.${zone}`,
      path: "/api/v1/whoami",
      tls: { sni: consoleHost },
      headers,
    });
    expect(other.json<Echo>().name).toBe("home");
  });

  it("keeps every route while it is down for seconds, and after it is back", async () => {
    await untilAt("bob", "one", "/a");
    const { revision } = running.core.ledger!.state;
    await running.close();
    const down = performance.now();
    let asked = 0;
    while (performance.now() - down < 3_000) {
      expect(await nameAt("bob", "/a")).toBe("one");
      asked++;
    }
    expect(asked).toBeGreaterThan(10);
    running = await startTestConsole(folder.path, settings);
    expect(running.core.ledger!.state.revision).toBe(revision);
    expect(await nameAt("bob", "/a")).toBe("one");
    await must("POST", "/endpoints", { owner: "bob", path: "/c", target: two.url });
    await untilAt("bob", "two", "/c");
    expect(await nameAt("bob", "/a")).toBe("one");
    await expectNoComplaint({ traefik });
  });
});

describeWithService("traefik", "a console without userhomes", () => {
  it("shows its 404 page at hosts that nobody claims", async () => {
    const folder = await temporaryFolder();
    const running = await startTestConsole(folder.path);
    const url = `http://127.0.0.1:${running.internalPort}/traefik/config?wait=4s`;
    const traefik = await startTraefik({ provider: { url } });
    try {
      await traefik.waitUntil(() => traefik.router("zone-default"), "the first document");
      const ask = (path: string) =>
        request({ port: traefik.httpsPort, host: `nobody.${zone}`, path, tls: {} });
      for (const path of ["/", "/api/v1/whoami", "/traefik/config", "/metrics"]) {
        const answer = await ask(path);
        expect(answer.status).toBe(404);
        expect(answer.body).toContain("There is no site at this address.");
      }
    } finally {
      await traefik.stop();
      await running.close();
      await folder.remove();
    }
  });
});
