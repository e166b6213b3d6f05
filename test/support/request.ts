import { connect as connectTcp, type Socket } from "node:net";
import { type TLSSocket, connect as connectTls } from "node:tls";
import { type RawResponse, readResponse } from "./response.ts";

/** TLS towards the server; nothing is verified. */
export interface TlsOptions {
  /** The name asked for; null sends none; when left out it is the host without its port. */
  readonly sni?: string | null;
  readonly alpn?: readonly string[];
}

/** One request, sent byte for byte as it is given here. */
export interface RawRequest {
  readonly method?: string;
  /** The request target, `/` when left out. Never normalised. */
  readonly path?: string;
  /** The `Host` header; null sends none. */
  readonly host: string | null;
  readonly headers?: Readonly<Record<string, string>> | readonly (readonly [string, string])[];
  readonly body?: string | Buffer;
  /** Milliseconds until it fails; 10,000 when left out. */
  readonly timeout?: number;
}

/** The names in the certificate that a server showed. */
export interface PeerCertificate {
  readonly subject: string;
  readonly names: readonly string[];
}

/** An answer, with what the connection was like. */
export interface Answer extends RawResponse {
  readonly peerCertificate: PeerCertificate | undefined;
  readonly alpn: string | undefined;
}

/** A connection to send requests on, one after the other. */
export interface Connection {
  readonly peerCertificate: PeerCertificate | undefined;
  readonly alpn: string | undefined;
  /** For what comes after an upgrade. */
  readonly socket: Socket;
  send(request: RawRequest): Promise<Answer>;
  close(): void;
}

/** Where a request goes and what is asked there. */
export interface RequestOptions extends RawRequest {
  readonly port: number;
  /** Left out: plain HTTP. */
  readonly tls?: TlsOptions;
}

const defaultTimeout = 10_000;

/** Sends one request on a connection of its own, to 127.0.0.1. */
export async function request(options: RequestOptions): Promise<Answer> {
  const { port, tls, ...rest } = options;
  const named = tls && { sni: defaultName(options.host), ...tls };
  const connection = await openConnection({ port, ...(named ? { tls: named } : {}) });
  try {
    return await connection.send(rest);
  } finally {
    connection.close();
  }
}

/** Opens a connection to 127.0.0.1 that can be used again and again. */
export async function openConnection(options: {
  port: number;
  tls?: TlsOptions;
  timeout?: number;
}): Promise<Connection> {
  const { port, tls, timeout = defaultTimeout } = options;
  const socket = await connected(port, tls, timeout);
  const secure = tls ? (socket as TLSSocket) : undefined;
  const about = {
    peerCertificate: secure && describeCertificate(secure),
    alpn: secure?.alpnProtocol || undefined,
  };
  return {
    ...about,
    socket,
    async send(rawRequest) {
      socket.write(encodeRequest(rawRequest));
      const { method = "GET", timeout: limit = defaultTimeout } = rawRequest;
      return { ...(await readResponse(socket, method, limit)), ...about };
    },
    close: () => void socket.destroy(),
  };
}

/** The bytes of a request. */
function encodeRequest({ method = "GET", path = "/", host, headers = {}, body }: RawRequest) {
  const fields = Array.isArray(headers) ? headers : Object.entries(headers);
  const lines = [`${method} ${path} HTTP/1.1`];
  if (host !== null) lines.push(`Host: ${host}`);
  for (const [name, value] of fields) lines.push(`${name}: ${value}`);
  if (body !== undefined) lines.push(`Content-Length: ${Buffer.byteLength(body)}`);
  return Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`), Buffer.from(body ?? "")]);
}

function connected(port: number, tls: TlsOptions | undefined, timeout: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const to = { host: "127.0.0.1", port };
    const socket = tls
      ? connectTls({
          ...to,
          // An empty name keeps Node from sending the extension.
          servername: tls.sni ?? "",
          rejectUnauthorized: false,
          ...(tls.alpn ? { ALPNProtocols: [...tls.alpn] } : {}),
        })
      : connectTcp(to);
    const timer = setTimeout(() => {
      socket.destroy(new Error(`no connection to port ${port} within ${timeout} ms`));
    }, timeout);
    socket.once("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    socket.once(tls ? "secureConnect" : "connect", () => {
      clearTimeout(timer);
      socket.setNoDelay(true);
      resolve(socket);
    });
  });
}

function describeCertificate(socket: TLSSocket): PeerCertificate {
  const { subject, subjectaltname = "" } = socket.getPeerCertificate();
  const names = subjectaltname.split(", ").map((name) => name.replace(/^(DNS|IP Address):/, ""));
  return { subject: String(subject?.CN ?? ""), names };
}

function defaultName(host: string | null): string | null {
  return host === null ? null : host.replace(/:\d+$/, "").replace(/\.$/, "");
}
