import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { getRequestListener } from "@hono/node-server";
import { isShared, type Config } from "./config.ts";
import type { Api } from "./core.ts";
import { isListening, listenOnSocket } from "./listeners.ts";
import type { Logger } from "./observability/log.ts";

/** The folder's path is short enough on every system where sockets are: 108 characters on Linux. */
const SOCKET_PATH_MAX = 100;

/** Where the command line finds a running server. */
export function controlSocket(config: Pick<Config, "data">): string {
  return join(config.data, "control.sock");
}

/**
 * The embedded store locks its folder; beside a server it is only what is kept for a restart that two
 * consoles would take from each other.
 * @throws Error when another console runs with the same data folder
 */
export async function requireAlone(config: Config): Promise<void> {
  if (!isShared(config) || !(await isListening(controlSocket(config)))) return;
  throw new Error(
    `Another console runs with the data folder ${config.data}: each replica needs its own.`,
  );
}

/** The command line's way in: a socket that only this user may open. */
export async function startControl(
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
