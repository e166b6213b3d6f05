import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DatabaseName } from "../src/domain/entities.ts";
import { authenticate } from "../src/auth/actor.ts";
import { authorise, operator, POLICY, type Actor } from "../src/domain/policy.ts";
import { Refusal } from "../src/errors.ts";
import {
  ALL_SCOPES,
  domainChange,
  startApi,
  ZONE,
  type Answer,
  type TestApi,
} from "./api/support.ts";
import {
  ACTORS,
  expected,
  POLICY_TABLE,
  type ActorName,
  type Expected,
  type Row,
  type ThingName,
  type World,
} from "./policy-table.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

let api: TestApi;
let asOperator: TestApi;
let world: World;
const tokens = new Map<ActorName, string>();

/** Wrong tokens are limited by address, and each row of the table asks with some. */
let rowsAsked = 0;

beforeAll(async () => {
  api = await startApi({
    env: {
      TARDIS_MEMBERSHIPS__RENEW__SELF: "true",
      TARDIS_QUOTAS__PERSON__NAMESPACES: "5",
      TARDIS_QUOTAS__GROUP__NAMESPACES: "5",
    },
    clientAddress: () => `192.0.2.${rowsAsked % 250}`,
  });
  asOperator = {
    ...api,
    request: async (method, path, { json } = {}) => operatorAnswer(method, path, json),
  };
  const ids = new Map<ThingName, string>();
  for (const username of ["alice", "bob", "gina", "ada", "dan", "sus"]) {
    const { id } = await api.must("POST", "/api/v1/persons", { username });
    if (username === "alice" || username === "bob") ids.set(username, id);
  }
  ids.set(
    "games",
    (await api.must("POST", "/api/v1/groups", { name: "games", managers: ["gina"] })).id,
  );
  for (const name of ["ada", "dan"])
    await api.must("PATCH", `/api/v1/persons/${name}`, { role: "admin" });
  const membershipEndsAt = new Date(api.now().getTime() + 20 * DAY_MS).toISOString();
  for (const owner of ["persons/alice", "groups/games"])
    await api.must("PATCH", `/api/v1/${owner}`, { membershipEndsAt });
  const endpoint = async (name: ThingName, input: object) => {
    ids.set(
      name,
      (await api.must("POST", "/api/v1/endpoints", { target: "http://10.0.0.7:80", ...input })).id,
    );
  };
  await endpoint("alice's endpoint", { owner: "alice" });
  await endpoint("bob's endpoint", { owner: "bob" });
  await endpoint("games' endpoint", { owner: "games" });
  await endpoint("apex endpoint", { owner: "alice", host: ZONE });
  await api.must("POST", "/api/v1/labels", { label: "alice-two", owner: "alice" });
  await api.must("POST", "/api/v1/labels", { label: "alice-old", owner: "alice" });
  await api.must("DELETE", "/api/v1/labels/alice-old");
  await api.must("POST", "/api/v1/reserved-names", { label: "kept", reason: "for later" });
  // In GitLab, project 7 is alice's, too.
  const { world: gitlab, pages: gitlabPages } = api.gitlab;
  const inGitLab = gitlab.createUser("alice");
  const root = [...gitlab.users.values()].find(({ isAdmin }) => isAdmin);
  for (let n = 1; n < 7; n++) gitlab.createProject(root as never, `p${n}`);
  gitlab.deploy(gitlab.createProject(inGitLab, "p"));
  await api.must("PATCH", "/api/v1/persons/alice", {
    identities: [{ issuer: "https://gitlab.example", subject: String(inGitLab.id) }],
  });
  await gitlabPages.records.putHeld({
    run: "sync-1",
    since: api.now().toISOString(),
    projects: [9],
    owners: 10,
  });
  const page = {
    v: 2 as const,
    kind: "page" as const,
    createdAt: api.now().toISOString(),
    project: 7,
    projectPath: "a/b",
    accessControl: false,
    namespace: null,
    serves: "site",
    deployed: true,
    source: "import",
  };
  await api.write((revision) => [
    {
      kind: "page",
      id: "page-1",
      entity: {
        ...page,
        id: "page-1",
        revision,
        owner: ids.get("alice") ?? "",
        host: "alice.tardis.test",
        path: "/p",
      } as never,
    },
    {
      kind: "page",
      id: "page-2",
      entity: {
        ...page,
        id: "page-2",
        project: 8,
        revision,
        owner: null,
        host: "other.tardis.test",
        path: "",
      } as never,
    },
  ]);
  await gitlabPages.syncProject(7, operator);
  await api.write((revision) => [
    domainChange(revision, "www.alice.example", ids.get("alice") ?? ""),
    domainChange(revision, "www.nobody.example", null),
  ]);
  ids.set("alice's domain", "www.alice.example").set("ownerless domain", "www.nobody.example");
  ids.set("alice's page", "page-1").set("ownerless page", "page-2");
  for (const [name, owner] of [
    ["alice's token", "alice"],
    ["bob's token", "bob"],
    ["operator's token", null],
  ] as const) {
    ids.set(name, (await api.must("POST", "/api/v1/tokens", { name, owner, scopes: ["read"] })).id);
  }
  for (const [name, owner, of] of [
    ["alice's request", "alice", "endpoints"],
    ["games' request", "games", "endpoints"],
    ["alice's decided request", "alice", "pages"],
  ] as const) {
    const wish = { kind: "quota", of, amount: 99 };
    const json = { owner, wish, reason: "x" };
    ids.set(name, (await api.must("POST", "/api/v1/requests", json)).id);
  }
  const decided = `/api/v1/requests/${ids.get("alice's decided request")}/decline`;
  await api.must("POST", decided, { answer: "No." });
  await api.storage.makeBucket("old.data");
  for (const owner of ["alice", "bob", "games"] as const) {
    const made = { owner, name: "files", gigabytes: 1 };
    ids.set(
      `${owner}${owner === "games" ? "'" : "'s"} bucket` as ThingName,
      (await api.must("POST", "/api/v1/buckets", made)).id,
    );
  }
  for (const owner of ["alice", "bob"] as const) {
    const made = { owner, name: "laptop", access: "write" };
    ids.set(`${owner}'s key`, (await api.must("POST", "/api/v1/bucket-keys", made)).id);
  }
  await api.server.makeDatabase("old_wiki" as DatabaseName);
  for (const owner of ["alice", "bob", "games"] as const) {
    const { id } = await api.must("POST", "/api/v1/databases", { owner, name: "files" });
    ids.set(`${owner}${owner === "games" ? "'" : "'s"} database` as ThingName, id);
  }
  for (const owner of ["alice", "bob"] as const) {
    const made = { owner, name: "app", access: "write" };
    const { id } = await api.must("POST", "/api/v1/database-accounts", made);
    ids.set(`${owner}'s account`, id);
  }
  const adoptable = { "tardis-console/adoptable": "true" };
  const old = { name: "old-lab", labels: adoptable };
  await api.cluster.create({ apiVersion: "v1", kind: "Namespace", metadata: old });
  for (const owner of ["alice", "bob", "games"] as const) {
    ids.set(
      `${owner}${owner === "games" ? "'" : "'s"} namespace` as ThingName,
      (await api.must("POST", "/api/v1/namespaces", { owner, name: "lab" })).id,
    );
  }
  for (const owner of ["alice", "bob"] as const) {
    const made = { namespace: `${owner}--lab`, name: "laptop" };
    ids.set(`${owner}'s kubeconfig`, (await api.must("POST", "/api/v1/kubeconfigs", made)).id);
  }
  tokens.set("expired", await api.tokenFor("alice", ALL_SCOPES, 1));
  api.advance(2 * DAY_MS);
  ids.set("alice's pass", (await api.must("POST", "/api/v1/passes", { person: "alice" })).id);
  const seen = { address: "192.0.2.1", agent: "" };
  for (const name of ["alice", "bob"] as const) {
    const { session } = await api.sessions.begin(ids.get(name) ?? "", seen);
    ids.set(`${name}'s session`, session.id);
  }
  tokens.set("alice", await api.tokenFor("alice"));
  tokens.set("alice, read only", await api.tokenFor("alice", ["read"]));
  tokens.set("alice, endpoints only", await api.tokenFor("alice", ["endpoints"]));
  tokens.set("bob", await api.tokenFor("bob"));
  tokens.set("manager of games", await api.tokenFor("gina"));
  tokens.set("admin", await api.tokenFor("ada", [...ALL_SCOPES, "admin"]));
  tokens.set("admin without the scope", await api.tokenFor("ada"));
  tokens.set("demoted admin", await api.tokenFor("dan", [...ALL_SCOPES, "admin"]));
  tokens.set("suspended", await api.tokenFor("sus"));
  await api.must("PATCH", "/api/v1/persons/dan", { role: "member" });
  await api.must("POST", "/api/v1/persons/sus/suspend", { reason: "Spam." });
  world = { zone: ZONE, id: (name) => ids.get(name) ?? name };
});
afterAll(() => api.close());

/** The operator at the command line, whose requests need no token. */
async function operatorAnswer(method: string, path: string, json: unknown): Promise<Answer> {
  const body = await api.must(method, path, json);
  return { status: 200, headers: new Headers(), body };
}

function actorOf(name: ActorName): Actor {
  if (name === "operator") return operator;
  const token = tokens.get(name);
  return authenticate(api.state(), token === undefined ? undefined : `Bearer ${token}`, api.now());
}

function refusalOf(run: () => unknown): Expected {
  try {
    run();
    return "allowed";
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (error.code === "not_found") return "missing";
    if (error.code === "forbidden" || error.code === "unauthenticated") return error.code;
    throw error;
  }
}

function throughVerb(row: Row, name: ActorName): Expected {
  return refusalOf(() => {
    const actor = actorOf(name);
    if (row.verb !== undefined) return api.ledger.preview(actor, row.verb(world));
    return authorise(
      api.state(),
      actor,
      row.action,
      row.owner === undefined ? null : world.id(row.owner),
      "thing",
    );
  });
}

async function throughApi(row: Row, name: ActorName): Promise<Expected> {
  rowsAsked++;
  const [method, path, json] = row.api(world);
  const target = name === "operator" ? asOperator : api;
  const dry = method === "GET" ? path : `${path}${path.includes("?") ? "&" : "?"}dryRun=true`;
  const { status, body } = await target.request(method, dry, {
    token: tokens.get(name),
    ...(json === undefined ? {} : { json }),
  });
  // What was asked for is done elsewhere.
  if (status === 202) return "allowed";
  if (status === 200)
    return Array.isArray(body.items) && body.items.length === 0 ? "missing" : "allowed";
  const verdicts: Record<number, Expected> = {
    401: "unauthenticated",
    403: "forbidden",
    404: "missing",
  };
  return verdicts[status] ?? expect.fail(`${method} ${path}: ${status} ${JSON.stringify(body)}`);
}

describe("the policy, as one table", () => {
  test("every action stands in it", () => {
    const actions = new Set(POLICY_TABLE.map(({ action }) => action));
    expect([...actions].toSorted()).toEqual(Object.keys(POLICY).toSorted());
  });

  test.each(POLICY_TABLE.map((row) => [`${row.action}: ${row.resource}`, row] as const))(
    "%s",
    async (_name, row) => {
      const state = api.state();
      const want = Object.fromEntries(ACTORS.map((actor) => [actor, expected(row, actor)]));
      const verbs = Object.fromEntries(ACTORS.map((actor) => [actor, throughVerb(row, actor)]));
      expect(verbs).toEqual(want);
      const answers: Record<string, Expected> = {};
      for (const actor of ACTORS) answers[actor] = await throughApi(row, actor);
      // Without the scope to read, a list is refused whoever's things are asked for.
      if (row.api(world)[1].includes("?owner=")) want["alice, endpoints only"] = "forbidden";
      expect(answers).toEqual(want);
      expect(api.state()).toBe(state);
    },
  );
});
