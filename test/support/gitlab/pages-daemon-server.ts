import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { PagesDaemon } from "./pages-daemon.ts";

/** A Pages daemon on a port of 127.0.0.1. */
export interface PagesDaemonServer {
  readonly url: string;
  readonly port: number;
  readonly requests: number;
  close(): Promise<void>;
}

/**
 * Starts one as behind a proxy (`listen_proxy`): the host is `X-Forwarded-Host`, or else `Host`. The
 * content of a site names its project and owner in `X-Project` and `X-Namespace` and in its body.
 */
export async function startPagesDaemon(daemon: PagesDaemon): Promise<PagesDaemonServer> {
  let requests = 0;
  const server = createServer((request, response) => {
    requests++;
    answer(daemon, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    get requests() {
      return requests;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(daemon: PagesDaemon, request: IncomingMessage, response: ServerResponse): void {
  const forwarded = request.headers["x-forwarded-host"];
  const host = String(forwarded ?? request.headers.host ?? "");
  const served = daemon.serve(host, request.url!);
  switch (served.kind) {
    case "site": {
      const { projectId, namespaceId, file } = served;
      const ids = { "x-project": String(projectId), "x-namespace": String(namespaceId) };
      response.writeHead(200, { ...ids, "content-type": "text/plain" });
      return void response.end(`project ${projectId}, file ${file || "index.html"}\n`);
    }
    case "redirect":
      return void response.writeHead(308, { location: served.location }).end();
    case "sign-in":
      return void response.writeHead(302, { location: served.location }).end();
    case "auth":
      response.writeHead(200, { "x-pages-auth": "yes", "content-type": "text/plain" });
      return void response.end("signing in\n");
    case "none":
      response.writeHead(404, { "content-type": "text/html" });
      return void response.end(
        "<title>The page you're looking for could not be found (404)</title>",
      );
  }
}
