import { hc } from "hono/client";
import type { ApiType } from "./app.ts";

export type { ApiType } from "./app.ts";

/** The client's own types, computed once here and not at every use. */
export type Client = ReturnType<typeof hc<ApiType>>["api"]["v1"];

export interface ClientOptions {
  /** In place of the global `fetch`: for tests, or over a socket. */
  readonly fetch?: typeof fetch;
}

/**
 * A typed client of the API: paths, bodies and answers are checked by the compiler.
 *
 * ```ts
 * const api = createClient("https://console.tardis.ac", process.env.TARDIS_TOKEN);
 * const response = await api.endpoints.$post({ query: {}, json: { owner: "alice", target: "http://10.0.3.7:8080" } });
 * if (response.status === 201) console.log((await response.json()).url);
 * else if (!response.ok) console.error((await response.json()).detail);
 * ```
 * @param baseUrl the console's own address, without a path
 * @param token `tardis_…`; left out where the connection itself says who asks
 */
export function createClient(
  baseUrl: string,
  token: string | undefined,
  options: ClientOptions = {},
): Client {
  return hc<ApiType>(baseUrl, {
    ...(token === undefined ? {} : { headers: { Authorization: `Bearer ${token}` } }),
    ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
  }).api.v1;
}
