import { describe, expect, it } from "vitest";
import { parseRange } from "../../src/domain/addresses.ts";
import { parseTarget } from "../../src/domain/targets.ts";
import { loadText } from "../config/support.ts";
import { rulesFrom } from "../../src/domain/rules.ts";
import { systemAt, whyRefused, type TargetGrant } from "../../src/domain/target-policy.ts";

const everything: TargetGrant[] = [
  ...["0.0.0.0/0", "::/0"].map((cidr): TargetGrant => ({
    kind: "network",
    range: parseRange(cidr),
    ports: [{ from: 1, to: 65_535 }],
    to: new Set(["*"]),
  })),
  { kind: "names", suffix: "", ports: [{ from: 1, to: 65_535 }], to: new Set(["*"]) },
];

describe("a system's own address", () => {
  it.each([
    { system: ["10.0.0.5", 3306], refused: "http://10.0.0.5:3306", allowed: "http://10.0.0.5:80" },
    {
      system: ["10.0.0.5", undefined],
      refused: "http://10.0.0.5:80",
      allowed: "http://10.0.0.6:80",
    },
    {
      system: ["[2001:db8::5]", 80],
      refused: "http://[2001:db8::5]",
      allowed: "http://[2001:db8::6]",
    },
    {
      system: ["2001:db8::5", 80],
      refused: "http://[2001:db8:0::5]",
      allowed: "http://[2001:db8::5]:81",
    },
    {
      system: ["DB.example.", 3306],
      refused: "http://db.example:3306",
      allowed: "http://x.db.example:3306",
    },
    { system: ["localhost", 81], refused: "http://127.0.0.9:81", allowed: "http://127.0.0.9:82" },
    { system: ["127.0.0.1", 81], refused: "http://[::1]:81", allowed: "http://10.0.0.1:81" },
    { system: ["0.0.0.0", 81], refused: "http://127.0.0.1:81", allowed: "http://10.0.0.1:81" },
    { system: ["::", 81], refused: "http://127.0.0.1:81", allowed: "http://name.example:81" },
  ] as const)(
    "$system is refused at $refused and not at $allowed",
    ({ system, refused, allowed }) => {
      const policy = { grants: everything, systems: systemAt(system[0], system[1], "a system") };
      expect(whyRefused(policy, "alice", [], parseTarget(refused))).toContain("own systems");
      expect(whyRefused(policy, "alice", [], parseTarget(allowed))).toBeUndefined();
    },
  );

  it("stands under every name that reaches it", () => {
    expect(systemAt("localhost", 81, "a").map(({ kind }) => kind)).toEqual(["name", "loopback"]);
    expect(systemAt("db.example", 81, "a").map(({ kind }) => kind)).toEqual(["name"]);
    expect(systemAt("10.0.0.5", 81, "a").map(({ kind }) => kind)).toEqual(["range"]);
  });
});

describe("Redis and its Sentinels", () => {
  const text = (store: string) =>
    `{ zone: tardis.ac, store: ${store}, redis: { url: "rediss://db.vm.tardis.ac:6380", ` +
    "sentinels: [10.0.0.7:26379, '[2001:db8::7]:26379'] } }";
  const rules = (store: string) => rulesFrom(loadText(text(store)));
  const targets = [
    "http://db.vm.tardis.ac:6380",
    "http://10.0.0.7:26379",
    "http://[2001:db8::7]:26379",
  ];

  it("are no targets, and their names are reserved", () => {
    const { systems } = rules("redis").targets;
    for (const target of targets) {
      const policy = { grants: everything, systems };
      expect(whyRefused(policy, "alice", [], parseTarget(target))).toContain("own systems");
    }
    expect(rules("redis").reserved.has("vm")).toBe(true);
  });

  it("are nothing to a console that does not use them", () => {
    const { systems } = rules("leveldb").targets;
    for (const target of targets) {
      const policy = { grants: everything, systems };
      expect(whyRefused(policy, "alice", [], parseTarget(target))).toBeUndefined();
    }
    expect(rules("leveldb").reserved.has("vm")).toBe(false);
  });
});

describe("the database server and its nodes", () => {
  const rules = (enabled: boolean) =>
    rulesFrom(
      loadText(
        `{ zone: tardis.ac, databases: { enabled: ${enabled}, user: console, password: secret, ` +
          "address: 'db.vm.tardis.ac:3306', publicAddress: 'sql.tardis.ac:3306', " +
          "nodes: [10.0.0.7:3306, '[2001:db8::7]:3306'] } }",
      ),
    );
  const targets = [
    "http://db.vm.tardis.ac:3306",
    "http://sql.tardis.ac:3306",
    "http://10.0.0.7:3306",
    "http://[2001:db8::7]:3306",
  ];

  it("are no targets, and their names are reserved", () => {
    const { reserved, targets: found } = rules(true);
    for (const target of targets) {
      const policy = { grants: everything, systems: found.systems };
      expect(whyRefused(policy, "alice", [], parseTarget(target))).toContain("own systems");
    }
    expect([reserved.has("vm"), reserved.has("sql")]).toEqual([true, true]);
  });

  it("are as free as any while databases are off", () => {
    const policy = { grants: everything, systems: rules(false).targets.systems };
    expect(whyRefused(policy, "alice", [], parseTarget(targets[2] ?? ""))).toBeUndefined();
  });
});
