import type { Send } from "../../../src/gitlab-pages/client/send.ts";
import { type ApiOptions, answerApi } from "./api.ts";
import type { ApiRequest, ApiResponse } from "./exchange.ts";
import { Faults, type Matcher, matches } from "./faults.ts";
import type { GitLabWorld } from "./world.ts";

/** A request that came, for assertions. */
export interface LoggedRequest {
  readonly method: string;
  /** Absolute. */
  readonly url: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** By the world's clock. */
  readonly at: Date;
  /** Undefined while it is not answered, 0 when the connection was cut instead. */
  status?: number;
}

/**
 * A GitLab that answers requests from a world, with faults on demand and a log. It has no socket:
 * `startGitLab` puts it behind one; `send` and `fetch` ask it directly.
 */
export class GitLab {
  readonly world: GitLabWorld;
  readonly faults = new Faults();
  readonly log: LoggedRequest[] = [];
  /** Called before a request is answered, so that the world can change between two of them. */
  before: ((request: LoggedRequest) => void | Promise<void>) | undefined;
  /** The most requests that were under way at one time. */
  peak = 0;
  private running = 0;
  private readonly options: ApiOptions;

  constructor(world: GitLabWorld, options: ApiOptions = {}) {
    this.world = world;
    this.options = options;
  }

  /** Requests so far, or those of them that match. */
  count(matcher: Matcher = {}): number {
    return this.log.filter((entry) => matches(matcher, entry)).length;
  }

  /** Forgets the log and the peak. */
  forget(): void {
    this.log.length = 0;
    this.peak = this.running;
  }

  /** The right answer, at once, without faults and log. */
  answer(request: ApiRequest): ApiResponse {
    return answerApi(this.world, request, this.options);
  }

  /** One request, through `before`, the faults and the log. */
  async handle(request: ApiRequest): Promise<ApiResponse> {
    const { pathname: path, searchParams } = new URL(request.url);
    const query = Object.fromEntries(searchParams);
    const { method, url } = request;
    const entry: LoggedRequest = { method, url, path, query, at: this.world.now() };
    this.log.push(entry);
    this.running++;
    this.peak = Math.max(this.peak, this.running);
    try {
      await this.before?.(entry);
      const fault = this.faults.for(request);
      const response = fault
        ? await fault(request, () => this.answer(request))
        : this.answer(request);
      entry.status = response.status;
      return response;
    } finally {
      this.running--;
    }
  }

  /**
   * In place of the global `fetch`, without sockets. What a broken connection does, it does too.
   * @throws TypeError "fetch failed" for a reset, the signal's reason when that ends it
   */
  readonly fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init);
    const asked = {
      method: request.method,
      url: request.url,
      headers: Object.fromEntries(request.headers),
      body: await request.text(),
    };
    const response = await orAborted(this.handle(asked), request.signal);
    const { location } = response.headers;
    if (location !== undefined && response.status > 300 && request.redirect !== "manual") {
      if (request.redirect === "error") throw new TypeError("fetch failed");
      const { headers, signal } = request;
      return this.fetch(new URL(location, request.url), { headers, signal });
    }
    return toFetchResponse(response);
  };

  /** In place of the client's sockets: what it throws is what they would. */
  readonly send: Send = async ({ method, url, headers, body, signal }) => {
    const asked = { method, headers, body: body ?? null, redirect: "manual", signal } as const;
    const response = await this.fetch(url, asked);
    const text = await response.text();
    return { status: response.status, headers: Object.fromEntries(response.headers), text };
  };
}

function toFetchResponse({ status, headers, body, broken }: ApiResponse): Response {
  if (broken === "reset") throw new TypeError("fetch failed", { cause: connectionReset() });
  if (broken === undefined) return new Response(body === "" ? null : body, { status, headers });
  const half = new TextEncoder().encode(body.slice(0, Math.floor(body.length / 2)));
  let sent = false;
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (sent) return controller.error(new TypeError("terminated", { cause: connectionReset() }));
      sent = true;
      controller.enqueue(half);
    },
  });
  return new Response(stream, { status, headers });
}

function connectionReset(): Error {
  return Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
}

function orAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
