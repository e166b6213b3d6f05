import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, type Server, type Socket, createServer } from "node:net";
import { TLSSocket, createSecureContext } from "node:tls";
import { sendEcho } from "./backends.ts";
import { certificateFor } from "./certificates.ts";
import { type ProxySource, readProxyHeader } from "./proxy-protocol.ts";

/** A Pages-like server. All its ports answer with an echo whose name is `pages`. */
export interface PagesServer {
  /** TLS with a certificate of its own: `pages.test`, which shows who ended the TLS. */
  readonly tlsPort: number;
  /** Plain HTTP behind a proxy: the sites in the zone. */
  readonly proxyPort: number;
  /** Plain HTTP as on port 80: custom domains' HTTP-01 challenges. */
  readonly httpPort: number;
  /** TLS connections that were turned away because of a missing PROXY header. */
  readonly refused: number;
  close(): Promise<void>;
}

/** What its echo says beyond the usual. */
export interface PagesEcho {
  /** The port that answered. */
  readonly port: "tls" | "proxy" | "http";
  readonly sni: string | null;
  /** The address in the PROXY header, null without one. */
  readonly source: ProxySource | null;
}

/** The name in its certificate. */
export const pagesCertificateName = "pages.test";

/**
 * Starts one on free ports of 127.0.0.1.
 * @param options `proxyProtocol`: the TLS port requires PROXY protocol v2
 */
export async function startPagesServer(
  options: { proxyProtocol?: boolean } = {},
): Promise<PagesServer> {
  const seen = new WeakMap<object, PagesEcho>();
  let refused = 0;
  const web = createHttpServer((request, response) => {
    const where = seen.get(request.socket);
    sendEcho("pages", request, response, where);
  });
  const { cert, key } = await certificateFor([pagesCertificateName]);
  const secureContext = createSecureContext({ cert, key });

  const tls = createServer((socket) => {
    if (!options.proxyProtocol) return accept(socket, null);
    readProxyHeader(socket).then(
      (source) => accept(socket, source),
      () => {
        refused++;
        socket.destroy();
      },
    );
  });
  const accept = (socket: Socket, source: ProxySource | null) => {
    const secure = new TLSSocket(socket, { isServer: true, secureContext });
    secure.on("error", () => secure.destroy());
    secure.once("secure", () => {
      const sni = (secure as TLSSocket & { servername?: string | false }).servername || null;
      seen.set(secure, { port: "tls", sni, source });
    });
    web.emit("connection", secure);
  };
  const plain = (port: "proxy" | "http") =>
    createServer((socket) => {
      seen.set(socket, { port, sni: null, source: null });
      web.emit("connection", socket);
    });

  const servers = [tls, plain("proxy"), plain("http")];
  const sockets = new Set<Socket>();
  for (const server of servers)
    server.on("connection", (socket) => {
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
      socket.on("error", () => socket.destroy());
    });
  const [tlsPort, proxyPort, httpPort] = await Promise.all(servers.map(listen));
  return {
    tlsPort: tlsPort!,
    proxyPort: proxyPort!,
    httpPort: httpPort!,
    get refused() {
      return refused;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
    },
  };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}
