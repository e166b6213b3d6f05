import { timingSafeEqual, createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Metrics } from "../observability/metrics.ts";
import type { Bytes } from "../traefik/encoding/join.ts";
import type { Publication } from "./publication.ts";
import type { Publisher } from "./publisher.ts";

/** The longest that a poll is held; Traefik's own pollTimeout is to be above it. */
const WAIT_MAX_MS = 60_000;
const POLLERS_MAX = 1_000;
/** Names of pollers on one connection: a proxy in between may carry several. */
const NAMES_MAX = 16;
const NAME = /^[\w.-]{0,64}$/;

export interface ProviderOptions {
  readonly publisher: Publisher;
  /** What pollers must send as bearer token; null asks for none. */
  readonly token: string | null;
  readonly maxHeldPolls: number;
  readonly metrics: Metrics;
  /**
   * Makes this replica's state as new as any other's; undefined where there are no others. A poll is
   * answered after it, so that no poller gets something older after something newer.
   */
  readonly fresh?: (() => Promise<void>) | undefined;
}

/** One who polls, as far as it is known. */
export interface Poller {
  readonly name: string;
  readonly revision: number;
  readonly etag: string;
  readonly at: Date;
}

/** Who asks, and for which form of the document. */
interface Ask {
  readonly poller: string;
  readonly form: "traefik" | "json";
}

interface Held {
  readonly response: ServerResponse;
  readonly request: IncomingMessage;
  readonly ask: Ask;
  readonly timer: NodeJS.Timeout;
}

/**
 * Traefik's HTTP provider. A poll does no work: it sends prepared bytes. With `?wait=4s` a poll
 * that has the newest bytes already is held until there are newer ones, so a change is live at once.
 * What was sent last is remembered for each connection and poller name: the first poll of a
 * connection is always answered at once.
 */
export class Provider {
  readonly #options: ProviderOptions;
  readonly #tokenDigest: Buffer | undefined;
  /** By connection, then by poller: the ETag sent last. */
  readonly #sent = new WeakMap<Socket, Map<string, string>>();
  readonly #held = new Map<Socket, Held>();
  readonly #pollers = new Map<string, Poller>();
  readonly #fetchedListeners = new Set<() => void>();
  #closing = false;

  constructor(options: ProviderOptions) {
    this.#options = options;
    this.#tokenDigest = options.token === null ? undefined : digest(`Bearer ${options.token}`);
    options.publisher.onPublish((publication) => this.#release(publication));
  }

  /** Calls back when a poller got something else than it had. */
  onFetched(listener: () => void): () => void {
    this.#fetchedListeners.add(listener);
    return () => this.#fetchedListeners.delete(listener);
  }

  /** Who has polled, the latest last. */
  pollers(): readonly Poller[] {
    return [...this.#pollers.values()];
  }

  /** Answers every held poll now, and holds none from here on. */
  close(): void {
    this.#closing = true;
    const { current } = this.#options.publisher;
    if (current !== undefined) this.#release(current);
  }

  /**
   * Answers what is held on a connection. Called when another request comes on it: HTTP answers in
   * order, so a held poll would hold that one, too.
   */
  yield(socket: Socket): void {
    const held = this.#held.get(socket);
    const { current } = this.#options.publisher;
    if (held === undefined || current === undefined) return;
    this.#forget(socket);
    this.#send(held.request, held.response, held.ask, current, "released");
  }

  /** Answers `GET /traefik/config`. */
  handle(request: IncomingMessage, response: ServerResponse, query: URLSearchParams): void {
    const { publisher, fresh } = this.#options;
    if (!this.#isAllowed(request)) {
      response.setHeader("WWW-Authenticate", "Bearer");
      this.#refuse(response, 401, "unauthenticated", "The provider's token is missing or wrong.");
      return;
    }
    const waitMs = parseWait(query.get("wait"));
    if (waitMs === undefined) {
      this.#refuse(response, 400, "invalid_input", "wait is a duration like 4s or 500ms.");
      return;
    }
    const format = query.get("format");
    if (format !== null && format !== "json") {
      this.#refuse(response, 400, "invalid_input", "format can only be json.");
      return;
    }
    const poller = query.get("poller") ?? "";
    if (!NAME.test(poller)) {
      const detail = "poller is a name of at most 64 letters, digits, dots, hyphens, underscores.";
      this.#refuse(response, 400, "invalid_input", detail);
      return;
    }
    const ask: Ask = { poller, form: format ?? "traefik" };
    const answer = () => this.#answer(request, response, ask, waitMs);
    if (fresh === undefined && !publisher.isBehind) answer();
    else void Promise.resolve(fresh?.()).then(() => publisher.caughtUp().then(answer));
  }

  #answer(request: IncomingMessage, response: ServerResponse, ask: Ask, waitMs: number): void {
    const { publisher, maxHeldPolls } = this.#options;
    // It may have gone while the newest state was built.
    if (request.socket.destroyed) return;
    this.yield(request.socket);
    const publication = publisher.current;
    if (publication === undefined) {
      response.setHeader("Retry-After", "1");
      this.#refuse(response, 503, "unavailable", "There is no configuration yet.");
      return;
    }
    const { etag } = publication.document[ask.form];
    const has =
      this.#sentOn(request.socket).get(ask.poller) === etag ||
      request.headers["if-none-match"] === etag;
    if (
      has &&
      waitMs > 0 &&
      request.method === "GET" &&
      !this.#closing &&
      this.#held.size < maxHeldPolls
    ) {
      this.#hold(request, response, ask, waitMs);
    } else {
      this.#send(request, response, ask, publication, "answered");
    }
  }

  #isAllowed(request: IncomingMessage): boolean {
    if (this.#tokenDigest === undefined) return true;
    return timingSafeEqual(digest(request.headers.authorization ?? ""), this.#tokenDigest);
  }

  /** What this connection was sent. Its one listener is set up here, once. */
  #sentOn(socket: Socket): Map<string, string> {
    let sent = this.#sent.get(socket);
    if (sent === undefined) {
      sent = new Map();
      this.#sent.set(socket, sent);
      socket.once("close", () => this.#forget(socket));
    }
    return sent;
  }

  #hold(request: IncomingMessage, response: ServerResponse, ask: Ask, waitMs: number): void {
    const timer = setTimeout(() => {
      this.#forget(request.socket);
      const { current } = this.#options.publisher;
      if (current !== undefined) this.#send(request, response, ask, current, "held");
    }, waitMs);
    this.#held.set(request.socket, { request, response, ask, timer });
    this.#options.metrics.heldPolls.set(this.#held.size);
  }

  #forget(socket: Socket): void {
    const held = this.#held.get(socket);
    if (held === undefined) return;
    clearTimeout(held.timer);
    this.#held.delete(socket);
    this.#options.metrics.heldPolls.set(this.#held.size);
  }

  #release(publication: Publication): void {
    for (const [socket, { request, response, ask }] of this.#held) {
      this.#forget(socket);
      this.#send(request, response, ask, publication, "released");
    }
  }

  #send(
    request: IncomingMessage,
    response: ServerResponse,
    { poller, form }: Ask,
    publication: Publication,
    outcome: string,
  ): void {
    this.#options.metrics.polls.inc({ outcome });
    const bytes = publication.document[form];
    const headers: Record<string, string | number> = {
      "Content-Type": "application/json",
      "Cache-Control": "no-cache",
      ETag: bytes.etag,
      Vary: "Accept-Encoding",
      "Tardis-Revision": publication.revision,
    };
    if (publication.restored) headers["Tardis-Restored"] = "true";
    // Else the server would wait for the connection until it has been idle for long.
    if (this.#closing) headers["Connection"] = "close";
    const isKnown = request.headers["if-none-match"] === bytes.etag;
    const gzip = acceptsGzip(request.headers["accept-encoding"]) ? bytes.gzip : undefined;
    if (!isKnown) {
      if (gzip !== undefined) headers["Content-Encoding"] = "gzip";
      headers["Content-Length"] = gzip?.length ?? bytes.length;
    }
    response.writeHead(isKnown ? 304 : 200, headers);
    // The answer to HEAD leaves the poller without the bytes.
    if (request.method === "HEAD") {
      response.end();
      return;
    }
    const sent = this.#sentOn(request.socket);
    if (sent.size >= NAMES_MAX && !sent.has(poller)) sent.clear();
    sent.set(poller, bytes.etag);
    const name = poller || (request.socket.remoteAddress ?? "unknown");
    this.#remember({ name, revision: publication.revision, etag: bytes.etag, at: new Date() });
    if (isKnown) response.end();
    else endWith(response, gzip === undefined ? bytes : { parts: [gzip] });
  }

  #remember(poller: Poller): void {
    if (this.#pollers.get(poller.name)?.etag !== poller.etag) {
      // After the poll has its answer: it waits for nobody.
      for (const listener of this.#fetchedListeners) setImmediate(listener);
    }
    this.#pollers.delete(poller.name);
    this.#pollers.set(poller.name, poller);
    if (this.#pollers.size > POLLERS_MAX) {
      const oldest = this.#pollers.keys().next().value;
      if (oldest !== undefined) this.#pollers.delete(oldest);
    }
  }

  #refuse(response: ServerResponse, status: number, code: string, detail: string): void {
    this.#options.metrics.polls.inc({ outcome: "refused" });
    const body = JSON.stringify({ type: "about:blank", status, code, detail });
    response
      .writeHead(status, {
        "Content-Type": "application/problem+json",
        "Content-Length": Buffer.byteLength(body),
      })
      .end(body);
  }
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** Sends a body of one buffer or several, as they are. */
function endWith(response: ServerResponse, { parts }: Pick<Bytes, "parts">): void {
  response.cork();
  for (const part of parts.slice(0, -1)) response.write(part);
  response.end(parts.at(-1));
  response.uncork();
}

/** Whether gzip is among the accepted encodings, and not with a weight of 0 (RFC 9110, 12.5.3). */
function acceptsGzip(header: string | string[] | undefined): boolean {
  return String(header ?? "")
    .split(",")
    .some((item) => {
      const [coding = "", ...parameters] = item.split(";").map((part) => part.trim().toLowerCase());
      return coding === "gzip" && !parameters.some((text) => /^q=0(\.0{0,3})?$/.test(text));
    });
}

/** `4s` or `500ms` in milliseconds, capped; 0 for none, undefined for what is no duration. */
function parseWait(text: string | null): number | undefined {
  if (text === null || text === "") return 0;
  const match = /^(\d{1,6})(ms|s)$/.exec(text);
  if (match === null) return undefined;
  return Math.min(Number(match[1]) * (match[2] === "s" ? 1000 : 1), WAIT_MAX_MS);
}
