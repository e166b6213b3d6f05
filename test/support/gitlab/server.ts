import {
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
  createServer,
} from "node:http";
import type { AddressInfo } from "node:net";
import type { ApiOptions } from "./api.ts";
import type { ApiResponse } from "./exchange.ts";
import { GitLab } from "./gitlab.ts";
import type { GitLabWorld } from "./world.ts";

/** A GitLab on a port of 127.0.0.1. */
export interface GitLabServer {
  /** Without an end slash. */
  readonly url: string;
  readonly gitlab: GitLab;
  close(): Promise<void>;
}

/** Starts one that answers from the world as it is at each request. */
export async function startGitLab(
  world: GitLabWorld,
  options: ApiOptions = {},
): Promise<GitLabServer> {
  const gitlab = new GitLab(world, options);
  const server = createServer((request, response) => {
    void serve(gitlab, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    gitlab,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serve(gitlab: GitLab, request: IncomingMessage, response: ServerResponse) {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const answer = await gitlab.handle({
      method: request.method!,
      url: `http://${request.headers.host}${request.url}`,
      headers: plainHeaders(request.headers),
      body: Buffer.concat(chunks).toString(),
    });
    send(answer, request, response);
  } catch (error) {
    response.writeHead(599, { "content-type": "text/plain" });
    response.end(`the stand-in itself failed: ${String(error)}`);
  }
}

function send(answer: ApiResponse, request: IncomingMessage, response: ServerResponse): void {
  if (answer.broken === "reset") return void request.socket.resetAndDestroy();
  const bytes = Buffer.from(answer.body);
  response.writeHead(answer.status, {
    ...answer.headers,
    ...(answer.status !== 204 && { "content-length": bytes.length }),
  });
  if (answer.broken === undefined) return void response.end(bytes);
  // Written out before the connection ends, so that the client has begun to read.
  response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => request.socket.destroy());
}

function plainHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const entries = Object.entries(headers).map(([name, value]) => [name, String(value)]);
  return Object.fromEntries(entries) as Record<string, string>;
}
