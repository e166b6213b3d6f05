import { createServer } from "node:net";
import { randomInt } from "node:crypto";

// Below the range from which Linux and macOS take the ports of outgoing connections, so that no
// connection of another test can take a port between the check and its use.
const lowest = 20_000;
const highest = 32_000;
const attempts = 200;

/**
 * Ports of 127.0.0.1 that nobody listens on, for servers that must be told theirs. Another process
 * may still take one first: start such a server through `withFreePorts`.
 */
export async function freePorts(count: number): Promise<number[]> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const first = randomInt(lowest, highest - count);
    const ports = Array.from({ length: count }, (_, index) => first + index);
    const free = await Promise.all(ports.map(isFree));
    if (free.every(Boolean)) return ports;
  }
  throw new Error(`no ${count} free ports in a row between ${lowest} and ${highest}`);
}

/** One free port of 127.0.0.1, as `freePorts`. */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  return port!;
}

/**
 * Starts a server on free ports, again on others when somebody else was first.
 * @param start throws an error that names "address already in use" or EADDRINUSE in that case
 */
export async function withFreePorts<Server>(
  count: number,
  start: (ports: number[]) => Promise<Server>,
): Promise<Server> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(await freePorts(count));
    } catch (error) {
      const taken = /EADDRINUSE|address already in use/.test(String(error));
      if (!taken || attempt === 5) throw error;
    }
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
