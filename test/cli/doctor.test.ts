import {
  chmodSync,
  chownSync,
  existsSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import type { LookupFunction } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunningConsole } from "../../src/app.ts";
import { MinioAdmin } from "../../src/buckets/minio-admin/client.ts";
import { consolePolicy } from "../../src/buckets/console-policy.ts";
import type { Report } from "../../src/doctor/report.ts";
import { controlSocket } from "../../src/control-socket.ts";
import { closeServer, listenOnSocket } from "../../src/listeners.ts";
import { certificateFor } from "../support/certificates.ts";
import { mustClient, runCommand, startTestConsole, writeConfig, zone } from "../support/console.ts";
import { type DnsServer, startDnsServer } from "../support/dns-server.ts";
import { temporaryFolder } from "../support/folder.ts";
import { type GitLabServer, startGitLab } from "../support/gitlab/server.ts";
import { GitLabWorld } from "../support/gitlab/world.ts";
import { type IdentityProvider, startIdentityProvider } from "../support/identity-provider.ts";
import { type MinioServer, startMinio } from "../support/minio.ts";
import { freePorts } from "../support/ports.ts";
import { describeWithService } from "../support/services.ts";
import { beginAtTerminal } from "../support/terminal.ts";
import { startTraefik, type Traefik } from "../support/traefik.ts";
import { waitFor } from "../support/wait.ts";

const HERE = "192.0.2.7";
const ACCOUNT = "letsencrypt.org; accounturi=https://acme.example/acct/1";
/** Not below the zone, as it should be. */
const HOST = "console.tardis-host.test";
const HOOK_TOKEN = "hook-token-0123456789";
const INTERNAL_TOKEN = "internal-token-0123456789";
const { signal } = new AbortController();
const lookup: LookupFunction = (_host, { all }, back) => {
  if (all === true) back(null, [{ address: "127.0.0.1", family: 4 }]);
  else back(null, "127.0.0.1", 4);
};

describeWithService(["traefik", "minio"], "doctor, beside a console with all that there is", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let dns: DnsServer;
  let minio: MinioServer;
  let gitlab: GitLabServer;
  let identity: IdentityProvider;
  let traefik: Traefik;
  let running: RunningConsole;
  let config: string;
  const secrets: string[] = [HOOK_TOKEN, INTERNAL_TOKEN];

  beforeAll(async () => {
    folder = await temporaryFolder();
    const [http = 0, internal = 0, web = 0, websecure = 0, api = 0] = await freePorts(5);
    const publicUrl = `https://${HOST}:${websecure}`;
    dns = await startDnsServer();
    const CAA = [`issue ${ACCOUNT}`, `issuewild ${ACCOUNT}`];
    dns.set(zone, { A: [HERE], SOA: true, CAA });
    dns.set("tardis-host.test", { CAA });
    for (const name of [`*.${zone}`, HOST]) dns.set(name, { A: [HERE] });

    minio = await startMinio();
    const { url, accessKey, secretKey } = minio;
    const admin = new MinioAdmin({
      url,
      region: "us-east-1",
      credentials: { accessKey, secretKey },
    });
    const own = { accessKey: "console-access", secretKey: "console-secret-0123456789" };
    await admin.addUser(own.accessKey, { secretKey: own.secretKey, enabled: true }, signal);
    await admin.putPolicy("console", consolePolicy, signal);
    await admin.setUserPolicy(own.accessKey, "console", signal);

    const world = new GitLabWorld({ now: () => new Date(), zone });
    const root = world.createUser("root", { isAdmin: true });
    const token = world.createToken(root);
    gitlab = await startGitLab(world);
    identity = await startIdentityProvider({ publicUrl });
    secrets.push(own.secretKey, own.accessKey, token, identity.clientSecret);

    const { cert } = await certificateFor([zone, `*.${zone}`, HOST]);
    const settings = {
      publicUrl,
      http: { port: http, trustedProxies: ["127.0.0.1/32"] },
      internal: { port: internal, token: INTERNAL_TOKEN },
      traefik: { version: "3.7", httpsPort: websecure, apiUrls: [`http://127.0.0.1:${api}`] },
      pages: { enabled: true, url: gitlab.url, customDomains: false },
      gitlab: {
        enabled: true,
        url: gitlab.url,
        token,
        hooks: { token: HOOK_TOKEN },
        domains: { resolvers: [dns.address], targets: [HERE] },
      },
      buckets: { enabled: true, url, ...own },
      signIn: {
        oidc: {
          issuer: identity.issuer,
          clientId: identity.clientId,
          clientSecret: identity.clientSecret,
        },
      },
    };
    config = writeConfig(folder.path, settings);
    const reach = { lookup, ca: cert, httpPort: web };
    running = await startTestConsole(folder.path, settings, { reach });
    traefik = await startTraefik({
      ports: { web, websecure, api },
      provider: {
        url: `http://127.0.0.1:${internal}/traefik/config?wait=4s&poller=edge-1`,
        headers: { Authorization: `Bearer ${INTERNAL_TOKEN}` },
      },
      certs: [{ names: [zone, `*.${zone}`, HOST] }],
      entryPoints: {
        web: { http: { aliasHeadersStrategy: "delete" } },
        websecure: { http: { aliasHeadersStrategy: "delete" } },
      },
    });
    await mustClient(running.httpPort)("POST", "/persons", { username: "alice" });
    await traefik.waitUntil(() => traefik.router("zone-default"), "the routers");
    const installed = await runCommand(["-c", config, "gitlab", "install-hooks"]);
    expect(installed.stderr).toBe("");
    await waitFor(() => running.replica.leads, { describe: "the lead" });
  }, 120_000);
  afterAll(async () => {
    await running?.close();
    await traefik?.stop();
    await identity?.stop();
    await gitlab?.close();
    await minio?.destroy();
    await dns?.close();
    await folder?.remove();
  });

  const doctor = (...words: string[]) => runCommand(["-c", config, "doctor", ...words]);

  it("says that all is well, and of each part why", async () => {
    const { code, stdout, stderr } = await doctor();
    expect(stdout.split("\n").filter((line) => /^ +(?:WRONG|warning)/.test(line))).toEqual([]);
    expect(stdout).toMatch(/^All is well \(\d+ checks\)\.\n/);
    expect([code, stderr]).toEqual([0, ""]);
    for (const line of [
      /^ {2}ok {7}running: 0\.1\.0, up for \d+ s\.$/m,
      /^ {2}ok {7}polls: What is published was fetched by edge-1 \(revision \d+, \d+ s ago\)\.$/m,
      /^ {2}ok {7}state: The store in .* is sound, at revision \d+; the last change was made \d+ s ago\.$/m,
      /^ {2}ok {7}version: Traefik 3\.7/m,
      /^ {2}ok {7}storage: MinIO answers, version /m,
      /^ {2}ok {7}rights: The console's account may do what it needs\.$/m,
      /^ {2}ok {7}client: The provider knows this console, and takes its secret\.$/m,
      /^ {2}ok {7}system hook: It is there\./m,
      /^ {2}ok {7}this machine: It agrees with those of GitLab, MinIO, Sign-in and Traefik, within 5 s\.$/m,
    ]) {
      expect(stdout).toMatch(line);
    }
  }, 60_000);

  it("says the same as JSON, in the form that is promised, without a secret", async () => {
    const { code, stdout, json } = await doctor("--json");
    const report = json() as Report;
    expect(code).toBe(0);
    expect(report).toMatchObject({ version: 1, by: "console", state: "ok" });
    const parts = new Set(report.checks.map(({ part }) => part));
    expect([...parts]).toEqual([
      "Configuration",
      "Data folder",
      "Console",
      "Store",
      "Traefik",
      "DNS",
      "Public address",
      "Servers behind",
      "Sign-in",
      "GitLab",
      "Buckets",
      "Databases",
      "Namespaces",
      "Clock",
    ]);
    for (const check of report.checks) {
      expect(Object.keys(check).toSorted()).toEqual(["facts", "part", "says", "state", "what"]);
    }
    for (const secret of secrets) expect(stdout).not.toContain(secret);
  }, 60_000);

  it("ends with 1 and names what is wrong first, and one that is away harms no other", async () => {
    await minio.kill();
    await identity.stop();
    dns.set(`*.${zone}`, undefined);
    try {
      const { code, stdout } = await doctor();
      const [first = ""] = stdout.split("\n");
      expect(first).toMatch(
        /^3 things are wrong.*: DNS: \*\.tardis\.test; Sign-in: provider; Buckets: storage\.$/,
      );
      expect(code).toBe(1);
      expect(stdout).toMatch(/^ {2}ok {7}version: Traefik 3\.7/m);
      expect(stdout).toMatch(
        /^ {2}WRONG {4}storage: MinIO: The storage cannot be reached \(ECONNREFUSED\)\./m,
      );
      const { stdout: text } = await doctor("--json");
      for (const secret of secrets) expect(text).not.toContain(secret);
    } finally {
      dns.set(`*.${zone}`, { A: [HERE] });
      await identity.restart();
      await minio.start();
    }
  }, 60_000);
});

describe("doctor, where no console answers", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  beforeAll(async () => {
    folder = await temporaryFolder();
  });
  afterAll(() => folder.remove());

  const LOCAL = { zone: "localhost", publicUrl: "http://localhost:8080" };
  const checksOf = async (config: string, env = {}) => {
    const { code, json } = await runCommand(["-c", config, "doctor", "--json"], { env });
    const { checks } = json() as Report;
    const said = (part: string, what: string) => {
      const found = checks.find((check) => check.part === part && check.what === what);
      return found === undefined ? undefined : `${found.state}: ${found.says}`;
    };
    return { code, checks, said };
  };

  it("makes nothing before the first start, and finds nothing wrong", async () => {
    const config = writeConfig(folder.path, LOCAL);
    const { code, said } = await checksOf(config);
    expect(said("Console", "running")).toMatch(/^skipped: None has run yet/);
    expect(said("Store", "state")).toMatch(/^skipped: There is no data folder yet/);
    expect(code).toBe(0);
    expect(readdirSync(folder.path)).toEqual(["tardis.yaml"]);
  }, 30_000);

  it("says that a console that has run does not, and looks into its store", async () => {
    const running = await startTestConsole(folder.path, LOCAL);
    await mustClient(running.httpPort)("POST", "/persons", { username: "alice" });
    await running.close();
    const config = writeConfig(folder.path, LOCAL);
    const { code, said } = await checksOf(config);
    expect(said("Console", "running")).toMatch(/^wrong: None runs with the data folder/);
    expect(said("Store", "state")).toMatch(
      /^ok: The store in .* is sound, at revision \d+; the last/,
    );
    expect(said("Data folder", "writing")).toBe("ok: It can be written.");
    expect(code).toBe(1);
  }, 30_000);

  it("says who may look into the data folder", async () => {
    chmodSync(join(folder.path, "data"), 0o755);
    const { said } = await checksOf(writeConfig(folder.path, LOCAL));
    expect(said("Data folder", "modes")).toMatch(/^warning: Others .*\(mode 755\).*chmod 700/);
    chmodSync(join(folder.path, "data"), 0o700);
  }, 30_000);

  it.runIf(process.getuid?.() === 0)("opens no store as somebody else than it is of", async () => {
    const data = join(folder.path, "data");
    chownSync(data, 12_345, 12_345);
    const before = readdirSync(join(data, "db"));
    const { said } = await checksOf(writeConfig(folder.path, LOCAL));
    chownSync(data, 0, 0);
    expect(said("Data folder", "writing")).toMatch(/^skipped: It is of user 12345/);
    expect(said("Store", "state")).toMatch(/^skipped: .*would shut the console out/);
    expect(readdirSync(join(data, "db"))).toEqual(before);
  });

  it("says that a store is damaged, and what to do", async () => {
    const database = join(folder.path, "data", "db");
    writeFileSync(join(database, "CURRENT"), "");
    const { said } = await checksOf(writeConfig(folder.path, LOCAL));
    expect(said("Store", "state")).toMatch(/^wrong: .*recover/s);
    expect(existsSync(database)).toBe(true);
  }, 30_000);

  it("says that a process has the folder and does not answer, or is of another release", async () => {
    const config = writeConfig(folder.path, LOCAL);
    const path = controlSocket({ data: join(folder.path, "data") });
    const older = createServer((_request, response) => void response.writeHead(404).end());
    await listenOnSocket(older, path);
    expect((await checksOf(config)).said("Console", "running")).toMatch(
      /^warning: A console of another release/,
    );
    await closeServer(older);
    const silent = createServer(() => undefined);
    await listenOnSocket(silent, path);
    const { said } = await checksOf(config);
    expect(said("Console", "running")).toMatch(/^wrong: A process has .*, and does not answer/);
    expect(said("Store", "state")).toBe("skipped: The running console has it.");
    await closeServer(silent);
  }, 60_000);

  it.each([
    ["in words", []],
    ["as JSON", ["--json"]],
  ])(
    "says at a terminal whom it waits for, %s",
    async (_how, words) => {
      const config = writeConfig(folder.path, LOCAL);
      const output = join(folder.path, "report");
      const terminal = await beginAtTerminal(["-c", config, "doctor", ...words], output);
      expect((await terminal.ended).code).toBe(1);
      expect(terminal.shown()).toMatch(/looked at 0 of \d+; waiting for Configuration, /);
      // The line is gone in the end, and what is printed is as it is without a terminal.
      expect(terminal.shown().endsWith("\r\u001b[K")).toBe(true);
      const printed = readFileSync(output, "utf8");
      if (words.length === 0) expect(printed).toMatch(/^\d things? (?:is|are) wrong/);
      else expect(JSON.parse(printed)).toMatchObject({ version: 1, by: "command" });
    },
    30_000,
  );

  it("tells what is wrong with the configuration as findings, too", async () => {
    const config = writeConfig(folder.path, { ...LOCAL, zonee: "x", log: { level: "loud" } });
    const { code, checks } = await checksOf(config);
    expect(code).toBe(1);
    expect(checks.map(({ part, what, state }) => `${part} ${what} ${state}`).toSorted()).toEqual([
      "Configuration log.level wrong",
      "Configuration zonee wrong",
    ]);
    const { stdout } = await runCommand(["-c", config, "doctor"]);
    expect(stdout).toMatch(/^2 things are wrong: Configuration: /);
  }, 30_000);

  it("is told of by --help", async () => {
    const { stdout } = await runCommand(["doctor", "--help"]);
    expect(stdout).toContain("--json");
    expect(stdout).toContain("Ends with 1 when something is wrong; warnings alone end with 0.");
  }, 30_000);
});
