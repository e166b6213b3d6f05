import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Backend, type Echo, startBackend } from "../support/backends.ts";
import { expectNoComplaint } from "../support/live.ts";
import type { PagesEcho } from "../support/pages-server.ts";
import { serviceTo } from "../support/published.ts";
import { openHttp2 } from "../support/request-http2.ts";
import { describeWithService } from "../support/services.ts";
import { type Stage, startStage } from "../support/stage.ts";
import {
  endpoint,
  group,
  holder,
  label,
  namespace,
  page,
  person,
  reserved,
  resting,
  suspended,
  zone,
} from "../support/states.ts";

// Every row of what the console publishes, asked of the real Traefik.

const alice = person("alice");
const bob = person("bob");
const home = `alice.${zone}`;
/** Whose host another provider has a router for, too. */
const dora = person("dora");
const contested = `dora.${zone}`;

describeWithService("traefik", "what the console publishes", () => {
  let stage: Stage;
  let other: Backend;
  let url: string;

  beforeAll(async () => {
    other = await startBackend("other");
    const secure = { entryPoints: ["websecure"], tls: {}, service: "other" };
    const plain = { entryPoints: ["web"], service: "other" };
    const rules = [
      `Host(\`${contested}\`)`,
      `Host(\`app.on.${zone}\`) || Host(\`zoe.${zone}\`)`,
      ...["x.app", "y.x.app", "x.xapp"].map((name) => `Host(\`${name}.on.${zone}\`)`),
      "Host(`own.example`) && PathPrefix(`/only-theirs`)",
    ];
    const routers = rules.flatMap((rule, index) => [
      [`secure-${index}`, { ...secure, rule }] as const,
      [`plain-${index}`, { ...plain, rule }] as const,
    ]);
    stage = await startStage({
      fileProvider: {
        http: {
          services: { other: serviceTo(other.url) },
          middlewares: { mark: { headers: { customResponseHeaders: { "X-Mark": "seen" } } } },
          routers: Object.fromEntries(routers),
        },
      },
    });
    url = (await stage.member("service")).url;
  });
  afterEach(async () => {
    if (stage !== undefined) await expectNoComplaint(stage.published);
  });
  afterAll(async () => {
    await stage?.close();
    await other?.close();
  });

  /** Alice's endpoints, each with the service `service` unless it says otherwise. */
  const show = (...parts: Parameters<typeof endpoint>[1][]) =>
    stage.show([
      holder(alice),
      ...parts.map((part) => endpoint(alice, { targets: [url], ...part })),
    ]);

  describe("plain HTTP", () => {
    it("is sent to HTTPS for good, whatever the host", async () => {
      await show({});
      for (const host of [home, `nobody.${zone}`, zone, "www.example.org"]) {
        const answer = await stage.published.http({ host: `${host}:80`, path: "/x?y=1" });
        expect([answer.status, answer.headers["location"]]).toEqual([301, `https://${host}/x?y=1`]);
      }
      expect((await stage.published.http({ host: home, method: "POST" })).status).toBe(308);
    });

    it("is sent to the port where HTTPS is", async () => {
      await stage.show([], { traefik: { httpsPort: 8443 } });
      const { headers } = await stage.published.http({ host: `${home}:8080` });
      expect(headers["location"]).toBe(`https://${home}:8443/`);
    });

    it("goes to Pages for a custom domain's ACME challenge, and for no host of ours", async () => {
      const path = "/.well-known/acme-challenge/token";
      const ownHosts = ["own.example", "*.wild.example"];
      await stage.show([], { ownHosts, publicUrl: "https://console.example" });
      expect(await stage.whoPlain("www.example.org", path)).toBe("pages/http");
      expect(await stage.whoPlain("wild.example", path)).toBe("pages/http");
      const ours = ["own.example", "x.wild.example", "console.example", zone, home, `a.b.${zone}`];
      for (const host of ours) expect(await stage.whoPlain(host, path)).toBe("redirect");
      for (const pages of [{ customDomains: false }, { enabled: false }]) {
        await stage.show([], { ownHosts, pages });
        expect(await stage.whoPlain("www.example.org", path)).toBe("redirect");
      }
    });

    it("is another provider's on a host that we do not claim, and ours on one that we do", async () => {
      await stage.show([holder(dora), endpoint(dora, { path: "/x", targets: [url] })]);
      expect(await stage.whoPlain(`zoe.${zone}`)).toBe("other");
      expect(await stage.whoPlain(contested)).toBe("redirect");
    });
  });

  describe("TLS of a custom domain", () => {
    it("passes through to Pages, shown by the certificate", async () => {
      await stage.show([]);
      expect(await stage.who("www.example.org")).toBe("passthrough");
      const echo = (await stage.ask("www.example.org")).json<PagesEcho>();
      expect(echo).toMatchObject({ port: "tls", sni: "www.example.org", source: null });
    });

    it("stays on Traefik for the zone, the operators' own hosts and the console", async () => {
      await stage.show([], {
        ownHosts: ["own.example", "*.wild.example"],
        publicUrl: "https://console.example",
      });
      expect(await stage.who("console.example")).toBe("console");
      for (const host of ["own.example", "x.wild.example", zone, `a.b.${zone}`]) {
        expect(await stage.who(host)).toBe("404");
      }
      expect(await stage.who("own.example", "/only-theirs")).toBe("other");
    });

    it.each([{ customDomains: false }, { enabled: false }])(
      "stays on Traefik with %j",
      async (pages) => {
        await stage.show([], { pages });
        expect(await stage.who("www.example.org")).toBe("404");
      },
    );
  });

  describe("a name in the zone", () => {
    it("that nothing claims is the userhomes server's, which sees the visitor's Host", async () => {
      await stage.show([]);
      const echo = await stage.echo(`Carol.${zone}`, "/x");
      expect(echo).toMatchObject({
        name: "userhomes",
        url: "/x",
        headers: { host: `Carol.${zone}` },
      });
      for (const host of [zone, `a.b.${zone}`]) expect(await stage.who(host)).toBe("404");
    });

    it("gives the userhomes server its own host where it is configured so", async () => {
      await stage.show([], { userhomes: { passHostHeader: false } });
      const { headers } = await stage.echo(home.replace("alice", "carol"));
      expect(headers["host"]).toBe(`127.0.0.1:${stage.userhomes.port}`);
    });

    it("is the console's where userhomes are off", async () => {
      await stage.show([holder(alice), endpoint(alice, { path: "/x", targets: [url] })], {
        userhomes: { enabled: false },
      });
      expect(await stage.who(`carol.${zone}`)).toBe("console");
      expect(await stage.who(home)).toBe("console");
    });
  });

  describe("a page", () => {
    it("takes its place of a host and leaves the rest", async () => {
      await stage.show([
        holder(alice),
        page(alice, { host: home, path: "/foo" }),
        page(null, { host: `site-1a2b.${zone}` }),
      ]);
      expect(await stage.who(home, "/foo")).toBe("pages/proxy");
      expect(await stage.who(home, "/foo/x")).toBe("pages/proxy");
      expect(await stage.who(home, "/foobar")).toBe("userhomes");
      expect(await stage.who(home, "/")).toBe("userhomes");
      const echo = await stage.echo(`site-1a2b.${zone}`, "/a");
      expect(echo).toMatchObject({
        name: "pages",
        url: "/a",
        headers: { host: `site-1a2b.${zone}` },
      });
      expect(echo.headers["x-forwarded-proto"]).toBe("https");
    });

    it("is at its path in both spellings, and at nobody else's", async () => {
      await stage.show([
        holder(alice),
        page(alice, { host: home, path: "/Foo" }),
        page(alice, { host: home, path: "/Bar" }),
        endpoint(alice, { path: "/bar", targets: [url] }),
      ]);
      for (const path of ["/Foo/x", "/foo/x", "/Bar"]) {
        expect(await stage.who(home, path)).toBe("pages/proxy");
      }
      expect(await stage.who(home, "/FOO")).toBe("userhomes");
      expect(await stage.who(home, "/bar")).toBe("service");
    });

    it("stands below an endpoint at the same place, and says by what", async () => {
      const site = page(alice, { host: home, path: "/foo" });
      const mine = endpoint(alice, { path: "/foo", targets: [url] });
      const { unrouted } = await stage.show([holder(alice), site, mine]);
      expect(await stage.who(home, "/foo")).toBe("service");
      expect(unrouted).toMatchObject([
        { id: site.id, state: "shadowed", by: `endpoint-${mine.id}` },
      ]);
    });

    it("of a private site has the daemon's sign-in with it", async () => {
      await stage.show([
        holder(alice),
        page(alice, { host: home, path: "/foo", accessControl: true }),
      ]);
      expect(await stage.who(home, "/auth?code=1&state=x")).toBe("pages/proxy");
      for (const path of ["/auth", "/auth?state=", "/auth/x?state=x", "/authx?state=x"]) {
        expect(await stage.who(home, path)).toBe("userhomes");
      }
      expect(await stage.who(`projects.${zone}`, "/auth?code=1")).toBe("pages/proxy");
    });

    it("is not routed where Pages are off, nor is the daemon's own host", async () => {
      await stage.show([holder(alice), page(alice, { host: home })], { pages: { enabled: false } });
      expect(await stage.who(home)).toBe("userhomes");
      expect(await stage.who(`projects.${zone}`)).toBe("userhomes");
    });

    it("beyond the quota is left out, the youngest first", async () => {
      const two = { ...alice, quota: { pages: 2 } };
      const at = (path: string, day: number) =>
        page(alice, {
          host: home,
          path,
          project: day,
          createdAt: `2026-01-0${day}T00:00:00.000Z`,
        });
      const { unrouted } = await stage.show([holder(two), at("/c", 3), at("/a", 1), at("/b", 2)]);
      expect(unrouted.map(({ state }) => state)).toEqual(["set-aside"]);
      const answers = await Promise.all(["/a", "/b", "/c"].map((path) => stage.who(home, path)));
      expect(answers).toEqual(["pages/proxy", "pages/proxy", "userhomes"]);
    });

    it("never takes a held, reserved, resting or operators' host", async () => {
      const { unrouted } = await stage.show([
        holder(alice),
        bob,
        resting("old", bob),
        page(bob, { host: home }),
        page(bob, { host: `gitlab.${zone}` }),
        page(bob, { host: `old.${zone}` }),
        page(bob, { host: zone }),
        page(bob, { host: `console.${zone}` }),
        page(bob, { host: `x.on.${zone}` }),
        page(bob, { host: "bob.example" }),
      ]);
      expect(unrouted.map(({ state }) => state)).toEqual(
        Array.from({ length: 7 }, () => "conflict"),
      );
      expect(await stage.who(home)).toBe("userhomes");
      expect(await stage.who(`old.${zone}`)).toBe("console");
    });

    it("has a host of several labels only where that is on", async () => {
      const state = [holder(alice), page(alice, { host: `blog.alice.${zone}` })];
      await stage.show(state);
      expect(await stage.who(`blog.alice.${zone}`)).toBe("404");
      await stage.show(state, { pages: { severalLabels: true } });
      expect(await stage.who(`blog.alice.${zone}`)).toBe("pages/proxy");
    });
  });

  describe("an endpoint", () => {
    it("takes its whole host, or a path and what is below it", async () => {
      const deeper = (await stage.member("deeper")).url;
      await show({ path: "/foo" }, { path: "/foo/bar", targets: [deeper] });
      expect(await stage.who(home, "/foo")).toBe("service");
      expect(await stage.who(home, "/foo/")).toBe("service");
      expect(await stage.who(home, "/foo/barx")).toBe("service");
      expect(await stage.who(home, "/foo/bar/x")).toBe("deeper");
      expect(await stage.who(home, "/foobar")).toBe("userhomes");
      await show({});
      expect(await stage.who(home, "/foobar")).toBe("service");
    });

    it("gets the path as it came, or without its prefix, which is told to it", async () => {
      await show({ path: "/keep" }, { path: "/strip", stripPrefix: true });
      expect((await stage.echo(home, "/keep/x?y")).url).toBe("/keep/x?y");
      const stripped = await stage.echo(home, "/strip/x?y");
      expect([stripped.url, stripped.headers["x-forwarded-prefix"]]).toEqual(["/x?y", "/strip"]);
      expect((await stage.echo(home, "/strip")).url).toBe("/");
    });

    it("gets the visitor's Host, or its own", async () => {
      const backend = await stage.member("service");
      await show({ path: "/visitor" }, { path: "/own", passHostHeader: false });
      expect((await stage.echo(home, "/visitor")).headers["host"]).toBe(home);
      expect((await stage.echo(home, "/own")).headers["host"]).toBe(`127.0.0.1:${backend.port}`);
    });

    it("speaks HTTPS, a self-signed certificate only where it is accepted, and h2c", async () => {
      const secure = (await stage.member("secure", { protocol: "https" })).url;
      const h2c = (await stage.member("h2c", { protocol: "h2c" })).url;
      await show(
        { path: "/refused", targets: [secure] },
        { path: "/accepted", targets: [secure], acceptSelfSigned: true },
        { path: "/h2c", targets: [h2c] },
      );
      expect(await stage.who(home, "/refused")).toBe("500");
      expect(await stage.who(home, "/accepted")).toBe("secure");
      expect(await stage.echo(home, "/h2c")).toMatchObject({ name: "h2c", httpVersion: "2.0" });
    });

    it("has its servers asked in turn", async () => {
      const second = (await stage.member("second")).url;
      await show({ targets: [url, second] });
      const answers = [];
      for (let turn = 0; turn < 6; turn++) answers.push(await stage.who(home));
      expect(answers.filter((name) => name === "service")).toHaveLength(3);
      expect(answers.filter((name) => name === "second")).toHaveLength(3);
    });

    it("loses a server that fails its health check, and gets it back", async () => {
      const sick = await stage.member("sick");
      const healthCheck = { path: "/healthz", intervalSeconds: 1, timeoutSeconds: 1 };
      await show({ targets: [url, sick.url], healthCheck });
      const isServed = async (by: string) =>
        (await Promise.all([stage.who(home), stage.who(home)])).includes(by);
      const { waitUntil } = stage.published.traefik;
      await waitUntil(() => isServed("sick"), "both servers to answer");
      sick.setHealth("fail");
      await waitUntil(async () => !(await isServed("sick")), "the sick server to be out");
      sick.setHealth("ok");
      await waitUntil(() => isServed("sick"), "the server to be back");
    });

    it("has no redirect of its health check followed", async () => {
      const sly = await stage.member("sly");
      sly.setHealth("redirect");
      const healthCheck = { path: "/healthz", intervalSeconds: 1, timeoutSeconds: 1 };
      await show({ targets: [sly.url], healthCheck });
      const asked = sly.requests;
      await stage.published.traefik.waitUntil(() => sly.healthChecks >= 2, "two health checks");
      expect(sly.requests).toBe(asked);
    });

    it("may not widen a service worker's scope from below a prefix", async () => {
      const headers = { "service-worker-allowed": "/", "x-kept": "yes" };
      const wide = (await stage.member("wide", { headers })).url;
      await show({ path: "/foo", targets: [wide] }, { targets: [wide] });
      const below = (await stage.ask(home, "/foo")).headers;
      expect([below["service-worker-allowed"], below["x-kept"]]).toEqual([undefined, "yes"]);
      expect((await stage.ask(home, "/")).headers["service-worker-allowed"]).toBe("/");
    });

    it("that is paused leaves its place, and keeps the host from others", async () => {
      await stage.show([holder(dora), endpoint(dora, { paused: true })]);
      expect(await stage.who(contested)).toBe("userhomes");
    });

    it("whose target is no longer granted is set aside by itself", async () => {
      const { unrouted } = await show(
        { path: "/a", targets: ["http://192.0.2.1:80"] },
        { path: "/b" },
      );
      expect(await stage.who(home, "/a")).toBe("userhomes");
      expect(await stage.who(home, "/b")).toBe("service");
      expect(unrouted).toMatchObject([{ state: "set-aside", owner: alice.id }]);
    });

    it("does not follow a label to its next holder", async () => {
      const { unrouted } = await stage.show([
        alice,
        label("alice", bob),
        bob,
        endpoint(alice, { targets: [url] }),
      ]);
      expect(await stage.who(home)).toBe("userhomes");
      expect(unrouted).toMatchObject([{ state: "set-aside", owner: alice.id }]);
    });

    it("that hangs is given up, and one that is full turns away", async () => {
      const slow = await stage.member("slow");
      slow.setHanging(true);
      await stage.show([holder(alice), endpoint(alice, { targets: [slow.url] })], {
        limits: { inFlight: 1, responseHeaderTimeout: 1 },
      });
      const asked = slow.requests;
      const first = stage.who(home);
      await stage.published.traefik.waitUntil(() => slow.requests > asked, "the first request");
      expect(await stage.who(home.toUpperCase())).toBe("429");
      expect(await first).toBe("504");
    });

    it("has no limits where there are none", async () => {
      const { body } = await stage.show([holder(alice), endpoint(alice, { targets: [url] })], {
        limits: { inFlight: null, responseHeaderTimeout: null },
      });
      expect(await stage.who(home)).toBe("service");
      expect(body.toString()).not.toMatch(/inFlightReq|responseHeaderTimeout/);
    });
  });

  describe("a host endpoint of an admin", () => {
    const ownHosts = ["own.example", "*.wild.example"];
    it.each([zone, `www.${zone}`, `held.${zone}`, `a.b.${zone}`, "own.example", "x.wild.example"])(
      "serves %s, and the console has the rest of the host",
      async (host) => {
        await stage.show(
          [holder(alice), reserved("held"), endpoint(alice, { host, path: "/x", targets: [url] })],
          { ownHosts, userhomes: { enabled: false } },
        );
        expect(await stage.who(host, "/x")).toBe("service");
        expect(await stage.who(host, "/")).toBe("console");
        expect(await stage.who(host, "/only-theirs")).toBe("console");
      },
    );

    it("stands on no host outside the zone and ownHosts, nor on the console's", async () => {
      const misplaced = [`console.${zone}`, "www.example.org", "wild.example", `dave.${zone}`];
      const { unrouted } = await stage.show(
        [holder(alice), ...misplaced.map((host) => endpoint(alice, { host, targets: [url] }))],
        { ownHosts },
      );
      expect(unrouted.map(({ state }) => state)).toEqual(misplaced.map(() => "set-aside"));
      expect(await stage.who(`console.${zone}`)).toBe("console");
      expect(await stage.who("www.example.org")).toBe("passthrough");
    });
  });

  describe("the console", () => {
    it.each([`console.${zone}`, zone, "console.example", `console.a.${zone}`])(
      "is at %s",
      async (host) => {
        await stage.show([], { publicUrl: `https://${host}:8443` });
        const echo = await stage.echo(host, "/api/v1/x");
        expect(echo).toMatchObject({ name: "console", url: "/api/v1/x", headers: { host } });
      },
    );
  });

  describe("someone suspended", () => {
    const games = group("games", { managers: [alice.id] });
    const services = [
      endpoint(games, { path: "", targets: ["http://127.0.0.1:9"] }),
      endpoint(games, { path: "/foo", stripPrefix: true, targets: ["http://127.0.0.1:9"] }),
      page(games, { host: `games.${zone}`, path: "/site", accessControl: true }),
      page(games, { host: `site-1a2b.${zone}` }),
      endpoint(games, { host: `www.${zone}`, path: "/games", targets: ["http://127.0.0.1:9"] }),
    ];
    const places: [host: string, path: string][] = [
      [`games.${zone}`, "/"],
      [`games.${zone}`, "/foo/x?y"],
      [`games.${zone}`, "/site"],
      [`games.${zone}`, "/auth?state=x"],
      [`games.${zone}`, "/traefik/config"],
      [`more-games.${zone}`, "/"],
      [`site-1a2b.${zone}`, "/a"],
      [`www.${zone}`, "/games/x"],
    ];

    it("has the console on every place, with the visitor's Host and path", async () => {
      const off = suspended(games);
      await stage.show([holder(alice), holder(off), label("more-games", off), services]);
      for (const [host, path] of places) {
        const echo = await stage.echo(host, path);
        expect(echo).toMatchObject({ name: "console", url: path, headers: { host } });
      }
      expect(await stage.who(home)).toBe("userhomes");
    });

    it("has everything back when resumed", async () => {
      await stage.show([holder(alice), holder(games), label("more-games", games), services]);
      const answers = await Promise.all(places.map(([host, path]) => stage.who(host, path)));
      // Nothing listens on the port of these targets: it is Traefik that says so.
      expect(answers).toEqual([
        "502",
        "502",
        "pages/proxy",
        "pages/proxy",
        "502",
        "userhomes",
        "pages/proxy",
        "502",
      ]);
    });
  });

  it("has the console answer for a label that was given back, also before another provider", async () => {
    const left = endpoint(dora, { path: "/foo", targets: [url] });
    const { unrouted } = await stage.show([dora, resting("dora", dora), left]);
    expect(await stage.echo(contested, "/foo")).toMatchObject({
      name: "console",
      headers: { host: contested },
    });
    expect(unrouted).toMatchObject([{ id: left.id, state: "set-aside" }]);
  });

  it("leaves unclaimed hosts to another provider, and owns claimed ones whole", async () => {
    await stage.show([holder(dora), endpoint(dora, { path: "/foo", targets: [url] })]);
    for (const host of [`app.on.${zone}`, `zoe.${zone}`]) {
      expect(await stage.who(host)).toBe("other");
    }
    expect(await stage.who(contested, "/foo")).toBe("service");
    expect(await stage.who(contested, "/")).toBe("userhomes");
    await stage.show([holder(suspended(dora))]);
    expect(await stage.who(contested, "/")).toBe("console");
    await stage.show([holder(dora)]);
    expect(await stage.who(contested, "/")).toBe("other");
  });

  it.each(["flat", "tree"] as const)(
    "has a host of ingresses, and all below, while whoever may have them there is suspended: %s",
    async (layout) => {
      const host = `app.on.${zone}`;
      const app = person("app");
      const off = suspended(app);
      const on = { namespaces: { enabled: true }, traefik: { version: "3.7" as const, layout } };
      await stage.show([holder(app), namespace(app)], on);
      expect(await stage.who(host)).toBe("other");
      await stage.show([holder(off), namespace(off)], on);
      const echo = await stage.echo(host, "/x");
      expect(echo).toMatchObject({ name: "console", url: "/x", headers: { host } });
      expect(await stage.whoPlain(host)).toBe("redirect");
      for (const below of [`x.${host}`, `y.x.${host}`]) {
        const blocked = await stage.echo(below, "/x");
        expect(blocked).toMatchObject({ name: "console", url: "/x", headers: { host: below } });
        expect(await stage.whoPlain(below)).toBe("redirect");
      }
      expect(await stage.who(`x.xapp.on.${zone}`)).toBe("other");
      await stage.show([holder(app), namespace(app)], on);
      for (const back of [host, `x.${host}`, `y.x.${host}`])
        expect(await stage.who(back)).toBe("other");
    },
  );

  describe("the server name and Host", () => {
    it("may differ: Host decides, and so it does without a server name", async () => {
      await stage.show([
        holder(alice),
        holder(bob),
        endpoint(alice, { targets: [url] }),
        page(bob, { host: `bob.${zone}` }),
      ]);
      const asking = (sni: string | null) => ({ tls: { sni } });
      expect(await stage.who(home, "/", asking(`bob.${zone}`))).toBe("service");
      expect(await stage.who(`bob.${zone}`, "/", asking(home))).toBe("pages/proxy");
      expect(await stage.who(home, "/", asking(null))).toBe("service");
      expect(await stage.who(home, "/", asking("www.example.org"))).toBe("passthrough");
      expect(await stage.who("www.example.org", "/", asking(home))).toBe("404");
      expect(await stage.who("www.example.org", "/", asking(null))).toBe("404");
    });

    it("may differ on one HTTP/2 connection, and each host has its own middlewares", async () => {
      const headers = { "service-worker-allowed": "/" };
      const wide = (await stage.member("wide", { headers })).url;
      await stage.show([
        holder(alice),
        holder(bob),
        endpoint(alice, { path: "/x", targets: [wide], stripPrefix: true }),
        endpoint(bob, { targets: [wide] }),
      ]);
      const port = stage.published.traefik.httpsPort;
      const connection = await openHttp2({ port, sni: `bob.${zone}` });
      const mine = await connection.request({ authority: home, path: "/x/y" });
      expect(mine.headers["service-worker-allowed"]).toBeUndefined();
      expect(mine.json<Echo>().url).toBe("/y");
      const bobs = await connection.request({ authority: `bob.${zone}`, path: "/x/y" });
      expect([bobs.headers["service-worker-allowed"], bobs.json<Echo>().url]).toEqual([
        "/",
        "/x/y",
      ]);
      connection.close();
    });
  });

  it("puts the operators' middlewares on every HTTPS router and on no other", async () => {
    await stage.show(
      [
        holder(alice),
        holder(suspended(bob)),
        endpoint(alice, { path: "/x", targets: [url] }),
        page(alice, { host: home, path: "/p" }),
      ],
      { traefik: { middlewares: ["mark@file"] } },
    );
    const asked = [
      `${home}/x`,
      `${home}/p`,
      `${home}/`,
      `bob.${zone}/`,
      `zed.${zone}/`,
      `console.${zone}/`,
    ];
    for (const place of asked) {
      const [host = "", path] = place.split("/");
      expect((await stage.ask(host, `/${path}`)).headers["x-mark"], place).toBe("seen");
    }
    expect((await stage.published.http({ host: home })).headers).not.toHaveProperty("x-mark");
  });
});

describeWithService("traefik", "the PROXY protocol", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await startStage({ proxyProtocol: true });
  });
  afterAll(() => stage?.close());

  it("tells Pages the visitor's address where it is on", async () => {
    await stage.show([]);
    const echo = (await stage.ask("www.example.org")).json<PagesEcho>();
    expect(echo).toMatchObject({ port: "tls", source: { address: "127.0.0.1" } });
    await stage.show([], { pages: { proxyProtocol: false } });
    const refused = stage.pages.refused;
    await expect(stage.ask("www.example.org")).rejects.toThrow();
    expect(stage.pages.refused).toBe(refused + 1);
  });
});
