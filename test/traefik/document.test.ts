import { readFileSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PathPrefix } from "../../src/domain/names.ts";
import type { Entity } from "../../src/domain/entities.ts";
import { keyOf, readRecord } from "../../src/domain/records.ts";
import { render } from "../../src/traefik/render.ts";
import {
  BELOW_PRIORITY,
  CLAIMED_PRIORITY,
  priorityOf,
  UNCLAIMED_PRIORITY,
} from "../../src/traefik/routes.ts";
import { worlds } from "../support/arbitrary-states.ts";
import {
  type Entities,
  endpoint,
  group,
  holder,
  label,
  namespace,
  type Overrides,
  page,
  person,
  reserved,
  resting,
  stateOf,
  suspended,
  testSettings,
  zone,
} from "../support/states.ts";

const golden = new URL("../golden/document-v1.json", import.meta.url);
const targets = Array.from({ length: 12 }, (_, index) => `http://127.0.0.1:${9000 + index}`);
const alice = person("alice");
const games = group("games", { managers: [alice.id] });
const carol = suspended(person("carol"));

/** Everything that a document can hold. */
const everything: Entities = [
  holder(alice),
  holder(games),
  label("chess", games),
  holder(carol),
  resting("old-games", games),
  reserved("held"),
  endpoint(alice, { targets: ["http://127.0.0.1:3000", "http://127.0.0.1:3001"] }),
  endpoint(alice, {
    path: "/wiki",
    stripPrefix: true,
    passHostHeader: false,
    targets: ["http://127.0.0.1:3002"],
  }),
  endpoint(alice, { path: "/tls", acceptSelfSigned: true, targets: ["https://127.0.0.1:3003"] }),
  endpoint(alice, { path: "/grpc", targets: ["h2c://127.0.0.1:3004"] }),
  endpoint(alice, { path: "/off", paused: true }),
  endpoint(alice, { path: "/ungranted", targets: ["http://192.0.2.1:80"] }),
  endpoint(games, {
    host: `chess.${zone}`,
    path: "/play",
    targets: ["http://127.0.0.1:3005"],
    healthCheck: { path: "/healthz", intervalSeconds: 30, timeoutSeconds: 5 },
  }),
  endpoint(games, { host: zone, targets: ["http://127.0.0.1:3006"] }),
  endpoint(games, { host: `www.${zone}`, path: "/games", targets: ["http://127.0.0.1:3006"] }),
  endpoint(games, { host: `a.b.${zone}`, targets: ["http://127.0.0.1:3006"] }),
  endpoint(games, { host: `held.${zone}`, targets: ["http://127.0.0.1:3006"] }),
  endpoint(games, { host: "own.example", path: "/x", targets: ["http://127.0.0.1:3006"] }),
  endpoint(carol, { targets: ["http://127.0.0.1:3007"] }),
  page(alice, { host: `alice.${zone}`, path: "/Notes" }),
  page(alice, { host: `alice.${zone}`, path: "/private", accessControl: true }),
  page(games, { host: `site-1a2b.${zone}`, path: "/sub/site" }),
  page(games, { host: `blog.games.${zone}` }),
  page(carol, { host: `site-3c4d.${zone}`, path: "/Carol" }),
];
const overrides: Overrides = {
  publicUrl: "https://console.example:8443",
  traefik: {
    certResolver: "dns",
    middlewares: ["security@file"],
    httpsPort: 8443,
    consoleUrl: "http://127.0.0.1:8080",
  },
  pages: { enabled: true, proxyProtocol: true, severalLabels: true },
  userhomes: { enabled: true },
  ownHosts: ["own.example", "*.wild.example"],
};

interface Router {
  readonly entryPoints: readonly string[];
  readonly middlewares?: readonly string[];
  readonly priority: number;
  readonly service: string;
  readonly rule: string;
  readonly tls?: {
    readonly certResolver?: string;
    readonly domains?: readonly { readonly main: string; readonly sans?: readonly string[] }[];
  };
}
interface Published {
  readonly http: {
    readonly routers: Readonly<Record<string, Router>>;
    readonly services: object;
    readonly middlewares: object;
  };
  readonly tcp?: { readonly routers: Readonly<Record<string, Router>> };
}

function published(entities: Entities, changes: Overrides = {}): Published {
  const { body } = render(stateOf(...entities), testSettings(changes));
  return JSON.parse(body.toString("latin1")) as Published;
}

describe("the document", () => {
  it("of a state that touches everything is the golden one (UPDATE_GOLDEN=1 writes it)", () => {
    const { body } = render(stateOf(...everything), testSettings(overrides));
    const text = `${JSON.stringify(JSON.parse(body.toString("latin1")), null, 2)}\n`;
    if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(golden, text);
    expect(text).toBe(readFileSync(golden, "utf8"));
  });

  it("names a certificate resolver once for the zone, and once for each host that needs its own", () => {
    const { routers } = published(everything, overrides).http;
    const asking = Object.values(routers)
      .filter(({ tls }) => tls?.certResolver !== undefined)
      .map(({ tls }) => {
        expect(tls?.certResolver).toBe("dns");
        return tls?.domains;
      });
    const expected = [
      [{ main: zone, sans: [`*.${zone}`] }],
      [{ main: "console.example" }],
      [{ main: "own.example" }],
      [{ main: `a.b.${zone}` }],
      [{ main: `blog.games.${zone}` }],
    ];
    expect(asking).toHaveLength(expected.length);
    expect(asking).toEqual(expect.arrayContaining(expected));
    expect(routers["zone-default"]?.tls?.domains?.[0]?.main).toBe(zone);
  });

  it("names no resolver where Traefik has its certificates already", () => {
    const { routers } = published(everything, {
      ...overrides,
      traefik: { certResolver: null },
    }).http;
    for (const [name, { tls }] of Object.entries(routers)) {
      const plain = name.startsWith("redirect") || name === "pages-challenge";
      expect(tls, name).toEqual(plain ? undefined : {});
    }
  });

  it("is on the entry points that are configured, TCP too", () => {
    const entryPoints = { http: ["plain", "plain6"], https: ["secure"] };
    const { http, tcp } = published(everything, { ...overrides, traefik: { entryPoints } });
    for (const [name, router] of Object.entries(http.routers)) {
      const plain = name.startsWith("redirect") || name === "pages-challenge";
      expect(router.entryPoints, name).toEqual(plain ? entryPoints.http : entryPoints.https);
    }
    expect(tcp?.routers["pages-passthrough"]?.entryPoints).toEqual(["secure"]);
  });

  it("has the operators' middlewares first on every HTTPS router", () => {
    const middlewares = ["one@file", "two@docker"];
    const { routers } = published(everything, { ...overrides, traefik: { middlewares } }).http;
    for (const [name, router] of Object.entries(routers)) {
      const plain = name.startsWith("redirect") || name === "pages-challenge";
      expect(router.middlewares?.slice(0, 2) ?? [], name).toEqual(
        plain ? (router.middlewares ?? []) : middlewares,
      );
    }
  });

  it("keeps priorities of claimed hosts above all others, and of unclaimed ones below", () => {
    const { http, tcp } = published(everything, overrides);
    for (const [name, { priority }] of Object.entries(http.routers)) {
      const below = ["zone-default", "redirect", "pages-challenge"].includes(name);
      const start = below ? UNCLAIMED_PRIORITY : CLAIMED_PRIORITY;
      expect(priority - start, name).toBeGreaterThanOrEqual(0);
      expect(priority - start, name).toBeLessThan(2_000);
    }
    expect(tcp?.routers["pages-passthrough"]?.priority).toBe(UNCLAIMED_PRIORITY);
    const { routers } = http;
    expect(routers["pages-challenge"]?.priority).toBeGreaterThan(
      routers["redirect"]?.priority ?? 0,
    );
  });

  it.each(["flat", "tree"] as const)(
    "redirects every claimed host once, in groups: %s",
    (layout) => {
      const hosts = Array.from({ length: 500 }, (_, index) =>
        endpoint(alice, { host: `h${index}.deep.${zone}` }),
      );
      const { routers } = published([holder(alice), ...hosts], { traefik: { layout } }).http;
      const listsOf = (prefix: string) =>
        Object.entries(routers)
          .filter(([name]) => name.startsWith(prefix))
          .map(([, router]) => router.rule.match(/(?:h\d+\\.deep|console)(?=[|)])/g) ?? []);
      const redirects = listsOf("redirect-claimed-");
      expect(redirects.length).toBeGreaterThan(2);
      expect(Math.max(...redirects.map((list) => list.length))).toBeLessThanOrEqual(256);
      expect(redirects.flat()).toHaveLength(501);
      expect(new Set(redirects.flat()).size).toBe(501);
      expect(listsOf("hosts-")).toEqual(layout === "tree" ? redirects : []);
    },
  );

  it.each(["flat", "tree"] as const)(
    "has all hosts below a suspended owner's host of ingresses, after those that have their own: %s",
    (layout) => {
      const below = `.carol.on.${zone}`;
      const deep = endpoint(games, { host: `x${below}` });
      const { routers } = published([holder(carol), namespace(carol), holder(games), deep], {
        namespaces: { enabled: true },
        traefik: { certResolver: "dns", layout },
      }).http;
      const rule = "HostRegexp(`^(?:.*\\.carol\\.on)\\.tardis\\.ac\\.?$`)";
      const found = Object.entries(routers).filter(([, router]) => router.rule === rule);
      // No name that is below is known, and no certificate asked for.
      const blocking = {
        entryPoints: ["websecure"],
        priority: BELOW_PRIORITY,
        rule,
        service: "console",
        tls: {},
      };
      expect(found).toEqual([[expect.stringMatching(/^suspended-[0-9a-f]{16}$/), blocking]]);
      const sent = Object.entries(routers)
        .filter(([name]) => name.startsWith("redirect-claimed-"))
        .map(([, router]) => router)
        .filter((router) => router.rule.includes(".*\\.carol\\.on"));
      expect(sent).toHaveLength(1);
      expect(sent[0]?.priority).toBe(CLAIMED_PRIORITY);
      expect(routers[`endpoint-${deep.id}`]?.priority).toBe(CLAIMED_PRIORITY);
    },
  );

  it.each<[changes: Overrides, absent: RegExp]>([
    [{ pages: { enabled: false } }, /pages|passthrough/],
    [{ pages: { enabled: true, customDomains: false } }, /pages-challenge|passthrough|"tcp"/],
    [{ pages: { enabled: true, proxyProtocol: false } }, /proxyProtocol/],
    [{ userhomes: { enabled: false } }, /userhomes/],
    [{ limits: { inFlight: null } }, /inFlightReq|limit-requests/],
    [{ limits: { responseHeaderTimeout: null } }, /responseHeaderTimeout/],
  ])("without what %j turns off", (changes, absent) => {
    const { body } = render(stateOf(holder(alice), endpoint(alice, {})), testSettings(changes));
    expect(body.toString("latin1")).not.toMatch(absent);
  });

  it("has the ceilings that are configured on members' services alone", () => {
    const { body } = render(
      stateOf(...everything),
      testSettings({ ...overrides, limits: { inFlight: 7, responseHeaderTimeout: 2.5 } }),
    );
    const text = body.toString("latin1");
    expect(text).toContain(
      '"inFlightReq":{"amount":7,"sourceCriterion":{"requestHeaderName":"X-Forwarded-Server"}}',
    );
    expect(text.match(/"responseHeaderTimeout":"2.5s"/g)).toHaveLength(2);
    const { routers } = (JSON.parse(text) as Published).http;
    for (const [name, { middlewares = [] }] of Object.entries(routers)) {
      expect(middlewares.includes("limit-requests"), name).toBe(name.startsWith("endpoint-"));
    }
  });

  it("never names what a person typed", () => {
    const { http } = published(everything, overrides);
    for (const name of [
      ...Object.keys(http.routers),
      ...Object.keys(http.services),
      ...Object.keys(http.middlewares),
    ]) {
      expect(name).not.toMatch(/alice|games|chess|carol|wiki|held|own|blog/);
    }
  });
});

describe("a record that changes after it was read", () => {
  const read = (entity: Entity, change: object): Entity => {
    const result = readRecord(keyOf(entity), structuredClone(entity));
    if (result.kind !== "entity" || result.change.entity === null) throw new Error("not read");
    return Object.assign(result.change.entity, change);
  };
  const good = [holder(alice), endpoint(alice, { path: "/good" })];
  const site = page(alice, { host: `alice.${zone}`, path: "/site" });
  it.each<[what: string, bad: Entity, kind: string]>([
    ["an endpoint's path", read(endpoint(alice, { path: "/bad" }), { path: "/x`" }), "endpoint"],
    ["an endpoint's id", read(endpoint(alice, { path: "/bad" }), { id: "ep-X" }), "endpoint"],
    ["a page's path", read(site, { path: "/x`" }), "page"],
  ])("is kept out by the gate: %s", (_what, bad, kind) => {
    const settings = testSettings({ pages: { enabled: true } });
    const { body, unrouted } = render(stateOf(...good, bad), settings);
    expect(body.equals(render(stateOf(...good), settings).body)).toBe(true);
    expect(unrouted).toMatchObject([{ kind, id: bad.id, owner: alice.id, state: "set-aside" }]);
  });

  it("takes its host along, and no other", () => {
    const host = `x\`.deep.${zone}`;
    const bad = read(endpoint(alice, { host: `x.deep.${zone}`, path: "/bad" }), { host });
    const settings = testSettings();
    const { body, unrouted } = render(stateOf(...good, bad), settings);
    expect(body.equals(render(stateOf(...good), settings).body)).toBe(true);
    expect(unrouted.map(({ kind, id }) => [kind, id]).toSorted()).toEqual([
      ["endpoint", bad.id],
      ["record", host],
    ]);
  });
});

describe("the bytes of a document", () => {
  it("are the same for the same state, however it came about", () => {
    fc.assert(
      fc.property(
        worlds(targets),
        fc.infiniteStream(fc.nat()),
        ({ entities, overrides: chosen }, ranks) => {
          const shuffled = entities
            .map((entity) => ({ entity: structuredClone(entity), rank: ranks.next().value }))
            .toSorted((a, b) => a.rank - b.rank)
            .map(({ entity }) => entity);
          const [one, other] = [entities, shuffled].map(
            (list) => render(stateOf(list), testSettings(chosen)).body,
          );
          expect(other?.toString("latin1")).toBe(one?.toString("latin1"));
        },
      ),
      { numRuns: 40 },
    );
  });

  it("are sorted strict JSON in ASCII, without an empty section", () => {
    fc.assert(
      fc.property(worlds(targets), ({ entities, overrides: chosen }) => {
        const text = render(stateOf(entities), testSettings(chosen)).body.toString("latin1");
        expect(text).toMatch(/^[ -~]*$/);
        const parsed = JSON.parse(text) as Record<string, Record<string, object>>;
        expect(JSON.stringify(parsed)).toBe(text);
        for (const sections of Object.values(parsed)) {
          for (const section of Object.values(sections)) {
            const names = Object.keys(section);
            expect(names.length).toBeGreaterThan(0);
            expect(names).toEqual(names.toSorted());
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it("do not change when a state is rendered again, after another one", () => {
    const settings = testSettings(overrides);
    const first = render(stateOf(...everything), settings).body;
    const moved = everything
      .flat()
      .map((entity) =>
        entity.kind === "endpoint" && entity.path === "/wiki"
          ? { ...entity, targets: ["http://127.0.0.1:3999"] }
          : entity,
      );
    expect(render(stateOf(moved), settings).body.toString()).toContain("127.0.0.1:3999");
    expect(render(stateOf(...everything), settings).body.equals(first)).toBe(true);
  });
});

describe("a route's priority", () => {
  const at = (path: string, queryParameter?: string) =>
    priorityOf({
      path: path as PathPrefix,
      ...(queryParameter === undefined ? {} : { queryParameter }),
    });
  it.each([
    [at(""), CLAIMED_PRIORITY],
    [at("/a"), CLAIMED_PRIORITY + 2],
    [at("/auth", "state"), CLAIMED_PRIORITY + 1_005],
  ])("%i", (made, expected) => expect(made).toBe(expected));

  it("is higher for a longer path, and highest for the daemon's sign-in", () => {
    expect(at("/a/b")).toBeGreaterThan(at("/a"));
    expect(at("/auth", "state")).toBeGreaterThan(at(`/${"a".repeat(199)}`));
  });
});
