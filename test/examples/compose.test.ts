import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { type RunningConsole, startConsole } from "../../src/app.ts";
import { type Config, loadConfig } from "../../src/config.ts";
import { silentLog } from "../../src/observability/log.ts";
import { temporaryFolder } from "../support/folder.ts";
import { freePorts } from "../support/ports.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";
import { request } from "../support/request.ts";
import { describeWithService } from "../support/services.ts";
import { type TraefikApi, traefikApi } from "../support/traefik-api.ts";
import { waitFor } from "../support/wait.ts";

const example = fileURLToPath(new URL("../../examples/compose", import.meta.url));

interface Compose {
  readonly services: Readonly<
    Record<"traefik" | "console-1" | "console-2" | "redis", ComposeService>
  >;
  readonly networks: {
    readonly edge: { readonly ipam: { readonly config: { subnet: string }[] } };
    readonly state: { readonly internal: boolean };
  };
}

const CONSOLES = ["console-1", "console-2"] as const;

interface ComposeService {
  readonly environment: Readonly<Record<string, string>>;
  readonly volumes: readonly string[];
  readonly ports?: readonly string[];
  readonly build?: string;
  readonly command?: readonly string[];
  readonly networks: { readonly edge: { readonly ipv4_address: string } };
}

/** `consoles.yaml`, as far as the test has to change it. */
interface ConsolesFile {
  http: {
    services: {
      consoles: { loadBalancer: { servers: { url: string }[]; healthCheck: { path: string } } };
    };
  };
}

/** As far as the test has to change or look at it. */
interface StaticConfiguration {
  entryPoints: Record<string, { address: string; http: { aliasHeadersStrategy: string } }>;
  api: object;
  providers: {
    providersThrottleDuration: string;
    file: { directory: string };
    http: {
      endpoint: string;
      pollInterval: string;
      pollTimeout: string;
      headers: { Authorization: string };
    };
  };
  certificatesResolvers: Record<string, { acme: { storage: string; caServer?: string } }>;
}

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let compose: Compose;
let traefik: StaticConfiguration;
let consoles: ConsolesFile;
let env: Record<string, string>;
let config: Config;

beforeAll(async () => {
  folder = await temporaryFolder();
  cpSync(example, folder.path, { recursive: true });
  runReadmeStep(folder.path);
  compose = readYaml<Compose>("compose.yaml");
  traefik = readYaml<StaticConfiguration>("traefik.yaml");
  consoles = readYaml<ConsolesFile>("consoles.yaml");
  env = consoleEnvironment();
  config = loadConfig({ file: join(folder.path, "tardis.yaml"), env });
});

afterAll(() => folder.remove());

/** The commands of the step that makes the secrets, as the README has them. */
function runReadmeStep(cwd: string): void {
  const readme = readFileSync(join(cwd, "README.md"), "utf8");
  const blocks = [...readme.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = ""]) => block);
  const step = blocks.find((block) => block.includes("PROVIDER_TOKEN")) ?? "";
  execFileSync("sh", ["-euc", step], { cwd });
}

function readYaml<T>(name: string): T {
  return parse(readFileSync(join(folder.path, name), "utf8"), { merge: true }) as T;
}

/** What `docker compose` would put into the console's environment, with that of its image. */
function consoleEnvironment(): Record<string, string> {
  const dotEnv = new Map(
    readFileSync(join(folder.path, ".env"), "utf8")
      .split("\n")
      .map((line) => /^(\w+)=(.*)$/.exec(line))
      .map((match) => [match?.[1] ?? "", match?.[2] ?? ""]),
  );
  const interpolated = Object.entries(compose.services["console-1"].environment).map(
    ([name, value]) => [
      name,
      value.replaceAll(/\$\{(\w+)[^}]*\}/g, (_all, key: string) => dotEnv.get(key) ?? ""),
    ],
  );
  return { TARDIS_DATA: "/data", ...Object.fromEntries(interpolated), TARDIS_CONFIG: "" };
}

describe("examples/compose", () => {
  it("opens Traefik's two ports and nothing else", () => {
    expect(compose.services.traefik.ports).toEqual(["80:80", "443:443"]);
    for (const name of [...CONSOLES, "redis"] as const) {
      expect(compose.services[name].ports, name).toBeUndefined();
    }
  });

  it("mounts files that exist and builds the repository", () => {
    const sources = Object.values(compose.services).flatMap(({ volumes }) =>
      volumes
        .map((volume) => volume.split(":")[0] ?? "")
        .filter((source) => source.startsWith("./")),
    );
    expect([...new Set(sources)]).toEqual(["./traefik.yaml", "./consoles.yaml", "./tardis.yaml"]);
    for (const source of sources) expect(existsSync(join(example, source)), source).toBe(true);
    const build = join(example, compose.services["console-1"].build ?? "");
    expect(existsSync(join(build, "Dockerfile"))).toBe(true);
  });

  it("asks for no variable that .env.example does not have", () => {
    const text = readFileSync(join(example, "compose.yaml"), "utf8");
    const asked = new Set([...text.matchAll(/\$\{(\w+)/g)].map(([, name]) => name));
    const given = readFileSync(join(example, ".env.example"), "utf8");
    for (const name of asked) expect(given).toMatch(new RegExp(`^${name}=`, "m"));
  });

  it("has a configuration that the console takes, without a warning", () => {
    expect(config.warnings).toEqual([]);
    expect(config.source.local).toBe(false);
    expect(config.internal).toMatchObject({
      host: "0.0.0.0",
      token: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  it("keeps the console out of the members' zone", () => {
    const registrable = (host: string) => host.split(".").slice(-2).join(".");
    expect(registrable(new URL(config.publicUrl).hostname)).not.toBe(registrable(config.zone));
  });

  it("trusts Traefik's address alone, and lets no endpoint target this network", () => {
    const { ipv4_address } = compose.services.traefik.networks.edge;
    expect(config.http.trustedProxies).toEqual([`${ipv4_address}/32`]);
    expect(config.systems).toContain(compose.networks.edge.ipam.config[0]?.subnet);
  });

  it("has two consoles alike, each with a data folder of its own, and Traefik knows both", () => {
    const [first, second] = CONSOLES.map((name) => compose.services[name]);
    const { volumes: one, ...rest } = first ?? { volumes: [] };
    const { volumes: two, ...alike } = second ?? { volumes: [] };
    expect(rest).toEqual(alike);
    expect([one.at(-1), two.at(-1)]).toEqual(["data-1:/data", "data-2:/data"]);
    const { servers, healthCheck } = consoles.http.services.consoles.loadBalancer;
    expect(servers.map(({ url }) => url)).toEqual(
      CONSOLES.map((name) => `http://${name}:${config.internal.port}`),
    );
    expect(healthCheck.path).toBe("/readyz");
  });

  it("has a Redis that promises what the consoles ask for, and that Traefik cannot reach", () => {
    expect(config.store).toBe("redis");
    expect(config.redis).toMatchObject({
      url: "redis://redis:6379",
      durability: "always",
      password: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    const command = compose.services.redis.command?.at(-1);
    for (const setting of ["--appendonly yes", "--appendfsync always", "noeviction"]) {
      expect(command).toContain(setting);
    }
    expect(compose.services.redis.networks).toEqual(["state"]);
    expect(Object.keys(compose.services.traefik.networks)).toEqual(["edge"]);
    expect(compose.networks.state.internal).toBe(true);
  });

  it("lets Traefik poll as it should, with the consoles' token", () => {
    const { providersThrottleDuration, http } = traefik.providers;
    expect(providersThrottleDuration).toBe("20ms");
    expect(http).toEqual({
      endpoint: "http://127.0.0.1:8083/traefik/config?wait=4s&poller=traefik-1",
      pollInterval: "50ms",
      pollTimeout: "15s",
      headers: { Authorization: `Bearer ${config.internal.token}` },
    });
  });

  it("names the same entry points and resolver on both sides", () => {
    const { entryPoints, certResolver, consoleUrl } = config.traefik;
    expect(Object.keys(traefik.entryPoints)).toEqual([
      ...entryPoints.http,
      ...entryPoints.https,
      "consoles",
      "traefik",
    ]);
    expect(Object.keys(traefik.certificatesResolvers)).toEqual([certResolver]);
    expect(consoleUrl).toBe(`http://console:${config.http.port}`);
  });

  it("has Traefik's API and its way to the consoles inside its container only", () => {
    for (const name of ["traefik", "consoles"]) {
      expect(traefik.entryPoints[name]?.address).toMatch(/^127\.0\.0\.1:/);
    }
    expect(traefik.providers.http.endpoint).toContain(traefik.entryPoints["consoles"]?.address);
  });

  it("drops headers that are other spellings of Traefik's", () => {
    for (const { http } of Object.values(traefik.entryPoints)) {
      expect(http.aliasHeadersStrategy).toBe("delete");
    }
  });
});

describeWithService(
  ["traefik", "redis"],
  "examples/compose with the real Traefik",
  (executable) => {
    let redis: RedisServer;
    const running: RunningConsole[] = [];
    let child: ChildProcess;
    let api: TraefikApi;
    let ports: Record<"web" | "websecure" | "consoles" | "traefik", number>;
    let log = "";

    beforeAll(async () => {
      const file = join(folder.path, "tardis.yaml");
      redis = await startRedis({ settings: { requirepass: env["TARDIS_REDIS__PASSWORD"] ?? "" } });
      for (const name of CONSOLES) {
        const settings = {
          ...env,
          ...onLoopback(name),
          TARDIS_REDIS__URL: `redis://127.0.0.1:${redis.port}`,
        };
        running.push(await startConsole(loadConfig({ file, env: settings }), { log: silentLog }));
      }
      const [web = 0, websecure = 0, toConsoles = 0, internal = 0] = await freePorts(4);
      ports = { web, websecure, consoles: toConsoles, traefik: internal };
      const staticFile = join(folder.path, "traefik-here.yaml");
      writeFileSync(staticFile, stringify(here(traefik, ports)));
      mkdirSync(join(folder.path, "dynamic"));
      const { loadBalancer } = consoles.http.services.consoles;
      loadBalancer.servers = running.map(({ internalPort }) => ({
        url: `http://127.0.0.1:${internalPort}`,
      }));
      writeFileSync(join(folder.path, "dynamic", "consoles.yaml"), stringify(consoles));
      child = spawn(executable, [`--configFile=${staticFile}`], {
        env: { ...process.env, RFC2136_NAMESERVER: "127.0.0.1:1" },
        stdio: ["ignore", "pipe", "pipe"],
      });
      const keep = (chunk: Buffer) => {
        log += chunk.toString();
      };
      child.stdout?.on("data", keep);
      child.stderr?.on("data", keep);
      api = traefikApi(`http://127.0.0.1:${ports.traefik}`);
      await waitFor(() => api.router("zone-default"), {
        describe: () => `the zone's router\n${log}`,
      });
    });

    afterAll(async () => {
      child?.kill("SIGKILL");
      for (const console of running) await console.close();
      await redis?.destroy();
    });

    function onLoopback(name: string): Record<string, string> {
      return {
        TARDIS_DATA: join(folder.path, name),
        TARDIS_HTTP__HOST: "127.0.0.1",
        TARDIS_HTTP__PORT: "0",
        TARDIS_INTERNAL__HOST: "127.0.0.1",
        TARDIS_INTERNAL__PORT: "0",
        TARDIS_TRAEFIK__CONSOLE_URL: "http://127.0.0.1:0",
      };
    }

    it("loads the static file and takes every router from the console", async () => {
      const routers = (await api.routers()).filter(({ provider }) => provider === "http");
      expect(routers.length).toBeGreaterThan(2);
      expect(routers.filter(({ status }) => status !== "enabled")).toEqual([]);
    });

    it("is refused without the token", async () => {
      for (const { internalPort } of running) {
        const url = `http://127.0.0.1:${internalPort}/traefik/config`;
        expect((await fetch(url)).status).toBe(401);
      }
    });

    it("goes on when one console ends", async () => {
      await running.shift()?.close();
      const [left] = running;
      await left?.core.operatorApi(
        new Request("http://localhost/api/v1/persons", {
          method: "POST",
          body: JSON.stringify({ username: "alice" }),
          headers: { "Content-Type": "application/json" },
        }),
      );
      const made = await left?.core.operatorApi(
        new Request("http://localhost/api/v1/endpoints", {
          method: "POST",
          body: JSON.stringify({ owner: "alice", targets: ["http://10.30.0.5:8080"] }),
          headers: { "Content-Type": "application/json" },
        }),
      );
      const { id } = JSON.parse((await made?.text()) ?? "{}") as { id: string };
      await waitFor(() => api.router(`endpoint-${id}`), { describe: () => `the endpoint\n${log}` });
    });

    it("leads the console's own host to the console", async () => {
      const host = new URL(config.publicUrl).hostname;
      const answer = await request({ port: ports.websecure, host, tls: {} });
      expect([answer.status, answer.headers["location"]]).toEqual([303, "/sign-in"]);
    });

    it("leads plain HTTP to HTTPS", async () => {
      const answer = await request({ port: ports.web, host: `alice.${config.zone}`, path: "/x" });
      expect([301, 308]).toContain(answer.status);
      expect(answer.headers["location"]).toBe(`https://alice.${config.zone}/x`);
    });
  },
);

/** The static configuration with this machine's ports and paths, and an ACME server that is away. */
function here(
  given: StaticConfiguration,
  ports: Readonly<Record<string, number>>,
): StaticConfiguration {
  const copy = structuredClone(given);
  for (const [name, entryPoint] of Object.entries(copy.entryPoints)) {
    entryPoint.address = `127.0.0.1:${ports[name]}`;
  }
  const { http, file } = copy.providers;
  file.directory = join(folder.path, "dynamic");
  http.endpoint = http.endpoint.replace(":8083/", `:${ports["consoles"]}/`);
  for (const { acme } of Object.values(copy.certificatesResolvers)) {
    acme.storage = join(folder.path, "acme.json");
    acme.caServer = "http://127.0.0.1:1/directory";
  }
  return copy;
}
