import { type IncomingHttpHeaders, connect } from "node:http2";
import type { TLSSocket } from "node:tls";

/** An HTTP/2 answer. */
export interface Http2Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  json<Body = unknown>(): Body;
}

/** One HTTP/2 request; browsers put several authorities on one connection. */
export interface Http2Request {
  readonly authority: string;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeout?: number;
}

/** An HTTP/2 connection. */
export interface Http2Connection {
  request(request: Http2Request): Promise<Http2Answer>;
  close(): void;
}

/** Opens an HTTP/2 connection over TLS to 127.0.0.1; nothing is verified. */
export async function openHttp2(options: { port: number; sni: string }): Promise<Http2Connection> {
  const session = connect(`https://127.0.0.1:${options.port}`, {
    servername: options.sni,
    rejectUnauthorized: false,
  });
  await new Promise<void>((resolve, reject) => {
    session.once("connect", () => resolve());
    session.once("error", reject);
  });
  session.on("error", () => session.destroy());
  const negotiated = (session.socket as TLSSocket).alpnProtocol;
  if (negotiated !== "h2") throw new Error(`the server speaks ${negotiated || "no HTTP/2"}`);
  return {
    request: ({ authority, path = "/", method = "GET", headers = {}, timeout = 10_000 }) =>
      new Promise((resolve, reject) => {
        const stream = session.request({
          ":authority": authority,
          ":path": path,
          ":method": method,
          ...headers,
        });
        let answered: IncomingHttpHeaders = {};
        let body = "";
        stream.setTimeout(timeout, () => {
          stream.destroy(new Error(`no answer within ${timeout} ms`));
        });
        stream.setEncoding("utf8");
        stream.on("response", (received) => {
          answered = received;
        });
        stream.on("data", (chunk: string) => {
          body += chunk;
        });
        stream.once("error", reject);
        stream.once("end", () => {
          const status = Number(answered[":status"]);
          resolve({ status, headers: answered, body, json: () => JSON.parse(body) });
        });
        stream.end();
      }),
    close: () => session.destroy(),
  };
}
