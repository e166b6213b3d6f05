import type { Server } from "node:http";
import { isShared, withHttpPort, type Config } from "./config.ts";
import { requireAlone, startControl } from "./control-socket.ts";
import { createControl } from "./control.ts";
import type { Core } from "./core.ts";
import { makeDataFolder } from "./data-folder.ts";
import type { GitLabPages } from "./gitlab-pages/module.ts";
import { createInternal } from "./internal.ts";
import { closeServer, listen } from "./listeners.ts";
import { bootstrapOnce, startLoops } from "./loops.ts";
import { allOf, type Modules } from "./modules.ts";
import { createLog } from "./observability/log.ts";
import { makeParts, type Overrides, type Parts } from "./composition.ts";
import { createPublicServer, publicListener } from "./public-listener.ts";
import type { Provider } from "./publisher/provider.ts";
import type { Publisher } from "./publisher/publisher.ts";
import type { Replica } from "./replica.ts";
import { createDoctor } from "./self-check.ts";

export type { Overrides } from "./composition.ts";

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

const LINGER_MS = 300;

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
  const door = createPublicServer();
  await makeDataFolder(given.data);
  await requireAlone(given);
  const httpPort = await listen(door.server, given.http, "public");
  const config = withHttpPort(given, httpPort);

  const parts = await makeParts(config, log, overrides);
  const { core, publisher, provider, replica, gitlabPages, modules, shared, metrics } = parts;
  const internalServer = createInternal(parts);
  const servers = [door.server, internalServer];
  try {
    // Beside other replicas a poll is not answered before this one has read what they wrote: until
    // then there is nobody here, and whoever polls is sent to another.
    let internalPort = 0;
    const listenInternally = async () => {
      internalPort = await listen(internalServer, config.internal, "internal");
    };
    if (!isShared(config)) await listenInternally();
    await openState(parts);
    if (isShared(config)) {
      await publisher.settled();
      await listenInternally();
    }
    await replica.start();
    const doctor = createDoctor({ ...parts, internalPort, reach: overrides.reach });
    const control = await startControl(createControl(core, doctor), config, log);
    if (control !== undefined) servers.push(control);
    const bootstrap = () => bootstrapOnce(core, overrides, log);
    await bootstrap();
    const stopLoops = startLoops({ core, replica, metrics, log, bootstrap });
    gitlabPages?.start();
    for (const module of allOf(modules)) module.start();
    shared?.start();

    const pollers = shared ?? provider;
    const listener = await publicListener({ ...parts, pollers, doctor, send: overrides.send });
    door.answerBy(listener.answer);
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
        await closeParts(parts, servers);
        log.info("tardis-console ended");
      },
    };
  } catch (error) {
    await closeServers(servers);
    await core.close().catch(() => undefined);
    throw error;
  }
}

/** Reads the state and has the document follow it; where it cannot be read, the last good one is. */
async function openState({ core, publisher, modules, metrics, log }: Parts): Promise<void> {
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
}

/** Ends what runs, what asks others first: polls and requests are answered until their servers end. */
async function closeParts(parts: Parts, servers: readonly Server[]): Promise<void> {
  const { config, core, publisher, provider, replica, modules, shared, drain } = parts;
  await Promise.all(allOf(modules).map((module) => module.stop()));
  provider.close();
  // Another replica takes what comes from now on, once it is known that this one ends.
  if (isShared(config)) await drain.begin();
  await closeServers(servers, isShared(config) ? LINGER_MS : 0);
  await shared?.stop();
  await replica.stop();
  await publisher.settled();
  await core.close();
}

async function closeServers(servers: readonly Server[], lingerMs = 0): Promise<void> {
  await Promise.all(servers.map((server) => closeServer(server, lingerMs)));
}
