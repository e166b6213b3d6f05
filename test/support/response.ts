import type { Socket } from "node:net";

/** An HTTP/1.1 answer as it came. */
export interface RawResponse {
  readonly status: number;
  /** Lower-case names; a repeated header is joined by ", ". */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The body as JSON. Throws when it is none. */
  json<Body = unknown>(): Body;
}

interface Head {
  readonly status: number;
  readonly headers: Record<string, string>;
  /** Bytes up to the body. */
  readonly length: number;
}

/**
 * Reads one answer off a connection (RFC 9112, sections 4 to 7) and leaves it open.
 * @param method of the request: an answer to HEAD has no body
 * @throws Error when the connection breaks or nothing complete comes within `timeout` ms
 */
export function readResponse(
  socket: Socket,
  method: string,
  timeout: number,
): Promise<RawResponse> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    const done = (result: RawResponse | Error) => {
      clearTimeout(timer);
      socket.off("data", data);
      socket.off("end", end);
      socket.off("error", done);
      socket.off("close", closed);
      if (result instanceof Error) reject(result);
      else resolve(result);
    };
    const timer = setTimeout(() => {
      done(new Error(`no complete answer within ${timeout} ms`));
    }, timeout);
    const take = (ended: boolean) => {
      try {
        const response = parse(received, method, ended);
        if (response) done(response);
        else if (ended) done(new Error("the connection ended before a complete answer"));
      } catch (error) {
        done(error as Error);
      }
    };
    const data = (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      take(false);
    };
    const end = () => take(true);
    const closed = () => done(new Error("the connection was closed before a complete answer"));
    socket.on("data", data);
    socket.once("end", end);
    socket.once("error", done);
    socket.once("close", closed);
  });
}

function parse(received: Buffer, method: string, ended: boolean): RawResponse | undefined {
  const head = parseHead(received);
  if (!head) return undefined;
  const { status, headers, length } = head;
  const rest = received.subarray(length);
  // Interim answers come before the real one; 101 ends HTTP on this connection.
  if (status < 200 && status !== 101) return parse(rest, method, ended);
  const body = parseBody(head, rest, method, ended);
  if (body === undefined) return undefined;
  const text = body.toString();
  return { status, headers, body: text, json: () => JSON.parse(text) };
}

function parseHead(received: Buffer): Head | undefined {
  const end = received.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [statusLine = "", ...lines] = received.toString("latin1", 0, end).split("\r\n");
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(statusLine)?.[1];
  if (!status) throw new Error(`not an HTTP answer: ${statusLine.slice(0, 80)}`);
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
  }
  return { status: Number(status), headers, length: end + 4 };
}

function parseBody(head: Head, rest: Buffer, method: string, ended: boolean): Buffer | undefined {
  const { status, headers } = head;
  if (method === "HEAD" || status === 101 || status === 204 || status === 304)
    return Buffer.alloc(0);
  if (headers["transfer-encoding"]?.toLowerCase() === "chunked") return parseChunks(rest);
  const length = headers["content-length"];
  if (length === undefined) return ended ? rest : undefined;
  return rest.length >= Number(length) ? rest.subarray(0, Number(length)) : undefined;
}

function parseChunks(rest: Buffer): Buffer | undefined {
  const chunks: Buffer[] = [];
  for (let at = 0; ;) {
    const lineEnd = rest.indexOf("\r\n", at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(rest.toString("latin1", at, lineEnd), 16);
    const start = lineEnd + 2;
    if (rest.length < start + size + 2) return undefined;
    if (size === 0) return Buffer.concat(chunks);
    chunks.push(rest.subarray(start, start + size));
    at = start + size + 2;
  }
}
