import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  type Answer,
  type Otherwise,
  type RoutedRequest,
  answer,
} from "../../src/traefik/answer.ts";
import { render } from "../../src/traefik/render.ts";
import { canonicalHost, readTarget } from "../../src/traefik/request-target.ts";
import type { RoutingTable } from "../../src/traefik/routes.ts";
import { SHAPE, type Shape } from "../../src/traefik/shape.ts";
import { requests } from "../support/arbitrary-requests.ts";
import { type World, worlds } from "../support/arbitrary-states.ts";
import { askAll } from "../support/asker.ts";
import { type Backend, startBackend } from "../support/backends.ts";
import { expectNoComplaint, publishBytes } from "../support/live.ts";
import { type PagesServer, startPagesServer } from "../support/pages-server.ts";
import { type Published, serviceTo, startPublished } from "../support/published.ts";
import { describeWithService } from "../support/services.ts";
import { stateOf, testSettings, zone } from "../support/states.ts";

// The routing table's own answer against the real Traefik's, for states and requests made up by
// fast-check, with another provider's routers beside ours. More of them: TARDIS_FUZZ_STATES=300.

const stateCount = Number(process.env["TARDIS_FUZZ_STATES"] ?? 30);
const seed = Number(process.env["TARDIS_FUZZ_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const requestsEach = 40;
const endpointCount = 12;

/** Everything small, so that a few hosts stand in several groups, chunks and merged maps. */
const small: Shape = {
  hosts: { mean: 4, max: 5 },
  entries: { mean: 4, max: 6 },
  mergeAbove: 6,
  treeAbove: 4,
};

const layouts: readonly [layout: "flat" | "tree", how: string, shape: Shape][] = [
  ["flat", "as it is small", SHAPE],
  ["flat", "cut small and merged", small],
  ["tree", "as it is small", SHAPE],
  ["tree", "cut small and merged", small],
];

/** Another provider's routers: on claimed and unclaimed hosts, short rules and long ones. */
const others = {
  hosts: [`alice.${zone}`, `free.${zone}`, "other.example", "own.example"],
  suffix: `.on.${zone}`,
  path: "/other-only",
};

function otherRouters(): object {
  const rules = [
    ...others.hosts.map((host) => `Host(\`${host}\`)`),
    `HostRegexp(\`^.+\\.on\\.tardis\\.ac$\`)`,
    `PathPrefix(\`${others.path}\`)`,
    `Host(\`bob.${zone}\`) && PathPrefix(\`/foo\`) && !PathPrefix(\`/${"long".repeat(50)}\`)`,
  ];
  const router = (rule: string, more: object) => ({ rule, service: "other", ...more });
  return Object.fromEntries(
    rules.flatMap((rule, index) => [
      [`plain-${index}`, router(rule, { entryPoints: ["web"] })],
      [`tls-${index}`, router(rule, { entryPoints: ["websecure"], tls: {} })],
    ]),
  );
}

/** Whether another provider's router takes a request for a host that we do not claim. */
function isOthers({ host, path }: RoutedRequest): boolean {
  const read = readTarget(path, host);
  if (read === undefined) return false;
  if (others.hosts.includes(read.host) || read.path.startsWith(others.path)) return true;
  // The pattern asks for one character before the dot, and sees a trailing dot that `Host` ignores.
  const isBelow = read.host.endsWith(others.suffix) && read.host.length > others.suffix.length;
  const hasDot = host.replace(/:[^:]*$/, "").endsWith(".");
  if (isBelow && !hasDot) return true;
  return read.host === `bob.${zone}` && read.path.startsWith("/foo");
}

/** Who should answer, in the words of `whoAnswered`. */
function expected(ask: (request: RoutedRequest) => Answer, request: RoutedRequest): string {
  const predicted = ask(request);
  if (predicted.kind === "passthrough") {
    // A router of another provider for just this name keeps its connections on Traefik.
    const named = others.hosts.includes(canonicalHost(request.sni ?? ""));
    return named ? expected(ask, { ...request, sni: null }) : "passthrough";
  }
  if (predicted.kind === "refused") return String(predicted.status);
  if (predicted.kind === "redirect") return "redirect";
  if (predicted.kind === "unclaimed") {
    return isOthers(request) ? "other" : unclaimed[predicted.otherwise];
  }
  const { service } = predicted.route;
  if (service.kind === "endpoint") return memberAt(service.endpoint.targets[0]);
  return service.kind === "pages" ? "pages/proxy" : service.kind;
}

const unclaimed: Record<Otherwise, string> = {
  userhomes: "userhomes",
  console: "console",
  nothing: "404",
  redirect: "redirect",
  refused: "502",
  challenge: "pages/http",
};

/** A state and its table as a person can read them. */
function described({ entities, overrides }: World, table: RoutingTable): string {
  const lines = entities.map((entity) => {
    const { v: _v, revision: _revision, createdAt: _createdAt, ...rest } = entity;
    return JSON.stringify(rest);
  });
  const routes = [...table.hosts.values()].flatMap((host) => host.routes);
  return [
    JSON.stringify(overrides),
    ...lines,
    ...routes.map(({ name, host, path }) => `${host}${path} ${name}`),
  ].join("\n");
}

const members: Backend[] = [];

function memberAt(url: string | undefined): string {
  return members.find((member) => member.url === url)?.name ?? "nobody";
}

describeWithService("traefik", "the routing table's answer and Traefik's", () => {
  const servers: { close(): Promise<void> }[] = [];
  let userhomes: Backend;
  let consoleServer: Backend;
  let other: Backend;
  let pages: PagesServer;
  let published: Published;

  beforeAll(async () => {
    for (let index = 0; index < endpointCount; index++)
      members.push(await startBackend(`member-${index}`));
    userhomes = await startBackend("userhomes");
    consoleServer = await startBackend("console");
    other = await startBackend("other");
    pages = await startPagesServer();
    published = await startPublished({
      fileProvider: {
        http: { services: { other: serviceTo(other.url) }, routers: otherRouters() },
      },
    });
    servers.push(published, ...members, userhomes, consoleServer, other, pages);
  });
  afterAll(async () => {
    for (const server of servers) await server.close();
  });

  function settingsOf({ overrides }: World, layout: "flat" | "tree") {
    return testSettings({
      ...overrides,
      traefik: { consoleUrl: consoleServer.url, layout },
      userhomes: { ...overrides.userhomes, url: userhomes.url },
      pages: {
        ...overrides.pages,
        url: `http://127.0.0.1:${pages.proxyPort}`,
        challengeUrl: `http://127.0.0.1:${pages.httpPort}`,
        tlsAddress: `127.0.0.1:${pages.tlsPort}`,
      },
    });
  }

  it.each(layouts)(
    `are the same for ${stateCount} states (TARDIS_FUZZ_SEED=${seed}): %s, %s`,
    async (layout, _how, shape) => {
      const targets = members.map(({ url }) => url);
      const seen = new Set<string>();
      const sampled = fc.sample(worlds(targets), { numRuns: stateCount, seed });
      for (const [index, world] of sampled.entries()) {
        const settings = settingsOf(world, layout);
        const { body, table } = render(stateOf(world.entities), settings, shape);
        await publishBytes(published, body);
        await expectNoComplaint(published);
        const asked = fc.sample(requests, { numRuns: requestsEach, seed: seed + index });
        const answered = await askAll(published.traefik, asked);
        const wrong = asked.flatMap((request, position) => {
          const should = expected((question) => answer(table, settings, question), request);
          seen.add(should);
          const did = answered[position];
          return did === should ? [] : [{ request, should, did }];
        });
        expect(
          wrong,
          wrong.length === 0 ? "" : `state ${index}:\n${described(world, table)}`,
        ).toEqual([]);
      }
      // What is never asked for is not held.
      const kinds = [
        "userhomes",
        "console",
        "other",
        "redirect",
        "passthrough",
        "pages/proxy",
        "404",
        "400",
      ];
      if (stateCount >= 30) expect([...seen]).toEqual(expect.arrayContaining(kinds));
    },
    60_000 + stateCount * 5_000,
  );
});
