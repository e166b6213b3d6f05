import { describe, expect, it } from "vitest";
import { checkDocument, checkEntry, GateError } from "../../src/traefik/gate.ts";
import { BELOW_PRIORITY, CLAIMED_PRIORITY, UNCLAIMED_PRIORITY } from "../../src/traefik/routes.ts";

type Section = Parameters<typeof checkEntry>[0]["section"];

const router = {
  entryPoints: ["websecure"],
  middlewares: ["a", "b@file"],
  priority: CLAIMED_PRIORITY,
  rule: "Host(`a.example`)",
  service: "web",
  tls: {},
};
const child = {
  parentRefs: ["hosts-first"],
  priority: CLAIMED_PRIORITY,
  rule: "Host(`a.example`)",
  service: "web",
};
const check =
  (value: object, section: Section = "routers", name = "endpoint-ep-1") =>
  () =>
    checkEntry({ section, name, value });

describe("an entry passes", () => {
  it.each<[what: string, section: Section, value: object]>([
    ["a router", "routers", router],
    [
      "one with a resolver",
      "routers",
      { ...router, tls: { certResolver: "dns", domains: [{ main: "a.example" }] } },
    ],
    ["a child", "routers", child],
    ["the lowest priority", "routers", { ...router, priority: UNCLAIMED_PRIORITY }],
    [
      "the highest of the lower band",
      "routers",
      { ...router, priority: UNCLAIMED_PRIORITY + 10_000 },
    ],
    ["all hosts below one", "routers", { ...router, priority: BELOW_PRIORITY }],
    ["the highest priority", "routers", { ...router, priority: CLAIMED_PRIORITY + 10_000 }],
    [
      "a service",
      "services",
      { loadBalancer: { servers: [{ url: "http://127.0.0.1:9" }], passHostHeader: false } },
    ],
    [
      "a header taken away",
      "middlewares",
      { headers: { customResponseHeaders: { "Service-Worker-Allowed": "" } } },
    ],
    ["a transport", "serversTransports", { insecureSkipVerify: true }],
  ])("%s", (_what, section, value) => expect(check(value, section)).not.toThrow());

  it.each(["hosts-first", "host-0123456789abcdef"])("as %s, without a service", (name) => {
    const { service: _, ...parent } = router;
    expect(check(parent, "routers", name)).not.toThrow();
  });

  it.each(["a", "endpoint-ep-01j", `a${"b".repeat(79)}`])("under the name %s", (name) => {
    expect(check({ ...router }, "routers", name)).not.toThrow();
  });
});

describe("an entry is refused", () => {
  it.each(
    [["", "-a", "1a", "A", "a_b", "a@file", "a b", 'a"', "a\n", "é", `a${"b".repeat(80)}`]].flat(),
  )("under the name %j", (name) => {
    expect(check({ ...router }, "routers", name)).toThrow(/cannot be a name/);
  });

  it.each<[section: Section, value: object, message: RegExp]>([
    ["routers", { ...router, observability: { accessLogs: false } }, /unknown key "observability"/],
    ["routers", { ...router, parentRefs: ["a"] }, /a child with entry points or TLS/],
    ["routers", { ...child, entryPoints: ["web"] }, /a child with entry points or TLS/],
    ["routers", { ...child, parentRefs: [] }, /an empty list/],
    ["routers", { ...router, parentRefs: undefined }, /an empty value/],
    ["services", { weighted: { services: [{ name: "a" }] } }, /unknown key "weighted"/],
    ["middlewares", { plugin: { a: 1 } }, /unknown key "plugin"/],
    ["serversTransports", { rootCAs: ["a"] }, /unknown key "rootCAs"/],
    ["routers", { ...router, rule: "Host(`é`)" }, /beyond printable ASCII/],
    ["routers", { ...router, rule: "Host(`a\n`)" }, /beyond printable ASCII/],
    ["routers", { ...router, rule: "Host(`\u007f`)" }, /beyond printable ASCII/],
    ["routers", { ...router, entryPoints: ["web\u0000"] }, /beyond printable ASCII/],
    ["routers", { ...router, priority: CLAIMED_PRIORITY + 0.5 }, /not a whole number/],
    ["routers", { ...router, priority: Number.NaN }, /not a whole number/],
    [
      "services",
      { loadBalancer: { servers: [{ url: "http://a", weight: Number.POSITIVE_INFINITY }] } },
      /not a whole number/,
    ],
    ["routers", { ...router, tls: null }, /an empty value/],
    ["routers", { ...router, tls: undefined }, /an empty value/],
    ["routers", { ...router, middlewares: [] }, /an empty list/],
    ["routers", { ...router, middlewares: [null] }, /an empty value/],
    ["services", { loadBalancer: {} }, /"loadBalancer" is empty/],
    ["services", { loadBalancer: { servers: [] } }, /an empty list/],
    ["services", { loadBalancer: { servers: [{ url: "" }] } }, /"url" is empty/],
    ["middlewares", { headers: { customResponseHeaders: {} } }, /"customResponseHeaders" is empty/],
    ["routers", { ...router, middlewares: ["a", "a"] }, /listed twice/],
    ["routers", { ...router, rule: "" }, /"rule" is empty/],
    ["routers", { ...router, rule: 5 }, /no rule/],
    ["routers", { priority: CLAIMED_PRIORITY, service: "web" }, /no rule/],
    ["routers", { priority: CLAIMED_PRIORITY, rule: "Host(`a`)" }, /no service/],
    ["routers", { rule: "Host(`a`)", service: "web" }, /priority undefined is in no band/],
    [
      "routers",
      { priority: CLAIMED_PRIORITY, rule: "Host(`a`)", service: "web" },
      /no entry points/,
    ],
    ["routers", { ...router, priority: 0 }, /is in no band/],
    ["routers", { ...router, priority: 100 }, /is in no band/],
    ["routers", { ...router, priority: "1000000000" }, /is in no band/],
    ["routers", { ...router, priority: CLAIMED_PRIORITY - 1 }, /is in no band/],
    ["routers", { ...router, priority: CLAIMED_PRIORITY + 10_001 }, /is in no band/],
    ["routers", { ...router, priority: BELOW_PRIORITY - 1 }, /is in no band/],
    ["routers", { ...router, priority: UNCLAIMED_PRIORITY - 1 }, /is in no band/],
    ["routers", { ...router, priority: UNCLAIMED_PRIORITY + 10_001 }, /is in no band/],
  ])("in %s: %j", (section, value, message) => {
    expect(check(value, section)).toThrow(GateError);
    expect(check(value, section)).toThrow(message);
  });

  it("again, and under another name, when it has passed under one", () => {
    const value = { ...router };
    expect(check(value)).not.toThrow();
    expect(check(value, "routers", "Not-a-name")).toThrow(/cannot be a name/);
  });
});

describe("a document", () => {
  const service = { loadBalancer: { servers: [{ url: "http://127.0.0.1:9" }] } };
  const made = (change: { http?: object; tcp?: object } = {}) => ({
    http: {
      routers: new Map<string, object>([["r", { ...router, middlewares: ["m", "x@file"] }]]),
      services: new Map<string, object>([["web", { ...service }]]),
      middlewares: new Map<string, object>([["m", { stripPrefix: { prefixes: ["/a"] } }]]),
      serversTransports: new Map<string, object>(),
      ...change.http,
    },
    tcp: { routers: new Map<string, object>(), services: new Map<string, object>(), ...change.tcp },
  });
  const { service: _, middlewares: __, ...parent } = router;
  const one = (name: string, value: object) => new Map([[name, value]]);

  it("passes when every reference leads somewhere", () => {
    expect(() => checkDocument(made())).not.toThrow();
    const loadBalancer = { ...service.loadBalancer, serversTransport: "t" };
    const serversTransports = one("t", { insecureSkipVerify: false });
    const services = one("web", { loadBalancer });
    expect(() => checkDocument(made({ http: { services, serversTransports } }))).not.toThrow();
  });

  it.each<[what: string, change: Parameters<typeof made>[0], message: RegExp]>([
    ["no router", { http: { routers: new Map() } }, /has no router/],
    ["a missing service", { http: { services: one("other", service) } }, /no services entry "web"/],
    ["a missing middleware", { http: { middlewares: new Map() } }, /no middlewares entry "m"/],
    [
      "a missing transport",
      {
        http: {
          services: one("web", {
            loadBalancer: { ...service.loadBalancer, serversTransport: "t" },
          }),
        },
      },
      /no serversTransports entry "t"/,
    ],
    [
      "a service of HTTP for TCP",
      {
        tcp: {
          routers: one("p", {
            entryPoints: ["websecure"],
            priority: UNCLAIMED_PRIORITY,
            rule: "HostSNI(`a`)",
            service: "web",
          }),
        },
      },
      /no services entry "web"/,
    ],
    ["a missing parent", { http: { routers: one("r", child) } }, /no routers entry "hosts-first"/],
    [
      "a parent that has a service",
      {
        http: {
          routers: new Map<string, object>([
            ["c", child],
            ["hosts-first", { ...parent, service: "web" }],
          ]),
        },
      },
      /its parent "hosts-first" has a service/,
    ],
    [
      "a parent without a child",
      { http: { routers: one("hosts-first", parent) } },
      /neither a service nor a child/,
    ],
    ["an entry that is refused", { tcp: { services: one("Web", service) } }, /cannot be a name/],
    [
      "an odd reference to another provider",
      { http: { routers: one("r", { ...router, middlewares: ["a b@file"] }) } },
      /no middlewares entry "a b@file"/,
    ],
    [
      "a reference to no provider",
      { http: { routers: one("r", { ...router, middlewares: ["x@"] }) } },
      /no middlewares entry "x@"/,
    ],
  ])("with %s is held back", (_what, change, message) => {
    expect(() => checkDocument(made(change))).toThrow(GateError);
    expect(() => checkDocument(made(change))).toThrow(message);
  });
});
