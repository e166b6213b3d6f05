import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { answer } from "./child.ts";

/** A bare `node:http` server in a process of its own: what a poll costs on the machine as it is. */
const body = Buffer.alloc(20_000, "x");
const server = createServer((_request, response) => {
  response.writeHead(200, { "Content-Length": body.length });
  response.end(body);
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const verbs = { port: () => (server.address() as AddressInfo).port };
export type BareVerbs = typeof verbs;
answer(verbs, () => {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
});
