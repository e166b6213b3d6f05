import { validateHeaderValue } from "node:http";
import { codeOf } from "../../checks/unreachable.ts";
import type { Clock } from "../clock.ts";
import { GitLabError } from "./error.ts";
import { Gate } from "./gate.ts";
import type { Pace } from "../../reconcile/pace.ts";
import { sendOverSockets, type Incoming, type Send } from "./send.ts";

export type Method = "GET" | "POST" | "PUT" | "DELETE";

export interface Call {
  readonly method: Method;
  /** Whether it may be sent again when its outcome is not known; as a GET may. */
  readonly changesNothing?: boolean;
  /** Below GitLab's address: `api/v4/projects/11`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Without its question mark. */
  readonly query?: string | undefined;
  readonly body?: string | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON; null where there was no body. */
  readonly body: unknown;
}

export interface TransportOptions {
  /** GitLab's address, without a slash at its end. */
  readonly url: string;
  /** Calls at once. */
  readonly concurrency: number;
  /** Milliseconds that one answer may take, its body included. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** How fast calls may follow each other; as fast as they can when left out. */
  readonly pace?: Pick<Pace, "next"> | undefined;
  /** In place of sockets. */
  readonly send?: Send | undefined;
  /** Told of each request that was sent, by outcome: a status like `2xx`, or `failed`. */
  readonly onCall?: ((outcome: string) => void) | undefined;
  /** Told of time spent waiting because GitLab asked for it, in milliseconds. */
  readonly onWait?: ((ms: number) => void) | undefined;
  readonly random?: (() => number) | undefined;
  /** How often a call is sent at most; 6 when left out. */
  readonly tries?: number | undefined;
}

const TRIES = 6;
/** What GitLab may ask us to wait at most, in milliseconds: its limits are counted by the minute. */
const WAIT_MAX_MS = 120_000;
const BACK_OFF_MS = 1_000;
/** Where GitLab's limits do not say for how long: the tries together outlast a minute then. */
const LIMITED_BACK_OFF_MS = 4_000;

/**
 * Calls to one GitLab: bounded in number and time, patient where GitLab asks for it. When it says
 * 429, all calls wait, not only the one that was told: for `Retry-After` seconds (RFC 9110, 10.2.3),
 * or longer each time where there is none (GitLab's application limiter sends none).
 */
export class Transport {
  readonly #options: TransportOptions;
  readonly #gate: Gate;
  readonly #send: Send;
  readonly #random: () => number;
  /** Milliseconds since the epoch until which nobody calls. */
  #pausedUntil = 0;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#gate = new Gate(options.concurrency);
    this.#send = options.send ?? sendOverSockets();
    this.#random = options.random ?? Math.random;
  }

  /**
   * @param signal ends waiting and calling
   * @throws GitLabError
   */
  async call(call: Call, signal?: AbortSignal): Promise<Answer> {
    const { tries: most = TRIES } = this.#options;
    for (let tries = 1; ; tries++) {
      const wait = await this.#gate.run(async () => {
        signal?.throwIfAborted();
        await this.#pause(signal);
        await this.#options.pace?.next(signal);
        const outcome = await this.#attempt(call, signal);
        if (!("retryAfter" in outcome)) return outcome;
        const { error, retryAfter, all } = outcome;
        if (tries >= most || (retryAfter ?? 0) > WAIT_MAX_MS) throw error;
        const first = all ? LIMITED_BACK_OFF_MS : BACK_OFF_MS;
        const ms = retryAfter ?? first * 2 ** (tries - 1) * (0.5 + this.#random() / 2);
        // Before the place in the gate is given on, or the next call would still be sent.
        if (all) this.#pauseFor(ms);
        return all ? 0 : ms;
      });
      if (typeof wait !== "number") return wait;
      if (wait > 0) await this.#options.clock.sleep(wait, signal);
    }
  }

  #pauseFor(ms: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#options.clock.now().getTime() + ms);
  }

  async #pause(signal: AbortSignal | undefined): Promise<void> {
    for (;;) {
      const wait = this.#pausedUntil - this.#options.clock.now().getTime();
      if (wait <= 0) return;
      this.#options.onWait?.(wait);
      await this.#options.clock.sleep(wait, signal);
    }
  }

  async #attempt(
    { method, changesNothing = method === "GET", path, headers, query, body }: Call,
    signal: AbortSignal | undefined,
  ): Promise<Answer | Retry> {
    const { url, timeoutMs, onCall } = this.#options;
    const sent = headersOf(headers);
    const ended = new AbortController();
    const stop = () => ended.abort(signal?.reason);
    let isLate = false;
    const deadline = setTimeout(() => {
      isLate = true;
      ended.abort();
    }, timeoutMs);
    signal?.addEventListener("abort", stop);
    let incoming: Incoming;
    try {
      signal?.throwIfAborted();
      incoming = await this.#send({
        method,
        url: `${url}/${path}${query === undefined || query === "" ? "" : `?${query}`}`,
        headers: sent,
        body,
        signal: ended.signal,
      });
    } catch (error) {
      if (signal?.aborted === true) throw error;
      onCall?.("failed");
      if (error instanceof GitLabError) throw error;
      const reason = codeOf(error);
      const what = isLate
        ? `did not answer within ${timeoutMs / 1000} s`
        : `cannot be reached${reason === undefined ? "" : ` (${reason})`}`;
      // Without what was thrown: its words may quote a header, and so the token.
      const failure = new GitLabError("unavailable", `GitLab at ${url} ${what}.`, { reason });
      // Whether a change was made is not known then: it is not made twice.
      if (!changesNothing) throw failure;
      return { error: failure, retryAfter: undefined, all: false };
    } finally {
      clearTimeout(deadline);
      signal?.removeEventListener("abort", stop);
    }
    onCall?.(`${Math.floor(incoming.status / 100)}xx`);
    return this.#judge(path, incoming, changesNothing);
  }

  #judge(path: string, incoming: Incoming, repeatable: boolean): Answer | Retry {
    const { status, headers, text } = incoming;
    const at = { status };
    if (status === 429) {
      const error = new GitLabError("limited", "GitLab limits our calls; try again later.", at);
      return { error, retryAfter: this.#retryAfter(headers), all: true };
    }
    if (status >= 500) {
      const error = new GitLabError("unavailable", `GitLab answered ${status} to ${path}.`, at);
      if (!repeatable) throw error;
      return { error, retryAfter: this.#retryAfter(headers), all: false };
    }
    if (status >= 300 && status < 400) {
      const to = headers["location"];
      throw new GitLabError(
        "redirected",
        `GitLab sends us elsewhere (${status}${to === undefined ? "" : ` to ${originOf(to)}`}); is gitlab.url its own address?`,
        at,
      );
    }
    if (status === 401) {
      throw new GitLabError("unauthorized", "GitLab does not take gitlab.token.", at);
    }
    if (status === 403) throw new GitLabError("forbidden", `GitLab refuses ${path}.`, at);
    if (status === 404) throw new GitLabError("not_found", `GitLab has no ${path}.`, at);
    if (status >= 400) {
      throw new GitLabError("refused", `GitLab answered ${status} to ${path}.`, at);
    }
    if (text === "") return { status, headers, body: null };
    const type = headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
    if (type !== undefined && !/[/+]json$/.test(type)) {
      const is = /^[\w.+/-]{1,80}$/.test(type) ? `: it is ${type}` : "";
      throw new GitLabError("invalid", `GitLab's answer to ${path} is not JSON${is}.`, at);
    }
    try {
      return { status, headers, body: JSON.parse(text) as unknown };
    } catch {
      const error = new GitLabError("invalid", `GitLab's answer to ${path} is not JSON.`, at);
      if (!repeatable) throw error;
      return { error, retryAfter: undefined, all: false };
    }
  }

  /** Milliseconds that the answer asks us to wait; undefined when it does not say. */
  #retryAfter(headers: Incoming["headers"]): number | undefined {
    const value = headers["retry-after"];
    if (value === undefined) return undefined;
    if (/^\d+$/.test(value)) return Math.max(1_000, Number(value) * 1000);
    const until = Date.parse(value);
    return Number.isNaN(until)
      ? undefined
      : Math.max(1_000, until - this.#options.clock.now().getTime());
  }
}

interface Retry {
  readonly error: GitLabError;
  readonly retryAfter: number | undefined;
  /** Whether every call has to wait. */
  readonly all: boolean;
}

/** @throws GitLabError where one cannot be sent, without showing it: only the token is not ours */
function headersOf(headers: Call["headers"]): Call["headers"] {
  const sent: Record<string, string> = { accept: "application/json" };
  try {
    for (const [name, value] of Object.entries(headers)) {
      // A token that was read from a file may end with a line break.
      sent[name] = value.trim();
      validateHeaderValue(name, sent[name]);
    }
    return sent;
  } catch {
    const message = "gitlab.token holds characters that no token has, like a line break.";
    throw new GitLabError("unauthorized", message);
  }
}

function originOf(location: string): string {
  return URL.canParse(location) ? new URL(location).origin : "another path";
}
