import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Backend, type Echo, startBackend } from "../support/backends.ts";
import { type PagesEcho, type PagesServer, startPagesServer } from "../support/pages-server.ts";
import { pagesCertificateName } from "../support/pages-server.ts";
import { type Published, serviceTo, startPublished } from "../support/published.ts";
import { openHttp2 } from "../support/request-http2.ts";
import { openConnection, request } from "../support/request.ts";
import { describeWithService } from "../support/services.ts";

// Who ends a TLS connection and who answers on it, held to the real Traefik.

const base = { entryPoints: ["websecure"], tls: {} };
const above = 1_000_000_000;
const below = -1_000_000_000;
const foreign = "HostSNIRegexp(`.`) && !HostSNIRegexp(`^([^.]+\\.)*tardis\\.ac$`)";

describeWithService("traefik", "Traefik's TLS entry point", () => {
  let published: Published;
  let pages: PagesServer;
  const backends = new Map<string, Backend>();

  beforeAll(async () => {
    for (const name of ["site", "default"]) backends.set(name, await startBackend(name));
    const to = (name: string) => serviceTo(backends.get(name)!.url);
    pages = await startPagesServer({ proxyProtocol: true });
    published = await startPublished({
      certs: [{ names: ["tardis.ac", "*.tardis.ac"] }],
    });
    await published.publish({
      http: {
        services: {
          site: to("site"),
          default: to("default"),
        },
        routers: {
          a: { ...base, rule: "Host(`a.tardis.ac`)", service: "site", priority: above },
          b: { ...base, rule: "Host(`b.tardis.ac`)", service: "site", priority: above },
          // A foreign host that another HTTPS router names, at the lowest rank.
          named: { ...base, rule: "Host(`named.example`)", service: "site", priority: below },
          // Another foreign host, in a pattern at the highest rank.
          pattern: {
            ...base,
            rule: "HostRegexp(`^pattern\\.example$`)",
            service: "site",
            priority: above,
          },
          default: {
            ...base,
            rule: "HostRegexp(`^[^.]+\\.tardis\\.ac\\.?$`)",
            service: "default",
            priority: below,
          },
        },
      },
      tcp: {
        routers: {
          foreign: {
            entryPoints: ["websecure"],
            rule: foreign,
            service: "pages",
            tls: { passthrough: true },
          },
        },
        services: {
          pages: {
            loadBalancer: {
              servers: [{ address: `127.0.0.1:${pages.tlsPort}` }],
              serversTransport: "pages",
            },
          },
        },
        serversTransports: { pages: { proxyProtocol: { version: 2 } } },
      },
    });
  }, 60_000);
  afterAll(async () => {
    await published?.close();
    await pages?.close();
    for (const backend of backends.values()) await backend.close();
  });

  describe("an SNI", () => {
    it.each([
      ["www.example.org", "pages"],
      ["eviltardis.ac", "pages"],
      ["tardis.ac.evil.example", "pages"],
      ["WWW.EXAMPLE.ORG", "pages"],
      ["a.tardis.ac", "site"],
      ["A.TARDIS.AC", "site"],
      ["c.tardis.ac", "default"],
      ["tardis.ac", "404"],
      ["a.b.tardis.ac", "404"],
      ["named.example", "site"],
      ["pattern.example", "pages"],
    ])("%s goes to %s", async (name, expected) => {
      const answer = await published.https({ host: name });
      const server = answer.status === 200 ? answer.json<Echo>().name : String(answer.status);
      expect(server).toBe(expected);
      const byPages = answer.peerCertificate?.subject === pagesCertificateName;
      expect(byPages).toBe(expected === "pages");
    });

    it("that is missing stays on Traefik, and Host decides", async () => {
      const answer = await published.https({ host: "a.tardis.ac", tls: { sni: null } });
      expect(answer.json<Echo>().name).toBe("site");
      const unknown = await published.https({ host: "www.example.org", tls: { sni: null } });
      expect(unknown.status).toBe(404);
    });

    it("with a trailing dot ends the connection", async () => {
      await expect(
        published.https({ host: "a.tardis.ac", tls: { sni: "a.tardis.ac." } }),
      ).rejects.toThrow(/disconnected|reset|closed/i);
    });

    it.each([
      ["a.tardis.ac", "b.tardis.ac", "site"],
      ["a.tardis.ac", "c.tardis.ac", "default"],
      ["a.tardis.ac", "www.example.org", "404"],
      ["www.example.org", "a.tardis.ac", "pages"],
    ])("%s with Host %s goes to %s", async (sni, host, expected) => {
      const answer = await published.https({ host, tls: { sni } });
      expect(answer.status === 200 ? answer.json<Echo>().name : String(answer.status)).toBe(
        expected,
      );
    });

    it("is shared by several authorities over HTTP/2, and each is routed by itself", async () => {
      const connection = await openHttp2({ port: published.traefik.httpsPort, sni: "a.tardis.ac" });
      const ask = async (authority: string) => {
        const answer = await connection.request({ authority });
        return answer.status === 200 ? answer.json<Echo>().name : answer.status;
      };
      expect(await ask("a.tardis.ac")).toBe("site");
      expect(await ask("c.tardis.ac")).toBe("default");
      expect(await ask("www.example.org")).toBe(404);
      connection.close();
    });

    it("of one request doesn't bind the next on the same connection", async () => {
      const connection = await openConnection({
        port: published.traefik.httpsPort,
        tls: { sni: "a.tardis.ac" },
      });
      expect((await connection.send({ host: "a.tardis.ac" })).json<Echo>().name).toBe("site");
      expect((await connection.send({ host: "c.tardis.ac" })).json<Echo>().name).toBe("default");
      connection.close();
    });
  });

  it("tells Pages the visitor's address by PROXY protocol v2", async () => {
    const echo = (await published.https({ host: "www.example.org" })).json<PagesEcho>();
    expect(echo).toMatchObject({ port: "tls", sni: "www.example.org" });
    expect(echo.source?.address).toBe("127.0.0.1");
    expect(pages.refused).toBe(0);
    // The stand-in really asks for it.
    const direct = request({ port: pages.tlsPort, host: "www.example.org", tls: {} });
    await expect(direct).rejects.toThrow();
    expect(pages.refused).toBe(1);
  });
});

describeWithService("traefik", "weaker passthrough rules", () => {
  let published: Published;
  let pages: PagesServer;
  let site: Backend;
  beforeAll(async () => {
    site = await startBackend("site");
    pages = await startPagesServer();
    published = await startPublished();
  }, 60_000);
  afterAll(async () => {
    await published?.close();
    await pages?.close();
    await site?.close();
  });

  it.each([
    [
      "without a demand for an SNI, takes a connection that has none",
      "!HostSNIRegexp(`^([^.]+\\.)*tardis\\.ac$`)",
      null,
    ],
    ["with a wildcard, takes the apex", "!HostSNI(`*.tardis.ac`)", "tardis.ac"],
    ["with a wildcard, takes deeper names", "!HostSNI(`*.tardis.ac`)", "a.b.tardis.ac"],
  ])("%s", async (_what, rule, sni) => {
    const tls = { passthrough: true };
    await published.publish({
      http: {
        services: { site: serviceTo(site.url) },
        routers: { all: { ...base, rule: "HostRegexp(`.`)", service: "site" } },
      },
      tcp: {
        routers: { foreign: { entryPoints: ["websecure"], rule, service: "pages", tls } },
        services: {
          pages: { loadBalancer: { servers: [{ address: `127.0.0.1:${pages.tlsPort}` }] } },
        },
      },
    });
    const answer = await published.https({ host: "tardis.ac", tls: { sni } });
    expect(answer.json<Echo>().name).toBe("pages");
  });
});
