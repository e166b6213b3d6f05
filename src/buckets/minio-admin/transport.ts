import http from "node:http";
import https from "node:https";
import { StorageError, type StorageFailure } from "./error.ts";
import { sign, type Credentials, type Signed } from "./sign.ts";

export interface TransportOptions {
  /** The server's address, without a path. */
  readonly url: string;
  readonly region: string;
  readonly credentials: Credentials;
  readonly now?: (() => Date) | undefined;
  /** Told of each call, by the class of its status, or `failed`. */
  readonly onCall?: ((outcome: string) => void) | undefined;
}

export interface Request {
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A connection that is idle for longer may be closed at the other end just as it is used again. */
const IDLE_MS = 4_000;
const BODY_MAX = 64 * 1024 * 1024;
const NOTHING = Buffer.alloc(0);
/** What the server calls what is not there. */
const MISSING = /^(XMinioAdminNoSuch\w+|NoSuch\w+|XMinioAdminNoQuotaConfigFound)$/;
const DENIED = /^(AccessDenied|InvalidAccessKeyId|SignatureDoesNotMatch|XMinioAdminAccessDenied)$/;
/** It will say otherwise after a while. */
const LATER = /^(SlowDown\w*|ServiceUnavailable|XMinioServerNotInitialized|RequestTimeout)$/;

/** Signed calls to one server, each sent once; what to do again, its caller knows. */
export class Transport {
  readonly #options: TransportOptions;
  readonly #origin: URL;
  readonly #client: typeof http | typeof https;
  readonly #agent: http.Agent;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#origin = new URL(options.url);
    this.#client = this.#origin.protocol === "https:" ? https : http;
    this.#agent = new this.#client.Agent({ keepAlive: true, timeout: IDLE_MS });
  }

  /** Closes connections that are kept. */
  close(): void {
    this.#agent.destroy();
  }

  /**
   * @returns the answer's body
   * @throws StorageError
   */
  async call(request: Request, signal: AbortSignal): Promise<Buffer> {
    const { credentials, region, now = () => new Date() } = this.#options;
    const { method, path, query = {}, body = NOTHING, headers = {} } = request;
    const { host } = this.#origin;
    const signed = sign({ method, host, path, query, body, headers }, credentials, region, now());
    let status: number;
    let answer: Buffer;
    try {
      ({ status, answer } = await this.#send({ method, ...signed, body }, signal));
    } catch (error) {
      this.#options.onCall?.("failed");
      if (error instanceof StorageError) throw error;
      throw unanswered(error, signal);
    }
    this.#options.onCall?.(`${Math.floor(status / 100)}xx`);
    if (status >= 200 && status < 300) return answer;
    throw refusalOf(status, answer.toString());
  }

  /** By `node:http` and not by `fetch`: that costs the event loop twice as much. */
  #send(
    { method, target, headers, body }: Signed & Pick<Request, "method"> & { body: Buffer },
    signal: AbortSignal,
  ): Promise<{ status: number; answer: Buffer }> {
    const { hostname, port } = this.#origin;
    return new Promise((resolve, reject) => {
      const sent = this.#client.request(
        {
          agent: this.#agent,
          hostname: hostname.replace(/^\[(.*)\]$/, "$1"),
          port,
          path: target,
          method,
          headers: { ...headers, "Content-Length": body.length },
          signal,
        },
        (response) => {
          read(response).then(
            (answer) => resolve({ status: response.statusCode ?? 0, answer }),
            reject,
          );
        },
      );
      sent.once("error", reject);
      sent.end(body);
    });
  }
}

/** Without what was thrown: its words may quote a request, and so a key. */
export function unanswered(error: unknown, signal: AbortSignal): StorageError {
  if (signal.aborted) return new StorageError("away", "The storage did not answer in time.");
  const code = codeOf(error);
  const because = code === undefined ? "" : ` (${code})`;
  return new StorageError("away", `The storage cannot be reached${because}.`, code);
}

/**
 * What a refusal means. The server's words are not passed on: they may name what it was about.
 * @param code the server's own word
 */
export function refusal(status: number, code: string | undefined): StorageError {
  const said = code ?? String(status);
  return new StorageError(failureOf(status, code), sentence(status, code, said), code);
}

function failureOf(status: number, code: string | undefined): StorageFailure {
  if (code !== undefined && LATER.test(code)) return "away";
  if (code !== undefined && MISSING.test(code)) return "missing";
  if (status === 401 || (code !== undefined && DENIED.test(code))) return "denied";
  // A clock that is off is none of the request's faults.
  if (code === "RequestTimeTooSkewed") return "denied";
  if (status === 429 || status >= 500 || status < 400) return "away";
  if (status === 404) return "missing";
  return status === 403 ? "denied" : "refused";
}

function sentence(status: number, code: string | undefined, said: string): string {
  if (code === "RequestTimeTooSkewed")
    return "The storage's clock and this machine's differ by more than 15 minutes.";
  if (code === "InvalidAccessKeyId" || code === "SignatureDoesNotMatch")
    return "The storage does not take the console's keys (buckets.accessKey, buckets.secretKey).";
  switch (failureOf(status, code)) {
    case "away":
      return `The storage has trouble of its own (${said}).`;
    case "denied":
      return `The console's account may not do this at the storage (${said}).`;
    case "missing":
      return `The storage has no such thing (${said}).`;
    case "refused":
      return `The storage refuses this (${said}).`;
  }
}

/** The admin API answers errors as JSON, S3's own calls as XML. */
function refusalOf(status: number, text: string): StorageError {
  const found = /"Code":\s*"(\w{1,80})"|<Code>(\w{1,80})<\/Code>/.exec(text);
  return refusal(status, found?.[1] ?? found?.[2]);
}

async function read(response: http.IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_MAX) throw new StorageError("refused", "The storage's answer is too large.");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function codeOf(error: unknown): string | undefined {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const { code } = at as NodeJS.ErrnoException;
    if (typeof code === "string" && /^[A-Z0-9_]{1,40}$/.test(code)) return code;
  }
  return undefined;
}
