import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunningConsole, startConsole } from "../../src/app.ts";
import { loadConfig } from "../../src/config.ts";
import { createLog } from "../../src/observability/log.ts";
import { type PagesServer, startPagesServer } from "../../test/support/pages-server.ts";
import { withFreePorts } from "../../test/support/ports.ts";
import { type Traefik, type TraefikPorts, startTraefik } from "../../test/support/traefik.ts";
import { type Place, startPlace } from "./places.ts";

export const zone = "tardis.localhost";
/** A registrable domain of its own, as a real console should have. */
export const consoleHost = "tardis-console.localhost";

/** The servers that the console does not run: what it routes to. */
export interface Places {
  readonly userhomes: Place;
  readonly pages: PagesServer;
  readonly notes: Place;
  readonly shop: Place;
  readonly chess: Place;
}

/** Everything that runs during the demo. */
export interface Stage {
  readonly console: RunningConsole;
  readonly traefik: Traefik;
  readonly places: Places;
  /** An admin's token for the API. */
  readonly token: string;
  /** Ends all of it and removes what it wrote. */
  close(): Promise<void>;
}

/** Starts everything on free ports of 127.0.0.1, with an empty state in a temporary folder. */
export async function setStage(): Promise<Stage> {
  const closers: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).toReversed()) await closer();
  };
  try {
    const folder = await mkdtemp(join(tmpdir(), "tardis-demo-"));
    closers.push(() => rm(folder, { recursive: true, force: true }));
    const places = await startPlaces(closers);
    const token = `demo-${randomBytes(12).toString("hex")}`;
    const { console, traefik } = await withFreePorts(
      3,
      async ([web = 0, websecure = 0, api = 0]) => {
        const ports = { web, websecure, api };
        const console = await startDemoConsole(folder, places, ports, token);
        try {
          return { console, traefik: await startDemoTraefik(console, ports) };
        } catch (error) {
          await console.close();
          throw error;
        }
      },
    );
    closers.push(() => console.close());
    closers.push(() => traefik.stop());
    return { console, traefik, places, token, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startPlaces(closers: (() => Promise<unknown>)[]): Promise<Places> {
  const open = async <T extends { close(): Promise<void> }>(starting: Promise<T>): Promise<T> => {
    const server = await starting;
    closers.push(() => server.close());
    return server;
  };
  return {
    userhomes: await open(startPlace((host, path) => `userhomes: the home page at ${host}${path}`)),
    pages: await open(startPagesServer()),
    notes: await open(startPlace((_host, path) => `alice's notes: you asked for ${path}`)),
    shop: await open(startPlace((host, path) => `bob's shop: you asked for ${host}${path}`)),
    chess: await open(
      startPlace((_host, path) => `the games society's chess: you asked for ${path}`),
    ),
  };
}

async function startDemoConsole(
  folder: string,
  places: Places,
  ports: TraefikPorts,
  token: string,
): Promise<RunningConsole> {
  const file = join(folder, "tardis.yaml");
  await writeFile(file, JSON.stringify(settings(folder, places, ports), null, 2));
  const config = loadConfig({ file, env: {} });
  return startConsole(config, { log: createLog(config.log), bootstrapToken: token });
}

/** The configuration file. JSON is YAML. */
function settings(folder: string, places: Places, ports: TraefikPorts): object {
  const { userhomes, pages } = places;
  return {
    zone,
    publicUrl: `https://${consoleHost}:${ports.websecure}`,
    data: join(folder, "data"),
    http: { port: 0, trustedProxies: ["127.0.0.1/32"] },
    internal: { port: 0 },
    log: { level: "warn" },
    traefik: {
      httpsPort: ports.websecure,
      addresses: Object.values(ports).map((port) => `127.0.0.1:${port}`),
      apiUrls: [`http://127.0.0.1:${ports.api}`],
    },
    userhomes: { enabled: true, url: userhomes.url },
    pages: {
      enabled: true,
      url: `http://127.0.0.1:${pages.proxyPort}`,
      tlsAddress: `127.0.0.1:${pages.tlsPort}`,
      challengeUrl: `http://127.0.0.1:${pages.httpPort}`,
    },
    targets: { loopback: [{ cidr: "127.0.0.0/8" }] },
  };
}

function startDemoTraefik({ internalPort }: RunningConsole, ports: TraefikPorts): Promise<Traefik> {
  const url = `http://127.0.0.1:${internalPort}/traefik/config?wait=4s&poller=demo`;
  const names = [zone, `*.${zone}`, consoleHost];
  return startTraefik({ ports, provider: { url }, certs: [{ names }] });
}
