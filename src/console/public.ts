import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Config } from "../config.ts";
import { isLoopbackName } from "../domain/addresses.ts";
import { readTarget } from "../traefik/request-target.ts";
import type { RouteLookup } from "../traefik/routes.ts";
import { badRequestPage, hostPage, type HostPage } from "./host-pages.ts";

export interface PublicOptions {
  readonly config: Pick<Config, "publicUrl" | "http">;
  /** Everything at the console's own host. */
  readonly console: RequestListener;
  /** What is routed now; undefined before the state was read. */
  readonly table: () => RouteLookup | undefined;
}

/**
 * The public listener: the console's own host gets the console and the API; every other host gets
 * that host's page, whatever the path. So nothing of the console is ever reached under a member's
 * name. The host is read as Traefik reads it, before anything else looks at the request.
 */
export function createPublic(options: PublicOptions): RequestListener {
  const own = new URL(options.config.publicUrl).hostname;
  const onLoopback = isLoopbackName(options.config.http.host);
  return (request, response) => {
    const host = hostOf(request);
    if (host === undefined) {
      send(request, response, badRequestPage());
    } else if (host === own || (onLoopback && isLoopbackName(host))) {
      options.console(request, response);
    } else {
      send(request, response, hostPage(options.table(), host, request.url ?? "/"));
    }
  };
}

/** The host that a request is for; undefined for a request that cannot be read, or names two. */
function hostOf(request: IncomingMessage): string | undefined {
  const hosts = request.headersDistinct["host"] ?? [];
  if (hosts.length > 1) return undefined;
  return readTarget(request.url ?? "/", hosts[0] ?? "")?.host;
}

function send(request: IncomingMessage, response: ServerResponse, page: HostPage): void {
  response.writeHead(page.status, {
    ...page.headers,
    "Content-Length": Buffer.byteLength(page.html),
  });
  response.end(request.method === "HEAD" ? undefined : page.html);
}
