import { constants, gunzipSync } from "node:zlib";
import { z } from "zod";
import type { Reach } from "../checks/reach.ts";

const entryPointSchema = z.object({
  name: z.string(),
  address: z.string(),
  allowACMEByPass: z.boolean().optional(),
  proxyProtocol: z.object({ insecure: z.boolean().optional() }).optional(),
  forwardedHeaders: z.object({ insecure: z.boolean().optional() }).optional(),
  http: z
    .object({
      redirections: z
        .object({ entryPoint: z.object({ to: z.string().optional() }).optional() })
        .optional(),
      tls: z.object({ certResolver: z.string().optional() }).optional(),
      encodedCharacters: z.record(z.string(), z.unknown()).optional(),
      sanitizePath: z.boolean().optional(),
      aliasHeadersStrategy: z.string().optional(),
    })
    .optional(),
});

/** An entry point, as its API shows it: as it was configured, with defaults. */
export type TraefikEntryPoint = z.infer<typeof entryPointSchema>;

const itemSchema = z.object({
  name: z.string(),
  provider: z.string(),
  status: z.string(),
  error: z.array(z.string()).nullish(),
});

/** A router, a service or a middleware. */
export type TraefikItem = z.infer<typeof itemSchema>;

const overviewSchema = z.object({
  http: z.object({ routers: z.object({ total: z.number() }) }),
  providers: z.array(z.string()).nullish(),
});

const resolverSchema = z.object({
  acme: z
    .object({
      dnsChallenge: z.unknown().optional(),
      httpChallenge: z.object({ entryPoint: z.string().optional() }).nullish(),
    })
    .nullish(),
});

const staticSchema = z.object({
  core: z.object({ defaultRuleSyntax: z.string().optional() }).nullish(),
  providers: z
    .object({
      providersThrottleDuration: z.string().optional(),
      http: z
        .object({ pollInterval: z.string().optional(), pollTimeout: z.string().optional() })
        .nullish(),
    })
    .nullish(),
  certificatesResolvers: z.record(z.string(), resolverSchema).nullish(),
});

/** What of the static configuration concerns the console; addresses and the like are not shown. */
export type TraefikStatic = z.infer<typeof staticSchema>;

/** What Traefik's API said no with, or what was none of its answers. */
export class TraefikApiError extends Error {
  readonly status: number;

  constructor(path: string, status: number) {
    super(`Traefik's API answers ${status} to ${path}.`);
    this.name = "TraefikApiError";
    this.status = status;
  }
}

const ANSWER_MOST = 8 * 1024 * 1024;
/** The static configuration stands before what grows with the number of routers. */
const DUMP_MOST = 256 * 1024;
const BLOCK = 512;

/** Reads what one Traefik is and made of its configuration. */
export class TraefikApi {
  readonly #url: string;
  readonly #reach: Reach;
  readonly #signal: AbortSignal;

  /** @param url without `/api` */
  constructor(url: string, reach: Reach, signal: AbortSignal) {
    this.#url = url;
    this.#reach = reach;
    this.#signal = signal;
  }

  async version(): Promise<string> {
    const { body } = await this.#get("version");
    return this.#parse("version", z.object({ Version: z.string() }), body).Version;
  }

  async overview(): Promise<z.infer<typeof overviewSchema>> {
    return this.#parse("overview", overviewSchema, (await this.#get("overview")).body);
  }

  async entryPoints(): Promise<readonly TraefikEntryPoint[]> {
    const { body } = await this.#get("entrypoints");
    return this.#parse("entrypoints", z.array(entryPointSchema), body);
  }

  /** The first hundred items that stand so. @param kind `http/routers` */
  async standing(kind: string, status: "disabled" | "warning"): Promise<readonly TraefikItem[]> {
    const path = `${kind}?status=${status}&per_page=100`;
    return this.#parse(path, z.array(itemSchema), (await this.#get(path)).body);
  }

  /** One item by its whole name (`zone-default@http`), or undefined. */
  async item(kind: string, name: string): Promise<TraefikItem | undefined> {
    const path = `${kind}/${encodeURIComponent(name)}`;
    try {
      return this.#parse(path, itemSchema, (await this.#get(path)).body);
    } catch (error) {
      if (error instanceof TraefikApiError && error.status === 404) return undefined;
      throw error;
    }
  }

  /**
   * The static configuration, out of the archive that Traefik gives for support (3.4 and newer), where
   * whatever may be private is already covered. Undefined where there is none.
   */
  async staticConfiguration(): Promise<TraefikStatic | undefined> {
    try {
      const { body } = await this.#get("support-dump", DUMP_MOST);
      const text = fileIn(gunzipSync(body, { finishFlush: constants.Z_SYNC_FLUSH }));
      return text === undefined ? undefined : this.#parse("support-dump", staticSchema, text);
    } catch (error) {
      if (error instanceof TraefikApiError) return undefined;
      throw error;
    }
  }

  async #get(path: string, most = ANSWER_MOST) {
    const url = `${this.#url}/api/${path}`;
    const answer = await this.#reach.get(url, { signal: this.#signal, most });
    if (answer.status !== 200) throw new TraefikApiError(`/api/${path}`, answer.status);
    return answer;
  }

  #parse<T>(path: string, schema: z.ZodType<T>, body: Buffer): T {
    try {
      return schema.parse(JSON.parse(body.toString("utf8")));
    } catch {
      throw new TraefikApiError(`/api/${path}`, 0);
    }
  }
}

/** The text of `static-config.json` in a tar archive (POSIX.1-1988, ustar). */
function fileIn(tar: Buffer): Buffer | undefined {
  for (let at = 0; at + BLOCK <= tar.length;) {
    const name = tar.toString("latin1", at, at + 100).replace(/\0.*$/s, "");
    const size = Number.parseInt(tar.toString("latin1", at + 124, at + 136), 8);
    if (Number.isNaN(size)) return undefined;
    const begin = at + BLOCK;
    if (name === "static-config.json") return tar.subarray(begin, begin + size);
    at = begin + Math.ceil(size / BLOCK) * BLOCK;
  }
  return undefined;
}
