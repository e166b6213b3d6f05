import { createApi } from "../../src/api/app.ts";
import { Sessions } from "../../src/auth/sessions.ts";
import { Tries } from "../../src/auth/tries.ts";
import { loadConfig, type Config } from "../../src/config.ts";
import type { CustomDomain, Scope } from "../../src/domain/entities.ts";
import type { Hostname } from "../../src/domain/names.ts";
import { operator, type Actor } from "../../src/domain/policy.ts";
import { rulesFrom } from "../../src/domain/rules.ts";
import type { Change, State } from "../../src/domain/state.ts";
import type { DomainDns } from "../../src/gitlab-pages/domains/dns.ts";
import { Buckets } from "../../src/buckets/module.ts";
import { Databases } from "../../src/databases/module.ts";
import { createMetrics } from "../../src/observability/metrics.ts";
import { silentLog } from "../../src/observability/log.ts";
import { Ledger } from "../../src/store/ledger.ts";
import { MemoryVolatile } from "../../src/store/memory-volatile.ts";
import { MemoryDatabases } from "../support/memory-databases.ts";
import { Namespaces } from "../../src/namespaces/module.ts";
import { MemoryCluster } from "../support/memory-cluster.ts";
import { MemoryStorage } from "../support/memory-storage.ts";
import { openLevelStore } from "../../src/store/leveldb.ts";
import { temporaryFolder } from "../support/folder.ts";
import { standInPages, type StandInPages } from "../support/gitlab/pages-module.ts";

/** A JSON answer as tests read it: what it is like is what they find out. */
// oxlint-disable-next-line typescript/no-explicit-any -- each test says what it expects
export type Json = any;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The JSON body, or null without one. */
  readonly body: Json;
}

export interface RequestOptions {
  readonly token?: string | undefined;
  readonly json?: unknown;
  /** A body as it is, in place of `json`. */
  readonly text?: string;
  readonly headers?: Record<string, string>;
}

export interface TestApi {
  readonly app: ReturnType<typeof createApi>;
  readonly ledger: Ledger;
  readonly config: Config;
  readonly sessions: Sessions;
  /** The GitLab beside it, which reads when it is told to. */
  readonly gitlab: StandInPages;
  /** Members' buckets, without the loop, at a storage in memory. */
  readonly buckets: Buckets;
  readonly storage: MemoryStorage;
  /** The same of databases. */
  readonly databases: Databases;
  readonly server: MemoryDatabases;
  /** Members' namespaces, without the loop, at a cluster in memory. */
  readonly namespaces: Namespaces;
  readonly cluster: MemoryCluster;
  /** What the API wrote to its log as errors. */
  readonly errors: object[];
  /** A token of the operator with every scope. */
  readonly admin: string;
  readonly state: () => State;
  /** Moves the clock. */
  readonly advance: (milliseconds: number) => void;
  readonly now: () => Date;
  readonly request: (method: string, path: string, options?: RequestOptions) => Promise<Answer>;
  /** The request as the operator; throws unless it succeeds. */
  readonly must: (method: string, path: string, json?: unknown) => Promise<Json>;
  /** A token for an owner, made by the operator. */
  tokenFor(
    owner: string | null,
    scopes?: readonly Scope[],
    expiresInDays?: number,
  ): Promise<string>;
  /** Writes records as they are, past every verb. */
  write(changes: (revision: number) => readonly Change[]): Promise<void>;
  close(): Promise<void>;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const START = Date.parse("2026-11-22T12:00:00.000Z");
export const ZONE = "tardis.test";
export const ALL_SCOPES: readonly Scope[] = [
  "read",
  "endpoints",
  "namespaces",
  "databases",
  "buckets",
  "owners",
  "tokens",
];

export interface ApiOptions {
  readonly env?: Record<string, string>;
  readonly clientAddress?: () => string;
  readonly actor?: Actor;
  readonly domainDns?: DomainDns;
}

/** An API on a fresh embedded store, with a clock that stands still. */
export async function startApi(options: ApiOptions = {}): Promise<TestApi> {
  const folder = await temporaryFolder();
  const config = loadConfig({
    env: {
      TARDIS_ZONE: ZONE,
      TARDIS_PUBLICURL: `https://console.${ZONE}`,
      TARDIS_TARGETS__NETWORKS: '[{"cidr": "10.0.0.0/8"}]',
      TARDIS_USERHOMES__ENABLED: "true",
      TARDIS_PAGES__ENABLED: "true",
      ...options.env,
    },
    cwd: folder.path,
  });
  let time = START;
  const now = () => new Date(time);
  const store = await openLevelStore(`${folder.path}/db`);
  const rules = rulesFrom(config);
  const ledger = await Ledger.open(store, { rules, now });
  const table = { rules, userhomes: true };
  const gitlab = standInPages(config.gitlab, table, () => ledger);
  const gitlabPages = () => gitlab.pages;
  const storage = new MemoryStorage();
  const volatile = new MemoryVolatile(() => time);
  const parts = {
    ledger: () => ledger,
    volatile: () => volatile,
    leads: () => true,
    metrics: createMetrics(),
    log: silentLog,
    clock: { now, sleep: async () => undefined },
  };
  const buckets = new Buckets({ ...parts, config: config.buckets, storage });
  const server = new MemoryDatabases();
  const databases = new Databases({ ...parts, config: config.databases, server });
  const cluster = new MemoryCluster(now);
  const namespaces = new Namespaces({ ...parts, config, cluster });
  const errors: object[] = [];
  const sessions = new Sessions({
    volatile: () => volatile,
    now,
    idleMs: DAY_MS,
    lifeMs: 14 * DAY_MS,
  });
  const tries = new Tries(() => volatile);
  const app = createApi({
    ledger,
    rules,
    config,
    sessions,
    tries,
    now,
    log: { error: (fields) => void errors.push(fields), warn: () => undefined },
    clientAddress: options.clientAddress ?? (() => "192.0.2.1"),
    published: () => null,
    gitlabPages,
    modules: () => ({ buckets, databases, namespaces }),
    domainDns: options.domainDns,
    ...(options.actor === undefined ? {} : { actor: options.actor }),
  });
  const asOperator = createApi({
    ledger,
    rules,
    config,
    sessions,
    tries,
    now,
    log: { error: (fields) => void errors.push(fields), warn: () => undefined },
    clientAddress: () => "unknown",
    published: () => null,
    gitlabPages,
    modules: () => ({ buckets, databases, namespaces }),
    domainDns: options.domainDns,
    actor: operator,
  });

  async function send(
    target: typeof app,
    method: string,
    path: string,
    given: RequestOptions,
  ): Promise<Answer> {
    const headers = new Headers(given.headers);
    if (given.token !== undefined) headers.set("Authorization", `Bearer ${given.token}`);
    const text = given.text ?? (given.json === undefined ? undefined : JSON.stringify(given.json));
    if (given.json !== undefined && !headers.has("Content-Type"))
      headers.set("Content-Type", "application/json");
    const response = await target.request(path, {
      method,
      headers,
      ...(text === undefined ? {} : { body: text }),
    });
    const answer = await response.text();
    const isJson = /json/.test(response.headers.get("content-type") ?? "");
    return {
      status: response.status,
      headers: response.headers,
      body: isJson && answer !== "" ? JSON.parse(answer) : null,
    };
  }

  const must = async (method: string, path: string, json?: unknown) => {
    const answer = await send(asOperator, method, path, json === undefined ? {} : { json });
    if (answer.status >= 300)
      throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  const tokenFor: TestApi["tokenFor"] = async (owner, scopes = ALL_SCOPES, expiresInDays = 30) =>
    (await must("POST", "/api/v1/tokens", { name: "test", owner, scopes, expiresInDays })).secret;

  return {
    app,
    ledger,
    config,
    buckets,
    storage,
    databases,
    server,
    namespaces,
    cluster,
    gitlab,
    sessions,
    errors,
    admin: await tokenFor(null, [...ALL_SCOPES, "admin"]),
    state: () => ledger.state,
    advance: (milliseconds) => void (time += milliseconds),
    now,
    request: (method, path, given = {}) => send(app, method, path, given),
    must,
    tokenFor,
    write: async (changes) => {
      await ledger.change(operator, (_state, context) => ({
        changes: changes(context.revision),
        event: { type: "written", summary: "written by a test", owners: [] },
        result: null,
      }));
    },
    close: async () => {
      await ledger.close();
      await folder.remove();
    },
  };
}

/** What a problem says, but for what differs from one request to the next. */
export function problemOf({ status, body }: Answer): object {
  const { requestId: _own, ...rest } = body ?? {};
  return { status, ...rest };
}

/** A custom domain, as a change that writes it. */
export function domainChange(
  revision: number,
  id: string,
  owner: string | null,
  fields: Partial<CustomDomain> = {},
): Change {
  const entity: CustomDomain = {
    v: 1,
    kind: "domain",
    id: id as Hostname,
    revision,
    createdAt: new Date(START).toISOString(),
    project: 7,
    projectPath: "a/b",
    owner,
    verified: true,
    verificationCode: "c0de",
    enabledUntil: "2027-01-01T00:00:00.000Z",
    autoSsl: true,
    certificateUntil: "2027-02-01T00:00:00.000Z",
    ...fields,
  };
  return { kind: "domain", id, entity };
}
