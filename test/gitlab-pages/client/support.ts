import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Transport, type TransportOptions } from "../../../src/gitlab-pages/client/transport.ts";
import { GitLabError } from "../../../src/gitlab-pages/client/error.ts";
import type { Clock } from "../../../src/gitlab-pages/clock.ts";

/** A request as it arrived. */
export interface Arrived {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** What a request is answered, or what becomes of its connection. */
export type Reply =
  | { readonly status?: number; readonly headers?: Record<string, string>; readonly body?: unknown }
  /** The connection ends without an answer. */
  | "reset"
  /** Half of an answer, then the end of the connection. */
  | "cut"
  /** Nothing comes, and the connection stays. */
  | "silent"
  /** Half of an answer comes, and the connection stays. */
  | "stuck";

/** A server of ours on loopback, told what to answer. */
export class SmallServer {
  readonly arrived: Arrived[] = [];
  /** The most requests that were under way at one time. */
  peak = 0;
  #running = 0;
  readonly #answer: (request: Arrived, nth: number) => Reply | Promise<Reply>;
  readonly #server = createServer((request, response) => void this.#serve(request, response));

  /** @param answer given the request and its number, from 1 */
  constructor(answer: (request: Arrived, nth: number) => Reply | Promise<Reply>) {
    this.#answer = answer;
  }

  async listen(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    if (this.#server.listening) await once(this.#server, "close");
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const arrived = {
      method: request.method ?? "",
      path: request.url ?? "",
      headers: request.headers,
      body: Buffer.concat(chunks).toString(),
    };
    this.arrived.push(arrived);
    this.peak = Math.max(this.peak, ++this.#running);
    const reply = await this.#answer(arrived, this.arrived.length);
    this.#running--;
    send(reply, request, response);
  }
}

function send(reply: Reply, request: IncomingMessage, response: ServerResponse): void {
  if (reply === "silent") return;
  if (reply === "reset") return void request.socket.resetAndDestroy();
  if (reply === "cut" || reply === "stuck") {
    response.writeHead(200, { "content-type": "application/json", "content-length": "100" });
    response.write('{"half":', () => {
      if (reply === "cut") request.socket.destroy();
    });
    return;
  }
  const { status = 200, headers = {}, body } = reply;
  const text = typeof body === "string" ? body : body === undefined ? "" : JSON.stringify(body);
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(text);
}

/** Time that stands still until it is moved; or, driven by itself, that passes with each sleep. */
export class DrivenClock implements Clock {
  /** What was slept, in milliseconds, in the order in which it began. */
  readonly slept: number[] = [];
  readonly #itself: boolean;
  #now = Date.parse("2026-03-01T12:00:00.000Z");
  #sleepers: { readonly until: number; readonly wake: () => void }[] = [];

  constructor({ byItself = false } = {}) {
    this.#itself = byItself;
  }

  get sleeping(): number {
    return this.#sleepers.length;
  }

  now(): Date {
    return new Date(this.#now);
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.slept.push(ms);
    if (this.#itself) {
      this.#now += ms;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const sleeper = { until: this.#now + ms, wake: resolve };
      this.#sleepers.push(sleeper);
      const end = () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(signal?.reason as Error);
      };
      if (signal?.aborted === true) end();
      signal?.addEventListener("abort", end, { once: true });
    });
  }

  pass(ms: number): void {
    this.#now += ms;
    const due = this.#sleepers.filter(({ until }) => until <= this.#now);
    this.#sleepers = this.#sleepers.filter(({ until }) => until > this.#now);
    for (const { wake } of due) wake();
  }
}

/** Options of a transport for tests: calls are quick, waits are not random. */
export function transportTo(
  url: string,
  clock: Clock,
  options: Partial<TransportOptions> = {},
): Transport {
  return new Transport({
    url,
    concurrency: 4,
    timeoutMs: 10_000,
    clock,
    random: () => 0,
    ...options,
  });
}

/** The GitLabError that a call fails with. */
export async function failureOf(promise: Promise<unknown>): Promise<GitLabError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof GitLabError) return error;
    throw error;
  }
  throw new Error("it did not fail");
}
