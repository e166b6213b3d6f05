import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startApi, ZONE, type TestApi } from "./support.ts";

const RUNS = Number(process.env["TARDIS_FUZZ_RUNS"] ?? 80);

let api: TestApi;
const ids = new Map<string, string>();
beforeAll(async () => {
  api = await startApi();
  ids.set("person", (await api.must("POST", "/api/v1/persons", { username: "alice" })).id);
  ids.set(
    "group",
    (await api.must("POST", "/api/v1/groups", { name: "games", managers: ["alice"] })).id,
  );
  ids.set(
    "endpoint",
    (await api.must("POST", "/api/v1/endpoints", { owner: "alice", target: "http://10.0.0.7:80" }))
      .id,
  );
  await api.must("POST", "/api/v1/persons", { username: "carol" });
  const wish = { kind: "quota", of: "tokens", amount: 50 };
  const asked = { owner: "carol", wish, reason: "x" };
  ids.set("request", (await api.must("POST", "/api/v1/requests", asked)).id);
});
afterAll(() => api.close());

const odd = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.constantFrom(
    "alice",
    "games",
    ZONE,
    "www",
    "/",
    "/a",
    "/a/../b",
    "http://10.0.0.7:80",
    "http://[::1]:80",
    "`||Host(`x`)",
    "\u0000",
    "xn--a",
    "x".repeat(10_000),
  ),
);
const value: fc.Arbitrary<unknown> = fc.oneof(
  odd,
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.array(odd, { maxLength: 4 }),
  fc.constantFrom<unknown[]>(
    ["read"],
    ["read", "admin"],
    { path: "/healthz" },
    { endpoints: 1 },
    [{ network: "10.0.0.0/8", ports: ["1-2"] }],
    [{ network: "10.0.0.0/8", ports: ["99999-0"] }],
    [{ suffix: ".x", ports: ["80"] }],
    [{ issuer: "https://id.test", subject: "s" }],
    "2027-01-01T00:00:00.000Z",
  ),
  fc.constantFrom(
    { kind: "label", label: "Wonder" },
    { kind: "quota", of: "__proto__", amount: 1 },
    { kind: "quota", of: "targetsPerEndpoint", amount: 65 },
    { kind: "target", grant: { network: "10.0.3.7/8", ports: ["80"] } },
    { kind: "target", grant: { suffix: ".x", ports: ["99999-0"] } },
    { kind: "renewal" },
  ),
  fc.jsonValue(),
);
const TARGETING = [
  "label",
  "host",
  "path",
  "target",
  "targets",
  "stripPrefix",
  "passHostHeader",
  "acceptSelfSigned",
  "healthCheck",
  "paused",
];
const OWNER = ["displayName", "quota", "targets", "membershipEndsAt"];

/** A body that is right but for odd values in some fields; or anything at all. */
function bodies(right: object, fields: readonly string[]): fc.Arbitrary<unknown> {
  const names = [...Object.keys(right), ...fields];
  const odds =
    names.length === 0
      ? fc.constant({})
      : fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 3 });
  return fc.oneof(
    { weight: 5, arbitrary: odds.map((odd) => ({ ...right, ...odd })) },
    { weight: 1, arbitrary: fc.jsonValue() },
  );
}

test.each([
  ["POST", "persons", { username: "zoe" }, ["displayName", "email"]],
  ["PATCH", "persons/{person}", {}, [...OWNER, "username", "email", "role", "identities"]],
  ["POST", "persons/{person}/suspend", { reason: "x" }, []],
  ["POST", "persons/{person}/resume", {}, []],
  ["POST", "groups", { name: "chess" }, ["displayName", "managers"]],
  ["PATCH", "groups/{group}", {}, [...OWNER, "managers"]],
  ["POST", "groups/{group}/suspend", { reason: "x" }, []],
  ["POST", "labels", { label: "wonder", owner: "games" }, []],
  ["POST", "labels/alice/free", {}, []],
  ["POST", "reserved-names", { label: "kept", reason: "x" }, []],
  ["POST", "endpoints", { owner: "games", target: "http://10.0.0.7:80" }, TARGETING],
  ["POST", "endpoints", { owner: "games", path: "/two", targets: ["https://10.0.0.7"] }, TARGETING],
  ["PATCH", "endpoints/{endpoint}", {}, TARGETING],
  [
    "POST",
    "requests",
    { owner: "carol", wish: { kind: "quota", of: "pages", amount: 200 }, reason: "x" },
    [],
  ],
  ["POST", "requests/{request}/grant", {}, ["answer"]],
  ["POST", "tokens", { name: "ci", owner: null, scopes: ["read"] }, ["expiresInDays"]],
  ["POST", "passes", { person: "alice" }, ["minutes"]],
] as const)(
  "%s %s: no body makes an internal error, nor leaves something that does",
  async (method, path, right, fields) => {
    const place = path.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => ids.get(name) ?? "");
    let done = 0;
    await fc.assert(
      fc.asyncProperty(bodies(right, fields), fc.boolean(), async (body, dry) => {
        const { status, body: answer } = await api.request(
          method,
          `/api/v1/${place}${dry ? "?dryRun=true" : ""}`,
          { token: api.admin, json: body },
        );
        expect(status, JSON.stringify(answer)).toBeLessThan(500);
        if (status >= 400) expect(answer.detail.length).toBeLessThan(500);
        else done++;
        for (const owner of ["person", "group"]) {
          const json = { owner: ids.get(owner), path: "/probe", target: "http://10.0.0.7:80" };
          expect(
            (await api.request("POST", "/api/v1/endpoints?dryRun=true", { token: api.admin, json }))
              .status,
          ).toBeLessThan(500);
        }
        expect((await api.request("GET", "/api/v1/routes", { token: api.admin })).status).toBe(200);
      }),
      { numRuns: RUNS },
    );
    expect(api.errors).toEqual([]);
    // Bodies that are all refused would try nothing.
    if (path !== "labels/alice/free" && !path.endsWith("/resume")) expect(done).toBeGreaterThan(0);
  },
);

test("no path, query or header does, either", async () => {
  const header = fc.string().map((text) => text.replaceAll(/[^\x20-\x7e]/g, ""));
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(
        "persons",
        "groups",
        "labels",
        "reserved-names",
        "endpoints",
        "pages",
        "pages/domains",
        "tokens",
        "requests",
        "routes",
        "events",
        "whoami",
      ),
      fc.option(fc.string({ unit: "binary", minLength: 1 }), { nil: undefined }),
      fc.dictionary(
        fc.constantFrom(
          "limit",
          "cursor",
          "owner",
          "host",
          "project",
          "dns",
          "type",
          "state",
          "wish",
          "dryRun",
        ),
        odd,
        {
          maxKeys: 3,
        },
      ),
      fc.constantFrom("GET", "DELETE", "PATCH", "POST"),
      fc.record(
        { "If-Match": header, "If-None-Match": header, "Idempotency-Key": header },
        { requiredKeys: [] },
      ),
      async (resource, id, query, method, headers) => {
        const search = new URLSearchParams(query).toString();
        const part =
          id === undefined ? "" : `/${encodeURIComponent(id.replaceAll(/[\ud800-\udfff]/g, "?"))}`;
        const { status } = await api.request(method, `/api/v1/${resource}${part}?${search}`, {
          token: api.admin,
          headers,
        });
        expect(status).toBeLessThan(500);
      },
    ),
    { numRuns: RUNS * 5 },
  );
  expect(api.errors).toEqual([]);
});
