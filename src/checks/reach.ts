import { request as overHttp, type IncomingMessage } from "node:http";
import { request as overHttps } from "node:https";
import type { LookupFunction } from "node:net";
import type { TLSSocket } from "node:tls";

export interface ReachOptions {
  /** In place of the system's look-up of names. */
  readonly lookup?: LookupFunction | undefined;
  /** Certificates (PEM) that are trusted in place of the usual ones. */
  readonly ca?: string | undefined;
  /** The public port of plain HTTP; 80. */
  readonly httpPort?: number | undefined;
}

export interface Asked {
  readonly signal: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes of the body that are read at most; 64 kB when left out. */
  readonly most?: number;
}

export interface Reached {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
  /** When the certificate of the server ends; undefined without TLS. */
  readonly certificateUntil: Date | undefined;
  /** What its clock was ahead of this machine's by, in seconds; undefined where it sends no `Date`. */
  readonly aheadBy: number | undefined;
}

const MOST = 64 * 1024;

/** Asks servers over HTTP, each time on a connection of its own. It follows no redirect. */
export class Reach {
  readonly httpPort: number;
  readonly #options: ReachOptions;

  constructor(options: ReachOptions = {}) {
    this.#options = options;
    this.httpPort = options.httpPort ?? 80;
  }

  /** @throws Error of the system, of TLS or of the signal */
  get(url: string, { signal, headers = {}, most = MOST }: Asked): Promise<Reached> {
    const { lookup, ca } = this.#options;
    const options = {
      agent: false,
      signal,
      headers: { accept: "*/*", "user-agent": "tardis-console", ...headers },
      ...(lookup === undefined ? {} : { lookup }),
    };
    return new Promise((resolve, reject) => {
      const asked = Date.now();
      const request = url.startsWith("https:")
        ? overHttps(url, { ...options, ...(ca === undefined ? {} : { ca }) })
        : overHttp(url, options);
      request.once("error", reject);
      request.once("response", (response) => {
        const answered = Date.now();
        const certificateUntil = endOf(response);
        const { date } = response.headers;
        const done = (body: Buffer) => {
          const aheadBy = date === undefined ? undefined : ahead(date, asked, answered);
          const { statusCode: status = 0, headers } = response;
          resolve({ status, headers, body, certificateUntil, aheadBy });
          request.destroy();
        };
        read(response, most, done, reject);
      });
      request.end();
    });
  }
}

function endOf({ socket }: IncomingMessage): Date | undefined {
  if (!("getPeerCertificate" in socket)) return undefined;
  const { valid_to: until } = (socket as TLSSocket).getPeerCertificate();
  return until === undefined ? undefined : new Date(until);
}

/**
 * A `Date` header is of whole seconds, cut off, and was written at some time between question and
 * answer: in the middle on the average.
 */
function ahead(date: string, asked: number, answered: number): number | undefined {
  const theirs = Date.parse(date);
  if (Number.isNaN(theirs)) return undefined;
  return (theirs + 500 - (asked + answered) / 2) / 1000;
}

/** Reads the body to its end, or as much of it as is wanted. */
function read(
  response: IncomingMessage,
  most: number,
  done: (body: Buffer) => void,
  failed: (error: Error) => void,
): void {
  const chunks: Buffer[] = [];
  let size = 0;
  response.on("error", failed);
  response.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= most) done(Buffer.concat(chunks).subarray(0, most));
  });
  response.once("end", () => done(Buffer.concat(chunks)));
}
