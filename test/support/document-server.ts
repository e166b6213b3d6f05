import { type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { waitFor } from "./wait.ts";

/** What the stand-in provider answers a poll with. An object is sent as JSON. */
export type Document = object | string | Buffer;

/** A stand-in for our provider: it answers a real Traefik's polls with whatever it is given. */
export interface DocumentServer {
  readonly url: string;
  /** Polls that were answered so far. */
  readonly polls: number;
  /** Polls that are held right now. */
  readonly waiting: number;
  /** Serves this with status 200 from the next poll on. */
  set(document: Document): void;
  /** Answers this instead, until the next `set`. */
  answer(status: number, body?: Document): void;
  /** Keeps polls waiting; `release` answers those that wait. */
  hold(): void;
  release(): void;
  /** Waits for `count` more polls to be answered. */
  waitForPolls(count: number, timeout?: number): Promise<void>;
  close(): Promise<void>;
}

/** Starts one on a free port of 127.0.0.1. */
export async function startDocumentServer(initial: Document): Promise<DocumentServer> {
  let status = 200;
  let body = encode(initial);
  let polls = 0;
  let held = false;
  const waiting = new Set<ServerResponse>();

  const send = (response: ServerResponse) => {
    polls++;
    response.writeHead(status, { "content-type": "application/json" });
    response.end(status === 204 || status === 304 ? undefined : body);
  };
  const server = createServer({ keepAliveTimeout: 95_000 }, (_request, response) => {
    if (!held) return send(response);
    waiting.add(response);
    response.once("close", () => waiting.delete(response));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/traefik/config`,
    get polls() {
      return polls;
    },
    get waiting() {
      return waiting.size;
    },
    set(document) {
      status = 200;
      body = encode(document);
    },
    answer(newStatus, document = "") {
      status = newStatus;
      body = encode(document);
    },
    hold() {
      held = true;
    },
    release() {
      held = false;
      for (const response of waiting) send(response);
      waiting.clear();
    },
    async waitForPolls(count, timeout = 20_000) {
      const target = polls + count;
      await waitFor(() => polls >= target, { timeout, describe: `${count} more polls` });
    },
    close() {
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

function encode(document: Document): Buffer {
  if (Buffer.isBuffer(document)) return document;
  return Buffer.from(typeof document === "string" ? document : JSON.stringify(document));
}
