import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { certificateFor } from "./certificates.ts";

/** What a backend answers about the request that reached it, as JSON. */
export interface Echo {
  /** The backend's own name. */
  readonly name: string;
  readonly method: string;
  /** The request target as it arrived. */
  readonly url: string;
  readonly httpVersion: string;
  /** Lower-case names; `host` also holds HTTP/2's authority. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** How a backend is started. */
export interface BackendOptions {
  /** `https` is self-signed, `h2c` is HTTP/2 without TLS; `http` when left out. */
  readonly protocol?: "http" | "https" | "h2c";
  /** Names of the certificate of an `https` backend; localhost when left out. */
  readonly names?: readonly string[];
  /** Headers that it puts on every answer. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** How `/healthz` answers; `redirect` points to a page that is well. */
export type Health = "ok" | "fail" | "redirect";

/** A server of a member, or the userhomes: it echoes the request. */
export interface Backend {
  readonly name: string;
  readonly port: number;
  /** For a `servers` entry of a Traefik service. */
  readonly url: string;
  /** Requests so far, health checks left out. */
  readonly requests: number;
  /** Health checks so far. */
  readonly healthChecks: number;
  setHealth(health: Health): void;
  /** While hanging, requests are accepted and never answered. */
  setHanging(hanging: boolean): void;
  close(): Promise<void>;
}

/**
 * Starts a backend on a free port of 127.0.0.1. An upgrade request is accepted, whatever its
 * protocol; from then on it echoes bytes.
 */
export async function startBackend(name: string, options: BackendOptions = {}): Promise<Backend> {
  const { protocol = "http", names = ["localhost"], headers = {} } = options;
  let requests = 0;
  let healthChecks = 0;
  let health: Health = "ok";
  let hanging = false;

  const handle = (request: IncomingMessage, response: ServerResponse) => {
    if (request.url === "/healthz") {
      healthChecks++;
      if (hanging) return;
      if (health === "redirect") response.setHeader("location", "/well");
      response.statusCode = { ok: 200, fail: 500, redirect: 302 }[health];
      response.end();
      return;
    }
    requests++;
    if (hanging) return;
    for (const [header, value] of Object.entries(headers)) response.setHeader(header, value);
    sendEcho(name, request, response);
  };
  const server = await create(protocol, names, handle);
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
  });
  server.on("upgrade", acceptUpgrade);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  return {
    name,
    port,
    url: `${protocol}://127.0.0.1:${port}`,
    get requests() {
      return requests;
    },
    get healthChecks() {
      return healthChecks;
    },
    setHealth(next) {
      health = next;
    },
    setHanging(next) {
      hanging = next;
    },
    close() {
      return new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      });
    },
  };
}

/** Answers with what arrived. Works on HTTP/2's compatibility classes too. */
export function sendEcho(
  name: string,
  request: IncomingMessage,
  response: ServerResponse,
  more: object = {},
): void {
  const headers: Record<string, string | string[] | undefined> = {};
  for (const [header, value] of Object.entries(request.headers))
    if (!header.startsWith(":")) headers[header] = value;
  const authority = request.headers[":authority"];
  if (authority !== undefined) headers["host"] = authority;
  const { method = "", url = "", httpVersion } = request;
  const echo: Echo = { name, method, url, httpVersion, headers };
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ ...echo, ...more }));
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

async function create(
  protocol: "http" | "https" | "h2c",
  names: readonly string[],
  handle: Handler,
) {
  if (protocol === "http") return createServer(handle);
  if (protocol === "https") return createHttpsServer(await certificateFor(names), handle);
  // The compatibility classes have all that `handle` uses, under types of their own.
  return createHttp2Server(handle as unknown as Parameters<typeof createHttp2Server>[1]);
}

function acceptUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const protocol = request.headers.upgrade ?? "websocket";
  socket.on("error", () => socket.destroy());
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`,
  );
  socket.write(head);
  socket.pipe(socket);
}
