import fc from "fast-check";
import type {
  Endpoint,
  Entity,
  LabelRecord,
  Owner,
  Page,
  PageHost,
} from "../../src/domain/entities.ts";
import {
  type Overrides,
  endpoint,
  group,
  label,
  namespace,
  page,
  pageHost,
  person,
  reserved,
  resting,
  suspended,
  zone,
} from "./states.ts";

// States as a host may come to have them, close enough together that places meet: prefixes that
// look alike, mixed case, sites of several owners at one host.

const names = ["alice", "bob", "games", "carol", "al", "alice-2", "9lives"] as const;
const under = (...labels: readonly string[]) => labels.map((name) => `${name}.${zone}`);

/** Hosts of operators: the apex, reserved, deeper and own ones. */
const adminHosts = [
  zone,
  ...under("www", "held", "deep.alice", "a.b", "console", "bob", "bob.on", "x.bob.on"),
  "own.example",
  "x.wild.example",
];
const pageHosts = [
  ...under(...names, "site-1a2b", "www", "projects", "blog.alice", "x.on"),
  "www.example.org",
];
/** GitLab's namespaces; few, so that hosts are now their first one's, now another's. */
const namespaces = [1, 2, 3] as const;
const paths = [
  "",
  "/foo",
  "/foobar",
  "/foo/bar",
  "/foo/bar/baz",
  "/Foo",
  "/FOO",
  "/fo",
  "/auth",
  "/a.b",
  "/~x",
];

/** The paths that requests are made of. */
export const knownPaths = paths;
/** Hosts that a state may claim. */
export const claimableHosts = [
  ...new Set([
    ...under(...names),
    ...under(...names.map((name) => `${name}.on`)),
    ...adminHosts,
    ...pageHosts,
  ]),
];

/** A state's entities, and the configuration it is rendered with. */
export interface World {
  readonly entities: readonly Entity[];
  readonly overrides: Overrides;
}

const ownerOf = (name: string): fc.Arbitrary<Owner> =>
  fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 5 })).map(([isGroup, luck]) => {
    const owner = isGroup ? group(name) : person(name);
    return luck === 0 ? suspended(owner) : owner;
  });

const owners: fc.Arbitrary<Owner[]> = fc
  .subarray([...names], { minLength: 1 })
  .chain((chosen) => fc.tuple(...chosen.map(ownerOf)));

/** Each owner's own label, mostly held; now and then one is at rest or gone. */
function labelsOf(all: readonly Owner[]): fc.Arbitrary<LabelRecord[]> {
  const one = (owner: Owner) =>
    fc.integer({ min: 0, max: 9 }).map((luck) => {
      if (luck === 0) return [];
      return [luck === 1 ? resting(owner.name, owner) : label(owner.name, owner)];
    });
  return fc.tuple(...all.map(one)).map((lists) => lists.flat());
}

/** @param targets one for each endpoint, so that one can tell which of them answered */
function endpointsOf(all: readonly Owner[], targets: readonly string[]): fc.Arbitrary<Endpoint[]> {
  const place = fc.record({
    owner: fc.constantFrom(...all),
    host: fc.option(fc.constantFrom(...adminHosts), { nil: undefined, freq: 3 }),
    path: fc.constantFrom(...paths),
    paused: fc.integer({ min: 0, max: 7 }).map((luck) => luck === 0),
    ungranted: fc.integer({ min: 0, max: 11 }).map((luck) => luck === 0),
    stripPrefix: fc.boolean(),
    passHostHeader: fc.boolean(),
  });
  return fc
    .uniqueArray(place, {
      maxLength: targets.length,
      selector: ({ owner, host, path }) => `${host ?? `${owner.name}.${zone}`} ${path}`,
    })
    .map((places) =>
      places.map(({ owner, host, ungranted, ...rest }, index) => {
        const granted = targets[index] ?? "";
        const where = host === undefined ? {} : { host };
        return endpoint(owner, {
          ...rest,
          ...where,
          targets: [ungranted ? "http://192.0.2.1:80" : granted],
        });
      }),
    );
}

function pagesOf(all: readonly Owner[]): fc.Arbitrary<Page[]> {
  const site = fc
    .record({
      host: fc.constantFrom(...pageHosts),
      path: fc.constantFrom(...paths),
      accessControl: fc.boolean(),
      project: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 5, max: 999 })),
      owner: fc.constantFrom(...all),
      owned: fc.integer({ min: 0, max: 2 }),
      namespace: fc.option(fc.constantFrom(...namespaces), { nil: null, freq: 5 }),
      deployed: fc.integer({ min: 0, max: 4 }).map((luck) => luck > 0),
      serves: fc.constantFrom("site", "site", "redirect"),
      /** Whether the host is its namespace's, or the domain of the site alone. */
      isNamespaces: fc.integer({ min: 0, max: 3 }).map((luck) => luck > 0),
    })
    .map(({ owner, owned, host, isNamespaces, ...rest }) => {
      // Mostly the one whose name it is; else somebody, or nobody.
      const byName = all.find(({ name }) => host === `${name}.${zone}`);
      const root = isNamespaces ? (host.split(".")[0] ?? "") : "projects";
      const projectPath = `${root}/${rest.project}`;
      return page(owned > 0 ? (byName ?? owner) : null, { host, ...rest, projectPath });
    });
  return fc.uniqueArray(site, { maxLength: 10, selector: ({ id }) => id });
}

/** To whom hosts of pages were given first; some have left theirs. */
function pageHostsOf(all: readonly Owner[]): fc.Arbitrary<PageHost[]> {
  const one = fc
    .record({
      host: fc.constantFrom(...pageHosts),
      kind: fc.constantFrom("namespace", "namespace", "project"),
      id: fc.constantFrom(...namespaces),
      owner: fc.option(fc.constantFrom(...all), { nil: undefined }),
      rests: fc.integer({ min: 0, max: 2 }).map((luck) => luck === 0),
    })
    .map(({ host, kind, id, owner, rests }) =>
      pageHost(
        host,
        { kind, id },
        {
          owner: owner?.id ?? null,
          ...(rests ? { restsUntil: "2999-01-01T00:00:00.000Z" } : {}),
        },
      ),
    );
  return fc.uniqueArray(one, { maxLength: 6, selector: ({ id }) => id });
}

const overrides = fc
  .record({
    namespaces: fc.boolean(),
    userhomes: fc.boolean(),
    pages: fc.integer({ min: 0, max: 4 }).map((luck) => luck > 0),
    customDomains: fc.integer({ min: 0, max: 4 }).map((luck) => luck > 0),
    severalLabels: fc.boolean(),
    publicUrl: fc.constantFrom(
      `https://console.${zone}`,
      "https://console.example",
      `https://${zone}`,
    ),
    pagesQuota: fc.constantFrom(1, 50),
  })
  .map(({ namespaces, userhomes, pages, customDomains, severalLabels, publicUrl, pagesQuota }) => ({
    namespaces: { enabled: namespaces },
    userhomes: { enabled: userhomes },
    pages: { enabled: pages, customDomains, severalLabels },
    publicUrl,
    ownHosts: ["own.example", "*.wild.example"],
    quotas: {
      person: {
        endpoints: 20,
        labels: 1,
        pages: pagesQuota,
        tokens: 10,
        namespaces: 1,
        databases: 5,
        databaseAccounts: 5,
        buckets: 5,
        bucketKeys: 10,
        bucketGigabytes: 20,
        targetsPerEndpoint: 8,
        changesPerHour: 240,
      },
    },
  }));

/**
 * A believable state with its configuration.
 * @param targets of the endpoints; as many as a state has at most
 */
export function worlds(targets: readonly string[]): fc.Arbitrary<World> {
  return owners.chain((all) =>
    fc
      .record({
        labels: labelsOf(all),
        endpoints: endpointsOf(all, targets),
        pages: pagesOf(all),
        given: pageHostsOf(all),
        tenants: fc.subarray([...all]),
        held: fc.subarray([reserved("held")]),
        overrides,
      })
      .map(({ labels, endpoints, pages, given, tenants, held, overrides: chosen }) => ({
        entities: [
          ...all,
          ...labels,
          ...endpoints,
          ...pages,
          ...given,
          ...tenants.map((owner) => namespace(owner)),
          ...held,
        ],
        overrides: chosen,
      })),
  );
}
