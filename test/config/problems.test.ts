import { describe, expect, test } from "vitest";
import { ConfigError, loadConfig } from "../../src/config.ts";
import { complaints, loadText } from "./support.ts";

/** Each text with all that is wrong with it, a line each. */
const WRONG: readonly (readonly [text: string, ...lines: string[]])[] = [
  // What is no configuration at all
  ["- a\n", "tardis.yaml:1: must hold keys"],
  ["just words\n", "tardis.yaml:1: must hold keys"],
  [
    "http:\n  port: [1\n",
    "tardis.yaml:3: is not valid YAML: flow sequence in block collection must be sufficiently indented and end with a ]",
  ],
  [
    "zone: a.example\n\thttp: 1\n",
    "tardis.yaml:2: is not valid YAML: tabs are not allowed as indentation",
  ],
  [
    "ownHosts:\n  - *.b.example\n",
    'tardis.yaml:2: "*.b.example" is an alias of nothing; if it is a text, put it in quotes',
  ],
  ["zone: !env X\n", "tardis.yaml:1: is not valid YAML: unresolved tag: !env"],
  [
    "zone: a.example\nhttp: {}\nzone: b.example\n",
    "tardis.yaml:3: zone: is given twice, first in line 1",
  ],
  [
    "http:\n  port: 1\n  host: ::1\n  port: 2\n",
    "tardis.yaml:4: http.port: is given twice, first in line 2",
  ],
  // Unknown keys
  [
    "\ntraefik:\n  entryPoint: {}\n",
    'tardis.yaml:3: traefik.entryPoint: unknown key; did you mean "entryPoints"?',
  ],
  [
    "traefik:\n  entry_points: {}\n",
    'tardis.yaml:2: traefik.entry_points: unknown key; did you mean "entryPoints"?',
  ],
  ["http: { prot: 1 }\n", 'tardis.yaml:1: http.prot: unknown key; did you mean "port"?'],
  [
    "certResolver: le\n",
    'tardis.yaml:1: certResolver: unknown key; did you mean "traefik.certResolver"?',
  ],
  [
    "http.port: 1\n",
    'tardis.yaml:1: http.port: unknown key; write "port" as a key of "http", indented below it',
  ],
  ["admin: [alice]\n", "tardis.yaml:1: admin: unknown key"],
  ["__proto__: { zone: x }\n", "tardis.yaml:1: __proto__: unknown key"],
  ["constructor: 1\n", "tardis.yaml:1: constructor: unknown key"],
  [
    "targets:\n  networks:\n    - cidr: 10.0.0.0/8\n      port: [80]\n",
    'tardis.yaml:4: targets.networks[0].port: unknown key; did you mean "ports"?',
  ],
  // Values of the wrong kind
  ["http: 8080\n", "tardis.yaml:1: http: must be a section with keys, not 8080"],
  ["zone: 5\n", "tardis.yaml:1: zone: must be a text, not 5"],
  ["zone:\n", "tardis.yaml:1: zone: has no value; give a value or leave the key out"],
  ["systems:\n", "tardis.yaml:1: systems: has no value; for an empty list write []"],
  ["systems: db:3306\n", 'tardis.yaml:1: systems: must be a list, not "db:3306"'],
  ["systems: [{ a: 1 }]\n", "tardis.yaml:1: systems[0]: must be a text, not a section"],
  [
    'http: { port: "80" }\n',
    'tardis.yaml:1: http.port: must be a whole number from 0 to 65535, not "80"; leave out the quotes',
  ],
  [
    "http: { port: 80.5 }\n",
    "tardis.yaml:1: http.port: must be a whole number from 0 to 65535, not 80.5",
  ],
  [
    "http: { port: 65536 }\n",
    "tardis.yaml:1: http.port: must be a whole number from 0 to 65535, not 65536",
  ],
  [
    "traefik: { httpsPort: 0 }\n",
    "tardis.yaml:1: traefik.httpsPort: must be a whole number from 1 to 65535, not 0",
  ],
  ["pages: { enabled: yes }\n", 'tardis.yaml:1: pages.enabled: must be true or false, not "yes"'],
  [
    "log: { level: loud }\n",
    'tardis.yaml:1: log.level: must be one of debug, info, warn, error, not "loud"',
  ],
  [
    "traefik: { entryPoints: { http: [] } }\n",
    "tardis.yaml:1: traefik.entryPoints.http: must not be empty",
  ],
  // Names and addresses
  [
    "zone: Tardis.ac\n",
    'tardis.yaml:1: zone: "Tardis.ac" must be in lower case, without a trailing dot; write "tardis.ac"',
  ],
  [
    "zone: tardis.ac.\n",
    'tardis.yaml:1: zone: "tardis.ac." must be in lower case, without a trailing dot; write "tardis.ac"',
  ],
  [
    "zone: tärdis.ac\n",
    'tardis.yaml:1: zone: "tärdis.ac" is not a host name; in ASCII it is "xn--trdis-gra.ac"',
  ],
  ["zone: 10.0.0.1\n", 'tardis.yaml:1: zone: "10.0.0.1" is an address, not a host name'],
  ["zone: 0x7f.1\n", 'tardis.yaml:1: zone: "0x7f.1" is an address, not a host name'],
  ["zone: a_b.example\n", 'tardis.yaml:1: zone: "a_b.example" is not a host name'],
  [
    `zone: ${"a.".repeat(95)}ac\n`,
    "tardis.yaml:1: zone: a zone has at most 189 characters, so that names fit before it",
  ],
  [
    "publicUrl: console.example\n",
    'tardis.yaml:1: publicUrl: "console.example" is not an address like "https://console.example.org"; write "http://console.example" or "https://console.example"',
  ],
  [
    "publicUrl: ftp://a.example\n",
    'tardis.yaml:1: publicUrl: "ftp://a.example" is not an address like "https://console.example.org"',
  ],
  [
    "publicUrl: https://a.example/b?c\n",
    'tardis.yaml:1: publicUrl: "https://a.example/b?c" must not have a path, a query or a fragment; write "https://a.example"',
  ],
  [
    "publicUrl: https://me:hunter2@a.example\n",
    "tardis.yaml:1: publicUrl: must not hold a user name or a password",
  ],
  [
    "http: { host: '[::1]' }\n",
    'tardis.yaml:1: http.host: "[::1]" is not an address; leave out the brackets',
  ],
  [
    "pages: { tlsAddress: pages }\n",
    'tardis.yaml:1: pages.tlsAddress: "pages" is not a host and a port like "127.0.0.1:8443"',
  ],
  [
    "systems: ['redis://:hunter2@r:6379']\n",
    "tardis.yaml:1: systems[0]: must not hold a user name or a password; the address alone is needed",
  ],
  [
    "systems: ['a b']\n",
    'tardis.yaml:1: systems[0]: "a b" is not an address like "10.0.0.5:6379", "10.0.0.0/24", "db.example.org" or "https://gitlab.example.org"',
  ],
  [
    "gitlab: {domains: {resolvers: [dns.example.org:53, 127.0.0.1]}}\n",
    'tardis.yaml:1: gitlab.domains.resolvers[0]: "dns.example.org:53" is not an address and a port like "127.0.0.1:53"',
    'tardis.yaml:1: gitlab.domains.resolvers[1]: "127.0.0.1" is not an address and a port like "127.0.0.1:53"',
  ],
  [
    "ownHosts: [a.example, b.example, a.example]\n",
    'tardis.yaml:1: ownHosts[2]: "a.example" is given twice',
  ],
  [
    "ownHosts: ['a.*.example']\n",
    'tardis.yaml:1: ownHosts[0]: "a.*.example" is not a host like "mail.example.org" or "*.example.org"',
  ],
  [
    "labels: { reservedAlso: [a.b] }\n",
    'tardis.yaml:1: labels.reservedAlso[0]: "a.b" is not one label in lower case, like "www"',
  ],
  [
    "traefik: { middlewares: [secure] }\n",
    'tardis.yaml:1: traefik.middlewares[0]: "secure" must name its provider; for example "secure@file"',
  ],
  [
    "traefik: { middlewares: [secure@http] }\n",
    `tardis.yaml:1: traefik.middlewares[0]: "secure@http" would be one of the console's own; use another provider's`,
  ],
  [
    "traefik: { middlewares: ['a`b@file'] }\n",
    'tardis.yaml:1: traefik.middlewares[0]: "a`b@file" is not the name of a middleware',
  ],
  [
    "traefik: { entryPoints: { http: ['w eb'] } }\n",
    'tardis.yaml:1: traefik.entryPoints.http[0]: "w eb" is not the name of an entry point',
  ],
  // Networks, ports, who
  [
    "http: { trustedProxies: [10.0.0.1/8] }\n",
    'tardis.yaml:1: http.trustedProxies[0]: "10.0.0.1/8" has bits set behind its prefix; did you mean "10.0.0.0/8"?',
  ],
  [
    "http: { trustedProxies: ['2001:db8::1/32'] }\n",
    'tardis.yaml:1: http.trustedProxies[0]: "2001:db8::1/32" has bits set behind its prefix; did you mean "2001:db8::/32"?',
  ],
  [
    "http: { trustedProxies: [10.0.0.1] }\n",
    'tardis.yaml:1: http.trustedProxies[0]: "10.0.0.1" has no prefix length; write "10.0.0.1/32"',
  ],
  [
    "http: { trustedProxies: [10.0.0.0/33] }\n",
    'tardis.yaml:1: http.trustedProxies[0]: "10.0.0.0/33" is not a network like "10.0.0.0/8" or "2001:db8::/32"',
  ],
  [
    "http: { trustedProxies: [10.0/8] }\n",
    'tardis.yaml:1: http.trustedProxies[0]: "10.0/8" is not a network like "10.0.0.0/8" or "2001:db8::/32"',
  ],
  [
    "http: { trustedProxies: ['::ffff:10.0.0.0/104'] }\n",
    'tardis.yaml:1: http.trustedProxies[0]: "::ffff:10.0.0.0/104" is an IPv4 network in IPv6 spelling; write it as IPv4',
  ],
  [
    "targets: { networks: [{ cidr: 127.0.0.0/16 }] }\n",
    'tardis.yaml:1: targets.networks[0].cidr: "127.0.0.0/16" is loopback; grant it under targets.loopback',
  ],
  [
    "targets: { networks: [{ cidr: 0.0.0.0/0 }] }\n",
    'tardis.yaml:1: targets.networks[0].cidr: "0.0.0.0/0" includes loopback, 127.0.0.0/8; give narrower networks',
  ],
  [
    "targets: { networks: [{ cidr: '::/0' }] }\n",
    'tardis.yaml:1: targets.networks[0].cidr: "::/0" includes loopback, ::1/128; give narrower networks',
  ],
  [
    "targets: { loopback: [{ cidr: 10.0.0.0/8 }] }\n",
    'tardis.yaml:1: targets.loopback[0].cidr: "10.0.0.0/8" is not loopback; grant it under targets.networks',
  ],
  [
    "targets: { loopback: [{ cidr: 126.0.0.0/7 }] }\n",
    'tardis.yaml:1: targets.loopback[0].cidr: "126.0.0.0/7" is not loopback; grant it under targets.networks',
  ],
  [
    "targets: { networks: [{ ports: [80] }] }\n",
    "tardis.yaml:1: targets.networks[0].cidr: is missing",
  ],
  [
    "targets: { networks: [{ cidr: 10.0.0.0/8, ports: [9-8] }] }\n",
    'tardis.yaml:1: targets.networks[0].ports[0]: "9-8" runs backwards; write "8-9"',
  ],
  [
    "targets: { networks: [{ cidr: 10.0.0.0/8, ports: [0-8] }] }\n",
    'tardis.yaml:1: targets.networks[0].ports[0]: "0-8" is not a port or a range like "8000-8999", from 1 to 65535',
  ],
  [
    "targets: { networks: [{ cidr: 10.0.0.0/8, to: [] }] }\n",
    "tardis.yaml:1: targets.networks[0].to: must not be empty",
  ],
  [
    "targets: { networks: [{ cidr: 10.0.0.0/8, to: [Alice] }] }\n",
    'tardis.yaml:1: targets.networks[0].to[0]: "Alice" is not the name of a person or a group, nor "*"',
  ],
  [
    "targets:\n  networks:\n    - cidr: 10.0.0.0/8\n    - cidr: 10.0.0.0/8\n",
    "tardis.yaml:4: targets.networks[1]: is given twice",
  ],
  [
    "targets: { names: [{ suffix: vm.example }] }\n",
    'tardis.yaml:1: targets.names[0].suffix: "vm.example" must start with a dot; write ".vm.example"',
  ],
  [
    "targets: { names: [{ suffix: .a.localhost }] }\n",
    'tardis.yaml:1: targets.names[0].suffix: ".a.localhost" is loopback; grant it under targets.loopback, by address',
  ],
  // What keys say together
  [
    "http: { port: 9 }\ninternal: { port: 9 }\n",
    "tardis.yaml:2: internal.port: 9 is the port of both listeners; http.port and internal.port must differ",
  ],
  [
    "internal: { host: 10.0.0.1 }\n",
    "tardis.yaml:1: internal.host: 10.0.0.1 is not loopback, so internal.token is mandatory; set TARDIS_INTERNAL__TOKEN_FILE, and the same token in Traefik's endpoint headers",
  ],
  [
    "internal: { token: hunter2 }\n",
    "tardis.yaml:1: internal.token: is too short: at least 16 characters",
  ],
  [
    "internal: { token: hunter2hunter2 hunter2 }\n",
    "tardis.yaml:1: internal.token: must be of ASCII letters, digits and signs, without spaces",
  ],
  ["internal: { token: [hunter2] }\n", "tardis.yaml:1: internal.token: must be a text"],
  [
    "traefik: { consoleUrl: 'http://localhost:8081' }\n",
    "tardis.yaml:1: traefik.consoleUrl: is the internal listener's address, which must not be public",
  ],
  [
    "userhomes: { enabled: true, url: 'http://127.0.0.1:8081' }\n",
    "tardis.yaml:1: userhomes.url: is the internal listener's address, which must not be public",
  ],
  [
    "pages: { enabled: true, tlsAddress: '[::1]:8081' }\n",
    "tardis.yaml:1: pages.tlsAddress: is the internal listener's address, which must not be public",
  ],
  [
    "traefik: { entryPoints: { https: [web] } }\n",
    'tardis.yaml:1: traefik.entryPoints.https: "web" is also in traefik.entryPoints.http; an entry point serves HTTP or HTTPS',
  ],
  [
    "traefik: { layout: tree, version: '3.5' }\n",
    'tardis.yaml:1: traefik.layout: traefik.version 3.5 does not take traefik.layout "tree"; Traefik takes it from 3.6 on',
  ],
  [
    "traefik: { version: '2.11' }\n",
    'tardis.yaml:1: traefik.version: "2.11" is not a version of Traefik 3, like "3.7"',
  ],
  [
    "zone: a.example\ntargets: { names: [{ suffix: .a.example }] }\n",
    `tardis.yaml:2: targets.names: ".a.example" is the zone, whose names lead back to Traefik; name what is below it, like ".vm.a.example"`,
  ],
  [
    "limits: { healthInterval: { minSeconds: 400 } }\n",
    "tardis.yaml:1: limits.healthInterval.minSeconds: minSeconds, 400, is more than maxSeconds, 300",
  ],
  [
    "memberships: { renew: { termDays: 60 } }\n",
    "tardis.yaml:1: memberships.renew.termDays: windowDays, 60, is not less than termDays, 60; else a membership could be renewed again as soon as it was",
  ],
  [
    "tokens: { maxDays: 30 }\n",
    "tardis.yaml:1: tokens.maxDays: defaultDays, 90, is more than maxDays, 30",
  ],
  [
    "signIn: { oidc: { issuer: 'http://login.example', clientId: c } }\n",
    "tardis.yaml:1: signIn.oidc.issuer: has no https, so anyone on the way could sign in as anybody",
  ],
  [
    "signIn: { oidc: { issuer: 'https://login.example' } }\n",
    "tardis.yaml:1: signIn.oidc.issuer: is given without signIn.oidc.clientId; register the console at the provider, with <publicUrl>/sign-in/callback",
  ],
  [
    "signIn: { oidc: { issuer: 'https://l.example', clientId: c, scopes: [email] } }\n",
    'tardis.yaml:1: signIn.oidc.scopes: must have "openid" among them',
  ],
  [
    "signIn: { admins: { group: 42 } }\n",
    "tardis.yaml:1: signIn.admins.group: is given without signIn.oidc.issuer: nobody signs in by GitLab",
  ],
  [
    "signIn: { oidc: { issuer: 'https://l.example', clientId: c, scopes: [openid, api] }, admins: { group: 42 } }\n",
    "tardis.yaml:1: signIn.admins.group: is a group of https://gitlab.localhost, and people sign in at https://l.example; gitlab.url, or gitlab.issuer, must be signIn.oidc.issuer",
  ],
  [
    "signIn: { oidc: { issuer: 'https://gitlab.localhost', clientId: c }, admins: { group: 42 } }\n",
    "tardis.yaml:1: signIn.admins.group: cannot be read: there is neither gitlab.token nor the scope read_api; set TARDIS_GITLAB__TOKEN_FILE",
  ],
  [
    "signIn: { oidc: { caption: ' x', scopes: ['a b', openid], clientId: 'ü' } }\n",
    'tardis.yaml:1: signIn.oidc.clientId: "ü" is not a word of printable ASCII',
    'tardis.yaml:1: signIn.oidc.scopes[0]: "a b" is not a word of printable ASCII',
    "tardis.yaml:1: signIn.oidc.caption: must be 1 to 40 characters, without spaces at its ends",
  ],
  [
    "redis: { url: 'redis://me:hunter2@r:6379' }\n",
    "tardis.yaml:1: redis.url: must not hold a user name or a password; they have keys of their own, username and password",
  ],
  [
    "redis: { url: 'redis://r:6379/3' }\n",
    'tardis.yaml:1: redis.url: "redis://r:6379/3" must end with the port; the database has a key of its own, database',
  ],
  [
    "redis: { url: 'http://r:6379' }\n",
    'tardis.yaml:1: redis.url: "http://r:6379" is not an address like "redis://127.0.0.1:6379"',
  ],
  [
    "redis: { prefix: 'a{b}' }\n",
    'tardis.yaml:1: redis.prefix: "a{b}" is not a name of letters, digits and any of _ . : -',
  ],
  ["redis: { password: [hunter2] }\n", "tardis.yaml:1: redis.password: must be a text"],
  ["store: mysql\n", 'tardis.yaml:1: store: must be one of leveldb, redis, not "mysql"'],
  [
    "store: redis\nredis: { tls: { ca: /ca.pem } }\n",
    'tardis.yaml:2: redis.tls.ca: is given, and redis.url asks for no TLS; write "rediss://127.0.0.1:6379"',
  ],
  [
    "store: redis\nredis: { username: me }\n",
    "tardis.yaml:2: redis.username: is given without redis.password; set TARDIS_REDIS__PASSWORD_FILE",
  ],
  [
    "store: redis\nredis: { sentinelPassword: hunter2 }\n",
    "tardis.yaml:2: redis.sentinelPassword: is given, and there are no redis.sentinels",
  ],
  [
    "store: redis\nredis: { waitReplicas: 1, waitTimeout: 2000 }\n",
    "tardis.yaml:2: redis.waitTimeout: 2000 ms, is not less than redis.commandTimeout, 2000 ms; an answer must have time to come after the replicas' one",
  ],
  // All at once, in the file's order, and none that only follows from another
  [
    "tokens: { maxDays: 30 }\nhttp: { port: x }\ninternal: { port: 8080 }\nzon: a\n",
    "tardis.yaml:1: tokens.maxDays: defaultDays, 90, is more than maxDays, 30",
    'tardis.yaml:2: http.port: must be a whole number from 0 to 65535, not "x"',
    'tardis.yaml:4: zon: unknown key; did you mean "zone"?',
  ],
];

test.each(WRONG)("%j", (text, ...lines) => {
  expect(complaints(() => loadText(text))).toEqual(lines);
});

describe("a problem", () => {
  test("has its parts, for tools", () => {
    const load = () => loadText("http:\n  prot: 1\n");
    expect(load).toThrow(ConfigError);
    try {
      load();
    } catch (error) {
      expect((error as ConfigError).problems).toEqual([
        {
          key: "http.prot",
          file: "tardis.yaml",
          line: 2,
          column: 3,
          message: "unknown key",
          hint: 'did you mean "port"?',
        },
      ]);
      expect((error as ConfigError).message).toBe(
        'tardis.yaml:2: http.prot: unknown key; did you mean "port"?',
      );
    }
  });

  test("stays on one line and short, whatever the value", () => {
    const [line] = complaints(() => loadText(`zone: "a\\nb\\e[31m${"x".repeat(10_000)}"\n`));
    expect(line).toMatch(/^[\x20-\x7e\uFFFD…]{1,150}$/);
  });

  test("stays on one line whatever the key", () => {
    const lines = complaints(() => loadText('"a\\nb": 1\n'));
    expect(lines).toEqual(["tardis.yaml:1: a\uFFFDb: unknown key"]);
  });

  test("never shows a secret", () => {
    const lines = complaints(() =>
      loadConfig({
        env: { TARDIS_INTERNAL: '{"token":"hunter2"}', TARDIS_INTERNAL__TOKEN: "hünter2" },
      }),
    );
    expect(lines).toHaveLength(1);
    expect(lines.join()).not.toMatch(/h[uü]nter2/);
  });
});

describe("files that would wear the reader out", () => {
  test("aliases that stand for very much", () => {
    const levels = Array.from({ length: 12 }, (_, i) =>
      i === 0 ? "a0: &a0 [x, x]" : `a${i}: &a${i} [*a${i - 1}, *a${i - 1}, *a${i - 1}, *a${i - 1}]`,
    );
    expect(complaints(() => loadText(levels.join("\n")))).toEqual([
      "tardis.yaml: has too many aliases, or one that holds itself",
    ]);
  });

  test.each(["- ".repeat(5000), "[".repeat(20_000), "? ".repeat(5000), "a: {".repeat(20_000)])(
    "deep nesting: %.10s…",
    (text) => {
      expect(complaints(() => loadText(text))).toEqual(["tardis.yaml:1: is nested too deeply"]);
    },
  );

  test("very large ones, and bytes that are no text", () => {
    expect(complaints(() => loadText(`# ${"x".repeat(600_000)}`))).toEqual([
      "tardis.yaml: is larger than 512 kB",
    ]);
    expect(complaints(() => loadText(Uint8Array.of(0x7a, 0xff, 0xfe)))).toEqual([
      "tardis.yaml: is not UTF-8 text",
    ]);
  });
});
