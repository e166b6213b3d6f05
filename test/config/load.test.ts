import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadConfig, redactConfig, withHttpPort } from "../../src/config.ts";
import { complaints, inFolder, loadText } from "./support.ts";

const EVERYWHERE = { ports: ["1-65535"], to: ["*"] };

describe("without a file", () => {
  const config = loadConfig({ env: {}, cwd: "/srv/console" });

  test("the console runs for a zone on localhost, and endpoints may target loopback", () => {
    expect(config).toMatchObject({
      zone: "localhost",
      publicUrl: "http://localhost:8080",
      data: "/srv/console/data",
      http: { host: "127.0.0.1", port: 8080 },
      internal: { host: "127.0.0.1", port: 8081, token: null },
      traefik: { consoleUrl: "http://127.0.0.1:8080" },
      userhomes: { enabled: false },
      targets: {
        networks: [],
        loopback: [
          { cidr: "127.0.0.0/8", ...EVERYWHERE },
          { cidr: "::1/128", ...EVERYWHERE },
        ],
      },
      source: { file: null, local: true },
      warnings: [],
    });
  });

  test("another zone, or a list of its own, is no local default", () => {
    const zoned = loadConfig({ env: { TARDIS_ZONE: "tardis.ac" } });
    expect(zoned.targets.loopback).toEqual([]);
    expect(zoned.source.local).toBe(false);
    const listed = loadConfig({ env: { TARDIS_TARGETS__LOOPBACK: "[]" } });
    expect(listed.targets.loopback).toEqual([]);
  });

  test("no file is searched for", () => {
    inFolder((cwd) => {
      writeFileSync(join(cwd, "tardis.yaml"), "zone: tardis.ac\n");
      expect(loadConfig({ env: {}, cwd }).zone).toBe("localhost");
    });
  });
});

describe("with a file", () => {
  test("loopback is granted by that file alone", () => {
    const config = loadText("zone: localhost\n");
    expect(config.targets.loopback).toEqual([]);
    expect(config.source.local).toBe(false);
    expect(loadText("").targets.loopback).toEqual([]);
    const granted = loadText(
      "targets:\n  loopback:\n    - { cidr: 127.0.0.1/32, ports: [3000] }\n",
    );
    expect(granted.targets.loopback).toEqual([
      { cidr: "127.0.0.1/32", ports: ["3000"], to: ["*"] },
    ]);
  });

  test("it is laid over the defaults, and the environment over it", () => {
    const config = loadText("http: { host: 0.0.0.0, port: 9000 }\nownHosts: [a.example]\n", {
      TARDIS_HTTP__PORT: "9001",
    });
    expect(config.http).toEqual({ host: "0.0.0.0", port: 9001, trustedProxies: [] });
    expect(config.ownHosts).toEqual(["a.example"]);
    expect(config.log.level).toBe("info");
  });

  test("a list replaces the default list; reservedAlso adds to it", () => {
    expect(loadText("labels: { reserved: [x] }").labels.reserved).toEqual(["x"]);
    const config = loadText("labels: { reservedAlso: [x] }");
    expect(config.labels.reserved).toContain("mta-sts");
    expect(config.labels.reservedAlso).toEqual(["x"]);
  });

  test("a section whose keys are all commented out keeps its defaults", () => {
    expect(loadText("http:\n  #port: 1\nlog:\n").http.port).toBe(8080);
  });

  test("TARDIS_CONFIG names it, the command line wins", () => {
    inFolder((cwd) => {
      writeFileSync(join(cwd, "a.yaml"), "zone: a.example\n");
      writeFileSync(join(cwd, "b.yaml"), "zone: b.example\n");
      const env = { TARDIS_CONFIG: "a.yaml" };
      expect(loadConfig({ env, cwd })).toMatchObject({
        zone: "a.example",
        source: { file: join(cwd, "a.yaml"), local: false },
      });
      expect(loadConfig({ file: "b.yaml", env, cwd }).zone).toBe("b.example");
    });
  });

  test("a file that is named and cannot be read is an error", () => {
    inFolder((cwd) => {
      expect(complaints(() => loadConfig({ file: "no.yaml", env: {}, cwd }))).toEqual([
        "no.yaml: no such file",
      ]);
      expect(complaints(() => loadConfig({ env: { TARDIS_CONFIG: "no.yaml" }, cwd }))).toEqual([
        "no.yaml: no such file; TARDIS_CONFIG names it",
      ]);
      expect(complaints(() => loadConfig({ file: ".", env: {}, cwd }))).toEqual([
        ".: is a folder, not a file",
      ]);
      expect(complaints(() => loadConfig({ env: { TARDIS_CONFIG: "" }, cwd }))).toEqual([
        "TARDIS_CONFIG: must name a file",
      ]);
    });
  });
});

describe("addresses that follow from the public listener's", () => {
  test.each([
    ["127.0.0.1", "http://127.0.0.1:9000"],
    ["0.0.0.0", "http://127.0.0.1:9000"],
    ["::", "http://127.0.0.1:9000"],
    ["::1", "http://[::1]:9000"],
    ["10.0.0.7", "http://10.0.0.7:9000"],
  ])("listening on %s, Traefik uses %s", (host, consoleUrl) => {
    const config = loadText(`http: { host: "${host}", port: 9000 }`);
    expect(config.traefik.consoleUrl).toBe(consoleUrl);
    expect(config.publicUrl).toBe("http://localhost:9000");
  });

  test("a free port is filled in once it is known", () => {
    const config = withHttpPort(loadConfig({ env: { TARDIS_HTTP__PORT: "0" } }), 45123);
    expect(config.publicUrl).toBe("http://localhost:45123");
    expect(config.traefik.consoleUrl).toBe("http://127.0.0.1:45123");
    expect(config.http.port).toBe(45123);
    const fixed = loadConfig({
      env: { TARDIS_HTTP__PORT: "0", TARDIS_PUBLIC_URL: "https://console.example" },
    });
    expect(withHttpPort(fixed, 45123).publicUrl).toBe("https://console.example");
  });
});

describe("warnings", () => {
  test.each([
    [
      "zone: tardis.ac\npublicUrl: https://console.tardis.ac",
      "publicUrl: console.tardis.ac is in the zone, so members' sites are same-site with the console; give it a domain of its own.",
    ],
    [
      "zone: tardis.ac\npublicUrl: http://console.example",
      "publicUrl: without https, nobody can sign in, and tokens travel readable by everyone on the way.",
    ],
    [
      "zone: tardis.ac",
      "publicUrl: not set, so the console answers at http://localhost:8080 only.",
    ],
    [
      "http: { trustedProxies: [0.0.0.0/0] }",
      "http.trustedProxies: everyone is trusted, so anyone can forge their address.",
    ],
    [
      "store: redis\nredis: { sentinels: [10.0.0.1:26379] }",
      "systems: empty, so endpoints may target the Redis servers that the Sentinels know; name them.",
    ],
  ])("%j", (text, warning) => {
    expect(loadText(text).warnings).toEqual([warning]);
  });

  test("the local default open to a network", () => {
    const { warnings } = loadConfig({ env: { TARDIS_HTTP__HOST: "0.0.0.0" } });
    expect(warnings).toEqual([expect.stringContaining("endpoints may target this machine")]);
  });

  test("none for a console beside its zone", () => {
    const config = loadText("zone: tardis.ac\npublicUrl: https://console-tardis.ac");
    expect(config.warnings).toEqual([]);
  });
});

test("redaction takes the secrets out and leaves the rest", () => {
  const token = "correct-horse-battery";
  const config = loadConfig({ env: { TARDIS_INTERNAL__TOKEN: token } });
  const redacted = redactConfig(config);
  expect(JSON.stringify(redacted)).not.toContain(token);
  expect(redacted).toEqual({ ...config, internal: { ...config.internal, token: "***" } });
  expect(config.internal.token).toBe(token);
  expect(redactConfig(loadConfig({ env: {} })).internal.token).toBeNull();
});
