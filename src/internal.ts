import { createServer, type Server, type ServerResponse } from "node:http";
import type { Metrics } from "./observability/metrics.ts";
import type { Provider } from "./publisher/provider.ts";

/** Whether the console is alive and ready, for health checks and for people. */
export interface Health {
  /** It serves a configuration. */
  readonly ready: boolean;
  readonly revision: number | null;
  /** What is wrong although it serves, in sentences. */
  readonly problems: readonly string[];
}

export interface InternalOptions {
  readonly provider: Provider;
  readonly metrics: Metrics;
  readonly health: () => Health;
}

/** Above Traefik's 90 s of idle keep-alive, so that it is never us who close under a poll. */
const KEEP_ALIVE_MS = 95_000;

/**
 * The internal listener: provider, metrics and health. It never stands behind a public route.
 * Plain node:http, as a poll is only prepared bytes.
 */
export function createInternal(options: InternalOptions): Server {
  const server = createServer((request, response) => {
    options.provider.yield(request.socket);
    const [path = "/", search = ""] = (request.url ?? "/").split("?", 2);
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("Allow", "GET, HEAD");
      sendProblem(response, 405, "method_not_allowed", "Only GET is answered here.");
    } else if (path === "/traefik/config") {
      options.provider.handle(request, response, new URLSearchParams(search));
    } else if (path === "/healthz") {
      sendJson(response, 200, { status: "ok" });
    } else if (path === "/readyz") {
      const health = options.health();
      sendJson(response, health.ready ? 200 : 503, health);
    } else if (path === "/metrics") {
      void sendMetrics(response, options.metrics);
    } else {
      sendProblem(
        response,
        404,
        "not_found",
        "There are /traefik/config, /healthz, /readyz and /metrics.",
      );
    }
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.headersTimeout = KEEP_ALIVE_MS + 5_000;
  return server;
}

async function sendMetrics(response: ServerResponse, metrics: Metrics): Promise<void> {
  try {
    const text = await metrics.registry.metrics();
    response.writeHead(200, { "Content-Type": metrics.registry.contentType }).end(text);
  } catch {
    sendProblem(response, 500, "internal", "The metrics could not be collected.");
  }
}

function sendJson(
  response: ServerResponse,
  status: number,
  value: object,
  type = "application/json",
): void {
  const body = `${JSON.stringify(value)}\n`;
  response
    .writeHead(status, {
      "Content-Type": type,
      "Content-Length": Buffer.byteLength(body),
      "Cache-Control": "no-store",
    })
    .end(body);
}

function sendProblem(response: ServerResponse, status: number, code: string, detail: string): void {
  sendJson(
    response,
    status,
    { type: "about:blank", status, code, detail },
    "application/problem+json",
  );
}
