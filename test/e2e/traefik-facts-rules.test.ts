import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Backend, type Echo, startBackend } from "../support/backends.ts";
import { type Published, serviceTo, startPublished } from "../support/published.ts";
import { describeWithService } from "../support/services.ts";

// Which router takes a request: hosts, paths and ranks, held to the real Traefik.

const base = { entryPoints: ["websecure"], tls: {} };
const above = 1_000_000_000;
const below = -1_000_000_000;

describeWithService("traefik", "Traefik's rules", () => {
  let published: Published;
  const backends = new Map<string, Backend>();
  const services = () =>
    Object.fromEntries([...backends].map(([name, { url }]) => [name, serviceTo(url)]));

  beforeAll(async () => {
    for (const name of ["prefix", "rest", "default", "other"])
      backends.set(name, await startBackend(name));
    published = await startPublished({
      fileProvider: {
        http: {
          services: { other: serviceTo(backends.get("other")!.url) },
          routers: {
            short: { ...base, rule: "Host(`x.tardis.ac`)", service: "other" },
            long: {
              ...base,
              rule: "HostRegexp(`^.+\\.on\\.tardis\\.ac$`) || Host(`claimed.tardis.ac`)",
              service: "other",
            },
          },
        },
      },
    });
    const site = "Host(`a.tardis.ac`)";
    await published.publish({
      http: {
        services: services(),
        middlewares: { strip: { stripPrefix: { prefixes: ["/api"] } } },
        routers: {
          prefix: {
            ...base,
            rule: `${site} && (Path(\`/api\`) || PathPrefix(\`/api/\`))`,
            service: "prefix",
            middlewares: ["strip"],
            priority: above + 4,
          },
          naive: {
            ...base,
            rule: "Host(`naive.tardis.ac`) && PathPrefix(`/api`)",
            service: "prefix",
          },
          rest: { ...base, rule: site, service: "rest", priority: above },
          claimed: {
            ...base,
            rule: "Host(`claimed.tardis.ac`)",
            service: "rest",
            priority: above,
          },
          group: {
            ...base,
            rule: "HostRegexp(`^(?:g1|g2|g3)\\.tardis\\.ac\\.?$`)",
            service: "rest",
            priority: above,
          },
          strict: {
            ...base,
            rule: "HostRegexp(`^strict\\.tardis\\.org$`)",
            service: "rest",
            priority: above,
          },
          default: {
            ...base,
            rule: "HostRegexp(`^[^.]+\\.tardis\\.ac\\.?$`)",
            service: "default",
            priority: below,
          },
          wildcard: { ...base, rule: "Host(`*.wild.ac`)", service: "rest" },
        },
      },
    });
  }, 60_000);
  afterAll(async () => {
    await published?.close();
    for (const backend of backends.values()) await backend.close();
  });

  /** Which backend answers, and the request target it got; else the status. */
  async function ask(host: string | null, path = "/"): Promise<string> {
    const answer = await published.https({ host, path, tls: { sni: "a.tardis.ac" } });
    if (answer.status !== 200) return String(answer.status);
    const { name, url } = answer.json<Echo>();
    return `${name} ${url}`;
  }

  describe("paths", () => {
    it.each([
      ["/api", "prefix /"],
      ["/api/", "prefix /"],
      ["/api?x=1", "prefix /?x=1"],
      ["/api/x", "prefix /x"],
      ["/api/x;b?c=%20d", "prefix /x;b?c=%20d"],
      ["/apix", "rest /apix"],
      ["/API/x", "rest /API/x"],
      ["/x/../api/x", "prefix /x"],
      ["/x/%2e%2e/api/x", "prefix /x"],
      ["/./api/x", "prefix /x"],
      ["//api/x", "prefix /x"],
      ["/api//x", "prefix /x"],
      ["/api/../x", "rest /x"],
      ["/api/%2e%2e/x", "rest /x"],
      ["/%61pi/x", "prefix /x"],
      ["/%2561pi/x", "rest /%2561pi/x"],
      ["/api%2Fx", "rest /api%2Fx"],
      ["/api%3Fx", "rest /api%3Fx"],
      ["/x/..%2fapi/x", "rest /x/..%2Fapi/x"],
      ["/api/..%2fx", "prefix /..%2Fx"],
      ["/api\\..\\x", "rest /api%5C..%5Cx"],
      ["/api;a/x", "rest /api;a/x"],
      ["/api/%zz", "400"],
      ["http://a.tardis.ac/api/x", "prefix /x"],
    ])("%s reaches %s", async (path, expected) => {
      expect(await ask("a.tardis.ac", path)).toBe(expected);
    });

    it("a plain prefix also takes its namesakes", async () => {
      expect(await ask("naive.tardis.ac", "/apix")).toBe("prefix /apix");
    });

    it("stripPrefix tells the target what it took off", async () => {
      const answer = await published.https({ host: "a.tardis.ac", path: "/api/x" });
      expect(answer.json<Echo>().headers["x-forwarded-prefix"]).toBe("/api");
    });
  });

  describe("hosts", () => {
    it.each([
      ["a.tardis.ac", "rest /"],
      ["A.Tardis.AC", "rest /"],
      ["a.tardis.ac.", "rest /"],
      ["a.tardis.ac:8443", "rest /"],
      ["a.tardis.ac.:99", "rest /"],
      ["a.tardis.ac..", "404"],
      ["a.tardis.ac/x", "400"],
      ["a.tardis.ac@evil.example", "400"],
      [null, "400"],
      ["", "404"],
      ["b.tardis.ac", "default /"],
      ["B.TARDIS.AC.:1", "default /"],
      ["a_b.tardis.ac", "default /"],
      ["tardis.ac", "404"],
      ["a.b.tardis.ac", "404"],
      ["eviltardis.ac", "404"],
    ])("%s reaches %s", async (host, expected) => {
      expect(await ask(host)).toBe(expected);
    });

    it("the host of an absolute target counts, not the header", async () => {
      expect(await ask("a.tardis.ac", "http://b.tardis.ac/x")).toBe("default /x");
    });

    it("a second Host header is refused", async () => {
      const headers = [["Host", "b.tardis.ac"]] as const;
      expect((await published.https({ host: "a.tardis.ac", headers })).status).toBe(400);
    });

    it.each([
      ["g1.tardis.ac", "rest /"],
      ["G2.TARDIS.AC", "rest /"],
      ["g3.tardis.ac.:8443", "rest /"],
      ["g4.tardis.ac", "default /"],
      ["xg1.tardis.ac", "default /"],
    ])("of an alternation: %s reaches %s", async (host, expected) => {
      expect(await ask(host)).toBe(expected);
    });

    it("HostRegexp sees the trailing dot", async () => {
      expect(await ask("strict.tardis.org")).toBe("rest /");
      expect(await ask("strict.tardis.org.")).toBe("404");
    });

    it("a wildcard in Host stands for one label", async () => {
      expect(await ask("a.wild.ac")).toBe("rest /");
      expect(await ask("a.b.wild.ac")).toBe("404");
      expect(await ask("wild.ac")).toBe("404");
    });
  });

  describe("ranks", () => {
    it.each([
      [
        "on a claimed host ours is above another provider's longer rule",
        "claimed.tardis.ac",
        "rest",
      ],
      ["our default is below another provider's short rule", "x.tardis.ac", "other"],
      ["our default is below another provider's pattern", "a.on.tardis.ac", "other"],
    ])("%s", async (_what, host, expected) => {
      expect(await ask(host)).toBe(`${expected} /`);
    });

    it("takes priorities from -10^9 to 10^9 as they are", async () => {
      expect((await published.traefik.router("default"))?.priority).toBe(below);
      expect((await published.traefik.router("claimed"))?.priority).toBe(above);
    });

    it("counts priority 0 as unset, where the length of the rule decides", async () => {
      const rule = "Host(`z.tardis.ac`)";
      const routers = {
        zero: { ...base, rule: `${rule} && PathPrefix(\`/\`)`, service: "prefix", priority: 0 },
        one: { ...base, rule, service: "rest", priority: 1 },
        everything: { ...base, rule: "Host(`*`)", service: "default", priority: -1 },
      };
      await published.publish({ http: { services: services(), routers } });
      expect(await ask("z.tardis.ac")).toBe("prefix /");
      expect((await published.traefik.router("zero"))?.priority).toBe(routers.zero.rule.length);
      expect(await ask("whatever.example")).toBe("default /");
    });
  });
});
