import type { Context, Decision } from "../src/domain/decision.ts";
import type { Action } from "../src/domain/policy.ts";
import type { State } from "../src/domain/state.ts";
import {
  adoptBucket,
  createBucket,
  deleteBucket,
  updateBucket,
} from "../src/buckets/verbs/buckets.ts";
import { createKey, revokeKey, rotateKey } from "../src/buckets/verbs/keys.ts";
import {
  createAccount,
  deleteAccount,
  renewPassword,
  updateAccount,
} from "../src/databases/verbs/accounts.ts";
import { adoptDatabase, createDatabase, deleteDatabase } from "../src/databases/verbs/databases.ts";
import type { DatabaseName } from "../src/domain/entities.ts";
import {
  createKubeconfig,
  renewKubeconfig,
  revokeKubeconfig,
} from "../src/namespaces/verbs/kubeconfigs.ts";
import {
  adoptNamespace,
  createNamespace,
  deleteNamespace,
  limitNamespace,
} from "../src/namespaces/verbs/namespaces.ts";
import { createEndpoint } from "../src/endpoints/create.ts";
import { deleteEndpoint } from "../src/endpoints/delete.ts";
import { updateEndpoint } from "../src/endpoints/update.ts";
import { createGroup, createPerson } from "../src/owners/create.ts";
import { deleteOwner } from "../src/owners/delete.ts";
import {
  freeLabel,
  giveBackLabel,
  grantLabel,
  releaseLabel,
  reserveLabel,
} from "../src/owners/labels.ts";
import { renewMembership } from "../src/owners/renew.ts";
import { signOut } from "../src/owners/sign-out.ts";
import { resumeOwner, suspendOwner } from "../src/owners/suspend.ts";
import { acknowledgeRequest } from "../src/requests/acknowledge.ts";
import { askAdmins } from "../src/requests/ask.ts";
import { declineRequest, grantRequest } from "../src/requests/decide.ts";
import { withdrawRequest } from "../src/requests/withdraw.ts";
import { createPass, revokePass } from "../src/owners/passes.ts";
import { createToken, revokeToken } from "../src/owners/tokens.ts";
import { updateGroup, updatePerson } from "../src/owners/update.ts";

/** Who asks. Each is a token in the world that `policy.test.ts` makes, but for two. */
export const ACTORS = [
  "anonymous",
  "alice",
  "alice, read only",
  "alice, endpoints only",
  "bob",
  "manager of games",
  "admin",
  "admin without the scope",
  "demoted admin",
  "suspended",
  "expired",
  "operator",
] as const;
export type ActorName = (typeof ACTORS)[number];

export type Expected = "allowed" | "missing" | "forbidden" | "unauthenticated";

/** What is there to be asked for: ids by name. */
export interface World {
  readonly id: (name: ThingName) => string;
  readonly zone: string;
}
export type ThingName =
  | "alice"
  | "bob"
  | "games"
  | "alice's endpoint"
  | "bob's endpoint"
  | "games' endpoint"
  | "apex endpoint"
  | "alice's token"
  | "bob's token"
  | "operator's token"
  | "alice's pass"
  | "alice's session"
  | "bob's session"
  | "alice's page"
  | "ownerless page"
  | "alice's namespace"
  | "bob's namespace"
  | "games' namespace"
  | "alice's kubeconfig"
  | "bob's kubeconfig"
  | "alice's bucket"
  | "bob's bucket"
  | "games' bucket"
  | "alice's key"
  | "bob's key"
  | "alice's database"
  | "bob's database"
  | "games' database"
  | "alice's account"
  | "bob's account"
  | "alice's domain"
  | "ownerless domain"
  | "alice's request"
  | "games' request"
  | "alice's decided request";

export interface Row {
  readonly action: Action;
  readonly resource: string;
  readonly allowed: readonly ActorName[];
  /** Who knows of it and may not. Whoever is in neither list is answered as if it were not there. */
  readonly forbidden: readonly ActorName[];
  /** The verb; without one, the policy itself is asked, for the owner. */
  readonly verb?: (world: World) => (state: State, context: Context) => Decision<unknown>;
  readonly owner?: ThingName;
  /** Method, path and body of the same through the API. Lists: allowed is "has items". */
  readonly api: (world: World) => readonly [method: string, path: string, json?: object];
}

const ADMINS = ["admin", "operator"] as const;
const ALICE = ["alice", "alice, read only", "alice, endpoints only"] as const;
const MEMBERS = [
  ...ALICE,
  "bob",
  "manager of games",
  "admin without the scope",
  "demoted admin",
] as const;
const TARGET = "http://10.0.0.9:80";

/** What an owner may read of Alice's: with the scope. */
const aliceReads = {
  allowed: ["alice", "alice, read only", ...ADMINS],
  forbidden: ["alice, endpoints only"],
} as const;
const bobs = { allowed: ["bob", ...ADMINS], forbidden: [] } as const;
const games = { allowed: ["manager of games", ...ADMINS], forbidden: [] } as const;
/** Alice's, changed with the scope `endpoints`. */
const aliceEndpoints = {
  allowed: ["alice", "alice, endpoints only", ...ADMINS],
  forbidden: ["alice, read only"],
} as const;
/** Alice's, changed with the scope `owners` or `tokens`. */
const aliceChanges = {
  allowed: ["alice", ...ADMINS],
  forbidden: ["alice, read only", "alice, endpoints only"],
} as const;
/** Alice's, changed by admins alone. */
const adminsOfAlice = { allowed: ADMINS, forbidden: ALICE } as const;
const adminsOfGames = { allowed: ADMINS, forbidden: ["manager of games"] } as const;
/** Something new that belongs to nobody yet. */
const adminsMake = { allowed: ADMINS, forbidden: MEMBERS } as const;
const adminsOnly = { allowed: ADMINS, forbidden: [] } as const;

function endpointRows(
  name: "alice's endpoint" | "bob's endpoint" | "games' endpoint",
  owner: ThingName,
  reads: Pick<Row, "allowed" | "forbidden">,
  writes: Pick<Row, "allowed" | "forbidden">,
): Row[] {
  const path = (world: World) => `/api/v1/endpoints/${world.id(name)}`;
  return [
    { action: "endpoint.read", resource: name, ...reads, owner, api: (w) => ["GET", path(w)] },
    {
      action: "endpoint.write",
      resource: `${name}, changed`,
      ...writes,
      verb: (w) => (s, c) => updateEndpoint(s, c, { id: w.id(name), paused: true }),
      api: (w) => ["PATCH", path(w), { paused: true }],
    },
    {
      action: "endpoint.write",
      resource: `${name}, removed`,
      ...writes,
      verb: (w) => (s, c) => deleteEndpoint(s, c, { id: w.id(name) }),
      api: (w) => ["DELETE", path(w)],
    },
    {
      action: "endpoint.write",
      resource: `a new endpoint of ${owner}`,
      ...writes,
      verb: (w) => (s, c) =>
        createEndpoint(s, c, { owner: w.id(owner), path: "/new", target: TARGET }),
      api: (w) => [
        "POST",
        "/api/v1/endpoints",
        { owner: w.id(owner), path: "/new", target: TARGET },
      ],
    },
    {
      action: "route.read",
      resource: `the routes of ${owner}`,
      ...reads,
      owner,
      api: (w) => ["GET", `/api/v1/routes?owner=${w.id(owner)}`],
    },
    {
      action: "event.read",
      resource: `the events of ${owner}`,
      ...reads,
      owner,
      api: (w) => ["GET", `/api/v1/events?owner=${w.id(owner)}`],
    },
    {
      action: "label.read",
      resource: `the label ${owner}`,
      ...reads,
      owner,
      api: () => ["GET", `/api/v1/labels/${owner}`],
    },
  ];
}

/** What is asked for here, and was not before. */
const TOKENS = { kind: "quota", of: "tokens", amount: 99 } as const;

function requestRows(
  name: "alice's request" | "games' request",
  owner: ThingName,
  reads: Pick<Row, "allowed" | "forbidden">,
  changes: Pick<Row, "allowed" | "forbidden">,
  decides: Pick<Row, "allowed" | "forbidden">,
): Row[] {
  const path = (world: World) => `/api/v1/requests/${world.id(name)}`;
  return [
    { action: "request.read", resource: name, ...reads, owner, api: (w) => ["GET", path(w)] },
    {
      action: "request.read",
      resource: `the requests of ${owner}`,
      ...reads,
      owner,
      api: (w) => ["GET", `/api/v1/requests?owner=${w.id(owner)}`],
    },
    {
      action: "request.ask",
      resource: `a new request of ${owner}`,
      ...changes,
      verb: (w) => (s, c) => askAdmins(s, c, { owner: w.id(owner), wish: TOKENS, reason: "x" }),
      api: (w) => ["POST", "/api/v1/requests", { owner: w.id(owner), wish: TOKENS, reason: "x" }],
    },
    {
      action: "request.withdraw",
      resource: `${name}, withdrawn`,
      ...changes,
      verb: (w) => (s, c) => withdrawRequest(s, c, { id: w.id(name) }),
      api: (w) => ["POST", `${path(w)}/withdraw`],
    },
    {
      action: "request.decide",
      resource: `${name}, granted`,
      ...decides,
      verb: (w) => (s, c) => grantRequest(s, c, { id: w.id(name) }),
      api: (w) => ["POST", `${path(w)}/grant`, {}],
    },
    {
      action: "request.decide",
      resource: `${name}, declined`,
      ...decides,
      verb: (w) => (s, c) => declineRequest(s, c, { id: w.id(name), answer: "x" }),
      api: (w) => ["POST", `${path(w)}/decline`, { answer: "x" }],
    },
  ];
}

/** The whole policy as a table: who may do what, on every surface alike. */
export const POLICY_TABLE: readonly Row[] = [
  ...endpointRows("alice's endpoint", "alice", aliceReads, aliceEndpoints),
  ...endpointRows("bob's endpoint", "bob", bobs, bobs),
  ...endpointRows("games' endpoint", "games", games, games),
  ...bucketRows("alice's bucket", "alice", aliceReads, aliceChanges),
  ...bucketRows("bob's bucket", "bob", bobs, bobs),
  ...bucketRows("games' bucket", "games", games, games),
  ...keyRows("alice's key", "alice", aliceReads, aliceChanges),
  ...keyRows("bob's key", "bob", bobs, bobs),
  ...namespaceRows("alice's namespace", "alice", aliceReads, aliceChanges, adminsOfAlice),
  ...namespaceRows("bob's namespace", "bob", bobs, bobs, { allowed: ADMINS, forbidden: ["bob"] }),
  ...namespaceRows("games' namespace", "games", games, games, adminsOfGames),
  ...kubeconfigRows("alice's kubeconfig", "alice", aliceReads, aliceChanges),
  ...kubeconfigRows("bob's kubeconfig", "bob", bobs, bobs),
  {
    action: "namespace.adopt",
    resource: "namespaces to be taken over",
    ...adminsMake,
    api: () => ["GET", "/api/v1/namespaces/adoptable"],
  },
  {
    action: "namespace.adopt",
    resource: "how Kubernetes stands",
    ...adminsMake,
    api: () => ["GET", "/api/v1/namespaces/status"],
  },
  {
    action: "namespace.adopt",
    resource: "a namespace taken over for alice",
    ...adminsMake,
    verb: (w) => (s, c) =>
      adoptNamespace(s, c, { id: "ns-old", owner: w.id("alice"), name: "old-lab", uid: "u" }),
    api: (w) => ["POST", "/api/v1/namespaces/adopt", { name: "old-lab", owner: w.id("alice") }],
  },
  {
    action: "bucket.adopt",
    resource: "what is adoptable",
    ...adminsMake,
    api: () => ["GET", "/api/v1/buckets/adoptable"],
  },
  {
    action: "bucket.adopt",
    resource: "how the storage stands",
    ...adminsMake,
    api: () => ["GET", "/api/v1/buckets/status"],
  },
  {
    action: "bucket.adopt",
    resource: "a bucket taken over for alice",
    ...adminsMake,
    verb: (w) => (s, c) =>
      adoptBucket(s, c, {
        id: "bkt-old",
        owner: w.id("alice"),
        name: "old.data",
        madeAt: "2026-01-01T00:00:00.000Z",
        publicRead: false,
        expireDays: null,
        gigabytes: 1,
      }),
    api: (w) => ["POST", "/api/v1/buckets/adopt", { name: "old.data", owner: w.id("alice") }],
  },
  ...databaseRows("alice's database", "alice", aliceReads, aliceChanges),
  ...databaseRows("bob's database", "bob", bobs, bobs),
  ...databaseRows("games' database", "games", games, games),
  ...accountRows("alice's account", "alice", aliceReads, aliceChanges),
  ...accountRows("bob's account", "bob", bobs, bobs),
  {
    action: "database.adopt",
    resource: "which databases are adoptable",
    ...adminsMake,
    api: () => ["GET", "/api/v1/databases/adoptable"],
  },
  {
    action: "database.adopt",
    resource: "how the database server stands",
    ...adminsMake,
    api: () => ["GET", "/api/v1/databases/status"],
  },
  {
    action: "database.adopt",
    resource: "a database taken over for alice",
    ...adminsMake,
    verb: (w) => (s, c) =>
      adoptDatabase(s, c, { id: "db-old", owner: w.id("alice"), name: "old_wiki" as DatabaseName }),
    api: (w) => ["POST", "/api/v1/databases/adopt", { name: "old_wiki", owner: w.id("alice") }],
  },

  {
    action: "endpoint.read",
    resource: "alice's endpoint at the apex",
    ...aliceReads,
    owner: "alice",
    api: (w) => ["GET", `/api/v1/endpoints/${w.id("apex endpoint")}`],
  },
  {
    action: "endpoint.write-host",
    resource: "alice's endpoint at the apex, changed",
    ...adminsOfAlice,
    verb: (w) => (s, c) => updateEndpoint(s, c, { id: w.id("apex endpoint"), paused: true }),
    api: (w) => ["PATCH", `/api/v1/endpoints/${w.id("apex endpoint")}`, { paused: true }],
  },
  {
    action: "endpoint.write-host",
    resource: "alice's endpoint at the apex, removed",
    ...adminsOfAlice,
    verb: (w) => (s, c) => deleteEndpoint(s, c, { id: w.id("apex endpoint") }),
    api: (w) => ["DELETE", `/api/v1/endpoints/${w.id("apex endpoint")}`],
  },
  {
    action: "endpoint.write-host",
    resource: "alice's endpoint, moved to a whole host",
    ...adminsOfAlice,
    verb: (w) => (s, c) =>
      updateEndpoint(s, c, { id: w.id("alice's endpoint"), host: `deep.er.${w.zone}` }),
    api: (w) => [
      "PATCH",
      `/api/v1/endpoints/${w.id("alice's endpoint")}`,
      { host: `deep.er.${w.zone}` },
    ],
  },
  {
    action: "endpoint.write-host",
    resource: "a new endpoint of alice's at the apex",
    ...adminsOfAlice,
    verb: (w) => (s, c) =>
      createEndpoint(s, c, { owner: w.id("alice"), host: w.zone, path: "/new", target: TARGET }),
    api: (w) => [
      "POST",
      "/api/v1/endpoints",
      { owner: w.id("alice"), host: w.zone, path: "/new", target: TARGET },
    ],
  },

  {
    action: "owner.read",
    resource: "alice",
    ...aliceReads,
    owner: "alice",
    api: () => ["GET", "/api/v1/persons/alice"],
  },
  {
    action: "owner.read",
    resource: "bob",
    ...bobs,
    owner: "bob",
    api: () => ["GET", "/api/v1/persons/bob"],
  },
  {
    action: "owner.create",
    resource: "a new person",
    ...adminsMake,
    verb: () => (s, c) => createPerson(s, c, { username: "zoe" }),
    api: () => ["POST", "/api/v1/persons", { username: "zoe" }],
  },
  {
    action: "owner.describe",
    resource: "alice, described",
    ...aliceChanges,
    verb: () => (s, c) => updatePerson(s, c, { id: "alice", displayName: "A." }),
    api: () => ["PATCH", "/api/v1/persons/alice", { displayName: "A." }],
  },
  {
    action: "owner.describe",
    resource: "bob, described",
    ...bobs,
    verb: () => (s, c) => updatePerson(s, c, { id: "bob", displayName: "B." }),
    api: () => ["PATCH", "/api/v1/persons/bob", { displayName: "B." }],
  },
  {
    action: "owner.renew",
    resource: "alice's membership, renewed",
    ...aliceChanges,
    verb: () => (s, c) => renewMembership(s, c, { id: "alice" }),
    api: () => ["POST", "/api/v1/persons/alice/renew"],
  },
  {
    action: "owner.renew",
    resource: "games' membership, renewed",
    ...games,
    verb: () => (s, c) => renewMembership(s, c, { id: "games" }),
    api: () => ["POST", "/api/v1/groups/games/renew"],
  },
  ...(
    [
      { role: "admin" },
      { quota: { endpoints: 9 } },
      { membershipEndsAt: null },
      { targets: [] },
      { identities: [] },
    ] as const
  ).map((fields): Row => ({
    action: "owner.administer",
    resource: `alice, with another ${Object.keys(fields).join()}`,
    ...adminsOfAlice,
    verb: () => (s, c) =>
      updatePerson(s, c, { id: "alice", ...fields } as Parameters<typeof updatePerson>[2]),
    api: () => ["PATCH", "/api/v1/persons/alice", fields],
  })),
  {
    action: "owner.administer",
    resource: "alice, renamed",
    ...adminsOfAlice,
    verb: () => (s, c) => updatePerson(s, c, { id: "alice", name: "alicia" }),
    api: () => ["PATCH", "/api/v1/persons/alice", { username: "alicia" }],
  },
  {
    action: "owner.administer",
    resource: "alice, suspended",
    ...adminsOfAlice,
    verb: () => (s, c) => suspendOwner(s, c, { id: "alice", reason: "x" }),
    api: () => ["POST", "/api/v1/persons/alice/suspend", { reason: "x" }],
  },
  {
    action: "owner.administer",
    resource: "the suspended one, resumed",
    ...adminsOnly,
    verb: () => (s, c) => resumeOwner(s, c, { id: "sus" }),
    api: () => ["POST", "/api/v1/persons/sus/resume"],
  },
  {
    action: "owner.delete",
    resource: "alice, removed",
    ...adminsOfAlice,
    verb: () => (s, c) => deleteOwner(s, c, { id: "alice", kind: "person" }),
    api: () => ["DELETE", "/api/v1/persons/alice"],
  },

  {
    action: "owner.read",
    resource: "games",
    ...games,
    owner: "games",
    api: () => ["GET", "/api/v1/groups/games"],
  },
  {
    action: "owner.create",
    resource: "a new group",
    ...adminsMake,
    verb: () => (s, c) => createGroup(s, c, { name: "chess" }),
    api: () => ["POST", "/api/v1/groups", { name: "chess" }],
  },
  {
    action: "owner.describe",
    resource: "games, described",
    ...games,
    verb: () => (s, c) => updateGroup(s, c, { id: "games", displayName: "G." }),
    api: () => ["PATCH", "/api/v1/groups/games", { displayName: "G." }],
  },
  {
    action: "group.managers",
    resource: "games, handed over",
    ...games,
    verb: () => (s, c) => updateGroup(s, c, { id: "games", managers: ["bob"] }),
    api: () => ["PATCH", "/api/v1/groups/games", { managers: ["bob"] }],
  },
  {
    action: "owner.administer",
    resource: "games, suspended",
    ...adminsOfGames,
    verb: () => (s, c) => suspendOwner(s, c, { id: "games", reason: "x" }),
    api: () => ["POST", "/api/v1/groups/games/suspend", { reason: "x" }],
  },
  {
    action: "owner.delete",
    resource: "games, removed",
    ...adminsOfGames,
    verb: () => (s, c) => deleteOwner(s, c, { id: "games", kind: "group" }),
    api: () => ["DELETE", "/api/v1/groups/games"],
  },

  {
    action: "label.grant",
    resource: "a new label of alice's",
    ...adminsMake,
    verb: () => (s, c) => grantLabel(s, c, { label: "wonder", owner: "alice" }),
    api: () => ["POST", "/api/v1/labels", { label: "wonder", owner: "alice" }],
  },
  {
    action: "label.give-back",
    resource: "alice's second label",
    ...aliceChanges,
    verb: () => (s, c) => giveBackLabel(s, c, { label: "alice-two" }),
    api: () => ["DELETE", "/api/v1/labels/alice-two"],
  },
  {
    action: "label.free",
    resource: "alice's label at rest",
    ...adminsOfAlice,
    verb: () => (s, c) => freeLabel(s, c, { label: "alice-old" }),
    api: () => ["POST", "/api/v1/labels/alice-old/free"],
  },
  {
    action: "label.read",
    resource: "a reserved name",
    ...adminsOnly,
    api: () => ["GET", "/api/v1/reserved-names/kept"],
  },
  {
    action: "label.reserve",
    resource: "a new reserved name",
    ...adminsMake,
    verb: () => (s, c) => reserveLabel(s, c, { label: "secret", reason: "x" }),
    api: () => ["POST", "/api/v1/reserved-names", { label: "secret", reason: "x" }],
  },
  {
    action: "label.reserve",
    resource: "a reserved name, released",
    ...adminsMake,
    verb: () => (s, c) => releaseLabel(s, c, { label: "kept" }),
    api: () => ["DELETE", "/api/v1/reserved-names/kept"],
  },

  {
    action: "page.read",
    resource: "alice's page",
    ...aliceReads,
    owner: "alice",
    api: (w) => ["GET", `/api/v1/pages/${w.id("alice's page")}`],
  },
  {
    action: "page.read",
    resource: "a page of nobody's",
    ...adminsOnly,
    api: (w) => ["GET", `/api/v1/pages/${w.id("ownerless page")}`],
  },
  {
    action: "page.sync",
    resource: "alice's page, read again",
    owner: "alice",
    ...aliceEndpoints,
    api: () => ["POST", "/api/v1/pages/sync", { project: 7 }],
  },
  {
    action: "page.sync-all",
    resource: "a read of everything in GitLab",
    ...adminsMake,
    api: () => ["POST", "/api/v1/pages/sync", {}],
  },
  {
    action: "page.sync-all",
    resource: "the removals that a read held",
    ...adminsMake,
    api: () => ["POST", "/api/v1/pages/sync-runs/sync-1/approve"],
  },
  {
    action: "page.sync-read",
    resource: "the reads of GitLab",
    ...adminsMake,
    api: () => ["GET", "/api/v1/pages/sync-runs"],
  },
  {
    action: "page.sync-read",
    resource: "how the sync stands",
    ...adminsMake,
    api: () => ["GET", "/api/v1/pages/sync"],
  },
  {
    action: "domain.read",
    resource: "alice's domain",
    ...aliceReads,
    owner: "alice",
    api: (w) => ["GET", `/api/v1/pages/domains/${w.id("alice's domain")}`],
  },
  {
    action: "domain.read",
    resource: "the domains of alice",
    ...aliceReads,
    owner: "alice",
    api: (w) => ["GET", `/api/v1/pages/domains?owner=${w.id("alice")}`],
  },
  {
    action: "domain.read",
    resource: "a domain of nobody's",
    ...adminsOnly,
    api: (w) => ["GET", `/api/v1/pages/domains/${w.id("ownerless domain")}`],
  },

  ...requestRows("alice's request", "alice", aliceReads, aliceChanges, adminsOfAlice),
  ...requestRows("games' request", "games", games, games, adminsOfGames),
  {
    action: "request.acknowledge",
    resource: "the answer to alice's decided request",
    ...aliceChanges,
    verb: (w) => (s, c) => acknowledgeRequest(s, c, { id: w.id("alice's decided request") }),
    api: (w) => ["POST", `/api/v1/requests/${w.id("alice's decided request")}/acknowledge`],
  },

  {
    action: "token.read",
    resource: "alice's token",
    ...aliceReads,
    owner: "alice",
    api: (w) => ["GET", `/api/v1/tokens/${w.id("alice's token")}`],
  },
  {
    action: "token.read",
    resource: "bob's token",
    ...bobs,
    owner: "bob",
    api: (w) => ["GET", `/api/v1/tokens/${w.id("bob's token")}`],
  },
  {
    action: "token.read",
    resource: "an operator's token",
    ...adminsOnly,
    api: (w) => ["GET", `/api/v1/tokens/${w.id("operator's token")}`],
  },
  {
    action: "token.create",
    resource: "a new token of alice's",
    ...aliceChanges,
    verb: (w) => (s, c) => createToken(s, c, { name: "n", owner: w.id("alice"), scopes: ["read"] }),
    api: (w) => ["POST", "/api/v1/tokens", { name: "n", owner: w.id("alice"), scopes: ["read"] }],
  },
  {
    action: "token.create",
    resource: "a new token of games'",
    ...games,
    verb: (w) => (s, c) => createToken(s, c, { name: "n", owner: w.id("games"), scopes: ["read"] }),
    api: (w) => ["POST", "/api/v1/tokens", { name: "n", owner: w.id("games"), scopes: ["read"] }],
  },
  {
    action: "token.create-operator",
    resource: "a new operator's token",
    ...adminsMake,
    verb: () => (s, c) => createToken(s, c, { name: "n", owner: null, scopes: ["read"] }),
    api: () => ["POST", "/api/v1/tokens", { name: "n", owner: null, scopes: ["read"] }],
  },
  {
    action: "token.revoke",
    resource: "alice's token, revoked",
    ...aliceChanges,
    verb: (w) => (s, c) => revokeToken(s, c, { id: w.id("alice's token") }),
    api: (w) => ["DELETE", `/api/v1/tokens/${w.id("alice's token")}`],
  },
  {
    action: "token.revoke",
    resource: "bob's token, revoked",
    ...bobs,
    verb: (w) => (s, c) => revokeToken(s, c, { id: w.id("bob's token") }),
    api: (w) => ["DELETE", `/api/v1/tokens/${w.id("bob's token")}`],
  },
  {
    action: "token.revoke",
    resource: "an operator's token, revoked",
    ...adminsOnly,
    verb: (w) => (s, c) => revokeToken(s, c, { id: w.id("operator's token") }),
    api: (w) => ["DELETE", `/api/v1/tokens/${w.id("operator's token")}`],
  },

  {
    action: "session.read",
    resource: "alice's sessions",
    ...aliceReads,
    owner: "alice",
    api: () => ["GET", "/api/v1/persons/alice/sessions"],
  },
  {
    action: "session.read",
    resource: "bob's sessions",
    ...bobs,
    owner: "bob",
    api: () => ["GET", "/api/v1/persons/bob/sessions"],
  },
  {
    action: "session.revoke",
    resource: "alice's session, ended",
    ...aliceChanges,
    owner: "alice",
    api: (w) => ["DELETE", `/api/v1/persons/alice/sessions/${w.id("alice's session")}`],
  },
  {
    action: "session.revoke",
    resource: "bob's session, ended",
    ...bobs,
    owner: "bob",
    api: (w) => ["DELETE", `/api/v1/persons/bob/sessions/${w.id("bob's session")}`],
  },
  {
    action: "session.revoke",
    resource: "all sessions of alice",
    ...aliceChanges,
    verb: () => (s, c) => signOut(s, c, { id: "alice" }),
    api: () => ["POST", "/api/v1/persons/alice/sign-out"],
  },

  {
    action: "pass.read",
    resource: "links that are not used yet",
    ...adminsMake,
    api: () => ["GET", "/api/v1/passes"],
  },
  {
    action: "pass.create",
    resource: "a sign-in link of alice's",
    ...adminsOfAlice,
    verb: () => (s, c) => createPass(s, c, { person: "alice", use: "sign-in" }),
    api: () => ["POST", "/api/v1/passes", { person: "alice" }],
  },
  {
    action: "pass.revoke",
    resource: "a sign-in link of alice's, ended",
    ...adminsOfAlice,
    verb: (w) => (s, c) => revokePass(s, c, { id: w.id("alice's pass") }),
    api: (w) => ["DELETE", `/api/v1/passes/${w.id("alice's pass")}`],
  },
];

/** A namespace of the owner's, by everything that can be done with it. */
function namespaceRows(
  name: "alice's namespace" | "bob's namespace" | "games' namespace",
  owner: ThingName,
  reads: Pick<Row, "allowed" | "forbidden">,
  writes: Pick<Row, "allowed" | "forbidden">,
  limits: Pick<Row, "allowed" | "forbidden">,
): Row[] {
  const path = (world: World) => `/api/v1/namespaces/${world.id(name)}`;
  const named = `${owner}--lab`;
  const way = { name: "n", days: 1 };
  return [
    { action: "namespace.read", resource: name, ...reads, owner, api: (w) => ["GET", path(w)] },
    {
      action: "namespace.limit",
      resource: `${name}, given more room`,
      ...limits,
      verb: (w) => (s, c) => limitNamespace(s, c, { id: w.id(name), limits: { pods: 99 } }),
      api: (w) => ["PATCH", path(w), { pods: 99 }],
    },
    {
      action: "namespace.write",
      resource: `${name}, deleted`,
      ...writes,
      verb: (w) => (s, c) => deleteNamespace(s, c, { id: w.id(name), name: named }),
      api: (w) => ["DELETE", `${path(w)}?name=${named}`],
    },
    {
      action: "namespace.write",
      resource: `a new namespace of ${owner}`,
      ...writes,
      verb: (w) => (s, c) => createNamespace(s, c, { id: "ns-new", owner: w.id(owner), name: "n" }),
      api: (w) => ["POST", "/api/v1/namespaces", { owner: w.id(owner), name: "n" }],
    },
    {
      action: "namespace.write",
      resource: `a new kubeconfig for ${name}`,
      ...writes,
      verb: (w) => (s, c) =>
        createKubeconfig(s, c, { ...way, id: "kcfg-new", namespace: w.id(name) }),
      api: (w) => ["POST", "/api/v1/kubeconfigs", { ...way, namespace: w.id(name) }],
    },
  ];
}

function kubeconfigRows(
  name: "alice's kubeconfig" | "bob's kubeconfig",
  owner: ThingName,
  reads: Pick<Row, "allowed" | "forbidden">,
  writes: Pick<Row, "allowed" | "forbidden">,
): Row[] {
  const path = (world: World) => `/api/v1/kubeconfigs/${world.id(name)}`;
  return [
    { action: "kubeconfig.read", resource: name, ...reads, owner, api: (w) => ["GET", path(w)] },
    {
      action: "kubeconfig.write",
      resource: `${name}, renewed`,
      ...writes,
      verb: (w) => (s, c) => renewKubeconfig(s, c, { id: w.id(name) }),
      api: (w) => ["POST", `${path(w)}/renew`, {}],
    },
    {
      action: "kubeconfig.write",
      resource: `${name}, revoked`,
      ...writes,
      verb: (w) => (s, c) => revokeKubeconfig(s, c, { id: w.id(name) }),
      api: (w) => ["DELETE", path(w)],
    },
  ];
}

/** A bucket of the owner's, by everything that can be done with it. */
function bucketRows(
  name: "alice's bucket" | "bob's bucket" | "games' bucket",
  owner: ThingName,
  reads: Pick<Row, "allowed" | "forbidden">,
  writes: Pick<Row, "allowed" | "forbidden">,
): Row[] {
  const path = (world: World) => `/api/v1/buckets/${world.id(name)}`;
  const named = `${owner}.files`;
  return [
    { action: "bucket.read", resource: name, ...reads, owner, api: (w) => ["GET", path(w)] },
    {
      action: "bucket.write",
      resource: `${name}, changed`,
      ...writes,
      verb: (w) => (s, c) => updateBucket(s, c, { id: w.id(name), publicRead: true }),
      api: (w) => ["PATCH", path(w), { publicRead: true }],
    },
    {
      action: "bucket.write",
      resource: `${name}, deleted`,
      ...writes,
      verb: (w) => (s, c) => deleteBucket(s, c, { id: w.id(name), name: named }),
      api: (w) => ["DELETE", `${path(w)}?name=${named}`],
    },
    {
      action: "bucket.write",
      resource: `a new bucket of ${owner}`,
      ...writes,
      verb: (w) => (s, c) =>
        createBucket(s, c, { id: "bkt-new", owner: w.id(owner), name: "new", gigabytes: 1 }),
      api: (w) => ["POST", "/api/v1/buckets", { owner: w.id(owner), name: "new", gigabytes: 1 }],
    },
  ];
}

function keyRows(
  name: "alice's key" | "bob's key",
  owner: ThingName,
  reads: Pick<Row, "allowed" | "forbidden">,
  writes: Pick<Row, "allowed" | "forbidden">,
): Row[] {
  const path = (world: World) => `/api/v1/bucket-keys/${world.id(name)}`;
  const made = { name: "n", access: "read" as const };
  return [
    { action: "bucketKey.read", resource: name, ...reads, owner, api: (w) => ["GET", path(w)] },
    {
      action: "bucketKey.write",
      resource: `${name}, rotated`,
      ...writes,
      verb: (w) => (s, c) => rotateKey(s, c, { id: w.id(name) }),
      api: (w) => ["POST", `${path(w)}/rotate`],
    },
    {
      action: "bucketKey.write",
      resource: `${name}, revoked`,
      ...writes,
      verb: (w) => (s, c) => revokeKey(s, c, { id: w.id(name) }),
      api: (w) => ["DELETE", path(w)],
    },
    {
      action: "bucket.write",
      resource: `a new key of ${owner}`,
      ...writes,
      verb: (w) => (s, c) =>
        createKey(s, c, { ...made, id: "bkey-new", owner: w.id(owner), buckets: null }),
      api: (w) => ["POST", "/api/v1/bucket-keys", { ...made, owner: w.id(owner) }],
    },
  ];
}

/** A database of the owner's, by everything that can be done with it. */
function databaseRows(
  name: "alice's database" | "bob's database" | "games' database",
  owner: ThingName,
  reads: Pick<Row, "allowed" | "forbidden">,
  writes: Pick<Row, "allowed" | "forbidden">,
): Row[] {
  const path = (world: World) => `/api/v1/databases/${world.id(name)}`;
  const named = `u_${owner}_files`;
  return [
    { action: "database.read", resource: name, ...reads, owner, api: (w) => ["GET", path(w)] },
    {
      action: "database.write",
      resource: `${name}, deleted`,
      ...writes,
      verb: (w) => (s, c) => deleteDatabase(s, c, { id: w.id(name), name: named }),
      api: (w) => ["DELETE", `${path(w)}?name=${named}`],
    },
    {
      action: "database.write",
      resource: `a new database of ${owner}`,
      ...writes,
      verb: (w) => (s, c) =>
        createDatabase(s, c, { id: "db-new", owner: w.id(owner), name: "new" }),
      api: (w) => ["POST", "/api/v1/databases", { owner: w.id(owner), name: "new" }],
    },
  ];
}

function accountRows(
  name: "alice's account" | "bob's account",
  owner: ThingName,
  reads: Pick<Row, "allowed" | "forbidden">,
  writes: Pick<Row, "allowed" | "forbidden">,
): Row[] {
  const path = (world: World) => `/api/v1/database-accounts/${world.id(name)}`;
  const made = { name: "n", access: "read" as const };
  return [
    {
      action: "databaseAccount.read",
      resource: name,
      ...reads,
      owner,
      api: (w) => ["GET", path(w)],
    },
    {
      action: "databaseAccount.write",
      resource: `${name}, changed`,
      ...writes,
      verb: (w) => (s, c) => updateAccount(s, c, { id: w.id(name), access: "read" }),
      api: (w) => ["PATCH", path(w), { access: "read" }],
    },
    {
      action: "databaseAccount.write",
      resource: `${name}, with another password`,
      ...writes,
      verb: (w) => (s, c) => renewPassword(s, c, { id: w.id(name) }),
      api: (w) => ["POST", `${path(w)}/rotate`],
    },
    {
      action: "databaseAccount.write",
      resource: `${name}, ended`,
      ...writes,
      verb: (w) => (s, c) => deleteAccount(s, c, { id: w.id(name) }),
      api: (w) => ["DELETE", path(w)],
    },
    {
      action: "databaseAccount.write",
      resource: `a new account of ${owner}`,
      ...writes,
      verb: (w) => (s, c) =>
        createAccount(s, c, { ...made, id: "dbacc-new", owner: w.id(owner), databases: null }),
      api: (w) => ["POST", "/api/v1/database-accounts", { ...made, owner: w.id(owner) }],
    },
  ];
}

/** What an actor is to get from a row. Who is not let in at all is not let in anywhere. */
export function expected(row: Row, actor: ActorName): Expected {
  if (actor === "anonymous" || actor === "expired") return "unauthenticated";
  if (actor === "suspended") return "forbidden";
  if (row.allowed.includes(actor)) return "allowed";
  return row.forbidden.includes(actor) ? "forbidden" : "missing";
}
