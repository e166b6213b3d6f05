import { createServer, request, Agent } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { certificateFor } from "./certificates.ts";

/** A way to a server by HTTPS that answers in its place now and then. */
export interface AnsweringProxy {
  readonly url: string;
  /** What it answers itself to a request; undefined: the server does. */
  answer: (method: string, path: string) => { status: number; body: object } | undefined;
  close(): Promise<void>;
}

/** Starts one in front of a server on this machine; its certificate is the same as for 127.0.0.1. */
export async function startAnsweringProxy(target: string): Promise<AnsweringProxy> {
  const certificate = await certificateFor(["127.0.0.1"]);
  const agent = new Agent({ ca: certificate.cert, keepAlive: true });
  const proxy: { answer: AnsweringProxy["answer"] } = { answer: () => undefined };
  const server = createServer(certificate, (asked: IncomingMessage, answer: ServerResponse) => {
    const { method = "GET", url = "/", headers } = asked;
    const own = proxy.answer(method, url);
    if (own !== undefined) {
      asked.resume();
      answer.writeHead(own.status, { "content-type": "application/json" });
      answer.end(JSON.stringify(own.body));
      return;
    }
    const sent = request(target + url, { method, headers, agent }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    });
    sent.on("error", () => answer.destroy());
    answer.on("close", () => sent.destroy());
    asked.pipe(sent);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://127.0.0.1:${port}`,
    get answer() {
      return proxy.answer;
    },
    set answer(answer) {
      proxy.answer = answer;
    },
    async close() {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
