import { afterAll, beforeAll, expect, it } from "vitest";
import { startDocumentServer } from "../support/document-server.ts";
import { type Published, serviceTo, startPublished } from "../support/published.ts";
import { describeWithService } from "../support/services.ts";
import { startTraefik } from "../support/traefik.ts";

// What our document relies on, held to the real Traefik: which documents it takes, which it
// rejects whole, and which faults cost one router only.

/** Never asked: these documents are only decoded. */
const url = "http://127.0.0.1:9";
const router = { rule: "Host(`good.tardis.ac`)", service: "good", entryPoints: ["web"] };
const good = { routers: { good: router }, services: { good: serviceTo(url) } };

/** A valid document with `marker` at the place of a fault. */
function withRule(text: string): string {
  const bad = { ...router, rule: "Host(`good.tardis.ac`) && Path(`/FAULT`)" };
  const document = { http: { ...good, routers: { ...good.routers, bad } } };
  return JSON.stringify(document).replace("FAULT", text);
}

describeWithService("traefik", "a document that Traefik rejects whole", () => {
  const rejected: [fault: string, document: object | string][] = [
    ["an unknown key below http", { http: { ...good, sites: { a: 1 } } }],
    ["an unknown key in a router", { http: { ...good, routers: { good: { ...router, x: 1 } } } }],
    ["an unknown key below tcp", { http: good, tcp: { sites: { a: 1 } } }],
    ["an empty map of routers", { http: { ...good, middlewares: {} } }],
    ["an empty http section", { http: {} }],
    ["an empty tcp section", { http: good, tcp: {} }],
    ["a section whose parts are all null", { http: { routers: null } }],
    ["a list", [good]],
    ["a DEL character", withRule("\u007f")],
    ["a control character", withRule("\u0001")],
    ["an escaped surrogate pair", withRule("\\ud83d\\ude00")],
    [
      "a router named twice",
      JSON.stringify({ http: good }).replace(
        '"good":{',
        `"good":${JSON.stringify(router)},"good":{`,
      ),
    ],
    [
      "a text where a number is due",
      { http: { ...good, routers: { good: { ...router, priority: "high" } } } },
    ],
    ["no YAML at all", '{"http":'],
  ];

  it.each(rejected)("%s", async (_fault, document) => {
    const provider = await startDocumentServer(document);
    const traefik = await startTraefik({ provider: { url: provider.url } });
    try {
      await traefik.waitUntil(() => traefik.log().includes("Provider error"), "a rejection");
      const names = (await traefik.routers()).map(({ name }) => name);
      expect(names).not.toContain("good@http");
      expect((await traefik.overview()).http.services.errors).toBe(0);
    } finally {
      await traefik.stop();
      await provider.close();
    }
  });

  it("is complained about once, and leaves what was in force", async () => {
    const published = await startPublished();
    const { traefik, provider } = published;
    try {
      await published.publish({ http: good });
      provider.set({ http: { ...good, sites: { a: 1 } } });
      const complaints = () => traefik.log().split("Provider error").length - 1;
      await traefik.waitUntil(() => complaints() === 1, "the rejection");
      await provider.waitForPolls(5);
      expect(complaints()).toBe(1);
      expect((await traefik.router("good"))?.status).toBe("enabled");
    } finally {
      await published.close();
    }
  });
});

describeWithService("traefik", "an answer that isn't a configuration", () => {
  it.each([
    ["304", 304, ""],
    ["204", 204, ""],
    ["503", 503, "{}"],
  ])("status %s is an error and keeps the routes", async (_name, status, body) => {
    const published = await startPublished();
    const { traefik, provider } = published;
    try {
      await published.publish({ http: good });
      provider.answer(status, body);
      await traefik.waitUntil(() => traefik.log().includes("Provider error"), "the error");
      await provider.waitForPolls(1);
      expect((await traefik.router("good"))?.status).toBe("enabled");
    } finally {
      await published.close();
    }
  });

  it.each([
    ["{}", {}],
    ["an error as an object", { error: "down for maintenance" }],
  ])("%s with status 200 removes every route", async (_name, body) => {
    const published = await startPublished();
    const { traefik, provider } = published;
    try {
      await published.publish({ http: good });
      provider.set(body);
      await traefik.waitUntil(async () => !(await traefik.router("good")), "the route to go");
    } finally {
      await published.close();
    }
  });
});

describeWithService("traefik", "a document that Traefik takes", () => {
  let published: Published;
  beforeAll(async () => {
    published = await startPublished();
  });
  afterAll(() => published?.close());

  const taken: [what: string, document: object][] = [
    ["an unknown key at the top", { http: good, comment: { by: "us" } }],
    ["empty lists", { http: { ...good, routers: { good: { ...router, middlewares: [] } } } }],
    ["null for a list", { http: { ...good, routers: { good: { ...router, middlewares: null } } } }],
    ["null for a section", { http: good, tcp: null }],
    ["an empty tls of a router", { http: { ...good, routers: { good: { ...router, tls: {} } } } }],
    [
      "escaped non-ASCII text",
      { http: { ...good, routers: { good: { ...router, rule: "Path(`/\u00e9`)" } } } },
    ],
  ];
  it.each(taken)("%s", async (_what, document) => {
    await published.publish(document);
    expect((await published.traefik.router("good"))?.status).toBe("enabled");
  });

  it.each([
    ["plain text", "fine", "fine"],
    ["an escaped control character", "\\u0001", "\u0001"],
    ["an escaped DEL", "\\u007f", "\u007f"],
    ["an escaped letter beyond ASCII", "\\u00e9", "\u00e9"],
    ["a tab", "a\tb", "a\tb"],
    ["U+0085, but as a line break", "a\u0085b", "a b"],
    ["U+2028", "a\u2028b", "a\u2028b"],
  ])("%s within a text", async (_what, sent, taken) => {
    const { traefik, provider } = published;
    await published.publish({});
    provider.set(withRule(sent));
    await traefik.waitUntil(() => traefik.router("bad"), "the router");
    expect((await traefik.router("bad"))?.rule).toContain(`Path(\`/${taken}\`)`);
  });

  it("can come as the answer to a poll that was held", async () => {
    const { traefik, provider } = published;
    await published.publish({});
    provider.hold();
    await traefik.waitUntil(() => provider.waiting === 1, "a held poll");
    const polls = provider.polls;
    provider.set({ http: good });
    provider.release();
    await traefik.waitUntil(() => traefik.router("good"), "the router");
    expect(provider.polls).toBeGreaterThan(polls);
    expect(traefik.log()).not.toContain("Provider error");
  });

  it("holds long names and a middleware that is listed twice", async () => {
    const name = "endpoint-01JD2B9WQ4ZK3N5V6X7Y8Z9A0B";
    const long = `${name}-`.repeat(20);
    const addPrefix = { addPrefix: { prefix: "/x" } };
    await published.publish({
      http: {
        ...good,
        middlewares: { [name]: addPrefix },
        routers: { [long]: { ...router, middlewares: [name, name] } },
      },
    });
    expect((await published.traefik.router(long))?.status).toBe("enabled");
  });

  it("takes what follows an @ in a name for another provider", async () => {
    await published.publish({
      http: {
        ...good,
        routers: {
          good: router,
          "site@file": router,
          toService: { ...router, service: "good@file" },
          toMiddleware: { ...router, middlewares: ["good@file"] },
        },
      },
    });
    expect((await published.traefik.router("site@file@http"))?.error).toEqual([
      'the service "good@file" does not exist',
    ]);
    for (const name of ["toService", "toMiddleware"])
      expect((await published.traefik.router(name))?.status).toBe("disabled");
    expect((await published.traefik.router("good"))?.status).toBe("enabled");
  });

  it("disables only the router that is at fault", async () => {
    const withFault = (change: object) => ({ ...router, ...change });
    const faults = {
      syntax: withFault({ rule: "Host(`a.tardis.ac`" }),
      matcher: withFault({ rule: "Hots(`a.tardis.ac`)" }),
      expression: withFault({ rule: "HostRegexp(`(`)" }),
      nonAscii: withFault({ rule: "Host(`\u00e9.tardis.ac`)" }),
      service: withFault({ service: "missing" }),
      middleware: withFault({ middlewares: ["missing"] }),
      entryPoint: withFault({ entryPoints: ["missing"] }),
      badUrl: withFault({ service: "badUrl" }),
      badCidr: withFault({ middlewares: ["badCidr"] }),
      cycleA: { rule: "Path(`/a`)", service: "good", parentRefs: ["cycleB"] },
      cycleB: { rule: "Path(`/b`)", service: "good", parentRefs: ["cycleA"] },
    };
    await published.publish({
      http: {
        middlewares: { badCidr: { ipAllowList: { sourceRange: ["10.0.0.0/99"] } } },
        services: { ...good.services, badUrl: serviceTo("http://[bad") },
        routers: { ...good.routers, ...faults },
      },
    });
    const states = Object.fromEntries(
      (await published.traefik.routers()).map(({ name, status }) => [
        name.replace("@http", ""),
        status,
      ]),
    );
    const expected = Object.keys(faults).map((name) => [name, "disabled"] as const);
    expect(states).toMatchObject({ good: "enabled", ...Object.fromEntries(expected) });
  });

  it("leaves a router in force whose certificate resolver is missing", async () => {
    await published.publish({
      http: {
        ...good,
        routers: {
          good: { ...router, entryPoints: ["websecure"], tls: { certResolver: "missing" } },
        },
      },
    });
    expect((await published.traefik.router("good"))?.status).toBe("enabled");
    expect(published.traefik.log()).toContain("nonexistent certificate resolver");
  });
});
