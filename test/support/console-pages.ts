import { createServer } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { type Context, Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";
import { servicesOf } from "../../src/api/services.ts";
import { Buckets } from "../../src/buckets/module.ts";
import type { ObjectStorage } from "../../src/buckets/storage.ts";
import { Databases } from "../../src/databases/module.ts";
import type { DatabaseServer } from "../../src/databases/server.ts";
import type { Cluster } from "../../src/namespaces/cluster.ts";
import { Namespaces } from "../../src/namespaces/module.ts";
import { silentLog } from "../../src/observability/log.ts";
import { createMetrics } from "../../src/observability/metrics.ts";
import { systemClock } from "../../src/reconcile/clock.ts";
import { Sessions } from "../../src/auth/sessions.ts";
import { Tries } from "../../src/auth/tries.ts";
import { loadConfig } from "../../src/config.ts";
import { assets } from "../../src/console/assets.ts";
import type { Delivery } from "../../src/console/delivery.ts";
import { pages } from "../../src/console/pages/app.ts";
import type { PageServices } from "../../src/console/pages/services.ts";
import { SignedPages } from "../../src/console/signed-pages.ts";
import { siteOf } from "../../src/console/site.ts";
import type { PageEnv, Visitor } from "../../src/console/visitor.ts";
import { SCOPES, type Person } from "../../src/domain/entities.ts";
import { operator, type Actor } from "../../src/domain/policy.ts";
import { rulesFrom } from "../../src/domain/rules.ts";
import { findOwner, type Change } from "../../src/domain/state.ts";
import { closeServer, listen } from "../../src/listeners.ts";
import { Ledger, type Decide } from "../../src/store/ledger.ts";
import { openLevelStore } from "../../src/store/leveldb.ts";
import { MemoryVolatile } from "../../src/store/memory-volatile.ts";
import type { Json, Key } from "../../src/store/store.ts";
import { temporaryFolder } from "./folder.ts";

interface Handler {
  readonly fetch: (request: Request, env?: unknown) => Response | Promise<Response>;
}

/** Serves an app on a free port of loopback. */
export async function serve(
  app: Handler,
): Promise<{ readonly origin: string; close(): Promise<void> }> {
  const listener = getRequestListener(app.fetch);
  const server = createServer((request, response) => void listener(request, response));
  const port = await listen(server, { host: "127.0.0.1", port: 0 }, "test");
  return { origin: `http://127.0.0.1:${port}`, close: () => closeServer(server) };
}

/** The content policy that the pages live under: nothing but what the console itself serves. */
export const POLICY = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'"],
  connectSrc: ["'self'"],
  baseUri: ["'none'"],
  formAction: ["'self'"],
  frameAncestors: ["'none'"],
};

/** An app whose answers carry the headers that the console's have. */
export function withHeaders<E extends object>(): Hono<E> {
  const app = new Hono<E>();
  app.use(secureHeaders({ contentSecurityPolicy: POLICY }));
  return app;
}

const DAY_MS = 24 * 60 * 60 * 1000;
export const NOW = Date.parse("2026-11-30T20:00:00.000Z");
export const ZONE = "tardis.test";

/** The pages on a store of their own, for whoever a request says that it comes from. */
export interface TestPages {
  readonly origin: string;
  /** Asks past the network, for what the server itself takes. */
  readonly ask: (name: string, path: string) => Promise<Response>;
  readonly ledger: Ledger;
  readonly services: PageServices;
  /** Those of the storage that it was started with. */
  readonly buckets: Buckets | undefined;
  /** Those of the database server that it was started with. */
  readonly databases: Databases | undefined;
  /** Those of the cluster that it was started with. */
  readonly namespaces: Namespaces | undefined;
  readonly signed: SignedPages;
  /** What Traefik has, as the pages are told. */
  delivery: Delivery | undefined;
  /** Ends every session of a person, as far as the streams are told. */
  readonly signedOut: Set<string>;
  readonly errors: unknown[];
  /** Headers of a request by this person. */
  by(name: string): Record<string, string>;
  /** Has the operator do something. */
  must<T>(decide: Decide<T>): Promise<T>;
  /** Has a person do something, past the pages. */
  as<T>(name: string, decide: Decide<T>): Promise<T>;
  /** Writes records as they are, past every verb. */
  write(changes: (revision: number) => readonly Change[]): Promise<void>;
  close(): Promise<void>;
}

const BUCKETS = {
  TARDIS_BUCKETS__ENABLED: "true",
  TARDIS_BUCKETS__URL: "http://minio.test:9000",
  TARDIS_BUCKETS__PUBLICURL: `https://s3.${ZONE}`,
  TARDIS_BUCKETS__ACCESSKEY: "console",
  TARDIS_BUCKETS__SECRETKEY: "not-used-in-memory",
};

const DATABASES = {
  TARDIS_DATABASES__ENABLED: "true",
  TARDIS_DATABASES__ADDRESS: "mysql.test:3306",
  TARDIS_DATABASES__PUBLICADDRESS: `mysql.${ZONE}:3306`,
  TARDIS_DATABASES__USER: "console",
  TARDIS_DATABASES__PASSWORD: "not-used-in-memory",
};

const NAMESPACES = {
  TARDIS_NAMESPACES__ENABLED: "true",
  TARDIS_NAMESPACES__TOKEN: "not-used-in-memory",
  TARDIS_NAMESPACES__PUBLICURL: `https://k8s.${ZONE}:6443`,
};

/**
 * Starts the pages with a middleware in place of the sign-in.
 * @param records what is in the store; nothing, without
 * @param storage where buckets are; without it, there are none
 * @param databaseServer where databases are; as `storage`
 * @param cluster where namespaces are; as `storage`
 */
export async function startPages(
  records?: ReadonlyMap<Key, Json>,
  env: Record<string, string> = {},
  storage?: ObjectStorage,
  databaseServer?: DatabaseServer,
  cluster?: Cluster,
): Promise<TestPages> {
  const folder = await temporaryFolder();
  const config = loadConfig({
    env: {
      TARDIS_ZONE: ZONE,
      TARDIS_PUBLICURL: `http://console.${ZONE}`,
      TARDIS_TARGETS__NETWORKS: '[{"cidr": "10.0.0.0/8"}]',
      TARDIS_USERHOMES__ENABLED: "true",
      TARDIS_PAGES__ENABLED: "true",
      ...(storage === undefined ? {} : BUCKETS),
      ...(databaseServer === undefined ? {} : DATABASES),
      ...(cluster === undefined ? {} : NAMESPACES),
      ...env,
    },
    cwd: folder.path,
  });
  const now = () => new Date(NOW);
  const rules = rulesFrom(config);
  const ledger = await Ledger.open(await openLevelStore(`${folder.path}/db`), { rules, now });
  if (records !== undefined) await ledger.replace(() => records, { type: "seeded" });
  const volatile = new MemoryVolatile();
  const began = performance.now();
  const shared = {
    ledger: () => ledger,
    volatile: () => volatile,
    leads: () => true,
    metrics: createMetrics(),
    log: silentLog,
    // It goes on, so that what failed is tried again.
    clock: {
      ...systemClock,
      now: () => new Date(NOW + performance.now() - began),
    },
  };
  const buckets =
    storage === undefined ? undefined : new Buckets({ config: config.buckets, storage, ...shared });
  const databases =
    databaseServer === undefined
      ? undefined
      : new Databases({ config: config.databases, server: databaseServer, ...shared });
  const namespaces =
    cluster === undefined ? undefined : new Namespaces({ config, cluster, ...shared });
  const errors: unknown[] = [];
  const signedOut = new Set<string>();
  const deps = {
    ledger,
    rules,
    config,
    now,
    log: { error: (fields: object) => void errors.push(fields), warn: () => undefined },
    clientAddress: () => "192.0.2.1",
    published: () => null,
    modules: () => ({ buckets, databases, namespaces }),
    tries: new Tries(() => volatile),
    sessions: new Sessions({
      volatile: () => volatile,
      now,
      idleMs: DAY_MS,
      lifeMs: 14 * DAY_MS,
    }),
  };
  const services: PageServices = {
    ...servicesOf(deps),
    site: siteOf(config, rules, now),
    delivery: () =>
      running.delivery ?? {
        published: ledger.state.revision,
        pollers: [{ name: "traefik-1", revision: ledger.state.revision, at: new Date(NOW - 2000) }],
      },
  };
  const visitorOf = (context: Context<PageEnv>): Visitor | undefined => {
    const name = context.req.header("x-visitor") ?? "";
    const person = ledger.state.owners.get(ledger.state.ownersByName.get(name) ?? "");
    if (person?.kind !== "person" || person.suspended !== undefined || signedOut.has(name))
      return undefined;
    return { person, actor: actorOf(person), session: `ses-${name}`, adminLapsed: false };
  };
  const signed = new SignedPages({
    pages: (_ledger, delivery) => pages({ ...services, delivery }),
    volatile: () => volatile,
    delivery: services.delivery,
    site: services.site,
    log: services.log,
    renew: async (context) => visitorOf(context),
  });
  if (buckets !== undefined) {
    ledger.onCommit((state, changes) => buckets.onCommit(state, changes));
    buckets.start();
  }
  if (databases !== undefined) {
    ledger.onCommit((state, changes) => databases.onCommit(state, changes));
    databases.start();
  }
  if (namespaces !== undefined) {
    ledger.onCommit((state, changes) => namespaces.onCommit(state, changes));
    namespaces.start();
  }
  const app = withHeaders<PageEnv>();
  app.route("/", assets());
  app.get("/sign-in", (context) => context.html("<!doctype html><title>Sign in</title>"));
  app.use((context, next) => {
    const visitor = visitorOf(context);
    if (visitor === undefined) return Promise.resolve(context.redirect("/sign-in", 303));
    context.set("visitor", visitor);
    return next();
  });
  app.all("/*", (context) => signed.answer(context, ledger));
  const server = await serve(app);
  const change = async <T>(actor: Actor, decide: Decide<T>) =>
    (await ledger.change(actor, decide)).result;
  const running: TestPages = {
    origin: server.origin,
    ask: async (name, path) => app.request(path, { headers: { "x-visitor": name } }),
    ledger,
    services,
    buckets,
    databases,
    namespaces,
    signed,
    delivery: undefined,
    signedOut,
    errors,
    by: (name) => ({ "x-visitor": name }),
    must: (decide) => change(operator, decide),
    as: (name, decide) => {
      const person = findOwner(ledger.state, name);
      if (person?.kind !== "person") throw new Error(`there is no ${name}`);
      return change(actorOf(person), decide);
    },
    write: async (changes) => {
      await ledger.change(operator, (_state, { revision }) => ({
        changes: changes(revision),
        event: { type: "test", summary: "written by a test", owners: [] },
        result: null,
      }));
    },
    close: async () => {
      signed.close();
      await buckets?.stop();
      await databases?.stop();
      await namespaces?.stop();
      await server.close();
      await ledger.close();
      await folder.remove();
    },
  };
  return running;
}

function actorOf(person: Person): Actor {
  const admin = person.role === "admin";
  const scopes = new Set(SCOPES.filter((scope) => admin || scope !== "admin"));
  return { name: person.name, owner: person.id, admin, scopes, token: null };
}
