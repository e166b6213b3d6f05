import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A small web server of somebody's, on a free port of 127.0.0.1. */
export interface Place {
  readonly port: number;
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Starts one. It answers every request with one line of text.
 * @param text what it says about the host and path that it was asked for
 */
export async function startPlace(text: (host: string, path: string) => string): Promise<Place> {
  const server = createServer((request, response) => {
    const host = (request.headers.host ?? "").replace(/:\d+$/, "");
    response.setHeader("content-type", "text/plain; charset=utf-8");
    response.end(`${text(host, request.url ?? "/")}\n`);
  });
  const port = await listen(server);
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}
