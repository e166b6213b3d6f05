import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { dnsPart } from "../../src/doctor/dns.ts";
import {
  type DnsFailure,
  type DnsName,
  type DnsServer,
  startDnsServer,
} from "../support/dns-server.ts";
import { configFrom, faultsIn, lookAt, saidOf, subjectOf } from "./support.ts";

const HERE = "192.0.2.7";
const ELSEWHERE = "198.51.100.9";
const ACCOUNT = "letsencrypt.org; accounturi=https://acme.example/acct/1";

let dns: DnsServer;
beforeEach(async () => {
  dns = await startDnsServer();
  dns.set("tardis.test", {
    A: [HERE],
    SOA: true,
    CAA: [`issue ${ACCOUNT}`, `issuewild ${ACCOUNT}`],
  });
  dns.set("*.tardis.test", { A: [HERE] });
  dns.set("console.tardis-host.test", { A: [HERE] });
  dns.set("s3.tardis.test", { A: [HERE] });
  dns.set("tardis-host.test", { CAA: [`issue ${ACCOUNT}`] });
});
afterEach(() => dns.close());

const env = {
  PUBLICURL: "https://console.tardis-host.test",
  TRAEFIK__CERTRESOLVER: "le",
};
const look = (more: Record<string, string> = {}) => {
  const config = configFrom({ ...env, GITLAB__DOMAINS__RESOLVERS: dns.address, ...more });
  const minio = { host: "s3.tardis.test", use: "members' buckets", toTraefik: false };
  return lookAt(dnsPart(subjectOf(config), [minio]));
};

describe("the doctor at DNS", () => {
  it("finds nothing wrong where all leads to one place", async () => {
    const lines = await look({ GITLAB__DOMAINS__TARGETS: HERE });
    expect(faultsIn(lines)).toEqual([]);
    expect(lines.map(({ what, says }) => `${what}: ${says}`)).toEqual([
      `tardis.test: tardis.test leads to ${HERE}.`,
      `*.tardis.test: *.tardis.test leads to ${HERE}.`,
      `console.tardis-host.test: console.tardis-host.test leads to ${HERE}.`,
      `s3.tardis.test: s3.tardis.test leads to ${HERE}.`,
      `CAA of *.tardis.test: Only ${ACCOUNT} may certify *.tardis.test.`,
      `CAA of console.tardis-host.test: Only ${ACCOUNT} may certify console.tardis-host.test.`,
    ]);
  });

  it("asks for a name below the zone that nobody has, each time another one", async () => {
    await look();
    await look();
    const asked = dns.questions.flatMap(
      (text) => /^doctor-[0-9a-f]{12}\.tardis\.test/.exec(text) ?? [],
    );
    expect(new Set(asked).size).toBeGreaterThanOrEqual(2);
  });

  it("compares with Traefik's public addresses where there are no others", async () => {
    const lines = await look({ TRAEFIK__ADDRESSES: `127.0.0.1:80,10.0.0.2:80,${ELSEWHERE}:443` });
    expect(faultsIn(lines)[0]).toMatch(
      `tardis.test leads to ${HERE}, not (or not only) to ${ELSEWHERE}`,
    );
  });

  it.each<[string, DnsName | DnsFailure | undefined, RegExp]>([
    ["tardis.test", undefined, /^warning tardis\.test: .*has no address in DNS/],
    [
      "*.tardis.test",
      undefined,
      /^wrong \*\.tardis\.test: .*is for members' sites\. Add \*\.tardis\.test A 192\.0\.2\.7\.$/,
    ],
    [
      "*.tardis.test",
      { A: [ELSEWHERE] },
      /^wrong \*\.tardis\.test: .*leads to 198\.51\.100\.9, not/,
    ],
    [
      "*.tardis.test",
      { A: [HERE], AAAA: ["2001:db8::1"] },
      /^wrong \*\.tardis\.test: .*not \(or not only\)/,
    ],
    [
      "console.tardis-host.test",
      undefined,
      /^wrong console\.tardis-host\.test: .*is for the console/,
    ],
    ["console.tardis-host.test", "SERVFAIL", /^wrong console\.tardis-host\.test: DNS did not say/],
    ["www.tardis.test", { A: [ELSEWHERE] }, /^warning www\.tardis\.test: .*has records of its own/],
    [
      "s3.tardis.test",
      { CNAME: "gone.test" },
      /^wrong s3\.tardis\.test: .*is for members' buckets/,
    ],
  ])("tells what is wrong with %s as %j", async (name, answer, says) => {
    dns.set(name, answer);
    const lines = await look({ GITLAB__DOMAINS__TARGETS: HERE });
    expect(faultsIn(lines).filter((line) => !line.startsWith("warning CAA"))).toEqual([
      expect.stringMatching(says),
    ]);
  });

  it.each<[readonly string[] | DnsFailure, RegExp]>([
    [[], /^warning: Any authority may certify \*\.tardis\.test/],
    [["iodef mailto:a@tardis.test"], /^warning: Any authority may/],
    [
      ["issue letsencrypt.org"],
      /^warning: letsencrypt\.org may certify \*\.tardis\.test, for any account/,
    ],
    [[`issue ${ACCOUNT}`], /^ok: /],
    [
      ["issue ca.example"],
      /^warning: .*let only ca\.example certify \*\.tardis\.test, not letsencrypt\.org/,
    ],
    [[`issue ${ACCOUNT}`, "issuewild ;"], /^wrong: .*let nobody certify/],
    ["SERVFAIL", /^warning: DNS did not say which authorities/],
  ])("tells who may certify the zone by %j", async (CAA, says) => {
    dns.set("tardis.test", { A: [HERE], SOA: true, CAA });
    expect(saidOf(await look(), "CAA of *.tardis.test")).toMatch(says);
  });

  it("takes the authorities of a zone above", async () => {
    dns.set("hosts.tardis.test", { A: [HERE] });
    dns.set("*.hosts.tardis.test", { A: [HERE] });
    const lines = await look({ ZONE: "hosts.tardis.test" });
    expect(saidOf(lines, "CAA of *.hosts.tardis.test")).toMatch(/^ok: Only letsencrypt\.org/);
  });

  it("asks nobody about localhost", async () => {
    const lines = await look({ ZONE: "localhost", PUBLICURL: "http://localhost:8080" });
    expect(lines).toMatchObject([{ what: "zone", state: "skipped" }]);
    expect(dns.questions).toEqual([]);
  });
});
