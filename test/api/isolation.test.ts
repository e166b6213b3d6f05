import { afterAll, beforeAll, expect, test } from "vitest";
import { domainChange, problemOf, startApi, ZONE, type TestApi } from "./support.ts";

let api: TestApi;
let alice: string;
const bobs = new Map<string, string>();

beforeAll(async () => {
  api = await startApi();
  await api.must("POST", "/api/v1/persons", { username: "alice" });
  bobs.set("persons", (await api.must("POST", "/api/v1/persons", { username: "bob" })).id);
  bobs.set(
    "groups",
    (await api.must("POST", "/api/v1/groups", { name: "games", managers: ["bob"] })).id,
  );
  bobs.set(
    "endpoints",
    (await api.must("POST", "/api/v1/endpoints", { owner: "bob", target: "http://10.0.0.7:80" }))
      .id,
  );
  bobs.set(
    "tokens",
    (await api.must("POST", "/api/v1/tokens", { name: "b", owner: "bob", scopes: ["read"] })).id,
  );
  bobs.set("passes", (await api.must("POST", "/api/v1/passes", { person: "bob" })).id);
  bobs.set("labels", "bob");
  const wish = { kind: "quota", of: "endpoints", amount: 99 };
  bobs.set(
    "requests",
    (await api.must("POST", "/api/v1/requests", { owner: "bob", wish, reason: "x" })).id,
  );
  bobs.set("buckets", (await api.must("POST", "/api/v1/buckets", { owner: "bob", name: "b" })).id);
  const key = { owner: "bob", name: "k", access: "read" };
  bobs.set("bucket-keys", (await api.must("POST", "/api/v1/bucket-keys", key)).id);
  const database = { owner: "bob", name: "b" };
  bobs.set("databases", (await api.must("POST", "/api/v1/databases", database)).id);
  const account = { owner: "bob", name: "k", access: "read" };
  bobs.set("database-accounts", (await api.must("POST", "/api/v1/database-accounts", account)).id);
  const namespace = { owner: "bob", name: "lab" };
  bobs.set("namespaces", (await api.must("POST", "/api/v1/namespaces", namespace)).id);
  const kubeconfig = { namespace: "bob--lab", name: "k" };
  bobs.set("kubeconfigs", (await api.must("POST", "/api/v1/kubeconfigs", kubeconfig)).id);
  await api.must("POST", "/api/v1/reserved-names", { label: "kept", reason: "x" });
  bobs.set("reserved-names", "kept");
  const page = {
    v: 2,
    kind: "page",
    createdAt: api.now().toISOString(),
    project: 7,
    projectPath: "a/b",
    accessControl: false,
    namespace: null,
    serves: "site",
    deployed: true,
    source: "import",
    path: "",
  };
  await api.write((revision) => [
    {
      kind: "page",
      id: "page-1",
      entity: {
        ...page,
        id: "page-1",
        revision,
        owner: bobs.get("persons"),
        host: `bob.${ZONE}`,
      } as never,
    },
  ]);
  bobs.set("pages", "page-1");
  await api.write((revision) => [
    domainChange(revision, "www.bob.example", bobs.get("persons") ?? ""),
  ]);
  bobs.set("pages/domains", "www.bob.example");
  alice = await api.tokenFor("alice");
});
afterAll(() => api.close());

const CASES: [method: string, resource: string, suffix?: string, json?: object][] = [
  ["GET", "persons"],
  ["PATCH", "persons", "", { displayName: "x" }],
  ["PATCH", "persons", "", { role: "admin" }],
  ["PATCH", "persons", "", { nonsense: 1 }],
  ["DELETE", "persons"],
  ["POST", "persons", "/suspend", { reason: "x" }],
  ["POST", "persons", "/resume"],
  ["POST", "persons", "/renew"],
  ["POST", "persons", "/sign-out"],
  ["GET", "persons", "/sessions"],
  ["DELETE", "persons", "/sessions/ses-1"],
  ["GET", "groups"],
  ["PATCH", "groups", "", { managers: ["alice"] }],
  ["DELETE", "groups"],
  ["POST", "groups", "/suspend", { reason: "x" }],
  ["POST", "groups", "/resume"],
  ["POST", "groups", "/renew"],
  ["GET", "endpoints"],
  ["PATCH", "endpoints", "", { paused: true }],
  ["PATCH", "endpoints", "", { host: "x.example" }],
  ["DELETE", "endpoints"],
  ["GET", "buckets"],
  ["PATCH", "buckets", "", { publicRead: true }],
  ["DELETE", "buckets", "?name=bob.b"],
  ["POST", "buckets", "/restore", {}],
  ["GET", "bucket-keys"],
  ["POST", "bucket-keys", "/rotate"],
  ["DELETE", "bucket-keys"],
  ["GET", "databases"],
  ["DELETE", "databases", "?name=u_bob_b"],
  ["POST", "databases", "/restore", {}],
  ["GET", "database-accounts"],
  ["PATCH", "database-accounts", "", { access: "write" }],
  ["POST", "database-accounts", "/rotate"],
  ["DELETE", "database-accounts"],
  ["GET", "namespaces"],
  ["PATCH", "namespaces", "", { pods: 1 }],
  ["DELETE", "namespaces", "?name=bob--lab"],
  ["POST", "namespaces", "/restore", {}],
  ["GET", "kubeconfigs"],
  ["POST", "kubeconfigs", "/renew", {}],
  ["DELETE", "kubeconfigs"],
  ["GET", "tokens"],
  ["DELETE", "tokens"],
  ["GET", "requests"],
  ["POST", "requests", "/withdraw"],
  ["POST", "requests", "/acknowledge"],
  ["POST", "requests", "/grant", {}],
  ["POST", "requests", "/decline", { answer: "x" }],
  ["POST", "requests", "/decline", { nonsense: 1 }],
  ["DELETE", "passes"],
  ["GET", "labels"],
  ["DELETE", "labels"],
  ["POST", "labels", "/free"],
  ["GET", "reserved-names"],
  ["GET", "pages"],
  ["GET", "pages/domains"],
];

test.each(CASES)(
  "%s %s%s: another's thing answers exactly like a missing one",
  async (method, resource, suffix = "", json) => {
    for (const query of method === "GET" ? ["", "?x=1"] : ["", "?dryRun=true", "?dryRun=maybe"]) {
      for (const headers of [
        {},
        { "If-Match": '"1"', "If-None-Match": "*" },
        { "Idempotency-Key": `${method}${resource}${suffix}${query}${JSON.stringify(json)}` },
      ]) {
        const ask = async (id: string) => {
          const answer = await api.request(
            method,
            `/api/v1/${resource}/${id}${suffix}${suffix.includes("?") ? query.replace("?", "&") : query}`,
            {
              token: alice,
              headers: { ...headers, "X-Request-Id": "same" },
              ...(json === undefined ? {} : { json }),
            },
          );
          const { "x-request-id": _own, ...rest } = Object.fromEntries(answer.headers);
          return { ...problemOf(answer), headers: rest };
        };
        const there = await ask(bobs.get(resource) ?? "");
        expect(there).toEqual(await ask("nothing-here"));
        expect(there).toMatchObject({
          status:
            query === "?dryRun=maybe" || JSON.stringify(json) === '{"nonsense":1}' ? 400 : 404,
        });
      }
    }
  },
);

test("as someone's owner, too", async () => {
  const bodies: [string, (owner: string) => object][] = [
    ["endpoints", (owner) => ({ owner, target: "http://10.0.0.7:80" })],
    ["endpoints", (owner) => ({ owner, host: ZONE, target: "http://10.0.0.7:80" })],
    ["endpoints", (owner) => ({ owner, target: "nonsense" })],
    ["tokens", (owner) => ({ name: "x", owner, scopes: ["read"] })],
    ["tokens", (owner) => ({ name: "x", owner, scopes: ["admin"] })],
    ["labels", (owner) => ({ label: "x", owner })],
    ["requests", (owner) => ({ owner, reason: "x", wish: { kind: "label", label: "x" } })],
    ["requests", (owner) => ({ owner, reason: "x", wish: { kind: "label", label: "bob" } })],
    ["requests", (owner) => ({ owner, reason: "x", wish: { kind: "renewal" } })],
  ];
  for (const [resource, json] of bodies) {
    const ask = async (owner: string) =>
      problemOf(
        await api.request("POST", `/api/v1/${resource}`, { token: alice, json: json(owner) }),
      );
    const there = await ask("bob");
    expect(there).toEqual(await ask("nobody"));
    expect(there).toEqual(await ask(bobs.get("persons") ?? ""));
    expect(there).toMatchObject({ status: resource === "labels" ? 403 : 404 });
  }
});

test("lists of another's things are those of nobody's", async () => {
  for (const list of [
    "labels",
    "endpoints",
    "pages",
    "pages/domains",
    "routes",
    "tokens",
    "requests",
    "events",
  ]) {
    const ask = async (owner: string) =>
      (await api.request("GET", `/api/v1/${list}?owner=${owner}`, { token: alice })).body;
    expect(await ask("bob")).toEqual(await ask("nobody"));
    expect((await ask("bob")).items).toEqual([]);
  }
});
