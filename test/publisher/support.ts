import { Agent, request, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { emptyState, type State } from "../../src/domain/state.ts";
import { createInternal } from "../../src/internal.ts";
import { silentLog } from "../../src/observability/log.ts";
import { createMetrics, type Metrics } from "../../src/observability/metrics.ts";
import { LastGoodCopy } from "../../src/publisher/last-good.ts";
import { Provider, type ProviderOptions } from "../../src/publisher/provider.ts";
import { Publisher } from "../../src/publisher/publisher.ts";
import type { EncodedDocument } from "../../src/traefik/encoding/encoded.ts";
import { joinPieces } from "../../src/traefik/encoding/join.ts";
import { deflatedPiece } from "../../src/traefik/encoding/piece.ts";
import type { Built } from "../../src/traefik/live-document.ts";
import { temporaryFolder } from "../support/folder.ts";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The body, inflated if need be, as text. */
  readonly text: string;
  /** Milliseconds from the request to the whole answer. */
  readonly ms: number;
}

/** A publisher and its internal listener, over a stand-in of the renderer. */
export interface TestProvider {
  readonly publisher: Publisher;
  readonly provider: Provider;
  readonly metrics: Metrics;
  readonly server: Server;
  readonly port: number;
  readonly folder: string;
  /** The revisions that were rendered. */
  readonly builds: number[];
  /** What the document of a revision says; replaced by tests. */
  bodyOf: (revision: number) => string;
  /** Has a revision published, and waits for it. */
  publish(revision: number): Promise<void>;
  held(): Promise<number>;
  close(): Promise<void>;
}

export function stateAt(revision: number): State {
  return { ...emptyState, revision };
}

/** A document of these bytes alone. */
export function documentOf(text: string): EncodedDocument {
  const bytes = joinPieces([deflatedPiece(Buffer.from(text))]);
  return { traefik: bytes, json: bytes, frames: [] };
}

export function builtOf(revision: number, text: string): Built {
  const unrouted = { "set-aside": 0, conflict: 0, shadowed: 0 };
  return {
    revision,
    document: documentOf(text),
    table: { hosts: new Map(), at: () => undefined },
    unrouted,
  };
}

export async function startProvider(
  options: Partial<Pick<ProviderOptions, "token" | "maxHeldPolls">> = {},
): Promise<TestProvider> {
  const folder = await temporaryFolder();
  const metrics = createMetrics();
  const builds: number[] = [];
  const publisher = new Publisher({
    live: {
      update: async ({ revision }) => {
        builds.push(revision);
        return builtOf(revision, test.bodyOf(revision));
      },
    },
    lastGood: new LastGoodCopy(folder.path, () => undefined),
    metrics,
    log: silentLog,
  });
  const provider = new Provider({ publisher, metrics, token: null, maxHeldPolls: 256, ...options });
  const health = () => ({ ready: publisher.current !== undefined, revision: null, problems: [] });
  const server = createInternal({ provider, metrics, health });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const test: TestProvider = {
    publisher,
    provider,
    metrics,
    server,
    builds,
    port: (server.address() as AddressInfo).port,
    folder: folder.path,
    bodyOf: (revision) => JSON.stringify({ revision }),
    publish: async (revision) => {
      publisher.update(stateAt(revision));
      await publisher.settled();
    },
    held: async () => (await metrics.heldPolls.get()).values[0]?.value ?? 0,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await publisher.settled();
      await folder.remove();
    },
  };
  return test;
}

/** One keep-alive connection, as Traefik's. */
export class Connection {
  readonly agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
  }

  get(
    path: string,
    options: {
      method?: string;
      headers?: Record<string, string>;
      signal?: AbortSignal | undefined;
    } = {},
  ): Promise<Answer> {
    const started = performance.now();
    return new Promise((resolve, reject) => {
      const sent = request(
        { host: "127.0.0.1", port: this.#port, path, agent: this.agent, ...options },
        (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("error", reject);
          response.on("end", () => {
            const body = Buffer.concat(chunks);
            const zipped = response.headers["content-encoding"] === "gzip" && body.length > 0;
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body,
              text: (zipped ? gunzipSync(body) : body).toString(),
              ms: performance.now() - started,
            });
          });
        },
      );
      sent.on("error", reject);
      sent.end();
    });
  }

  poll(query = "wait=20s", headers: Record<string, string> = {}): Promise<Answer> {
    return this.get(`/traefik/config?${query}`, { headers });
  }

  close(): void {
    this.agent.destroy();
  }
}
