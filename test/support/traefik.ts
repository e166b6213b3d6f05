import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requireService } from "../../scripts/services/require.ts";
import { certificateFor } from "./certificates.ts";
import { withFreePorts } from "./ports.ts";
import { type TraefikApi, traefikApi } from "./traefik-api.ts";
import { type Truthy, waitFor } from "./wait.ts";

/** How a real Traefik is started. What is left out is as we tell people to run it. */
export interface TraefikOptions {
  /** Where it listens; free ports when left out. */
  readonly ports?: TraefikPorts;
  /** Where the HTTP provider polls. Intervals are Go durations. */
  readonly provider?: {
    readonly url: string;
    readonly pollInterval?: string;
    readonly pollTimeout?: string;
    readonly headers?: Readonly<Record<string, string>>;
  };
  /** `providersThrottleDuration`, a Go duration. */
  readonly throttle?: string;
  /** Dynamic configuration of another provider (`@file`); `setFile` changes it. */
  readonly fileProvider?: DynamicConfiguration;
  /** Self-signed certificates that Traefik chooses from by SNI. */
  readonly certs?: readonly { readonly names: readonly string[] }[];
  /** More settings of the entry points, such as `proxyProtocol` or `http`; and more entry points. */
  readonly entryPoints?: {
    readonly web?: object;
    readonly websecure?: object;
    readonly [name: string]: object | undefined;
  };
  /** More static configuration, such as `certificatesResolvers`. */
  readonly staticConfiguration?: object;
  readonly accessLog?: boolean;
  readonly logLevel?: "DEBUG" | "INFO" | "ERROR";
}

/** Traefik's dynamic configuration, as far as the harness must know it. */
export interface DynamicConfiguration {
  readonly http?: { readonly middlewares?: object; readonly [section: string]: unknown };
  readonly tcp?: object;
  readonly tls?: object;
}

/** A running Traefik: entry points `web` and `websecure` and the API, all on 127.0.0.1. */
export interface Traefik extends TraefikApi {
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly apiUrl: string;
  readonly pid: number;
  /** Replaces the other provider's configuration and waits until it is in force. */
  setFile(configuration: DynamicConfiguration): Promise<void>;
  /** `waitFor`, with the end of the log in the message. */
  waitUntil<Value>(
    condition: () => Value | Promise<Value>,
    describe: string,
  ): Promise<Truthy<Value>>;
  /** What it wrote so far, access log included. */
  log(): string;
  stop(): Promise<void>;
}

/** Starts the Traefik that is installed and waits until it answers. Stop it at the end. */
export function startTraefik(options: TraefikOptions = {}): Promise<Traefik> {
  const executable = requireService("traefik");
  if (options.ports) return start(executable, options, options.ports);
  return withFreePorts(3, ([web = 0, websecure = 0, api = 0]) =>
    start(executable, options, { web, websecure, api }),
  );
}

/** Traefik's two entry points and its API. */
export interface TraefikPorts {
  readonly web: number;
  readonly websecure: number;
  readonly api: number;
}

async function start(
  executable: string,
  options: TraefikOptions,
  ports: TraefikPorts,
): Promise<Traefik> {
  const folder = mkdtempSync(join(tmpdir(), "tardis-traefik-"));
  const dynamic = join(folder, "dynamic");
  mkdirSync(dynamic);
  await writeCertificates(folder, dynamic, options.certs ?? []);
  let fileRevision = 0;
  const writeFile = (configuration: DynamicConfiguration) => {
    const marker = `file-revision-${++fileRevision}`;
    writeYaml(folder, join(dynamic, "other.yaml"), withMarker(configuration, marker));
    return marker;
  };
  if (options.fileProvider) writeFile(options.fileProvider);
  const configuration = join(folder, "traefik.yaml");
  writeYaml(folder, configuration, staticConfiguration(options, ports, dynamic));

  let log = "";
  const child = spawn(executable, [`--configFile=${configuration}`], {
    stdio: ["ignore", "pipe", "pipe"],
    cwd: folder,
  });
  const keep = (chunk: Buffer) => {
    log += chunk.toString();
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  child.on("error", (error) => keep(Buffer.from(`${error.message}\n`)));
  const kill = () => void child.kill("SIGKILL");
  const clean = () => rmSync(folder, { recursive: true, force: true });
  const onExit = () => {
    kill();
    clean();
  };
  process.once("exit", onExit);
  const stop = async () => {
    await ended(child, kill);
    process.off("exit", onExit);
    clean();
  };

  const apiUrl = `http://127.0.0.1:${ports.api}`;
  const api = traefikApi(apiUrl);
  const waitUntil: Traefik["waitUntil"] = (condition, describe) =>
    waitFor(condition, { describe: () => `${describe}\n${tail(log)}` });
  const inForce = (marker: string) =>
    waitUntil(() => api.middleware(`${marker}@file`), `Traefik to take ${marker}`);
  try {
    await Promise.race([
      waitUntil(async () => (await fetch(`${apiUrl}/ping`)).ok, "Traefik to answer"),
      exitedEarly(child, () => tail(log)),
    ]);
    if (fileRevision > 0) await inForce(`file-revision-${fileRevision}`);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    ...api,
    httpPort: ports.web,
    httpsPort: ports.websecure,
    apiUrl,
    pid: child.pid!,
    waitUntil,
    log: () => log,
    stop,
    async setFile(next) {
      await inForce(writeFile(next));
    },
  };
}

function staticConfiguration(
  options: TraefikOptions,
  ports: TraefikPorts,
  dynamic: string,
): object {
  const { provider, throttle = "20ms", entryPoints: { web, websecure, ...more } = {} } = options;
  const at = (port: number) => `127.0.0.1:${port}`;
  return {
    global: { checkNewVersion: false, sendAnonymousUsage: false },
    log: { level: options.logLevel ?? "INFO", noColor: true },
    ...(options.accessLog ? { accessLog: { format: "json" } } : {}),
    api: { insecure: true },
    ping: {},
    entryPoints: {
      web: { address: at(ports.web), ...web },
      websecure: { address: at(ports.websecure), ...websecure },
      traefik: { address: at(ports.api) },
      ...more,
    },
    providers: {
      providersThrottleDuration: throttle,
      file: { directory: dynamic, watch: true },
      ...(provider
        ? {
            http: {
              endpoint: provider.url,
              pollInterval: provider.pollInterval ?? "50ms",
              pollTimeout: provider.pollTimeout ?? "15s",
              ...(provider.headers ? { headers: provider.headers } : {}),
            },
          }
        : {}),
    },
    ...options.staticConfiguration,
  };
}

async function writeCertificates(
  folder: string,
  dynamic: string,
  certs: readonly { readonly names: readonly string[] }[],
): Promise<void> {
  const certificates = await Promise.all(
    certs.map(async ({ names }, index) => {
      const { cert, key } = await certificateFor(names);
      const certFile = join(folder, `${index}.cert.pem`);
      const keyFile = join(folder, `${index}.key.pem`);
      writeFileSync(certFile, cert);
      writeFileSync(keyFile, key, { mode: 0o600 });
      return { certFile, keyFile };
    }),
  );
  if (certificates.length > 0)
    writeYaml(folder, join(dynamic, "certificates.yaml"), { tls: { certificates } });
}

/** Adds a middleware that nobody uses: once the API shows it, this configuration is in force. */
export function withMarker(
  configuration: DynamicConfiguration,
  marker: string,
): DynamicConfiguration {
  const { http = {} } = configuration;
  const middlewares = { ...http.middlewares, [marker]: { addPrefix: { prefix: "/" } } };
  return { ...configuration, http: { ...http, middlewares } };
}

/** JSON is YAML. Renamed into place, so that a watcher never reads half a file. */
function writeYaml(folder: string, path: string, value: object): void {
  const temporary = join(folder, "being-written");
  writeFileSync(temporary, JSON.stringify(value));
  renameSync(temporary, path);
}

function exitedEarly(child: ChildProcess, log: () => string): Promise<never> {
  return new Promise((_resolve, reject) => {
    child.once("exit", (code) => {
      // What it wrote last may still be on its way when the process is gone.
      child.once("close", () => reject(new Error(`Traefik ended with code ${code}\n${log()}`)));
    });
  });
}

function ended(child: ChildProcess, kill: () => void): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    kill();
  });
}

function tail(log: string): string {
  return `The end of Traefik's log:\n${log.split("\n").slice(-15).join("\n").slice(-4_000)}`;
}
