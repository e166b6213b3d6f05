import { request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { certificateFor } from "./certificates.ts";

export interface TlsFront {
  readonly port: number;
  /** What a Chromium is to be started with, so that these names lead here. */
  readonly browserArguments: readonly string[];
  /** What the server behind has answered, the last one at the end: path and status. */
  readonly answered: (readonly [path: string, status: number])[];
  close(): Promise<void>;
}

/**
 * HTTPS on a port of 127.0.0.1 for the hosts of a zone, as Traefik would have it: one host goes to a
 * server behind it, the others are pages of members.
 * @param pages the HTML of a member's host, by its name
 */
export async function startTlsFront(
  zone: string,
  behind: { readonly host: string; readonly port: number },
  pages: ReadonlyMap<string, string>,
): Promise<TlsFront> {
  const { cert, key } = await certificateFor([zone, `*.${zone}`]);
  const answered: [string, number][] = [];
  const server = createServer({ cert, key }, (request, response) => {
    const host = request.headers.host ?? "";
    if (host === behind.host) {
      response.once("finish", () => answered.push([request.url ?? "", response.statusCode]));
      return forward(request, response, behind.port);
    }
    const html = pages.get(host);
    response.writeHead(html === undefined ? 404 : 200, { "Content-Type": "text/html" }).end(html);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    answered,
    browserArguments: [
      `--host-resolver-rules=MAP *.${zone}:443 127.0.0.1:${port}`,
      // Other loopback servers of a test are reached by their own addresses.
      "--ignore-certificate-errors",
    ],
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function forward(request: IncomingMessage, response: ServerResponse, port: number): void {
  const { method = "GET", url = "/", headers } = request;
  const onward = httpRequest({ host: "127.0.0.1", port, method, path: url, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.once("error", () => response.destroy());
  request.pipe(onward);
}
