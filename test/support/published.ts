import { type DocumentServer, startDocumentServer } from "./document-server.ts";
import { type Answer, type RawRequest, type TlsOptions, request } from "./request.ts";
import {
  type DynamicConfiguration,
  type Traefik,
  type TraefikOptions,
  startTraefik,
  withMarker,
} from "./traefik.ts";

/** A request without its port; `host` is needed, the rest is as in `request`. */
export type Question = RawRequest & { readonly tls?: TlsOptions };

/** A real Traefik that polls a stand-in of our provider. */
export interface Published {
  readonly traefik: Traefik;
  readonly provider: DocumentServer;
  /** Serves a document and waits until Traefik has it in force. */
  publish(document: DynamicConfiguration): Promise<void>;
  /** Sends a request to the entry point `websecure`. */
  https(question: Question): Promise<Answer>;
  /** Sends a request to the entry point `web`. */
  http(question: RawRequest): Promise<Answer>;
  close(): Promise<void>;
}

/** Starts both. The first document is a valid one without routers. */
export async function startPublished(
  options: Omit<TraefikOptions, "provider"> = {},
): Promise<Published> {
  let revision = 0;
  const provider = await startDocumentServer(withMarker({}, "revision-0"));
  const traefik = await startTraefik({ ...options, provider: { url: provider.url } });
  return {
    traefik,
    provider,
    async publish(document) {
      const marker = `revision-${++revision}`;
      provider.set(withMarker(document, marker));
      await traefik.waitUntil(() => traefik.middleware(marker), `Traefik to take ${marker}`);
    },
    https: ({ tls = {}, ...rest }) => request({ ...rest, port: traefik.httpsPort, tls }),
    http: (question) => request({ ...question, port: traefik.httpPort }),
    async close() {
      await traefik.stop();
      await provider.close();
    },
  };
}

/** A Traefik service with these servers. */
export function serviceTo(...urls: readonly string[]): object {
  return { loadBalancer: { servers: urls.map((url) => ({ url })) } };
}
