import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hostPage } from "../../src/console/host-pages.ts";
import type { Hostname } from "../../src/domain/names.ts";
import { emptyState } from "../../src/domain/state.ts";
import { answer } from "../../src/traefik/answer.ts";
import { ingressClaim } from "../../src/traefik/ingress-host.ts";
import { priorityOf } from "../../src/traefik/routes.ts";
import { endpointStanding, hostRoutes, lookupIn, routingTable } from "../../src/traefik/table.ts";
import { worlds } from "../support/arbitrary-states.ts";
import {
  type Entities,
  endpoint,
  holder,
  label,
  namespace,
  page,
  pageHost,
  person,
  reserved,
  resting,
  stateOf,
  suspended,
  testSettings,
  zone,
} from "../support/states.ts";

const targets = Array.from({ length: 12 }, (_, index) => `http://127.0.0.1:${9000 + index}`);
const alice = person("alice");
const bob = person("bob");

/** The table of these entities, with Pages on. */
function tableOf(entities: Entities, overrides = {}) {
  const settings = testSettings({
    pages: { enabled: true },
    userhomes: { enabled: true },
    ...overrides,
  });
  return routingTable(stateOf(...entities), {
    rules: settings.rules,
    userhomes: settings.userhomes.enabled,
  });
}

const reasons = (entities: Entities, overrides = {}) =>
  tableOf(entities, overrides).unrouted.map(({ state, reason }) => `${state}: ${reason}`);

const routesAt = (host: string, entities: Entities, overrides = {}) =>
  tableOf(entities, overrides)
    .hosts.get(host)
    ?.routes.map(({ kind, path, service }) => `${kind} ${path} → ${service.kind}`);

describe("what is not routed says why", () => {
  const mine = endpoint(alice, {});
  it.each<[entities: Entities, expected: string[]]>([
    [[label("alice", alice), mine], ["set-aside: Its owner is gone."]],
    [[alice, mine], ['set-aside: alice no longer holds the name "alice".']],
    [
      [alice, label("alice", bob), bob, mine],
      ["set-aside: alice.tardis.ac belongs to someone else."],
    ],
    [[alice, resting("alice", alice), mine], ['set-aside: "alice" was given back and rests.']],
    [[holder(suspended(alice)), mine], []],
    [[holder(alice), endpoint(alice, { paused: true })], []],
    [
      [holder(alice), endpoint(alice, { host: "x.example" })],
      ["set-aside: x.example is neither in tardis.ac nor among ownHosts."],
    ],
    [
      [holder(alice), endpoint(alice, { host: `console.${zone}` })],
      ["set-aside: console.tardis.ac is the console's own."],
    ],
    [[holder(alice), endpoint(alice, { host: `www.${zone}` })], []],
    [[holder(alice), reserved("mine"), endpoint(alice, { host: `mine.${zone}` })], []],
    [
      [holder(alice), endpoint(alice, { targets: ["http://192.0.2.1:80"] })],
      [
        "set-aside: http://192.0.2.1:80 is not within the networks and ports granted to alice; ask an admin.",
      ],
    ],
    [
      [
        holder({ ...alice, targets: [{ network: "192.0.2.0/24", ports: ["80"] }] }),
        endpoint(alice, { targets: ["http://192.0.2.1:80"] }),
      ],
      [],
    ],
    [[holder(alice), page(alice, { host: `alice.${zone}` })], []],
    [
      [holder(alice), page(bob, { host: `alice.${zone}` })],
      ['conflict: "alice" is held by someone else.'],
    ],
    [
      [holder(alice), page(null, { host: `alice.${zone}` })],
      ['conflict: "alice" is held by someone else.'],
    ],
    [
      [alice, resting("alice", alice), page(alice, { host: `alice.${zone}` })],
      ['conflict: "alice" was given back and rests.'],
    ],
    [[page(null, { host: `gitlab.${zone}` })], ['conflict: "gitlab" is reserved.']],
    [[reserved("mine"), page(null, { host: `mine.${zone}` })], ['conflict: "mine" is reserved.']],
    [[page(null, { host: zone })], ["conflict: tardis.ac is kept by the operators."]],
    [
      [page(null, { host: `console.${zone}` })],
      ["conflict: console.tardis.ac is kept by the operators."],
    ],
    [[page(null, { host: "x.example" })], ["conflict: x.example is not in tardis.ac."]],
    [
      [page(null, { host: `a.b.${zone}` })],
      ["conflict: a.b.tardis.ac is more than one name below tardis.ac; such hosts are off."],
    ],
    [
      [holder(alice), mine, page(alice, { host: `alice.${zone}` })],
      ["shadowed: The service at the same place is served instead."],
    ],
    [
      [
        page(null, { host: `x.${zone}`, project: 1 }),
        page(null, { host: `x.${zone}`, project: 2 }),
      ],
      ["shadowed: The page at the same place is served instead."],
    ],
  ])("case %#", (entities, expected) => expect(reasons(entities)).toEqual(expected));

  it.each<[entities: Entities, expected: string[]]>([
    [[page(null, { host: `a.b.${zone}` })], []],
    [[page(null, { host: `x.on.${zone}` })], ['conflict: "on" is reserved.']],
    [
      [holder(bob), page(alice, { host: `a.bob.${zone}` })],
      ['conflict: "bob" is held by someone else.'],
    ],
    [[holder(alice), page(alice, { host: `a.alice.${zone}` })], []],
  ])("hosts of several labels, case %#", (entities, expected) => {
    expect(reasons(entities, { pages: { enabled: true, severalLabels: true } })).toEqual(expected);
  });

  it("pages beyond the quota, the youngest of them, and only of that owner", () => {
    const site = (day: number) =>
      page(alice, {
        host: `alice.${zone}`,
        path: `/${day}`,
        project: day,
        createdAt: `2026-01-0${day}T00:00:00.000Z`,
      });
    const bobs = page(bob, { host: `bob.${zone}`, path: "/9" });
    for (const [pages, left] of [
      [3, []],
      [2, ["/3"]],
      [0, ["/1", "/2", "/3"]],
    ] as const) {
      const state = [
        holder({ ...alice, quota: { pages } }),
        holder(bob),
        site(3),
        site(1),
        site(2),
      ];
      const { unrouted } = tableOf([...state, bobs]);
      const sites = new Map([1, 2, 3].map((day) => [site(day).id, `/${day}`]));
      expect(unrouted.map(({ id }) => sites.get(id)).toSorted()).toEqual(left);
    }
  });

  it("an endpoint that has no place claims no host", () => {
    for (const host of ["www.example.org", `free.${zone}`]) {
      expect(routesAt(host, [holder(alice), endpoint(alice, { host })])).toBeUndefined();
      expect(
        routesAt(host, [holder(alice), endpoint(alice, { host, paused: true })]),
      ).toBeUndefined();
    }
  });
});

describe("a host of ingresses", () => {
  const host = `alice.on.${zone}`;
  const on = { namespaces: { enabled: true } };
  const gone = suspended(alice);
  const blocked = ["suspended  → console"];

  it.each<[string, Entities, string[] | undefined]>([
    ["is left to the cluster", [holder(alice), namespace(alice)], undefined],
    ["is blocked with its owner", [holder(gone), namespace(gone)], blocked],
    ["is nobody's without a namespace", [holder(gone)], undefined],
    ["is nobody's without the label", [gone, namespace(gone)], undefined],
    ["is nobody's when the name rests", [gone, resting("alice", gone), namespace(gone)], undefined],
    [
      "is an admin's endpoint's where there is one",
      [holder(gone), namespace(gone), holder(bob), reserved("on"), endpoint(bob, { host })],
      ["endpoint  → endpoint"],
    ],
  ])("%s", (_title, entities, expected) => {
    expect(routesAt(host, entities, on)).toEqual(expected);
  });

  it.each<[string, Entities, string[] | undefined]>([
    ["are left to the cluster", [holder(alice), namespace(alice)], undefined],
    ["are blocked with its owner", [holder(gone), namespace(gone)], blocked],
    [
      "are blocked for each name of the owner's",
      [label("alice", alice), holder(gone), label("more", gone), namespace(gone)],
      blocked,
    ],
    [
      "are nobody's when the name rests",
      [gone, resting("alice", gone), namespace(gone)],
      undefined,
    ],
    [
      "are blocked where an admin's endpoint has the host itself",
      [holder(gone), namespace(gone), reserved("on"), endpoint(gone, { host })],
      blocked,
    ],
  ])("all below: %s", (_title, entities, expected) => {
    const table = tableOf(entities, on);
    const at = (name: string) =>
      table.at(name)?.routes.map(({ kind, path, service }) => `${kind} ${path} → ${service.kind}`);
    const names = ["alice", "more"].filter((name) => entities.flat().some(({ id }) => id === name));
    for (const name of names) {
      for (const below of ["x", "y.x", "x.alice"]) {
        const one = `${below}.${name}.on.${zone}`;
        expect(at(one), one).toEqual(expected);
        expect(hostPage(table, one, "/a").status).toBe(expected === undefined ? 404 : 403);
      }
      expect(at(`x${name}.on.${zone}`)).toBeUndefined();
      expect(at(`x.${name}.on.${zone}.x`)).toBeUndefined();
    }
    expect(at(`x.on.${zone}`)).toBeUndefined();
    expect(at(`on.${zone}`)).toBeUndefined();
  });

  it("below another goes its own way where it is claimed by itself", () => {
    const deep = endpoint(bob, { host: `x.${host}` });
    const entities = [holder(gone), namespace(gone), holder(bob), deep];
    expect(routesAt(`x.${host}`, entities, on)).toEqual(["endpoint  → endpoint"]);
    const table = tableOf(entities, on);
    expect(table.at(`x.${host}`)?.routes).toMatchObject([{ name: `endpoint-${deep.id}` }]);
    expect(table.at(`y.x.${host}`)?.routes).toMatchObject([{ kind: "suspended" }]);
  });

  it("is of the label next to it, and only where namespaces are kept", () => {
    const entities = [holder(gone), namespace(gone), holder(bob), namespace(bob)];
    expect([...tableOf(entities, on).hosts.keys()]).toEqual([
      `*.${host}`,
      host,
      `alice.${zone}`,
      `console.${zone}`,
      `projects.${zone}`,
    ]);
    expect(routesAt(host, entities)).toBeUndefined();
    const elsewhere = { namespaces: { enabled: true, hosts: "k8s" } };
    expect(routesAt(`alice.k8s.${zone}`, entities, elsewhere)).toEqual(blocked);
    expect(routesAt(host, entities, elsewhere)).toBeUndefined();
  });

  it("is its owner's, and so is what is below", () => {
    const { rules } = testSettings(on);
    const state = stateOf(holder(alice), namespace(alice), holder(bob));
    const claim = (name: string) => ingressClaim(state, rules, name);
    expect(claim(host)).toEqual({ owner: alice.id, label: "alice", isOwn: true });
    expect(claim(`x.y.${host}`)).toEqual({ owner: alice.id, label: "alice", isOwn: false });
    for (const name of [`bob.on.${zone}`, `on.${zone}`, `xalice.on.${zone}`, `alice.on.${zone}.x`])
      expect(claim(name)).toBeUndefined();
  });
});

describe("a host's routes", () => {
  const home = `alice.${zone}`;
  it.each<[entities: Entities, expected: string[] | undefined]>([
    [[holder(alice)], undefined],
    [[holder(alice), endpoint(alice, {})], ["endpoint  → endpoint"]],
    [[holder(alice), endpoint(alice, { paused: true })], ["default  → userhomes"]],
    [
      [holder(suspended(alice)), endpoint(alice, {}), page(alice, { host: home, path: "/x" })],
      ["suspended  → console"],
    ],
    [[holder(suspended(alice))], ["suspended  → console"]],
    [[alice, resting("alice", alice)], ["given-back  → console"]],
    [[resting("alice", alice)], ["given-back  → console"]],
    [
      [
        holder(alice),
        endpoint(alice, { path: "/a" }),
        endpoint(alice, { path: "/a/b" }),
        page(alice, { host: home, path: "/a/c/d" }),
      ],
      [
        "page /a/c/d → pages",
        "endpoint /a/b → endpoint",
        "endpoint /a → endpoint",
        "default  → userhomes",
      ],
    ],
    [
      [
        holder(alice),
        page(alice, { host: home, path: "/p", accessControl: true }),
        endpoint(alice, { path: "/auth" }),
      ],
      [
        "page-sign-in /auth → pages",
        "endpoint /auth → endpoint",
        "page /p → pages",
        "default  → userhomes",
      ],
    ],
  ])("case %#", (entities, expected) => expect(routesAt(home, entities)).toEqual(expected));

  it("beside members: the console's rest of an admin's host, and the daemon's own host", () => {
    const deep = `a.b.${zone}`;
    expect(routesAt(deep, [holder(alice), endpoint(alice, { host: deep, path: "/x" })])).toEqual([
      "endpoint /x → endpoint",
      "default  → console",
    ]);
    expect(routesAt(`projects.${zone}`, [])).toEqual(["page-sign-in  → pages"]);
    expect(routesAt(`projects.${zone}`, [], { pages: { enabled: false } })).toBeUndefined();
    expect(routesAt(`console.${zone}`, [])).toEqual(["console  → console"]);
    expect([...tableOf([], { publicUrl: "https://10.0.0.1:8443" }).hosts.keys()]).toEqual([
      `projects.${zone}`,
    ]);
    expect([...tableOf([], { publicUrl: "https://[2001:db8::1]" }).hosts.keys()]).toEqual([
      `projects.${zone}`,
    ]);
  });

  it("a host of pages at rest, but nobody's who has a better right, and none of others", () => {
    const left = (host: string) =>
      pageHost(host, { kind: "namespace", id: 5 }, { restsUntil: "2999-01-01T00:00:00.000Z" });
    const host = `club.${zone}`;
    const again = page(null, { host, namespace: 5, projectPath: "club/site" });
    expect(routesAt(host, [left(host), again])).toEqual(["given-back  → console"]);
    expect(routesAt(host, [left(host)], { pages: { enabled: false } })).toBeUndefined();
    const holders = [left(`alice.${zone}`), holder(alice), endpoint(alice, { path: "/a" })];
    expect(routesAt(`alice.${zone}`, holders)?.[0]).toMatch(/^endpoint \/a/);
    for (const others of ["www.example.org", zone, `mail.${zone}`, `x.wild.${zone}`]) {
      const ownHosts = { ownHosts: [`mail.${zone}`, `*.wild.${zone}`] };
      expect(routesAt(others, [left(others)], ownHosts as never), others).toBeUndefined();
    }
  });

  it("keeps a page's lower-case spelling only where nothing else stands", () => {
    const spellings = (...entities: Entities) =>
      tableOf([holder(alice), ...entities])
        .hosts.get(home)
        ?.routes.filter(({ kind }) => kind !== "default")
        .map(({ path, otherPath }) => [path, otherPath]);
    const upper = page(alice, { host: home, path: "/Foo" });
    expect(spellings(upper)).toEqual([["/Foo", "/foo"]]);
    expect(spellings(upper, endpoint(alice, { path: "/foo" }))?.toSorted()).toEqual([
      ["/Foo", undefined],
      ["/foo", undefined],
    ]);
    const both = spellings(upper, page(alice, { host: home, path: "/FOO" }));
    expect(both?.filter(([, other]) => other === "/foo")).toHaveLength(1);
  });
});

describe("for any state", () => {
  const settingsOf = (world: { overrides: Parameters<typeof testSettings>[0] }) => {
    const settings = testSettings(world.overrides);
    return { rules: settings.rules, userhomes: settings.userhomes.enabled };
  };

  it("no two routes of a host tie, and each host has a rest", () => {
    fc.assert(
      fc.property(worlds(targets), (world) => {
        for (const { routes } of routingTable(
          stateOf(world.entities),
          settingsOf(world),
        ).hosts.values()) {
          const places = routes.flatMap((route) =>
            [route.path, route.otherPath]
              .filter((path) => path !== undefined)
              .map((path) => `${path}?${route.queryParameter}`),
          );
          expect(new Set(places).size).toBe(places.length);
          expect(routes.at(-1)?.path).toBe("");
          const ranks = routes.map(priorityOf);
          expect(ranks).toEqual(ranks.toSorted((a, b) => b - a));
        }
      }),
      { numRuns: 60 },
    );
  });

  it("one host and one endpoint by themselves say what the whole table says", () => {
    fc.assert(
      fc.property(worlds(targets), (world) => {
        const state = stateOf(world.entities);
        const settings = settingsOf(world);
        const table = routingTable(state, settings);
        for (const [host, { routes }] of table.hosts) {
          expect(hostRoutes(state, settings, host as Hostname).routes).toEqual(routes);
        }
        const names = new Set(
          [...table.hosts.values()].flatMap(({ routes }) => routes.map(({ name }) => name)),
        );
        for (const one of state.endpoints.values()) {
          const { state: standing } = endpointStanding(state, settings, one);
          expect(standing === "routed").toBe(names.has(`endpoint-${one.id}`));
          const isOut = table.unrouted.some(({ kind, id }) => kind === "endpoint" && id === one.id);
          expect(standing === "set-aside").toBe(isOut);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("a host below one of ingresses is its own, or blocked with its owner, and else the cluster's", () => {
    fc.assert(
      fc.property(
        worlds(targets),
        fc.constantFrom("alice", "bob", "games"),
        fc.constantFrom("x", "y.x", "alice", "bob.on"),
        fc.boolean(),
        (world, name, some, isGone) => {
          const state = stateOf(
            world.entities.map((one) =>
              isGone && (one.kind === "person" || one.kind === "group") && one.name === name
                ? suspended(one)
                : one,
            ),
          );
          const settings = settingsOf(world);
          const table = routingTable(state, settings);
          const host = `${some}.${name}.on.${zone}`;
          const record = state.labels.get(name);
          const owner = state.owners.get(record?.owner ?? "");
          const isBlocked =
            settings.rules.modules.has("namespaces") &&
            record?.restsUntil === undefined &&
            owner?.suspended !== undefined &&
            state.namespacesByOwner.has(owner.id);
          const own = table.hosts.get(host);
          const kinds = table.at(host)?.routes.map(({ kind }) => kind);
          if (own === undefined) expect(kinds).toEqual(isBlocked ? ["suspended"] : undefined);
          else expect(table.at(host)).toBe(own);
          expect(lookupIn(state, settings).at(host)).toEqual(table.at(host));
        },
      ),
      { numRuns: 200 },
    );
  });

  it("the order in which it came about does not matter", () => {
    fc.assert(
      fc.property(worlds(targets), fc.infiniteStream(fc.nat()), (world, ranks) => {
        const shuffled = world.entities
          .map((entity) => ({ entity, rank: ranks.next().value }))
          .toSorted((a, b) => a.rank - b.rank)
          .map(({ entity }) => entity);
        const settings = settingsOf(world);
        const [one, other] = [world.entities, shuffled].map((entities) =>
          routingTable(stateOf(entities), settings),
        );
        expect([...(other?.hosts ?? [])]).toEqual([...(one?.hosts ?? [])]);
      }),
      { numRuns: 40 },
    );
  });

  it("no claimed host is one that is handed to Pages", () => {
    fc.assert(
      fc.property(worlds(targets), (world) => {
        const settings = testSettings(world.overrides);
        const { hosts } = routingTable(stateOf(world.entities), settingsOf(world));
        for (const host of hosts.keys()) {
          const request = { entryPoint: "https", sni: host, host, path: "/" } as const;
          const table = { hosts: new Map(), at: () => undefined };
          expect(answer(table, settings, request).kind, host).not.toBe("passthrough");
        }
      }),
      { numRuns: 60 },
    );
  });

  it("nothing at all leaves the console", () => {
    const { rules } = testSettings();
    expect([...routingTable(emptyState, { rules, userhomes: false }).hosts.keys()]).toEqual([
      `console.${zone}`,
    ]);
  });
});
