import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Backend, type Echo, startBackend } from "../support/backends.ts";
import { publishBytes } from "../support/live.ts";
import { type Published, serviceTo, startPublished } from "../support/published.ts";
import { describeWithService } from "../support/services.ts";

// What the tree layout and merged maps rely on, held to the real Traefik (3.6 and newer).

const above = 1_000_000_000;
const root = { entryPoints: ["websecure"], tls: {}, priority: above };
const group = { ...root, rule: "HostRegexp(`^(?:a|b)\\.tardis\\.ac\\.?$`)" };

describeWithService("traefik", "Traefik's routers in layers", () => {
  let published: Published;
  const backends = new Map<string, Backend>();
  const child = (parent: string, rule: string, service: string, priority = above) => ({
    parentRefs: [parent],
    rule,
    service,
    priority,
  });

  beforeAll(async () => {
    for (const name of ["one", "site", "rest", "default"])
      backends.set(name, await startBackend(name));
    published = await startPublished({
      accessLog: true,
      staticConfiguration: {
        metrics: { prometheus: { addRoutersLabels: true, entryPoint: "traefik" } },
      },
    });
    const site = "(Path(`/app`) || PathPrefix(`/app/`))";
    const services = Object.fromEntries(
      [...backends].map(([name, { url }]) => [name, serviceTo(url)]),
    );
    await published.publish({
      http: {
        services,
        middlewares: {
          strip: { stripPrefix: { prefixes: ["/app"] } },
          limit: {
            inFlightReq: {
              amount: 1,
              sourceCriterion: { requestHeaderName: "X-Forwarded-Server" },
            },
          },
        },
        routers: {
          group,
          one: child("group", "Host(`a.tardis.ac`)", "one"),
          host: { parentRefs: ["group"], rule: "Host(`b.tardis.ac`)", priority: above },
          site: { ...child("host", site, "site", above + 4), middlewares: ["limit", "strip"] },
          rest: child("host", "Host(`b.tardis.ac`)", "rest"),
          own: { ...root, rule: "Host(`x.y.tardis.ac`)" },
          "own-rest": child("own", "Host(`x.y.tardis.ac`)", "one"),
          gap: { ...root, rule: "Host(`gap.tardis.ac`)" },
          "gap-app": child("gap", site, "one"),
          default: {
            ...root,
            rule: "HostRegexp(`^[^.]+\\.tardis\\.ac\\.?$`)",
            service: "default",
            priority: -above,
          },
        },
      },
    });
  }, 60_000);
  afterAll(async () => {
    await published?.close();
    for (const backend of backends.values()) await backend.close();
  });

  async function ask(host: string, path = "/"): Promise<string> {
    const answer = await published.https({ host, path, tls: { sni: "a.tardis.ac" } });
    if (answer.status !== 200) return String(answer.status);
    const { name, url } = answer.json<Echo>();
    return `${name} ${url}`;
  }

  it.each([
    ["a.tardis.ac", "/any", "one /any"],
    ["A.TARDIS.ac.:443", "/", "one /"],
    ["b.tardis.ac", "/app", "site /"],
    ["b.tardis.ac", "/app/x", "site /x"],
    ["b.tardis.ac", "/x/../app/y", "site /y"],
    ["b.tardis.ac", "/apple", "rest /apple"],
    ["b.tardis.ac.", "/app/x", "site /x"],
    ["x.y.tardis.ac", "/", "one /"],
    ["c.tardis.ac", "/app", "default /app"],
    ["ab.tardis.ac", "/", "default /"],
  ])("%s%s is %s", async (host, path, answered) => {
    expect(await ask(host, path)).toBe(answered);
  });

  it("keep what a root took: where no child matches it is 404", async () => {
    expect(await ask("gap.tardis.ac", "/app")).toBe("one /app");
    expect(await ask("gap.tardis.ac", "/other")).toBe("404");
  });

  it("are all enabled in the API, children too", async () => {
    const ours = (await published.traefik.routers()).filter(({ provider }) => provider === "http");
    expect(ours.length).toBe(10);
    expect(ours.filter(({ status }) => status !== "enabled")).toEqual([]);
  });

  it("are in the access log by the whole way, which ends with the one that has the service", async () => {
    await ask("b.tardis.ac", "/app/logged");
    const { traefik } = published;
    await traefik.waitUntil(() => traefik.log().includes("/app/logged"), "the access log");
    const line = traefik
      .log()
      .split("\n")
      .find((text) => text.includes("/app/logged"));
    expect((JSON.parse(line ?? "{}") as { RouterName?: string }).RouterName).toBe(
      "group@http -> host@http -> site@http",
    );
  });

  it("are in the metrics each by its own name, parents with a service that ends in -muxer", async () => {
    await ask("b.tardis.ac", "/app/counted");
    const response = await fetch(`${published.traefik.apiUrl}/metrics`);
    const counted = (await response.text())
      .split("\n")
      .filter((line) => line.startsWith("traefik_router_requests_total"))
      .map((line) => /router="([^"]*)",service="([^"]*)"/.exec(line)?.slice(1).join(" "));
    expect(counted).toEqual(
      expect.arrayContaining([
        "group@http group@http-muxer",
        "host@http host@http-muxer",
        "site@http site@http",
      ]),
    );
  });
});

describeWithService("traefik", "Traefik's decoder", () => {
  let published: Published;
  let backend: Backend;
  beforeAll(async () => {
    backend = await startBackend("merged");
    published = await startPublished();
  }, 60_000);
  afterAll(async () => {
    await published?.close();
    await backend?.close();
  });

  describe("merge keys", () => {
    const entries = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, index) => {
        const rule = `Host(\`h${from + index}.tardis.ac\`)`;
        return `"r${from + index}":{"entryPoints":["web"],"rule":"${rule}","service":"s"}`;
      }).join(",");

    it("make one map of several, beside other keys", async () => {
      const routers = `{<<: [{${entries(0, 40)}},{${entries(40, 80)}},{${entries(80, 81)}}]}`;
      const service = JSON.stringify(serviceTo(backend.url));
      const body = `{"http":{"middlewares":{<<: [{"m":{"addPrefix":{"prefix":"/"}}}]},"routers":${routers},"services":{<<: [{"s":${service}}]}}}`;
      await publishBytes(published, Buffer.from(body));
      const ours = (await published.traefik.routers()).filter(({ name }) => /^r\d+@/.test(name));
      expect(ours).toHaveLength(81);
      for (const number of [0, 39, 40, 80]) {
        const answer = await published.http({ host: `h${number}.tardis.ac`, path: "/" });
        expect(answer.json<Echo>().name).toBe("merged");
      }
    });
  });
});
