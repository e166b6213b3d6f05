import { afterAll, beforeAll, expect, it } from "vitest";
import { type Backend, type Echo, startBackend } from "../support/backends.ts";
import { type PagesEcho, type PagesServer, startPagesServer } from "../support/pages-server.ts";
import { type Published, serviceTo, startPublished } from "../support/published.ts";
import { describeWithService } from "../support/services.ts";

// What plain HTTP gets, held to the real Traefik.

const above = 1_000_000_000;
const below = -1_000_000_000;
const zone = "HostRegexp(`^([^.]+\\.)*tardis\\.ac\\.?$`)";

describeWithService("traefik", "Traefik's plain entry point", () => {
  let published: Published;
  let pages: PagesServer;
  let other: Backend;

  beforeAll(async () => {
    other = await startBackend("other");
    pages = await startPagesServer();
    published = await startPublished({
      fileProvider: {
        http: {
          services: { other: serviceTo(other.url) },
          routers: {
            claimed: { entryPoints: ["web"], rule: "Host(`a.tardis.ac`)", service: "other" },
            own: { entryPoints: ["web"], rule: "Host(`own.example`)", service: "other" },
          },
        },
      },
    });
    const redirectScheme = { scheme: "https", permanent: true };
    const redirect = { entryPoints: ["web"], service: "noop@internal" };
    await published.publish({
      http: {
        services: { pages: serviceTo(`http://127.0.0.1:${pages.httpPort}`) },
        middlewares: {
          https: { redirectScheme },
          port: { redirectScheme: { ...redirectScheme, port: "8443" } },
          standard: { redirectScheme: { ...redirectScheme, port: "443" } },
        },
        routers: {
          all: { ...redirect, rule: "PathPrefix(`/`)", middlewares: ["https"], priority: below },
          claimed: {
            ...redirect,
            rule: "HostRegexp(`^(?:a|b)\\.tardis\\.ac\\.?$`)",
            middlewares: ["https"],
            priority: above,
          },
          port: { ...redirect, rule: "Host(`port.tardis.ac`)", middlewares: ["port"] },
          standard: { ...redirect, rule: "Host(`standard.tardis.ac`)", middlewares: ["standard"] },
          challenge: {
            entryPoints: ["web"],
            rule: `PathPrefix(\`/.well-known/acme-challenge/\`) && !${zone}`,
            service: "pages",
            priority: above,
          },
        },
      },
    });
  }, 60_000);
  afterAll(async () => {
    await published?.close();
    await pages?.close();
    await other?.close();
  });

  it.each([
    ["zz.tardis.ac", "/x?y=1", "https://zz.tardis.ac/x?y=1"],
    ["zz.tardis.ac:8080", "/", "https://zz.tardis.ac/"],
    ["www.example.org", "/", "https://www.example.org/"],
    [
      "zz.tardis.ac",
      "/.well-known/acme-challenge/t",
      "https://zz.tardis.ac/.well-known/acme-challenge/t",
    ],
    [
      "tardis.ac",
      "/.well-known/acme-challenge/t",
      "https://tardis.ac/.well-known/acme-challenge/t",
    ],
    ["zz.tardis.ac", "//x/../y", "https://zz.tardis.ac/y"],
    ["port.tardis.ac", "/x", "https://port.tardis.ac:8443/x"],
    ["port.tardis.ac:8080", "/x", "https://port.tardis.ac:8443/x"],
    ["standard.tardis.ac:8080", "/x", "https://standard.tardis.ac/x"],
  ])("%s%s is sent to %s for good", async (host, path, location) => {
    const answer = await published.http({ host, path });
    expect([answer.status, answer.headers["location"]]).toEqual([301, location]);
  });

  it("keeps the method of anything but GET", async () => {
    expect((await published.http({ host: "zz.tardis.ac", method: "POST", body: "x" })).status).toBe(
      308,
    );
  });

  it("hands a foreign host's ACME challenge to Pages", async () => {
    const path = "/.well-known/acme-challenge/token";
    const answer = await published.http({ host: "www.example.org", path });
    expect(answer.json<Echo & PagesEcho>()).toMatchObject({
      name: "pages",
      port: "http",
      url: path,
    });
  });

  it("leaves a host that we don't claim to another provider", async () => {
    expect((await published.http({ host: "own.example" })).json<Echo>().name).toBe("other");
  });

  it.each(["a.tardis.ac", "A.tardis.ac:80", "a.tardis.ac."])(
    "redirects a claimed host before another provider's router: %s",
    async (host) => {
      expect((await published.http({ host })).status).toBe(301);
    },
  );
});
