import type { Server } from "node:http";
import { connect } from "node:net";
import { chmod, rm } from "node:fs/promises";
import { setImmediate as nextTurn, setTimeout as delay } from "node:timers/promises";

/** How long running requests may take to end, in milliseconds. */
const GRACE_MS = 3_000;
const IDLE_CHECK_MS = 20;
/** The system has taken connections that we take in our next turn; closing would cut these off. */
const LAST_TURNS = 3;

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: "the port is taken by another process",
  EADDRNOTAVAIL: "this machine does not have that address",
  EACCES: "this user may not listen there",
};

/**
 * Binds a server.
 * @param what who wants the address, for the message
 * @returns the port it got
 * @throws Error that says which address cannot be had, and why
 */
export function listen(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
  what: string,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) => {
      const reason = REASONS[error.code ?? ""] ?? error.message;
      const at = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
      reject(new Error(`The ${what} listener cannot have ${at}: ${reason}.`, { cause: error }));
    };
    server.once("error", fail);
    server.listen(port, host, () => {
      server.off("error", fail);
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}

/**
 * Binds a server to a socket file that only this user may open. One that a killed process left is
 * removed: whoever calls this is alone with the folder, so nobody listens there.
 * @throws Error
 */
export async function listenOnSocket(server: Server, path: string): Promise<void> {
  await rm(path, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, () => {
      server.off("error", reject);
      resolve();
    });
  });
  await chmod(path, 0o600);
}

/** Whether a process listens on a socket file. */
export function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

/**
 * Takes nothing new and lets running requests end, for a while; then ends them.
 * @param lingerMs how long new connections are still taken, one request each, while those that are
 *   idle are closed: whoever sends on one in the very moment in which it is closed tries once more,
 *   here, before it goes elsewhere
 */
export async function closeServer(server: Server, lingerMs = 0): Promise<void> {
  const idle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS);
  // Who sends one request after the other is never found idle.
  server.prependListener("request", (_request, response) => {
    response.setHeader("Connection", "close");
  });
  await delay(lingerMs);
  for (let turn = 0; turn < LAST_TURNS; turn++) await nextTurn();
  const force = setTimeout(() => server.closeAllConnections(), GRACE_MS);
  await new Promise<void>((resolve) => server.close(() => resolve()));
  clearInterval(idle);
  clearTimeout(force);
}
