import { createServer, type RequestListener, type Server } from "node:http";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hostname } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { getRequestListener } from "@hono/node-server";
import type { Context } from "hono";
import { clientAddress } from "./auth/client-address.ts";
import type { ReachOptions } from "./checks/reach.ts";
import { withHttpPort, type Config } from "./config.ts";
import type { PageParts } from "./console-pages.ts";
import { createPublic } from "./console/public.ts";
import { createControl } from "./control.ts";
import { Core, type Api } from "./core.ts";
import type { Send } from "./gitlab-pages/client/send.ts";
import { createHooks } from "./gitlab-pages/hooks/receive.ts";
import type { GitLabPages } from "./gitlab-pages/module.ts";
import { createInternal, type Health } from "./internal.ts";
import { Drain } from "./drain.ts";
import { DomainDns } from "./gitlab-pages/domains/dns.ts";
import { closeServer, isListening, listen, listenOnSocket } from "./listeners.ts";
import { bootstrapOnce, startLoops } from "./loops.ts";
import { allOf, type Modules, modulesFor, noModules, type Systems } from "./modules.ts";
import { createLog, type Logger } from "./observability/log.ts";
import { createMetrics, type Metrics } from "./observability/metrics.ts";
import { Freshness } from "./publisher/freshness.ts";
import { originsOf, settingsDigest } from "./publisher/origin.ts";
import { Provider } from "./publisher/provider.ts";
import { Publisher } from "./publisher/publisher.ts";
import { SharedPollers } from "./publisher/shared-pollers.ts";
import { Replica } from "./replica.ts";
import { LiveDocument } from "./traefik/live-document.ts";
import { createDoctor } from "./self-check.ts";
import { version } from "./version.ts";
import { messageOf } from "./errors.ts";

/** What tests replace; everything has its real default. */
export interface Overrides {
  readonly log?: Logger;
  readonly now?: () => Date;
  /** How long people are let in by a state that is cut off from the store, in milliseconds. */
  readonly staleMs?: number;
  /** Calls GitLab. */
  readonly send?: Send;
  /** The first admin token, as the operator chose it. */
  readonly bootstrapToken?: string | undefined;
  /** Where members' buckets, databases and namespaces are, in place of the configured ones. */
  readonly systems?: Systems;
  /** How the doctor reaches systems. */
  readonly reach?: ReachOptions;
  /** Told the first admin token, when one was drawn. */
  readonly onBootstrapToken?: (secret: string) => unknown;
}

/** A console that runs. */
export interface RunningConsole {
  readonly config: Config;
  readonly core: Core;
  readonly publisher: Publisher;
  readonly provider: Provider;
  readonly replica: Replica;
  /** The sync with GitLab, where the configuration asks for it. */
  readonly gitlabPages: GitLabPages | undefined;
  /** What keeps members' things in other systems, where the configuration asks for it. */
  readonly modules: Modules;
  readonly internalPort: number;
  readonly httpPort: number;
  /** Answers what is under way, then ends; resolves when all of it is closed. */
  close(): Promise<void>;
}

/** Where the command line finds a running server. */
export function controlSocket(config: Pick<Config, "data">): string {
  return join(config.data, "control.sock");
}

const BREATH_MS = 30;
const LINGER_MS = 300;
/** A store that answers at all does so far sooner; a poll is not kept for one that is frozen. */
const FRESH_PATIENCE_MS = 500;
/** Someone waits for the page; a DNS server that takes longer is as good as none. */
const DNS_TIMEOUT_MS = 5000;
const STARTING = JSON.stringify({
  type: "about:blank",
  title: "Unavailable",
  status: 503,
  code: "unavailable",
  detail: "The console is starting; try again shortly.",
});
/** What Traefik takes; more than all the cookies that a browser keeps for a zone, which any of its
 * hosts may set: 180 of 4 kB. With less, a member's page could shut others out of the console. */
const HEADER_MAX = 1024 * 1024;
/** Above Traefik's 90 s of idle keep-alive, so that it is never us who close under a request. */
const KEEP_ALIVE_MS = 95_000;
/** The folder's path is short enough on every system where sockets are: 108 characters on Linux. */
const SOCKET_PATH_MAX = 100;

/** What a server has beside the state: its publisher, which is made after the state's core. */
interface Publishing {
  readonly publisher: () => Publisher;
  readonly gitlabPages: () => GitLabPages | undefined;
  readonly domainDns: DomainDns | undefined;
  readonly modules: () => Modules;
  readonly originOf: (lineage: string) => string;
}

/** The state and its API, without listeners: for a server, and for the command line beside none. */
export function createCore(
  config: Config,
  log: Logger,
  overrides: Overrides = {},
  publishing?: Publishing,
): Core {
  const now = overrides.now ?? (() => new Date());
  const domainDns = publishing === undefined ? domainDnsFor(config, now) : publishing.domainDns;
  const core: Core = new Core({
    config,
    log,
    now,
    staleMs: overrides.staleMs,
    api: (ledger, actor): Api =>
      lazyApi(async () => {
        const { createApi } = await import("./api/app.ts");
        return createApi({
          ledger,
          rules: core.rules,
          config,
          sessions: core.sessions,
          tries: core.tries,
          now,
          log,
          clientAddress: (context) => clientAddress(context, config.http.trustedProxies),
          gitlabPages: () => publishing?.gitlabPages(),
          modules: () => publishing?.modules() ?? noModules,
          published: () => publishing?.publisher().current?.revision ?? null,
          domainDns,
          ...(actor === undefined ? {} : { actor }),
        });
      }),
    onLoaded: async ({ revision, lineage }) => {
      if (publishing === undefined || isShared(config)) return;
      const { publisher, originOf } = publishing;
      // Polls are answered before the records of a large host keep this process busy.
      if (await publisher().resume(revision, originOf(lineage))) await delay(BREATH_MS);
    },
  });
  return core;
}

/** Looks up custom domains. One for all of this process: it keeps what DNS answered. */
function domainDnsFor({ gitlab, zone }: Config, now: () => Date): DomainDns | undefined {
  if (!gitlab.enabled) return undefined;
  return new DomainDns({ ...gitlab.domains, zone, timeoutMs: DNS_TIMEOUT_MS, now });
}

/** The API's modules take as long to load as all the rest: Traefik gets its document first. */
function lazyApi(create: () => Promise<Api>): Api {
  let created: Promise<Api> | undefined;
  return {
    fetch: async (request, env) => {
      created ??= create();
      return (await created).fetch(request, env);
    },
  };
}

/**
 * Starts everything: listeners, store, publisher, loops. Without a readable store it still serves
 * the last good document and says what is wrong.
 * @throws Error when the data folder, a port or the store cannot be had
 */
export async function startConsole(
  given: Config,
  overrides: Overrides = {},
): Promise<RunningConsole> {
  const log = overrides.log ?? createLog(given.log);
  const metrics = createMetrics();
  let answerPublic: RequestListener = (_request, response) =>
    void response
      .writeHead(503, { "Content-Type": "application/problem+json", "Retry-After": "1" })
      .end(STARTING);
  const publicServer = createServer({ maxHeaderSize: HEADER_MAX }, (request, response) =>
    answerPublic(request, response),
  );
  publicServer.keepAliveTimeout = KEEP_ALIVE_MS;
  await makeDataFolder(given.data);
  await requireAlone(given);
  const httpPort = await listen(publicServer, given.http, "public");
  const config = withHttpPort(given, httpPort);

  const originOf = originsOf(config, version);
  const domainDns = domainDnsFor(config, overrides.now ?? (() => new Date()));
  const core = createCore(config, log, overrides, {
    publisher: () => publisher,
    gitlabPages: () => gitlabPages,
    domainDns,
    modules: () => modules,
    originOf,
  });
  const settings = { ...config, rules: core.rules };
  const live = new LiveDocument(settings);
  const publisher: Publisher = new Publisher({
    live,
    lastGood: core.lastGood,
    origin: () => originOf(core.ledger?.position.lineage ?? ""),
    metrics,
    log,
  });
  const freshness = new Freshness({
    catchUp: () => core.requireLedger().catchUp(),
    canAsk: () => core.canFollow,
    patience: FRESH_PATIENCE_MS,
  });
  const replica = new Replica({
    volatile: () => core.volatile,
    position: () => core.ledger?.position,
    name: `${hostname()}-${process.pid}`,
    release: version,
    settings: settingsDigest(config),
    log,
  });
  const gitlabPages = config.gitlab.enabled
    ? // Its client takes long to load, and most consoles start without it.
      new (await import("./gitlab-pages/module.ts")).GitLabPages({
        config: config.gitlab,
        publicUrl: config.publicUrl,
        table: { rules: core.rules, userhomes: config.userhomes.enabled },
        ledger: () => (core.fault === undefined ? core.ledger : undefined),
        volatile: () => core.volatile,
        leads: () => replica.leads,
        metrics,
        log,
        send: overrides.send,
      })
    : undefined;
  const modules = await modulesFor(
    {
      config,
      ledger: () => (core.fault === undefined ? core.ledger : undefined),
      volatile: () => core.volatile,
      leads: () => replica.leads,
      metrics,
      log,
    },
    overrides.systems,
  );
  const provider = new Provider({
    publisher,
    fresh: isShared(config) ? () => freshness.look() : undefined,
    metrics,
    token: config.internal.token,
    maxHeldPolls: config.internal.maxHeldPolls,
  });
  const shared = isShared(config)
    ? new SharedPollers({
        own: provider,
        id: replica.id,
        name: replica.name,
        volatile: () => core.volatile,
        log,
      })
    : undefined;
  const internalServer = createInternal({
    provider,
    metrics,
    health: () => healthOf(core, publisher, replica, drain),
  });
  const drain = new Drain();
  const servers = [publicServer, internalServer];
  const closeServers = (lingerMs = 0) =>
    Promise.all(servers.map((server) => closeServer(server, lingerMs)));
  try {
    // Beside other replicas a poll is not answered before this one has read what they wrote: until
    // then there is nobody here, and whoever polls is sent to another.
    let internalPort = 0;
    const listenInternally = async () => {
      internalPort = await listen(internalServer, config.internal, "internal");
    };
    if (!isShared(config)) await listenInternally();
    await core.open();
    core.onLedger((ledger) => {
      publisher.update(ledger.state);
      ledger.onCommit((state, changes) => {
        metrics.commits.inc();
        metrics.stateRevision.set(state.revision);
        publisher.update(state, changes);
        for (const module of allOf(modules)) module.onCommit(state, changes);
      });
    });
    if (core.ledger === undefined && (await publisher.restore())) {
      log.warn(
        { revision: publisher.current?.revision },
        "serving the last good document; the store cannot be read",
      );
    }
    if (isShared(config)) {
      await publisher.settled();
      await listenInternally();
    }
    await replica.start();
    const doctor = createDoctor({
      core,
      config,
      publisher,
      provider,
      replica,
      internalPort,
      health: () => healthOf(core, publisher, replica, drain),
      reach: overrides.reach,
    });
    const control = await startControl(createControl(core, doctor), config, log);
    if (control !== undefined) servers.push(control);
    const bootstrap = () => bootstrapOnce(core, overrides, log);
    await bootstrap();
    const stopLoops = startLoops({ core, replica, metrics, log, bootstrap });
    gitlabPages?.start();
    for (const module of allOf(modules)) module.start();
    shared?.start();

    const pollers = shared ?? provider;
    const shown = { core, publisher, pollers, replica, live, gitlabPages, modules, domainDns };
    const parts = { ...shown, doctor, config, metrics, send: overrides.send, log };
    const listener = await publicListener(parts);
    answerPublic = listener.answer;
    for (const warning of config.warnings) log.warn(warning);
    log.info(
      {
        console: config.publicUrl,
        public: httpPort,
        internal: internalPort,
        zone: config.zone,
        data: config.data,
      },
      "tardis-console runs",
    );
    return {
      config,
      core,
      publisher,
      provider,
      replica,
      gitlabPages,
      modules,
      internalPort,
      httpPort,
      close: async () => {
        stopLoops();
        await gitlabPages?.stop();
        listener.end();
        await Promise.all(allOf(modules).map((module) => module.stop()));
        provider.close();
        // Another replica takes what comes from now on, once it is known that this one ends.
        if (isShared(config)) await drain.begin();
        await closeServers(isShared(config) ? LINGER_MS : 0);
        await shared?.stop();
        await replica.stop();
        await publisher.settled();
        await core.close();
        log.info("tardis-console ended");
      },
    };
  } catch (error) {
    await closeServers();
    await core.close().catch(() => undefined);
    throw error;
  }
}

/** Whether other replicas may write the same store. */
function isShared(config: Config): boolean {
  return config.store === "redis";
}

/**
 * The embedded store locks its folder; beside a server it is only what is kept for a restart that two
 * consoles would take from each other.
 * @throws Error when another console runs with the same data folder
 */
async function requireAlone(config: Config): Promise<void> {
  if (!isShared(config) || !(await isListening(controlSocket(config)))) return;
  throw new Error(
    `Another console runs with the data folder ${config.data}: each replica needs its own.`,
  );
}

async function makeDataFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    const reason = messageOf(error);
    throw new Error(`The data folder ${path} cannot be made: ${reason}.`, { cause: error });
  }
}

interface PublicParts extends Omit<PageParts, "clientAddress" | "delivery"> {
  readonly metrics: Metrics;
  /** Calls GitLab. */
  readonly send: Overrides["send"];
}

/** @returns the listener, and what ends the streams that it holds open */
async function publicListener(
  parts: PublicParts,
): Promise<{ answer: RequestListener; end: () => void }> {
  const { core, publisher, config, metrics, gitlabPages, send, log } = parts;
  const address = (context: Context) => clientAddress(context, config.http.trustedProxies);
  // The pages take long to load: Traefik has its document by now.
  const { createConsole } = await import("./console/app.ts");
  const { Flows } = await import("./auth/flows.ts");
  const { ownCookies } = await import("./console/sign-in/cookies.ts");
  const { visitorOf } = await import("./console/sign-in/signed-in.ts");
  const { deliveryOf } = await import("./console/delivery.ts");
  const { siteOf } = await import("./console/site.ts");
  const { SignedPages } = await import("./console/signed-pages.ts");
  const hooks =
    gitlabPages === undefined
      ? undefined
      : createHooks({
          token: config.gitlab.hooks.token,
          signingToken: config.gitlab.hooks.signingToken,
          accept: (hints) => gitlabPages.accept(hints),
          count: (event, outcome) => metrics.gitlabHooks.inc({ event, outcome }),
          volatile: () => core.volatile,
          failures: {
            secondsLeft: (from) => core.tries.secondsLeft("hook", from),
            count: (from) => core.tries.count("hook", from),
          },
          clientAddress: address,
          now: () => core.now().getTime(),
        });
  const { oidc, admins } = config.signIn;
  const now = () => core.now();
  const provider =
    oidc.issuer === null
      ? undefined
      : new (await import("./auth/provider.ts")).Provider({
          settings: oidc,
          publicUrl: config.publicUrl,
        });
  const groupAdmins =
    admins.group === null
      ? undefined
      : new (await import("./auth/group-admins.ts")).GroupAdmins({ config, now, send });
  const adminChecks =
    groupAdmins === undefined
      ? undefined
      : new (await import("./auth/admin-checks.ts")).AdminChecks({
          groupAdmins,
          sessions: core.sessions,
          issuer: oidc.issuer ?? "",
          now,
          log,
        });
  // Asked now, so that the first one who comes does not wait for it.
  void provider?.isThere();
  const signIn = {
    publicUrl: config.publicUrl,
    ledger: () => core.letsInBy,
    sessions: core.sessions,
    tries: core.tries,
    flows: new Flows(() => core.requireVolatile()),
    usernameClaim: oidc.usernameClaim,
    provider,
    groupAdmins,
    adminChecks,
    cookies: ownCookies(config.publicUrl),
    now,
    clientAddress: address,
    log,
  };
  const pages = new SignedPages({
    // With the API, on which they stand.
    pages: async (ledger, delivery) => {
      const { createPages } = await import("./console-pages.ts");
      return createPages(ledger, { ...parts, clientAddress: address, delivery });
    },
    site: siteOf(config, core.rules, now),
    log,
    delivery: () => deliveryOf(publisher, parts.pollers, core.now()),
    renew: (context) =>
      visitorOf({ ...signIn, fault: () => "No state is there to tell by." }, context),
    volatile: () => core.volatile,
  });
  publisher.onPublish(() => pages.tellWaiting());
  parts.pollers.onFetched(() => pages.tellWaiting());
  const site = createConsole({
    api: () => core.api,
    fault: () => core.fault?.code,
    hooks,
    signIn,
    pages,
  });
  const console = getRequestListener(site.fetch);
  const answer = createPublic({
    config,
    console: (request, response) => void console(request, response),
    table: () => publisher.table,
  });
  return {
    answer: (request, response) => {
      const done = metrics.requests.startTimer();
      response.once("close", () => {
        // A stream lasts as long as its page is looked at: that says nothing of how fast answers are.
        const isStream = request.headers.accept?.startsWith("text/event-stream") === true;
        if (isStream && response.statusCode === 200) return;
        done({ method: request.method ?? "", status: String(response.statusCode) });
      });
      answer(request, response);
    },
    end: () => pages.close(),
  };
}

function healthOf(core: Core, publisher: Publisher, replica: Replica, drain: Drain): Health {
  const problems = [core.fault?.reason, publisher.problem, replica.problem];
  if (drain.begun) {
    drain.noticed();
    problems.push("This console is ending.");
  }
  return {
    ready: publisher.current !== undefined && !drain.begun,
    revision: publisher.current?.revision ?? null,
    problems: problems.filter((problem) => problem !== undefined),
  };
}

/** The command line's way in: a socket that only this user may open. */
async function startControl(
  control: Api,
  config: Config,
  log: Logger,
): Promise<Server | undefined> {
  const path = controlSocket(config);
  const without = "the command line cannot reach this server";
  if (path.length > SOCKET_PATH_MAX) {
    log.warn({ path }, `the data folder's path is too long for a control socket: ${without}`);
    return undefined;
  }
  const listener = getRequestListener(control.fetch);
  const server = createServer((request, response) => void listener(request, response));
  try {
    await listenOnSocket(server, path);
  } catch (error) {
    log.warn({ err: error, path }, `the control socket cannot be made: ${without}`);
    return undefined;
  }
  return server;
}

/** Keeps a drawn admin token where only this user reads it. @returns the file's path */
export async function writeBootstrapToken(
  config: Pick<Config, "data">,
  secret: string,
): Promise<string> {
  const path = join(config.data, "bootstrap-token");
  await writeFile(path, `${secret}\n`, { mode: 0o600 });
  await chmod(path, 0o600);
  return path;
}
