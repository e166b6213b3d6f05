import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { configReference, loadConfig } from "../../src/config.ts";
import { complaints, inFolder, loadText } from "./support.ts";

const TOKEN = "0123456789abcdef";
const SIGNING = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;

/** For each key a variable's text, and the value it stands for. */
const SAMPLES: Record<string, readonly [text: string, value: unknown]> = {
  zone: ["tardis.ac", "tardis.ac"],
  publicUrl: ["https://console.example", "https://console.example"],
  data: ["/var/lib/tardis", "/var/lib/tardis"],
  store: ["redis", "redis"],
  "redis.url": ["rediss://Redis.example", "rediss://redis.example:6379"],
  "redis.username": ["console", "console"],
  "redis.password": ["p ä", "p ä"],
  "redis.database": ["3", 3],
  "redis.prefix": ["tardis-2", "tardis-2"],
  "redis.sentinels": ["s1:26379,[::1]:26380", ["s1:26379", "[::1]:26380"]],
  "redis.sentinelName": ["main", "main"],
  "redis.sentinelPassword": ["null", null],
  "redis.tls.ca": ["/etc/ca.pem", "/etc/ca.pem"],
  "redis.tls.serverName": ["redis.example", "redis.example"],
  "redis.commandTimeout": ["500", 500],
  "redis.durability": ["always", "always"],
  "redis.waitReplicas": ["2", 2],
  "redis.waitTimeout": ["100", 100],
  "redis.historyEvents": ["0", 0],
  "http.host": ["::1", "::1"],
  "http.port": ["0", 0],
  "http.trustedProxies": ["10.0.0.0/8, FD00::/8", ["10.0.0.0/8", "fd00::/8"]],
  "internal.host": ["localhost", "localhost"],
  "internal.port": ["9", 9],
  "internal.token": [TOKEN, TOKEN],
  "internal.maxHeldPolls": ["7", 7],
  "log.level": ["debug", "debug"],
  "log.pretty": ["false", false],
  "traefik.consoleUrl": ["http://console:8080/", "http://console:8080"],
  "traefik.entryPoints.http": ["a,b", ["a", "b"]],
  "traefik.entryPoints.https": ['["c"]', ["c"]],
  "traefik.certResolver": ["le", "le"],
  "traefik.middlewares": ["a@file,b@kubernetescrd", ["a@file", "b@kubernetescrd"]],
  "traefik.layout": ["tree", "tree"],
  "traefik.version": ["3.10.1", "3.10.1"],
  "traefik.httpsPort": ["8443", 8443],
  "traefik.addresses": ["[::1]:80,traefik:8080", ["[::1]:80", "traefik:8080"]],
  "traefik.apiUrls": ["http://[::1]:8080/", ["http://[::1]:8080"]],
  "pages.enabled": ["1", true],
  "pages.url": ["http://pages:80", "http://pages"],
  "pages.customDomains": ["FALSE", false],
  "pages.tlsAddress": ["Pages:443", "pages:443"],
  "pages.challengeUrl": ["http://pages:81", "http://pages:81"],
  "pages.proxyProtocol": ["true", true],
  "pages.severalLabels": ["true", true],
  "gitlab.enabled": ["false", false],
  "gitlab.url": ["https://GitLab.example/git/", "https://gitlab.example/git"],
  "gitlab.token": ["glpat-1", "glpat-1"],
  "gitlab.issuer": ["https://gitlab.example", "https://gitlab.example"],
  "gitlab.interval": ["5", 5],
  "gitlab.concurrency": ["8", 8],
  "gitlab.timeout": ["60", 60],
  "gitlab.graphql": ["false", false],
  "gitlab.owners": ['[{"namespace":64,"owner":"games"}]', [{ namespace: 64, owner: "games" }]],
  "gitlab.exclude": ["Sandbox,club/*", ["sandbox", "club/*"]],
  "gitlab.guard.owners": ["20", 20],
  "gitlab.guard.percent": ["0", 0],
  "buckets.enabled": ["false", false],
  "buckets.url": ["http://minio.example:9000", "http://minio.example:9000"],
  "buckets.publicUrl": ["https://s3.tardis.test", "https://s3.tardis.test"],
  "buckets.region": ["eu-west-1", "eu-west-1"],
  "buckets.accessKey": ["console", "console"],
  "buckets.secretKey": ["secret-1", "secret-1"],
  "buckets.prefix": ["members", "members"],
  "buckets.interval": ["5", 5],
  "buckets.graceDays": ["14", 14],
  "buckets.gigabytes": ["3", 3],
  "databases.enabled": ["false", false],
  "databases.address": ["mysql.example:3306", "mysql.example:3306"],
  "databases.publicAddress": ["mysql.tardis.test:3306", "mysql.tardis.test:3306"],
  "databases.nodes": [
    "db-0.example:3306,db-1.example:3306",
    ["db-0.example:3306", "db-1.example:3306"],
  ],
  "databases.user": ["console", "console"],
  "databases.password": ["secret-1", "secret-1"],
  "databases.tls.mode": ["verify", "verify"],
  "databases.tls.ca": ["/etc/mysql-ca.pem", "/etc/mysql-ca.pem"],
  "databases.tls.serverName": ["mysql.example", "mysql.example"],
  "databases.prefix": ["m", "m"],
  "databases.connections": ["20", 20],
  "databases.interval": ["5", 5],
  "databases.graceDays": ["14", 14],
  "namespaces.enabled": ["false", false],
  "namespaces.url": ["https://10.0.0.1:6443", "https://10.0.0.1:6443"],
  "namespaces.publicUrl": ["https://k8s.tardis.test", "https://k8s.tardis.test"],
  "namespaces.ca": ["/etc/k8s.pem", "/etc/k8s.pem"],
  "namespaces.token": ["token-1", "token-1"],
  "namespaces.prefix": ["members", "members"],
  "namespaces.hosts": ["apps", "apps"],
  "namespaces.clusterDomain": ["k8s.test", "k8s.test"],
  "namespaces.traefik.namespace": ["kube-traefik", "kube-traefik"],
  "namespaces.traefik.networks": ["10.1.0.0/16", ["10.1.0.0/16"]],
  "namespaces.closedNetworks": ["10.0.0.0/8,FD00::/8", ["10.0.0.0/8", "fd00::/8"]],
  "namespaces.interval": ["5", 5],
  "namespaces.graceDays": ["0", 0],
  "namespaces.kubeconfigDays": ["90", 90],
  "namespaces.limits.cpu": ["500", 500],
  "namespaces.limits.memory": ["512", 512],
  "namespaces.limits.pods": ["3", 3],
  "namespaces.limits.storage": ["0", 0],
  "gitlab.hooks.token": [TOKEN, TOKEN],
  "gitlab.hooks.signingToken": [SIGNING, SIGNING],
  "gitlab.hooks.projects": ["true", true],
  "gitlab.domains.targets": ["192.0.2.1,pages.example", ["192.0.2.1", "pages.example"]],
  "gitlab.domains.resolvers": ["127.0.0.1:5353", ["127.0.0.1:5353"]],
  "userhomes.enabled": ["true", true],
  "userhomes.url": ["http://homes", "http://homes"],
  "userhomes.passHostHeader": ["0", false],
  ownHosts: ["a.example,*.b.example", ["a.example", "*.b.example"]],
  systems: ["redis://r:6379,10.0.0.0/8", ["redis://r:6379", "10.0.0.0/8"]],
  "labels.restDays": ["3", 3],
  "labels.reserved": ["", []],
  "labels.reservedAlso": ["x,_y", ["x", "_y"]],
  "targets.networks": [
    '[{"cidr":"10.0.0.0/8","ports":[80]}]',
    [{ cidr: "10.0.0.0/8", ports: ["80"], to: ["*"] }],
  ],
  "targets.names": [
    '[{"suffix":".vm.example","to":["games"]}]',
    [{ suffix: ".vm.example", ports: ["1-65535"], to: ["games"] }],
  ],
  "targets.loopback": ["[]", []],
  "limits.inFlight": ["null", null],
  "limits.responseHeaderTimeout": ["2.5", 2.5],
  "limits.healthInterval.minSeconds": ["11", 11],
  "limits.healthInterval.maxSeconds": ["301", 301],
  "memberships.warnDays": ["1", 1],
  "memberships.suspend": ["false", false],
  "memberships.renew.self": ["true", true],
  "memberships.renew.windowDays": ["14", 14],
  "memberships.renew.termDays": ["100", 100],
  "requests.open": ["2", 2],
  "requests.keepDays": ["30", 30],
  "tokens.defaultDays": ["2", 2],
  "tokens.maxDays": ["200", 200],
  "tokens.bootstrapHours": ["1", 1],
  "signIn.idleHours": ["2", 2],
  "signIn.sessionDays": ["3", 3],
  "signIn.linkMinutes": ["4", 4],
  "signIn.invitationDays": ["5", 5],
  "signIn.oidc.issuer": ["null", null],
  "signIn.oidc.clientId": ["4e9d", "4e9d"],
  "signIn.oidc.clientSecret": ["gloas 1", "gloas 1"],
  "signIn.oidc.scopes": ["openid,read_api", ["openid", "read_api"]],
  "signIn.oidc.caption": ["Our GitLab", "Our GitLab"],
  "signIn.oidc.usernameClaim": ["nickname", "nickname"],
  "signIn.oidc.createPersons": ["true", true],
  "signIn.admins.group": ["null", null],
  "signIn.admins.level": ["50", 50],
  "signIn.admins.hours": ["1", 1],
};
for (const owner of ["person", "group"]) {
  for (const kind of [
    "endpoints",
    "labels",
    "pages",
    "tokens",
    "namespaces",
    "databases",
    "databaseAccounts",
    "buckets",
    "bucketKeys",
    "bucketGigabytes",
    "targetsPerEndpoint",
    "changesPerHour",
  ]) {
    SAMPLES[`quotas.${owner}.${kind}`] = ["13", 13];
  }
}

function read(config: unknown, path: string): unknown {
  return path.split(".").reduce((value, key) => (value as Record<string, unknown>)[key], config);
}

describe("every key", () => {
  const rows = configReference();

  test("of the reference has a sample here, and a description", () => {
    expect(rows.map((row) => row.path).toSorted()).toEqual(Object.keys(SAMPLES).toSorted());
    for (const row of rows) expect(row.description, row.path).toMatch(/.+\.$/);
  });

  test.each(rows)("$path is set by $env", ({ path, env }) => {
    const [text, value] = SAMPLES[path] ?? [];
    expect(read(loadConfig({ env: { [env]: text } }), path)).toEqual(value);
  });

  test("in any case and with underscores anywhere in a level", () => {
    const spelling = (level: string) =>
      fc
        .array(fc.tuple(fc.boolean(), fc.boolean()), {
          minLength: level.length,
          maxLength: level.length,
        })
        .map((choices) =>
          choices
            .map(([upper, underscore], i) => {
              const letter = upper ? level.charAt(i).toUpperCase() : level.charAt(i);
              return underscore && i > 0 ? `_${letter}` : letter;
            })
            .join(""),
        );
    const variable = fc
      .constantFrom(...rows)
      .chain(({ path }) => fc.tuple(fc.constant(path), fc.tuple(...path.split(".").map(spelling))));
    fc.assert(
      fc.property(variable, ([path, levels]) => {
        const [text, value] = SAMPLES[path] ?? [];
        const config = loadConfig({ env: { [`TARDIS_${levels.join("__")}`]: text } });
        expect(read(config, path)).toEqual(value);
      }),
    );
  });

  test("a whole section as JSON, its single keys winning", () => {
    const env = { TARDIS_HTTP: '{"port":1,"host":"::1"}', TARDIS_HTTP__PORT: "2" };
    expect(loadConfig({ env }).http).toEqual({ host: "::1", port: 2, trustedProxies: [] });
  });

  test("an empty variable is null where that means something", () => {
    const config = loadText("traefik: { certResolver: le }", { TARDIS_TRAEFIK__CERT_RESOLVER: "" });
    expect(config.traefik.certResolver).toBeNull();
  });
});

describe("secrets from files", () => {
  test("are read and trimmed, relative to the folder", () => {
    inFolder((cwd) => {
      writeFileSync(join(cwd, "token"), `\n${TOKEN}\n`);
      const env = { TARDIS_INTERNAL__TOKEN_FILE: "token" };
      expect(loadConfig({ env, cwd }).internal.token).toBe(TOKEN);
    });
  });

  test("name the variable and the file when they cannot be used", () => {
    inFolder((cwd) => {
      mkdirSync(join(cwd, "folder"));
      writeFileSync(join(cwd, "short"), "hunter2");
      writeFileSync(join(cwd, "large"), "x".repeat(100_000));
      const lines = (file: string, more: NodeJS.ProcessEnv = {}) =>
        complaints(() => loadConfig({ env: { TARDIS_INTERNAL__TOKEN_FILE: file, ...more }, cwd }));
      expect(lines("missing")).toEqual(['TARDIS_INTERNAL__TOKEN_FILE: "missing" no such file']);
      expect(lines("folder")).toEqual([
        'TARDIS_INTERNAL__TOKEN_FILE: "folder" is a folder, not a file',
      ]);
      expect(lines("large")).toEqual([
        'TARDIS_INTERNAL__TOKEN_FILE: "large" is too large for a secret',
      ]);
      expect(lines("")).toEqual(["TARDIS_INTERNAL__TOKEN_FILE: must name a file"]);
      expect(lines("short")).toEqual([
        "TARDIS_INTERNAL__TOKEN_FILE: is too short: at least 16 characters",
      ]);
      expect(lines("short", { TARDIS_INTERNAL__TOKEN: TOKEN })).toEqual([
        "TARDIS_INTERNAL__TOKEN_FILE: sets internal.token, as TARDIS_INTERNAL__TOKEN does",
      ]);
    });
  });
});

describe("variables that are wrong", () => {
  test.each<[NodeJS.ProcessEnv, string]>([
    [
      { TARDIS_HTTP_PORT: "1" },
      "TARDIS_HTTP_PORT: unknown variable; did you mean TARDIS_HTTP__PORT?",
    ],
    [{ TARDIS_ZONES: "x" }, "TARDIS_ZONES: unknown variable; did you mean TARDIS_ZONE?"],
    [{ TARDIS_CONFIGS: "x" }, "TARDIS_CONFIGS: unknown variable; did you mean TARDIS_CONFIG?"],
    [{ TARDIS_QQQQQQQQ: "x" }, "TARDIS_QQQQQQQQ: unknown variable"],
    [
      { TARDIS_ZONE_FILE: "x" },
      "TARDIS_ZONE_FILE: unknown variable; only secrets are read from files; use TARDIS_ZONE",
    ],
    [
      { TARDIS_PORT: "tcp://10.0.0.1:80" },
      "TARDIS_PORT: unknown variable; Kubernetes sets it for a Service: put enableServiceLinks: false into the pod",
    ],
    [
      { TARDIS_CONSOLE_SERVICE_HOST: "10.0.0.1" },
      "TARDIS_CONSOLE_SERVICE_HOST: unknown variable; Kubernetes sets it for a Service: put enableServiceLinks: false into the pod",
    ],
    [
      { TARDIS_PUBLICURL: "http://a", TARDIS_PUBLIC_URL: "http://b" },
      "TARDIS_PUBLIC_URL: sets publicUrl, as TARDIS_PUBLICURL does",
    ],
    [
      { TARDIS_HTTP__PORT: "eighty" },
      'TARDIS_HTTP__PORT: must be a whole number from 0 to 65535, not "eighty"',
    ],
    [{ TARDIS_PAGES__ENABLED: "yes" }, 'TARDIS_PAGES__ENABLED: must be true or false, not "yes"'],
    [{ TARDIS_TARGETS__NETWORKS: "10.0.0.0/8" }, "TARDIS_TARGETS__NETWORKS: is not valid JSON"],
    [{ TARDIS_INTERNAL: `{"token": ${TOKEN}}` }, "TARDIS_INTERNAL: is not valid JSON"],
    [
      { TARDIS_TARGETS__NETWORKS: '[{"cidr":"10.0.0.1/8"}]' },
      'TARDIS_TARGETS__NETWORKS (targets.networks[0].cidr): "10.0.0.1/8" has bits set behind its prefix; did you mean "10.0.0.0/8"?',
    ],
    [{ TARDIS_HTTP: '{"prot":1}' }, 'TARDIS_HTTP (http.prot): unknown key; did you mean "port"?'],
    [
      { TARDIS_HTTP__PORT: "8081" },
      "TARDIS_HTTP__PORT: 8081 is the port of both listeners; http.port and internal.port must differ",
    ],
    [
      { TARDIS_INTERNAL__HOST: "0.0.0.0" },
      "TARDIS_INTERNAL__HOST: 0.0.0.0 is not loopback, so internal.token is mandatory; set TARDIS_INTERNAL__TOKEN_FILE, and the same token in Traefik's endpoint headers",
    ],
  ])("%j", (env, line) => {
    expect(complaints(() => loadConfig({ env }))).toEqual([line]);
  });

  test("those that are no keys are left alone, as are others' variables", () => {
    const env = {
      TARDIS_BOOTSTRAP_TOKEN: "x",
      TARDIS_BOOTSTRAP_TOKEN_FILE: "x",
      TARDIS_CACHE: "x",
      TARDIS_TRAEFIK: "x",
      TARDIS_TEST_ANY: "x",
      TARDIS_BENCH_ANY: "x",
      TARDIS_CRASH_ANY: "x",
      TARDIS_FUZZ_ANY: "x",
      TARDISLIKE: "x",
      PATH: "/bin",
    };
    expect(complaints(() => loadConfig({ env }))).toEqual([]);
  });

  test("prototypes are out of reach", () => {
    const env = {
      TARDIS_LIMITS: '{"healthInterval":{}}',
      TARDIS_LIMITS__HEALTH_INTERVAL: '{"__proto__":{"polluted":1}}',
    };
    expect(complaints(() => loadText("limits: 5", env))).not.toEqual([]);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  test("a wrong variable does not hide what is wrong with the file", () => {
    expect(complaints(() => loadText("zon: x\n", { TARDIS_ZONES: "x" }))).toEqual([
      'tardis.yaml:1: zon: unknown key; did you mean "zone"?',
      "TARDIS_ZONES: unknown variable; did you mean TARDIS_ZONE?",
    ]);
  });
});
