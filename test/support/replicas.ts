import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type ApiClient, apiClient, type ConsoleProcess, spawnConsole, zone } from "./console.ts";
import { temporaryFolder } from "./folder.ts";
import { freePorts } from "./ports.ts";
import { type Proxy, startProxy } from "./proxy.ts";
import { type RedisServer, startRedis } from "./redis.ts";
import { type Traefik, startTraefik } from "./traefik.ts";
import { waitFor } from "./wait.ts";

/** One of several consoles on one Redis, each with a way of its own to it. */
export interface ReplicaSlot {
  readonly name: string;
  readonly httpPort: number;
  readonly internalPort: number;
  readonly proxy: Proxy;
  readonly api: ApiClient;
  readonly config: string;
  /** Its process; undefined while it does not run. */
  process: ConsoleProcess | undefined;
  start(): Promise<void>;
  /** Ends it orderly or by force, and waits for its end. */
  end(signal: NodeJS.Signals): Promise<void>;
  /** What `/readyz` says. */
  health(): Promise<{ ready: boolean; revision: number | null; problems: string[] }>;
  /** The document as it would be polled. */
  poll(query?: string): Promise<PolledDocument>;
}

export interface PolledDocument {
  readonly status: number;
  readonly revision: number;
  readonly etag: string | null;
  readonly restored: boolean;
  readonly body: string;
}

/** Consoles, Redis, and a Traefik that polls them through itself, as in `examples/compose/`. */
export interface Replicas {
  readonly redis: RedisServer;
  readonly slots: readonly ReplicaSlot[];
  readonly traefik: Traefik;
  /** Where polls go to whichever console answers. */
  readonly pollPort: number;
  /** Waits until all that run take changes and stand at one revision. @returns it */
  agreed(timeout?: number): Promise<number>;
  close(): Promise<void>;
}

export interface ReplicasOptions {
  readonly count?: number;
  readonly redis?: Readonly<Record<string, string>>;
  /** More configuration of each console. */
  readonly config?: Record<string, unknown>;
}

export async function startReplicas(options: ReplicasOptions = {}): Promise<Replicas> {
  const { count = 3, config = {} } = options;
  const folder = await temporaryFolder();
  const redis = await startRedis(options.redis === undefined ? {} : { settings: options.redis });
  const ports = await freePorts(count * 2 + 1);
  const slots = await Promise.all(
    Array.from({ length: count }, (_, index) => {
      const [httpPort = 0, internalPort = 0] = ports.slice(index * 2);
      const own = { httpPort, internalPort, shared: ports[0] ?? 0 };
      return slotOf(`console-${index + 1}`, folder.path, redis, own, config);
    }),
  );
  const pollPort = ports.at(-1) ?? 0;
  const [first, ...others] = slots;
  await first?.start();
  await Promise.all(others.map((slot) => slot.start()));
  const traefik = await startTraefik({
    provider: { url: `http://127.0.0.1:${pollPort}/traefik/config?wait=4s&poller=traefik` },
    certs: [{ names: [zone, `*.${zone}`] }],
    entryPoints: { consoles: { address: `127.0.0.1:${pollPort}` } },
    fileProvider: { http: balanced(slots) },
  });
  await waitFor(() => traefik.router("zone-default"), { describe: () => traefik.log() });
  return {
    redis,
    slots,
    traefik,
    pollPort,
    agreed: (timeout = 15_000) => agreed(slots, timeout),
    async close() {
      await traefik.stop();
      for (const slot of slots) {
        slot.process?.kill("SIGCONT");
        await slot.end("SIGKILL");
        await slot.proxy.close();
      }
      await redis.destroy();
      await folder.remove();
    },
  };
}

/** The load balancer of `examples/compose/consoles.yaml`. */
function balanced(slots: readonly ReplicaSlot[]) {
  return {
    routers: {
      consoles: {
        entryPoints: ["consoles"],
        rule: "Path(`/traefik/config`)",
        middlewares: ["other-console"],
        service: "consoles",
      },
    },
    middlewares: { "other-console": { retry: { attempts: 6 } } },
    services: {
      consoles: {
        loadBalancer: {
          servers: slots.map(({ internalPort }) => ({ url: `http://127.0.0.1:${internalPort}` })),
          healthCheck: { path: "/readyz", interval: "500ms", timeout: "400ms" },
        },
      },
    },
  };
}

async function slotOf(
  name: string,
  parent: string,
  redis: RedisServer,
  { httpPort, internalPort, shared }: Record<"httpPort" | "internalPort" | "shared", number>,
  more: Record<string, unknown>,
): Promise<ReplicaSlot> {
  const proxy = await startProxy(redis.port);
  const folder = join(parent, name);
  await mkdir(folder);
  const config = {
    store: "redis",
    redis: { url: `redis://127.0.0.1:${proxy.port}`, commandTimeout: 500, durability: "always" },
    // The same for all: it stands in the document.
    traefik: { consoleUrl: `http://127.0.0.1:${shared}` },
    http: { port: httpPort },
    internal: { port: internalPort },
    ...more,
  };
  const url = `http://127.0.0.1:${internalPort}`;
  const slot: ReplicaSlot = {
    name,
    httpPort,
    internalPort,
    proxy,
    api: apiClient(httpPort),
    config: join(folder, "tardis.yaml"),
    process: undefined,
    async start() {
      slot.process = await spawnConsole(folder, config);
    },
    async end(signal) {
      const ending = slot.process;
      slot.process = undefined;
      ending?.kill(signal);
      await ending?.ended;
    },
    async health() {
      const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) });
      return (await response.json()) as Awaited<ReturnType<ReplicaSlot["health"]>>;
    },
    async poll(query = "") {
      const response = await fetch(`${url}/traefik/config${query}`);
      return {
        status: response.status,
        revision: Number(response.headers.get("tardis-revision")),
        etag: response.headers.get("etag"),
        restored: response.headers.has("tardis-restored"),
        body: await response.text(),
      };
    },
  };
  return slot;
}

async function agreed(slots: readonly ReplicaSlot[], timeout: number): Promise<number> {
  let seen: unknown;
  return waitFor(
    async () => {
      const running = slots.filter((slot) => slot.process !== undefined);
      const healths = await Promise.all(running.map((slot) => slot.health()));
      seen = healths;
      const [first] = healths;
      const same = healths.every(
        ({ revision, problems }) => revision === first?.revision && problems.length === 0,
      );
      return same && (first?.revision ?? 0);
    },
    { timeout, describe: () => `the consoles to agree: ${JSON.stringify(seen)}` },
  );
}
