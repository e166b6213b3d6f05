import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { targetGrantSchema } from "../../src/domain/entities.ts";
import { ownGrants, rulesFrom } from "../../src/domain/rules.ts";
import { requireTarget, whyRefused } from "../../src/domain/target-policy.ts";
import { parseTarget } from "../../src/domain/targets.ts";
import { Refusal } from "../../src/errors.ts";
import { type Overrides, person, testSettings } from "../support/states.ts";

const overrides: Overrides = {
  publicUrl: "https://console.tardis.ac",
  http: { host: "10.0.0.2", port: 8080 },
  internal: { host: "0.0.0.0", port: 8081, token: "x".repeat(20) },
  traefik: { addresses: ["10.0.0.3", "10.0.0.4:8080"], consoleUrl: "http://10.0.0.2:8080" },
  pages: {
    enabled: true,
    url: "http://10.0.0.5:8090",
    tlsAddress: "10.0.0.5:8443",
    challengeUrl: "http://10.0.0.5",
  },
  userhomes: { enabled: true, url: "http://homes.vm.example" },
  systems: [
    "10.0.0.6:6379",
    "https://gitlab.vm.example",
    "10.0.9.0/24",
    "k8s.vm.example:6443",
    "127.0.0.1:3306",
    "[2001:db8::5]:80",
  ],
  targets: {
    networks: [
      { cidr: "10.0.0.0/16", ports: ["80", "8000-8999"], to: ["*"] },
      { cidr: "10.1.0.0/24", ports: ["1-65535"], to: ["alice"] },
      { cidr: "10.2.0.0/24", ports: ["1-65535"], to: ["games"] },
      { cidr: "2001:db8::/64", ports: ["80"], to: ["*"] },
    ],
    names: [
      { suffix: ".vm.example", ports: ["80", "443", "6443"], to: ["*"] },
      { suffix: ".games.example", ports: ["80"], to: ["games"] },
    ],
    loopback: [{ cidr: "127.0.0.0/8", ports: ["3000-9000"], to: ["alice"] }],
  },
};
const { targets: policy } = rulesFrom(testSettings(overrides), ["10.0.0.20", "2001:db8::20"]);

const verdict = (name: string, text: string) =>
  whyRefused(policy, name, [], parseTarget(text)) === undefined;

describe("owner by target", () => {
  it.each<[target: string, alice: boolean, bob: boolean, games: boolean]>([
    ["http://10.0.3.7:80", true, true, true],
    ["http://10.0.3.7:8000", true, true, true],
    ["http://10.0.3.7:8999", true, true, true],
    ["https://10.0.3.7:8999", true, true, true],
    ["http://10.0.3.7:7999", false, false, false],
    ["http://10.0.3.7:9000", false, false, false],
    ["http://10.0.3.7:81", false, false, false],
    ["http://10.0.255.255:80", true, true, true],
    ["http://[::ffff:10.0.3.7]:80", true, true, true],
    ["http://10.1.0.9:22", true, false, false],
    ["http://10.1.1.0:22", false, false, false],
    ["http://10.2.0.9:22", false, false, true],
    ["http://10.3.0.9:80", false, false, false],
    ["http://8.8.8.8:80", false, false, false],
    ["http://[2001:db8::9]:80", true, true, true],
    ["http://[2001:db8::9]:81", false, false, false],
    ["http://[2001:db8:0:1::9]:80", false, false, false],
    ["http://app.vm.example", true, true, true],
    ["http://a.b.vm.example:443", true, true, true],
    ["http://vm.example", false, false, false],
    ["http://evilvm.example", false, false, false],
    ["http://app.vm.example.evil.example", false, false, false],
    ["http://app.vm.example:81", false, false, false],
    ["http://chess.games.example", false, false, true],
    ["http://app.example", false, false, false],
    // Loopback, where it is granted by name.
    ["http://127.0.0.1:3000", true, false, false],
    ["http://127.9.9.9:9000", true, false, false],
    ["http://[::ffff:127.0.0.1]:3000", true, false, false],
    ["http://127.0.0.1:80", false, false, false],
    ["http://[::1]:3000", false, false, false],
    // The host's own systems, whatever is granted.
    ["http://10.0.0.2:8080", false, false, false],
    ["http://[::ffff:10.0.0.2]:8080", false, false, false],
    ["http://10.0.0.2:8081", true, true, true],
    ["http://10.0.0.20:8081", false, false, false],
    ["http://127.0.0.1:8081", false, false, false],
    ["http://127.0.0.2:8081", false, false, false],
    ["http://10.0.0.3:80", false, false, false],
    ["http://10.0.0.3:8999", false, false, false],
    ["http://10.0.0.4:8080", false, false, false],
    ["http://10.0.0.4:80", true, true, true],
    ["http://10.0.0.5:8090", false, false, false],
    ["http://10.0.0.5:8443", false, false, false],
    ["http://10.0.0.5:80", false, false, false],
    ["http://10.0.9.77:80", false, false, false],
    ["http://homes.vm.example", false, false, false],
    ["http://homes.vm.example:443", true, true, true],
    ["https://gitlab.vm.example", false, false, false],
    ["https://k8s.vm.example:6443", false, false, false],
    ["http://127.0.0.1:3306", false, false, false],
    ["http://127.1.2.3:3306", false, false, false],
    ["http://[2001:db8::5]:80", false, false, false],
  ])("%s: alice %s, bob %s, games %s", (target, alice, bob, games) => {
    expect(verdict("alice", target)).toBe(alice);
    expect(verdict("bob", target)).toBe(bob);
    expect(verdict("games", target)).toBe(games);
  });

  it("says why not, to a sentence each, naming nothing of the host's systems", () => {
    const why = (text: string) => whyRefused(policy, "bob", [], parseTarget(text));
    expect(why("http://10.0.0.3:80")).toBe(
      "http://10.0.0.3:80 is an address of the host's own systems.",
    );
    expect(why("http://app.example")).toMatch(/names are only taken under suffixes/);
    expect(why("http://10.1.0.9:22")).toMatch(/not within the networks and ports granted to bob/);
  });

  it("refuses by a Refusal that names the field", () => {
    const target = parseTarget("http://10.1.0.9:22");
    expect(() => requireTarget(policy, "alice", [], target, "target")).not.toThrow();
    try {
      requireTarget(policy, "bob", [], target, "targets.0");
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(Refusal);
      expect([(error as Refusal).code, (error as Refusal).field]).toEqual([
        "target_refused",
        "targets.0",
      ]);
    }
  });
});

describe("a grant on one owner", () => {
  const grants = (targets: Parameters<typeof person>[1]) => ownGrants(person("alice", targets));
  const own = grants({
    targets: [
      { network: "192.0.2.0/24", ports: ["80", "90-99"] },
      { suffix: ".alice.example", ports: ["443"] },
    ],
  });
  it.each([
    ["http://192.0.2.1:80", true],
    ["http://192.0.2.1:95", true],
    ["http://192.0.2.1:89", false],
    ["http://192.0.3.1:80", false],
    ["https://www.alice.example", true],
    ["http://www.alice.example", false],
    ["https://alice.example", false],
  ])("%s: %s", (text, expected) => {
    expect(whyRefused(policy, "alice", own, parseTarget(text)) === undefined).toBe(expected);
  });

  it("never opens the host's own systems", () => {
    const all = grants({ targets: [{ network: "0.0.0.0/0", ports: ["1-65535"] }] });
    expect(whyRefused(policy, "alice", all, parseTarget("http://8.8.8.8:22"))).toBeUndefined();
    for (const text of ["http://10.0.0.3:80", "http://10.0.9.1:80", "http://127.0.0.1:3306"]) {
      expect(whyRefused(policy, "alice", all, parseTarget(text))).toMatch(/own systems/);
    }
  });

  it("can always be read when its record is valid", () => {
    const network = fc.oneof(
      fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 40 })).map(([ip, bits]) => `${ip}/${bits}`),
      fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 140 })).map(([ip, bits]) => `${ip}/${bits}`),
      fc.string(),
    );
    fc.assert(
      fc.property(network, (text) => {
        const read = targetGrantSchema.safeParse({ network: text, ports: ["80"] });
        if (read.success) expect(() => grants({ targets: [read.data] })).not.toThrow();
      }),
      { numRuns: 500 },
    );
  });
});
