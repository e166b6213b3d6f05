import { Map as PersistentMap, Set as PersistentSet } from "immutable";
import type {
  Answer,
  Bucket,
  BucketKey,
  CustomDomain,
  Database,
  DatabaseAccount,
  Endpoint,
  Entity,
  EntityOf,
  Kind,
  LabelRecord,
  Owner,
  Page,
  PageHost,
  Pass,
  Reserved,
  Token,
} from "./entities.ts";
import { runToEnd, type Steps } from "../turns.ts";
import type { Hostname, PathPrefix } from "./names.ts";
import type { Kubeconfig, Namespace } from "./namespaces.ts";
import type { RequestRecord } from "./requests.ts";

/** One entity put, or (with null) removed. What a verb decides is a list of these. */
export type Change = {
  [K in Kind]: { readonly kind: K; readonly id: string; readonly entity: EntityOf<K> | null };
}[Kind];

/** A stored record that could not be read: it is kept as it is, reported, and routes nothing. */
export interface SetAside {
  readonly key: string;
  readonly reason: string;
  /** Its owner, when at least that can be read. */
  readonly owner: string | undefined;
}

type Ids = PersistentSet<string>;
const none: Ids = PersistentSet();

/**
 * Everything the console knows, immutable: `apply` gives a new one that shares what did not
 * change. The indexes are functions of the entities and kept by `apply` alone.
 */
export interface State {
  readonly revision: number;
  readonly owners: PersistentMap<string, Owner>;
  readonly labels: PersistentMap<string, LabelRecord>;
  readonly endpoints: PersistentMap<string, Endpoint>;
  readonly pages: PersistentMap<string, Page>;
  readonly pageHosts: PersistentMap<string, PageHost>;
  readonly domains: PersistentMap<string, CustomDomain>;
  readonly reserved: PersistentMap<string, Reserved>;
  readonly tokens: PersistentMap<string, Token>;
  readonly requests: PersistentMap<string, RequestRecord>;
  readonly passes: PersistentMap<string, Pass>;
  readonly buckets: PersistentMap<string, Bucket>;
  readonly bucketKeys: PersistentMap<string, BucketKey>;
  readonly databases: PersistentMap<string, Database>;
  readonly databaseAccounts: PersistentMap<string, DatabaseAccount>;
  readonly namespaces: PersistentMap<string, Namespace>;
  readonly kubeconfigs: PersistentMap<string, Kubeconfig>;
  readonly answers: PersistentMap<string, Answer>;
  readonly setAside: readonly SetAside[];

  readonly ownersByName: PersistentMap<string, string>;
  /** Persons by `identityKey`. */
  readonly personsByIdentity: PersistentMap<string, string>;
  readonly groupsByManager: PersistentMap<string, Ids>;
  readonly labelsByOwner: PersistentMap<string, Ids>;
  readonly endpointsByOwner: PersistentMap<string, Ids>;
  readonly endpointsByHost: PersistentMap<string, PersistentMap<string, string>>;
  readonly pagesByHost: PersistentMap<string, Ids>;
  readonly pagesByOwner: PersistentMap<string, Ids>;
  /** Pages by GitLab's project id, as text. */
  readonly pagesByProject: PersistentMap<string, Ids>;
  readonly tokensByOwner: PersistentMap<string, Ids>;
  readonly tokensByHash: PersistentMap<string, string>;
  readonly requestsByOwner: PersistentMap<string, Ids>;
  readonly bucketsByOwner: PersistentMap<string, Ids>;
  readonly bucketsByName: PersistentMap<string, string>;
  readonly bucketKeysByOwner: PersistentMap<string, Ids>;
  readonly databasesByOwner: PersistentMap<string, Ids>;
  readonly databasesByName: PersistentMap<string, string>;
  readonly databaseAccountsByOwner: PersistentMap<string, Ids>;
  readonly databaseAccountsByName: PersistentMap<string, string>;
  readonly namespacesByOwner: PersistentMap<string, Ids>;
  /** By name at Kubernetes. */
  readonly namespacesByName: PersistentMap<string, string>;
  readonly kubeconfigsByOwner: PersistentMap<string, Ids>;
  readonly kubeconfigsByNamespace: PersistentMap<string, Ids>;
  /** Kept answers by `answerActor`. */
  readonly answersByActor: PersistentMap<string, Ids>;
}

export const emptyState: State = {
  revision: 0,
  owners: PersistentMap(),
  labels: PersistentMap(),
  endpoints: PersistentMap(),
  pages: PersistentMap(),
  pageHosts: PersistentMap(),
  domains: PersistentMap(),
  reserved: PersistentMap(),
  tokens: PersistentMap(),
  requests: PersistentMap(),
  passes: PersistentMap(),
  buckets: PersistentMap(),
  bucketKeys: PersistentMap(),
  databases: PersistentMap(),
  databaseAccounts: PersistentMap(),
  namespaces: PersistentMap(),
  kubeconfigs: PersistentMap(),
  answers: PersistentMap(),
  setAside: [],
  ownersByName: PersistentMap(),
  personsByIdentity: PersistentMap(),
  groupsByManager: PersistentMap(),
  labelsByOwner: PersistentMap(),
  endpointsByOwner: PersistentMap(),
  endpointsByHost: PersistentMap(),
  pagesByHost: PersistentMap(),
  pagesByOwner: PersistentMap(),
  pagesByProject: PersistentMap(),
  tokensByOwner: PersistentMap(),
  tokensByHash: PersistentMap(),
  requestsByOwner: PersistentMap(),
  bucketsByOwner: PersistentMap(),
  bucketsByName: PersistentMap(),
  bucketKeysByOwner: PersistentMap(),
  databasesByOwner: PersistentMap(),
  databasesByName: PersistentMap(),
  databaseAccountsByOwner: PersistentMap(),
  databaseAccountsByName: PersistentMap(),
  namespacesByOwner: PersistentMap(),
  namespacesByName: PersistentMap(),
  kubeconfigsByOwner: PersistentMap(),
  kubeconfigsByNamespace: PersistentMap(),
  answersByActor: PersistentMap(),
};

/** The state while `apply` works on it: the same maps, to be replaced one by one. */
type Draft = { -readonly [K in keyof State]: State[K] };
type IdIndex =
  | "groupsByManager"
  | "labelsByOwner"
  | "endpointsByOwner"
  | "pagesByHost"
  | "pagesByOwner"
  | "pagesByProject"
  | "tokensByOwner"
  | "requestsByOwner"
  | "bucketsByOwner"
  | "bucketKeysByOwner"
  | "databasesByOwner"
  | "databaseAccountsByOwner"
  | "namespacesByOwner"
  | "kubeconfigsByOwner"
  | "kubeconfigsByNamespace"
  | "answersByActor";

function include(draft: Draft, index: IdIndex, key: string, id: string): void {
  draft[index] = draft[index].set(key, draft[index].get(key, none).add(id));
}

function exclude(draft: Draft, index: IdIndex, key: string, id: string): void {
  const rest = draft[index].get(key, none).delete(id);
  draft[index] = rest.isEmpty() ? draft[index].delete(key) : draft[index].set(key, rest);
}

/** The map without the key, unless the key means another entity by now (two swapped places). */
function withoutId(
  map: PersistentMap<string, string>,
  key: string,
  id: string,
): PersistentMap<string, string> {
  return map.get(key) === id ? map.delete(key) : map;
}

/** The key of an identity: no other issuer and subject have the same. */
export function identityKey(identity: { issuer: string; subject: string }): string {
  return JSON.stringify([identity.issuer, identity.subject]);
}

/** Takes an entity out of, or puts it into, the indexes. */
function index(draft: Draft, entity: Entity, present: boolean): void {
  const toggle = present ? include : exclude;
  switch (entity.kind) {
    case "person":
      for (const identity of entity.identities) {
        const key = identityKey(identity);
        draft.personsByIdentity = present
          ? draft.personsByIdentity.set(key, entity.id)
          : withoutId(draft.personsByIdentity, key, entity.id);
      }
      draft.ownersByName = present
        ? draft.ownersByName.set(entity.name, entity.id)
        : withoutId(draft.ownersByName, entity.name, entity.id);
      return;
    case "group":
      for (const manager of entity.managers) toggle(draft, "groupsByManager", manager, entity.id);
      draft.ownersByName = present
        ? draft.ownersByName.set(entity.name, entity.id)
        : withoutId(draft.ownersByName, entity.name, entity.id);
      return;
    case "label":
      toggle(draft, "labelsByOwner", entity.owner, entity.id);
      return;
    case "endpoint": {
      toggle(draft, "endpointsByOwner", entity.owner, entity.id);
      const paths = draft.endpointsByHost.get(entity.host) ?? PersistentMap<string, string>();
      const next = present
        ? paths.set(entity.path, entity.id)
        : withoutId(paths, entity.path, entity.id);
      draft.endpointsByHost = next.isEmpty()
        ? draft.endpointsByHost.delete(entity.host)
        : draft.endpointsByHost.set(entity.host, next);
      return;
    }
    case "page":
      toggle(draft, "pagesByHost", entity.host, entity.id);
      toggle(draft, "pagesByProject", String(entity.project), entity.id);
      if (entity.owner !== null) toggle(draft, "pagesByOwner", entity.owner, entity.id);
      return;
    case "token":
      if (entity.owner !== null) toggle(draft, "tokensByOwner", entity.owner, entity.id);
      draft.tokensByHash = present
        ? draft.tokensByHash.set(entity.hash, entity.id)
        : withoutId(draft.tokensByHash, entity.hash, entity.id);
      return;
    case "request":
      toggle(draft, "requestsByOwner", entity.owner, entity.id);
      return;
    case "bucket":
      toggle(draft, "bucketsByOwner", entity.owner, entity.id);
      draft.bucketsByName = present
        ? draft.bucketsByName.set(entity.name, entity.id)
        : withoutId(draft.bucketsByName, entity.name, entity.id);
      return;
    case "bucketKey":
      toggle(draft, "bucketKeysByOwner", entity.owner, entity.id);
      return;
    case "database":
      toggle(draft, "databasesByOwner", entity.owner, entity.id);
      draft.databasesByName = present
        ? draft.databasesByName.set(entity.name, entity.id)
        : withoutId(draft.databasesByName, entity.name, entity.id);
      return;
    case "databaseAccount":
      toggle(draft, "databaseAccountsByOwner", entity.owner, entity.id);
      draft.databaseAccountsByName = present
        ? draft.databaseAccountsByName.set(entity.name, entity.id)
        : withoutId(draft.databaseAccountsByName, entity.name, entity.id);
      return;
    case "namespace":
      toggle(draft, "namespacesByOwner", entity.owner, entity.id);
      draft.namespacesByName = present
        ? draft.namespacesByName.set(entity.name, entity.id)
        : withoutId(draft.namespacesByName, entity.name, entity.id);
      return;
    case "kubeconfig":
      toggle(draft, "kubeconfigsByOwner", entity.owner, entity.id);
      toggle(draft, "kubeconfigsByNamespace", entity.namespace, entity.id);
      return;
    case "answer":
      toggle(draft, "answersByActor", answerActor(entity.id), entity.id);
      return;
    case "pageHost":
    case "domain":
    case "reserved":
    case "pass":
  }
}

/**
 * Whose kept answer it is: the first part of its id. An answer's id is `ans-`, 16 hex digits for
 * who asked, and 24 for the key that they gave.
 */
export function answerActor(id: string): string {
  return id.slice(0, "ans-".length + 16);
}

const COLLECTION = {
  person: "owners",
  group: "owners",
  label: "labels",
  endpoint: "endpoints",
  page: "pages",
  pageHost: "pageHosts",
  domain: "domains",
  reserved: "reserved",
  token: "tokens",
  request: "requests",
  pass: "passes",
  bucket: "buckets",
  bucketKey: "bucketKeys",
  database: "databases",
  databaseAccount: "databaseAccounts",
  namespace: "namespaces",
  kubeconfig: "kubeconfigs",
  answer: "answers",
} as const satisfies Record<Kind, keyof State>;

/** The entity of a kind and id, or undefined. A person's id finds no group. */
export function entityOf<K extends Kind>(
  state: State,
  kind: K,
  id: string,
): EntityOf<K> | undefined {
  const map = state[COLLECTION[kind]] as unknown as PersistentMap<string, Entity>;
  const found = map.get(id);
  return found?.kind === kind ? (found as EntityOf<K>) : undefined;
}

/** All entities, kind by kind, in no particular order. */
export function* entitiesOf(state: State): Generator<Entity> {
  yield* state.owners.values();
  yield* state.labels.values();
  yield* state.endpoints.values();
  yield* state.pages.values();
  yield* state.pageHosts.values();
  yield* state.domains.values();
  yield* state.reserved.values();
  yield* state.tokens.values();
  yield* state.requests.values();
  yield* state.passes.values();
  yield* state.buckets.values();
  yield* state.bucketKeys.values();
  yield* state.databases.values();
  yield* state.databaseAccounts.values();
  yield* state.namespaces.values();
  yield* state.kubeconfigs.values();
  yield* state.answers.values();
}

/** Changes between two pauses: well below a millisecond. */
const STEP = 64;

function put(draft: Draft, change: Change): void {
  const name = COLLECTION[change.kind];
  const map = draft[name] as unknown as PersistentMap<string, Entity>;
  const before = map.get(change.id);
  if (before !== undefined) index(draft, before, false);
  const after = change.entity === null ? map.delete(change.id) : map.set(change.id, change.entity);
  (draft as Record<string, unknown>)[name] = after;
  if (change.entity !== null) index(draft, change.entity, true);
}

/**
 * The state of these changes alone, as `apply` makes it of the empty one.
 * @param changes read on the way
 */
export function* build(changes: Iterable<Change>, revision: number): Steps<State> {
  const draft: Draft = { ...emptyState, revision };
  thaw(draft);
  let made = 0;
  for (const change of changes) {
    put(draft, change);
    if (++made % STEP === 0) yield;
  }
  freeze(draft);
  return draft;
}

/**
 * The state after the changes, at `revision`. Pure: the given state stays as it is.
 * Removing what is not there changes nothing.
 */
export function apply(state: State, changes: readonly Change[], revision: number): State {
  return runToEnd(applyInSteps(state, changes, revision));
}

/** The same, for so many changes that it takes turns with the rest. */
export function* applyInSteps(
  state: State,
  changes: readonly Change[],
  revision: number,
): Steps<State> {
  const draft: Draft = { ...state, revision };
  // Each map a change can touch becomes mutable once, so that loading 100,000 records is linear.
  const batch = changes.length > 50;
  if (batch) thaw(draft);
  let made = 0;
  for (const change of changes) {
    put(draft, change);
    if (++made % STEP === 0) yield;
  }
  if (batch) freeze(draft);
  if (state.setAside.length > 0) {
    const written = new Set(changes.map(({ kind, id }) => `${kind}/${id}`));
    draft.setAside = state.setAside.filter(({ key }) => !written.has(key));
  }
  return draft;
}

function eachMap(draft: Draft, turn: (map: PersistentMap<string, unknown>) => unknown): void {
  for (const [name, value] of Object.entries(draft)) {
    if (PersistentMap.isMap(value)) {
      (draft as Record<string, unknown>)[name] = turn(value as PersistentMap<string, unknown>);
    }
  }
}

function thaw(draft: Draft): void {
  eachMap(draft, (map) => map.asMutable());
}

function freeze(draft: Draft): void {
  eachMap(draft, (map) => map.asImmutable());
}

/** The endpoint at exactly this host and path. */
export function endpointAt(state: State, host: Hostname, path: PathPrefix): Endpoint | undefined {
  const id = state.endpointsByHost.get(host)?.get(path);
  return id === undefined ? undefined : state.endpoints.get(id);
}

/** The owner that an id or a name means. */
export function findOwner(state: State, idOrName: string): Owner | undefined {
  const id = state.owners.has(idOrName) ? idOrName : state.ownersByName.get(idOrName.toLowerCase());
  return id === undefined ? undefined : state.owners.get(id);
}

function collect<T>(map: PersistentMap<string, T>, ids: Ids | undefined): T[] {
  const found: T[] = [];
  for (const id of ids ?? none) {
    const entity = map.get(id);
    if (entity !== undefined) found.push(entity);
  }
  return found;
}

export function labelsOf(state: State, owner: string): LabelRecord[] {
  return collect(state.labels, state.labelsByOwner.get(owner));
}

export function endpointsOf(state: State, owner: string): Endpoint[] {
  return collect(state.endpoints, state.endpointsByOwner.get(owner));
}

export function pagesOf(state: State, owner: string): Page[] {
  return collect(state.pages, state.pagesByOwner.get(owner));
}

export function pagesOfProject(state: State, project: number): Page[] {
  return collect(state.pages, state.pagesByProject.get(String(project)));
}

export function pagesAt(state: State, host: string): Page[] {
  return collect(state.pages, state.pagesByHost.get(host));
}

export function tokensOf(state: State, owner: string): Token[] {
  return collect(state.tokens, state.tokensByOwner.get(owner));
}

export function requestsOf(state: State, owner: string): RequestRecord[] {
  return collect(state.requests, state.requestsByOwner.get(owner));
}

export function bucketsOf(state: State, owner: string): Bucket[] {
  return collect(state.buckets, state.bucketsByOwner.get(owner));
}

export function bucketKeysOf(state: State, owner: string): BucketKey[] {
  return collect(state.bucketKeys, state.bucketKeysByOwner.get(owner));
}

export function databasesOf(state: State, owner: string): Database[] {
  return collect(state.databases, state.databasesByOwner.get(owner));
}

export function databaseAccountsOf(state: State, owner: string): DatabaseAccount[] {
  return collect(state.databaseAccounts, state.databaseAccountsByOwner.get(owner));
}

export function namespacesOf(
  state: Pick<State, "namespaces" | "namespacesByOwner">,
  owner: string,
): Namespace[] {
  return collect(state.namespaces, state.namespacesByOwner.get(owner));
}

export function kubeconfigsOf(state: State, owner: string): Kubeconfig[] {
  return collect(state.kubeconfigs, state.kubeconfigsByOwner.get(owner));
}

/** The ways into a namespace. */
export function kubeconfigsInto(state: State, namespace: string): Kubeconfig[] {
  return collect(state.kubeconfigs, state.kubeconfigsByNamespace.get(namespace));
}

/** The groups that a person manages. */
export function groupsOf(state: State, person: string): Owner[] {
  return collect(state.owners, state.groupsByManager.get(person));
}
