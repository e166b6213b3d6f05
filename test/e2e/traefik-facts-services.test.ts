import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Backend, type BackendOptions, type Echo, startBackend } from "../support/backends.ts";
import { type Published, startPublished } from "../support/published.ts";
import { openConnection } from "../support/request.ts";
import { describeWithService } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";

// What Traefik does on the way to a target, held to the real one.

const base = { entryPoints: ["websecure"], tls: {} };
const host = "a.tardis.ac";
const healthCheck = { path: "/healthz", interval: "50ms", timeout: "1s", followRedirects: false };

describeWithService("traefik", "Traefik's services and middlewares", () => {
  let published: Published;
  let backends: Record<"plain" | "secure" | "h2c", Backend>;

  beforeAll(async () => {
    published = await startPublished();
    const headers = { "service-worker-allowed": "/", "x-kept": "yes" };
    const start = (name: string, options: BackendOptions) =>
      startBackend(name, { headers, ...options });
    backends = {
      plain: await start("plain", { protocol: "http" }),
      secure: await start("secure", { protocol: "https" }),
      h2c: await start("h2c", { protocol: "h2c" }),
    };
  }, 60_000);
  afterAll(async () => {
    await published?.close();
    for (const backend of Object.values(backends ?? {})) await backend.close();
  });

  /** Publishes one router for `host`, with these settings of its service and more of `http`. */
  const publish = (backend: Backend, loadBalancer: object = {}, more: object = {}, router = {}) =>
    published.publish({
      http: {
        services: {
          target: { loadBalancer: { servers: [{ url: backend.url }], ...loadBalancer } },
        },
        routers: { target: { ...base, rule: `Host(\`${host}\`)`, service: "target", ...router } },
        ...more,
      },
    });
  const skipVerify = { serversTransports: { selfSigned: { insecureSkipVerify: true } } };
  const selfSigned = { serversTransport: "selfSigned" };

  it("speaks HTTP/2 without TLS to h2c targets", async () => {
    await publish(backends.h2c);
    const echo = (await published.https({ host })).json<Echo>();
    expect(echo).toMatchObject({ name: "h2c", httpVersion: "2.0", headers: { host } });
  });

  it("refuses a self-signed target with 500, unless a transport says otherwise", async () => {
    await publish(backends.secure);
    expect((await published.https({ host })).status).toBe(500);
    await publish(backends.secure, selfSigned, skipVerify);
    expect((await published.https({ host })).json<Echo>().name).toBe("secure");
  });

  it("passes the visitor's Host on, or the target's own", async () => {
    await publish(backends.plain);
    const passed = (await published.https({ host })).json<Echo>();
    expect(passed.headers["host"]).toBe(host);
    await publish(backends.plain, { passHostHeader: false });
    const own = (await published.https({ host })).json<Echo>();
    expect(own.headers["host"]).toBe(`127.0.0.1:${backends.plain.port}`);
  });

  it("overwrites the forwarding headers that a visitor sends", async () => {
    await publish(backends.plain);
    const headers = {
      "X-Forwarded-For": "1.2.3.4",
      "X-Forwarded-Host": "evil.example",
      "X-Forwarded-Proto": "http",
      "X-Real-Ip": "1.2.3.4",
    };
    const echo = (await published.https({ host, headers })).json<Echo>();
    expect(echo.headers).toMatchObject({
      "x-forwarded-for": "127.0.0.1",
      "x-forwarded-host": host,
      "x-forwarded-proto": "https",
      "x-real-ip": "127.0.0.1",
    });
  });

  it("takes a response header away that a middleware sets to nothing", async () => {
    const customResponseHeaders = { "Service-Worker-Allowed": "" };
    const middlewares = { strip: { headers: { customResponseHeaders } } };
    await publish(backends.plain, {}, { middlewares }, { middlewares: ["strip"] });
    const { headers } = await published.https({ host });
    expect(headers["x-kept"]).toBe("yes");
    expect(headers).not.toHaveProperty("service-worker-allowed");
  });

  it("applies a middleware twice that is listed twice", async () => {
    const middlewares = { twice: { addPrefix: { prefix: "/x" } } };
    await publish(backends.plain, {}, { middlewares }, { middlewares: ["twice", "twice"] });
    expect((await published.https({ host, path: "/y" })).json<Echo>().url).toBe("/x/x/y");
  });

  it("gives up on a target after its response header timeout, with 504", async () => {
    const forwardingTimeouts = { responseHeaderTimeout: "100ms" };
    const serversTransports = { patience: { forwardingTimeouts } };
    await publish(backends.plain, { serversTransport: "patience" }, { serversTransports });
    backends.plain.setHanging(true);
    const answer = await published.https({ host });
    backends.plain.setHanging(false);
    expect(answer.status).toBe(504);
  });

  it("answers 502 for a target that nobody listens on", async () => {
    const gone = await startBackend("gone");
    await gone.close();
    await publish(gone);
    expect((await published.https({ host })).status).toBe(502);
  });

  describe("health checks", () => {
    const checked = async (backend: Backend, expected: "UP" | "DOWN") => {
      const service = await published.traefik.service("target");
      return service?.serverStatus?.[backend.url] === expected;
    };
    it.each(["plain", "secure", "h2c"] as const)(
      "notice that %s fails and is back",
      async (name) => {
        const backend = backends[name];
        const transport = name === "secure" ? selfSigned : {};
        await publish(backend, { healthCheck, ...transport }, name === "secure" ? skipVerify : {});
        expect((await published.https({ host })).status).toBe(200);
        backend.setHealth("fail");
        await waitFor(() => checked(backend, "DOWN"), { describe: "the server to be down" });
        expect((await published.https({ host })).status).toBe(503);
        backend.setHealth("ok");
        await waitFor(() => checked(backend, "UP"), { describe: "the server to be up" });
        expect((await published.https({ host })).status).toBe(200);
      },
    );

    it.each([
      ["don't follow a redirect when told so, and count it as well", false],
      ["follow a redirect by default", true],
    ])("%s", async (_what, follow) => {
      const backend = backends.plain;
      backend.setHealth("redirect");
      const { followRedirects: _left, ...byDefault } = healthCheck;
      await publish(backend, { healthCheck: follow ? byDefault : healthCheck });
      const [requests, checks] = [backend.requests, backend.healthChecks];
      await waitFor(() => backend.healthChecks > checks + 2, { describe: "health checks" });
      expect(backend.requests > requests).toBe(follow);
      expect((await published.https({ host })).status).toBe(200);
      backend.setHealth("ok");
    });
  });

  describe("a limit of requests in flight", () => {
    const variants: [criterion: string, sourceCriterion: object, evaded: boolean][] = [
      ["by requestHost is evaded by another spelling of the host", { requestHost: true }, true],
      [
        "by a header that Traefik sets itself holds",
        { requestHeaderName: "X-Forwarded-Server" },
        false,
      ],
    ];
    it.each(variants)("%s", async (_what, sourceCriterion, evaded) => {
      const middlewares = { limit: { inFlightReq: { amount: 1, sourceCriterion } } };
      await publish(backends.plain, {}, { middlewares }, { middlewares: ["limit"] });
      backends.plain.setHanging(true);
      const first = await openConnection({ port: published.traefik.httpsPort, tls: { sni: host } });
      const before = backends.plain.requests;
      first.send({ host }).catch(() => {});
      await waitFor(() => backends.plain.requests > before, { describe: "the first request" });
      expect((await published.https({ host })).status).toBe(429);
      const others = ["A.tardis.ac", `${host}.`, `${host}:1`];
      const headers = { "X-Forwarded-Server": "elsewhere", Connection: "X-Forwarded-Server" };
      const tries = [...others.map((spelling) => ({ host: spelling })), { host, headers }];
      const limited = await Promise.all(
        tries.map((question) =>
          published.https({ ...question, timeout: 500, tls: { sni: host } }).then(
            ({ status }) => status === 429,
            () => false,
          ),
        ),
      );
      expect(limited).toEqual([!evaded, !evaded, !evaded, true]);
      first.close();
      backends.plain.setHanging(false);
      await waitFor(async () => (await published.https({ host })).status === 200, {
        describe: "the limit to be free again",
      });
    });
  });

  it("keeps an upgraded connection when its route is gone", async () => {
    await publish(backends.plain);
    const connection = await openConnection({
      port: published.traefik.httpsPort,
      tls: { sni: host },
    });
    const headers = { Connection: "Upgrade", Upgrade: "websocket" };
    expect((await connection.send({ host, headers })).status).toBe(101);
    await published.publish({});
    expect((await published.https({ host })).status).toBe(404);
    const echoed = new Promise<string>((resolve) => {
      connection.socket.once("data", (data) => resolve(data.toString()));
    });
    connection.socket.write("still here");
    expect(await echoed).toBe("still here");
    connection.close();
  });
});
