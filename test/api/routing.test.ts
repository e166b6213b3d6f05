import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { routeRows, routesDiff, type RoutesDiff } from "../../src/api/routing.ts";
import { loadConfig } from "../../src/config.ts";
import { operator } from "../../src/domain/policy.ts";
import { rulesFrom } from "../../src/domain/rules.ts";
import { apply, emptyState, type Change, type State } from "../../src/domain/state.ts";
import { endpointStanding, routingTable } from "../../src/traefik/table.ts";
import { HostsBelow } from "../../src/traefik/touched-hosts.ts";
import { ZONE } from "./support.ts";

const config = loadConfig({
  env: {
    TARDIS_ZONE: ZONE,
    TARDIS_PUBLICURL: `https://console.${ZONE}`,
    TARDIS_TARGETS__NETWORKS: '[{"cidr": "10.0.0.0/8"}]',
    TARDIS_PAGES__ENABLED: "true",
    TARDIS_QUOTAS__PERSON__PAGES: "1",
    TARDIS_PAGES__SEVERALLABELS: "true",
  },
});
const settings = { rules: rulesFrom(config), userhomes: true };

const AT = "2026-11-22T12:00:00.000Z";
const stamp = { v: 1, revision: 1, createdAt: AT };
const NAMES = ["a", "b", "c"];
const HOSTS = [
  `a.${ZONE}`,
  `b.${ZONE}`,
  `d.${ZONE}`,
  ZONE,
  `x.d.${ZONE}`,
  `www.${ZONE}`,
  `console.${ZONE}`,
  "elsewhere.test",
];
const owner = fc.constantFrom(...NAMES.map((name) => `per-${name}`));

function changeOf(kind: string, id: string, fields: object | null): Change {
  return { kind, id, entity: fields === null ? null : { ...stamp, kind, id, ...fields } } as Change;
}
const orGone = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { freq: 5, nil: null });

const person = fc
  .tuple(
    fc.constantFrom(...NAMES),
    orGone(fc.record({ suspended: fc.boolean(), own: fc.boolean(), pages: fc.constantFrom(1, 2) })),
  )
  .map(([name, of]) =>
    changeOf(
      "person",
      `per-${name}`,
      of && {
        name,
        role: "member",
        identities: [],
        quota: { pages: of.pages },
        ...(of.own ? { targets: [{ network: "192.0.2.0/24", ports: ["80"] }] } : {}),
        ...(of.suspended ? { suspended: { at: AT, reason: "x", cause: "admin" } } : {}),
      },
    ),
  );
const label = fc
  .tuple(fc.constantFrom(...NAMES, "d", "www"), orGone(fc.record({ owner, rests: fc.boolean() })))
  .map(([id, of]) =>
    changeOf(
      "label",
      id,
      of && { owner: of.owner, ...(of.rests ? { restsUntil: "2027-01-01T00:00:00.000Z" } : {}) },
    ),
  );
// An endpoint's place goes with its number: two never stand at one place.
const endpoint = fc
  .tuple(
    fc.nat(HOSTS.length * 2 - 1),
    orGone(fc.record({ owner, paused: fc.boolean(), good: fc.boolean() })),
  )
  .map(([n, of]) =>
    changeOf(
      "endpoint",
      `ep-${n}`,
      of && {
        owner: of.owner,
        host: HOSTS[n >> 1],
        path: n % 2 === 0 ? "" : "/x",
        targets: [of.good ? "http://10.0.0.1:80" : "http://192.0.2.1:80"],
        stripPrefix: false,
        passHostHeader: true,
        acceptSelfSigned: false,
        paused: of.paused,
      },
    ),
  );
const page = fc
  .tuple(
    fc.nat(4),
    orGone(
      fc.record({
        owner: fc.option(owner),
        host: fc.constantFrom(...HOSTS),
        path: fc.constantFrom("", "/x", "/Y"),
        accessControl: fc.boolean(),
      }),
    ),
  )
  .map(([n, of]) =>
    changeOf("page", `page-${n}`, of && { project: n + 1, projectPath: "p", ...of }),
  );
const reserved = fc
  .tuple(fc.constantFrom("a", "d"), orGone(fc.constant({ reason: "x" })))
  .map(([id, of]) => changeOf("reserved", id, of));

const changes = fc.array(fc.oneof(person, label, endpoint, page, reserved), { maxLength: 25 });
const people = NAMES.flatMap((name) => [
  changeOf("person", `per-${name}`, { name, role: "member", identities: [] }),
  changeOf("label", name, { owner: `per-${name}` }),
]);

/** The difference of the two whole tables. */
function wholeDiff(before: State, after: State): RoutesDiff {
  const places = (state: State) =>
    new Map(
      [...routeRows(state, settings).rows.values()]
        .filter(({ name }) => name !== null)
        .map((view) => [`${view.host} ${view.path} ${view.queryParameter}`, view]),
    );
  const [old, fresh] = [places(before), places(after)];
  const diff: RoutesDiff = { added: [], removed: [], changed: [] };
  for (const [place, view] of fresh) {
    const was = old.get(place);
    if (was === undefined) diff.added.push(view);
    else if (JSON.stringify(was) !== JSON.stringify(view))
      diff.changed.push({ before: was, after: view });
  }
  for (const [place, view] of old) if (!fresh.has(place)) diff.removed.push(view);
  return diff;
}
const sorted = (diff: RoutesDiff) =>
  Object.entries(diff).map(([key, list]) => [
    key,
    list.map((item) => JSON.stringify(item)).toSorted(),
  ]);

describe("what is derived of one host agrees with the whole table", () => {
  test("where an endpoint stands", () => {
    fc.assert(
      fc.property(changes, (made) => {
        const state = apply(emptyState, [...people, ...made], 1);
        const table = routingTable(state, settings);
        for (const entry of state.endpoints.values()) {
          const standing = endpointStanding(state, settings, entry);
          const routes = table.hosts.get(entry.host)?.routes ?? [];
          const isRouted = routes.some(
            ({ service }) => service.kind === "endpoint" && service.endpoint.id === entry.id,
          );
          expect(standing.state === "routed", JSON.stringify(entry)).toBe(isRouted);
          const aside = table.unrouted.find(({ id }) => id === entry.id);
          if (aside !== undefined && standing.state === "set-aside")
            expect(standing.reason).toBe(aside.reason);
          if (standing.state === "paused") expect(entry.paused).toBe(true);
          if (standing.state !== "routed" && standing.state !== "paused")
            expect(standing.reason).toBeTruthy();
        }
      }),
      { numRuns: 500 },
    );
  });

  test("what a change routes differently", () => {
    fc.assert(
      fc.property(changes, changes, (made, later) => {
        const before = apply(emptyState, [...people, ...made], 1);
        const after = apply(before, later, 2);
        expect(
          sorted(
            routesDiff(
              before,
              after,
              later,
              settings,
              HostsBelow.of(before, settings.rules.zone),
              operator,
            ),
          ),
        ).toEqual(sorted(wholeDiff(before, after)));
      }),
      { numRuns: 500 },
    );
  });
});
