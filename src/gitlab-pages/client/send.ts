import { Agent as HttpAgent, request as overHttp, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as overHttps } from "node:https";
import { GitLabError } from "./error.ts";

/** A request to GitLab. */
export interface Outgoing {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** Ends it, its answer's body included. */
  readonly signal: AbortSignal;
}

/** What came back, to the end of its body. */
export interface Incoming {
  readonly status: number;
  /** By names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/**
 * Sends one request and reads its answer; follows no redirect.
 * @throws the signal's reason when that ends it, GitLabError for what no answer of GitLab's is, or
 *   what went wrong on the way
 */
export type Send = (outgoing: Outgoing) => Promise<Incoming>;

const BODY_MAX = 64 * 1024 * 1024;
/** A connection that is idle for longer may be closed at the other end just as it is used again. */
const IDLE_MS = 4_000;

/**
 * Over sockets, of which those that served one request serve others. By `node:http` and not by
 * `fetch`: that costs the event loop twice as much a call.
 */
export function sendOverSockets(): Send {
  const kept = { keepAlive: true, timeout: IDLE_MS };
  const http = new HttpAgent(kept);
  const https = new HttpsAgent(kept);
  return async ({ method, url, headers: given, body, signal }) => {
    signal.throwIfAborted();
    const headers = {
      ...given,
      // Nothing here unpacks it.
      "accept-encoding": "identity",
      "user-agent": "tardis-console",
      ...(body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) }),
    };
    return new Promise((resolve, reject) => {
      const request = url.startsWith("https:")
        ? overHttps(url, { agent: https, method, headers })
        : overHttp(url, { agent: http, method, headers });
      const over = () => {
        signal.removeEventListener("abort", abort);
        request.off("close", closed);
      };
      const fail = (error: unknown) => {
        over();
        reject(error);
        request.destroy();
      };
      const abort = () => fail(signal.reason);
      const closed = () => fail(new Error("The connection was closed."));
      signal.addEventListener("abort", abort);
      request.on("error", fail);
      request.once("close", closed);
      request.once("response", (response) => {
        response.on("error", fail);
        readText(response, fail, (text) => {
          over();
          resolve({ status: response.statusCode ?? 0, headers: headersOf(response), text });
        });
      });
      request.end(body);
    });
  };
}

function readText(
  response: IncomingMessage,
  fail: (error: GitLabError) => void,
  done: (text: string) => void,
): void {
  const coding = response.headers["content-encoding"] ?? "identity";
  if (coding !== "identity") {
    return fail(new GitLabError("invalid", "GitLab's answer is packed, which was not asked for."));
  }
  const chunks: Buffer[] = [];
  let size = 0;
  response.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size > BODY_MAX) fail(new GitLabError("invalid", "GitLab's answer is too large."));
    else chunks.push(chunk);
  });
  response.once("end", () => done(Buffer.concat(chunks, size).toString("utf8")));
}

function headersOf({ headers }: IncomingMessage): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) found[name] = typeof value === "string" ? value : value.join(", ");
  }
  return found;
}
