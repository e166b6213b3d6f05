import { createServer, type RequestListener, type Server } from "node:http";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { getRequestListener } from "@hono/node-server";
import { clientAddress } from "./auth/client-address.ts";
import { withHttpPort, type Config } from "./config.ts";
import { createConsole } from "./console/app.ts";
import { createPublic } from "./console/public.ts";
import { createControl } from "./control.ts";
import { Core, type Api } from "./core.ts";
import { Refusal } from "./errors.ts";
import { createInternal, type Health } from "./internal.ts";
import { closeServer, listen, listenOnSocket } from "./listeners.ts";
import { createLog, type Logger } from "./observability/log.ts";
import { createMetrics, type Metrics } from "./observability/metrics.ts";
import { originsOf } from "./publisher/origin.ts";
import { Provider } from "./publisher/provider.ts";
import { Publisher } from "./publisher/publisher.ts";
import { render } from "./traefik/render.ts";
import { version } from "./version.ts";

/** What tests replace; everything has its real default. */
export interface Overrides {
  readonly log?: Logger;
  readonly now?: () => Date;
  /** The first admin token, as the operator chose it. */
  readonly bootstrapToken?: string | undefined;
  /** Told the first admin token, when one was drawn. */
  readonly onBootstrapToken?: (secret: string) => unknown;
}

/** A console that runs. */
export interface RunningConsole {
  readonly config: Config;
  readonly core: Core;
  readonly publisher: Publisher;
  readonly provider: Provider;
  readonly internalPort: number;
  readonly httpPort: number;
  /** Answers what is under way, then ends; resolves when all of it is closed. */
  close(): Promise<void>;
}

/** Where the command line finds a running server. */
export function controlSocket(config: Pick<Config, "data">): string {
  return join(config.data, "control.sock");
}

const SWEEP_MS = 60_000;
const WATCH_MS = 1_000;
const BREATH_MS = 30;
const STARTING = JSON.stringify({
  type: "about:blank",
  title: "Unavailable",
  status: 503,
  code: "unavailable",
  detail: "The console is starting; try again shortly.",
});
/** Above Traefik's 90 s of idle keep-alive, so that it is never us who close under a request. */
const KEEP_ALIVE_MS = 95_000;
/** The folder's path is short enough on every system where sockets are: 108 characters on Linux. */
const SOCKET_PATH_MAX = 100;

/** What a server has beside the state: its publisher, which is made after the state's core. */
interface Publishing {
  readonly publisher: () => Publisher;
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
  const core: Core = new Core({
    config,
    log,
    now,
    api: (ledger, actor): Api =>
      lazyApi(async () => {
        const { createApi } = await import("./api/app.ts");
        return createApi({
          ledger,
          rules: core.rules,
          config,
          now,
          log,
          clientAddress: (context) => clientAddress(context, config.http.trustedProxies),
          published: () => publishing?.publisher().current?.revision ?? null,
          ...(actor === undefined ? {} : { actor }),
        });
      }),
    onLoaded: async ({ revision, lineage }) => {
      if (publishing === undefined) return;
      const { publisher, originOf } = publishing;
      // Polls are answered before the records of a large host keep this process busy.
      if (await publisher().resume(revision, originOf(lineage))) await delay(BREATH_MS);
    },
  });
  return core;
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
  const publicServer = createServer((request, response) => answerPublic(request, response));
  publicServer.keepAliveTimeout = KEEP_ALIVE_MS;
  await makeDataFolder(given.data);
  const httpPort = await listen(publicServer, given.http, "public");
  const config = withHttpPort(given, httpPort);

  const originOf = originsOf(config, version);
  const core = createCore(config, log, overrides, { publisher: () => publisher, originOf });
  const settings = { ...config, rules: core.rules };
  const publisher: Publisher = new Publisher({
    render: (state) => render(state, settings),
    lastGood: core.lastGood,
    origin: () => originOf(core.ledger?.position.lineage ?? ""),
    metrics,
    log,
  });
  const provider = new Provider({
    publisher,
    metrics,
    token: config.internal.token,
    maxHeldPolls: config.internal.maxHeldPolls,
  });
  const internalServer = createInternal({
    provider,
    metrics,
    health: () => healthOf(core, publisher),
  });
  const servers = [publicServer, internalServer];
  const closeServers = () => Promise.all(servers.map(closeServer));
  try {
    const internalPort = await listen(internalServer, config.internal, "internal");
    await core.open();
    core.onLedger((ledger) => {
      publisher.update(ledger.state);
      ledger.onCommit((state) => {
        metrics.commits.inc();
        metrics.stateRevision.set(state.revision);
        publisher.update(state);
      });
    });
    if (core.ledger === undefined && (await publisher.restore())) {
      log.warn(
        { revision: publisher.current?.revision },
        "serving the last good document; the store cannot be read",
      );
    }
    const control = await startControl(core, config, log);
    if (control !== undefined) servers.push(control);
    const bootstrap = () => bootstrapOnce(core, overrides, log);
    await bootstrap();
    const stopLoops = startLoops(core, metrics, log, bootstrap);

    answerPublic = publicListener(core, publisher, config, metrics);
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
      internalPort,
      httpPort,
      close: async () => {
        stopLoops();
        provider.close();
        await closeServers();
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

async function makeDataFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`The data folder ${path} cannot be made: ${reason}.`, { cause: error });
  }
}

function publicListener(
  core: Core,
  publisher: Publisher,
  config: Config,
  metrics: Metrics,
): RequestListener {
  const site = createConsole({ api: () => core.api, fault: () => core.fault?.code });
  const console = getRequestListener(site.fetch);
  const answer = createPublic({
    config,
    console: (request, response) => void console(request, response),
    table: () => publisher.rendered?.table,
  });
  return (request, response) => {
    const done = metrics.requests.startTimer();
    response.once("close", () =>
      done({ method: request.method ?? "", status: String(response.statusCode) }),
    );
    answer(request, response);
  };
}

function healthOf(core: Core, publisher: Publisher): Health {
  const problems = [core.fault?.reason, publisher.problem];
  return {
    ready: publisher.current !== undefined,
    revision: publisher.current?.revision ?? null,
    problems: problems.filter((problem) => problem !== undefined),
  };
}

/** The command line's way in: a socket that only this user may open. */
async function startControl(core: Core, config: Config, log: Logger): Promise<Server | undefined> {
  const path = controlSocket(config);
  const without = "the command line cannot reach this server";
  if (path.length > SOCKET_PATH_MAX) {
    log.warn({ path }, `the data folder's path is too long for a control socket: ${without}`);
    return undefined;
  }
  const listener = getRequestListener(createControl(core).fetch);
  const server = createServer((request, response) => void listener(request, response));
  try {
    await listenOnSocket(server, path);
  } catch (error) {
    log.warn({ err: error, path }, `the control socket cannot be made: ${without}`);
    return undefined;
  }
  return server;
}

/** Makes the first admin token; while the store takes no change, that has to wait. */
async function bootstrapOnce(core: Core, overrides: Overrides, log: Logger): Promise<void> {
  try {
    const secret = await core.bootstrap(overrides.bootstrapToken);
    if (secret !== undefined) await overrides.onBootstrapToken?.(secret);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    log.warn(`the first admin token is not made yet: ${error.message}`);
  }
}

/** What is due now and then: the sweep, and an eye on the store. @returns ends both */
function startLoops(
  core: Core,
  metrics: Metrics,
  log: Logger,
  bootstrap: () => Promise<void>,
): () => void {
  const failed = (error: unknown) =>
    log.error({ err: error }, "what is due could not be done; it is tried again");
  const sweep = () => void core.sweep().catch(failed);
  // What was wrong at the start has been told there.
  let known = core.fault?.reason;
  const watch = async () => {
    await core.retry();
    const reason = core.fault?.reason;
    metrics.storeWritable.set(reason === undefined ? 1 : 0);
    if (reason === known) return;
    known = reason;
    if (reason !== undefined) {
      log.error({ code: core.fault?.code }, reason);
      return;
    }
    log.info("the store takes changes again");
    await bootstrap();
  };
  const run = () => void watch().catch(failed);
  sweep();
  run();
  const timers = [setInterval(sweep, SWEEP_MS), setInterval(run, WATCH_MS)];
  return () => {
    for (const timer of timers) clearInterval(timer);
  };
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
