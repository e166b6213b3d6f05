import * as fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { DomainDns, type DomainDnsSettings } from "../../../src/gitlab-pages/domains/dns.ts";
import { type DnsServer, startDnsServer } from "../../support/dns-server.ts";
import { waitFor } from "../../support/wait.ts";

const ZONE = "tardis.test";
const HERE = "192.0.2.1";
const HERE6 = "2001:db8::1";
const AWAY = "198.51.100.7";
/** Nothing here waits so long: what is to be silent gets a short one. */
const PATIENT_MS = 20_000;
const MINUTE_MS = 60_000;

let server: DnsServer;
let time: number;
beforeAll(async () => void (server = await startDnsServer()));
afterAll(() => server.close());
beforeEach(() => {
  time = Date.parse("2026-11-22T12:00:00.000Z");
  server.set(ZONE, { A: [HERE], AAAA: [HERE6], SOA: true });
});

const dnsWith = (settings: Partial<DomainDnsSettings> = {}) =>
  new DomainDns({
    resolvers: [server.address],
    targets: [],
    zone: ZONE,
    timeoutMs: PATIENT_MS,
    now: () => new Date(time),
    ...settings,
  });

describe("a domain that points here", () => {
  it("by addresses, one family or both", async () => {
    const dns = dnsWith();
    for (const [n, addresses] of [
      { A: [HERE] },
      { AAAA: [HERE6] },
      { A: [HERE], AAAA: ["2001:DB8:0::1"] },
    ].entries()) {
      server.set(`here${n}.example.org`, addresses);
      expect(await dns.check(`here${n}.example.org`)).toMatchObject({
        state: "points-here",
        expected: [HERE, HERE6],
        reason: `here${n}.example.org points here.`,
      });
    }
    expect((await dns.check("here2.example.org")).found).toEqual([HERE, HERE6]);
  });

  it("by an alias of an alias of another name with our addresses", async () => {
    server.set("www.chain.example", { CNAME: "middle.example" });
    server.set("middle.example", { CNAME: "end.example" });
    server.set("end.example", { A: [HERE] });
    expect(await dnsWith().check("www.chain.example")).toMatchObject({
      state: "points-here",
      found: [HERE],
    });
  });

  it("by an alias of a target, whatever addresses that one shows", async () => {
    server.set("pages.ours.test", { A: [AWAY] });
    server.set("www.target.example", { CNAME: "Pages.Ours.test" });
    const dns = dnsWith({ targets: ["pages.ours.test"] });
    expect(await dns.check("www.target.example")).toMatchObject({ state: "points-here" });
    server.set("pages.ours.test", "SERVFAIL");
    time += 6 * MINUTE_MS;
    expect(await dns.check("www.target.example")).toMatchObject({ state: "points-here" });
  });

  it("when one of several targets has the address", async () => {
    server.set("pages.ours.test", { A: [AWAY] });
    server.set("two.example.org", { A: [AWAY, "203.0.113.5"] });
    const dns = dnsWith({ targets: ["203.0.113.5", "pages.ours.test"] });
    expect(await dns.check("two.example.org")).toMatchObject({
      state: "points-here",
      expected: [AWAY, "203.0.113.5"],
    });
  });
});

describe("a domain that does not", () => {
  it("points elsewhere: says where to", async () => {
    server.set("away.example.org", { A: [AWAY] });
    expect(await dnsWith().check("away.example.org")).toMatchObject({
      state: "elsewhere",
      found: [AWAY],
      reason: `away.example.org points to ${AWAY}, not here (${HERE}, ${HERE6}).`,
    });
    server.set("www.away.example", { CNAME: "away.example.org" });
    expect((await dnsWith().check("www.away.example")).reason).toBe(
      `www.away.example is an alias of away.example.org, which points to ${AWAY}, not here (${HERE}, ${HERE6}).`,
    );
  });

  it.each([
    ["AAAA", { A: [HERE], AAAA: ["2001:db8::9"] }, "2001:db8::9"],
    ["A", { A: [AWAY], AAAA: [HERE6] }, AWAY],
    ["A", { A: [HERE, AWAY] }, AWAY],
  ])("in part, by its %s records: says which", async (type, addresses, where) => {
    const name = `part${where.length}${type.length}${Object.keys(addresses).length}.example.org`;
    server.set(name, addresses);
    const check = await dnsWith().check(name);
    expect(check).toMatchObject({ state: "elsewhere" });
    expect(check.reason).toContain(`only in part: its ${type} records lead to ${where}.`);
  });

  it("is missing: not there, without an address, an alias into nothing or in a circle", async () => {
    server.set("mail-only.example.org", {});
    server.set("www.dead.example", { CNAME: "dead.example" });
    server.set("a.loop.example", { CNAME: "b.loop.example" });
    server.set("b.loop.example", { CNAME: "a.loop.example" });
    const dns = dnsWith();
    const said = async (name: string) => {
      const { state, found, reason } = await dns.check(name);
      expect({ state, found }).toEqual({ state: "missing", found: [] });
      return reason;
    };
    expect(await said("nothing.example.org")).toBe("There is no nothing.example.org in DNS.");
    expect(await said("mail-only.example.org")).toBe(
      "mail-only.example.org has no address in DNS.",
    );
    expect(await said("www.dead.example")).toBe(
      "www.dead.example is an alias of dead.example, which has no address in DNS.",
    );
    expect(await said("a.loop.example")).toMatch(/leads on and on/);
  });

  it("does not repeat what is no name, though DNS can hold it", async () => {
    server.set("www.odd.example", { CNAME: "<b>\u0007.example" });
    const check = await dnsWith().check("www.odd.example");
    expect(check.state).toBe("missing");
    expect(JSON.stringify(check)).not.toMatch(/<|\\u0007|\\\\/);
  });

  it("does not tell what an alias finds inside the operators' network", async () => {
    server.set("www.nosy.example", { CNAME: "db.internal.test" });
    server.set("db.internal.test", { CNAME: "rack7.internal.test" });
    server.set("rack7.internal.test", { A: ["10.0.0.5"], AAAA: ["fd00::5"] });
    const check = await dnsWith().check("www.nosy.example");
    expect(check).toMatchObject({ state: "elsewhere", found: ["a private address"] });
    expect(JSON.stringify(check)).not.toMatch(/10\.0\.0\.5|fd00|rack7/);
    // What a member wrote into their own record is no secret from them.
    server.set("own.nosy.example", { A: ["10.0.0.5"] });
    expect((await dnsWith().check("own.nosy.example")).found).toEqual(["10.0.0.5"]);
  });

  it("shows no more addresses than a person reads", async () => {
    const many = Array.from({ length: 25 }, (_, n) => `198.51.100.${n}`);
    server.set("many.example.org", { A: many });
    const { found, reason } = await dnsWith().check("many.example.org");
    expect(found).toHaveLength(20);
    expect(reason).toContain("and 22 more");
  });
});

describe("what cannot be known is not claimed", () => {
  it.each(["SERVFAIL", "REFUSED", "silence"] as const)("after %s", async (failure) => {
    const name = `${failure.toLowerCase()}.example.org`;
    server.set(name, failure);
    const settings = failure === "silence" ? { timeoutMs: 100 } : {};
    const check = await dnsWith(settings).check(name);
    expect(check).toMatchObject({ state: "unreachable", found: [] });
    expect(check.reason).toContain(
      failure === "silence" ? "did not answer in time" : "could not say",
    );
  });

  it("when only one of the two families was answered", async () => {
    server.set("lame.example.org", { A: [HERE], AAAA: "SERVFAIL" });
    expect((await dnsWith().check("lame.example.org")).state).toBe("unreachable");
  });

  it("without a server that answers at all, never throwing", async () => {
    const gone = await startDnsServer();
    await gone.close();
    const dns = dnsWith({ resolvers: [gone.address], timeoutMs: 100 });
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary" }), async (name) => {
        expect((await dns.check(name)).state).toBe("unreachable");
      }),
      { numRuns: 20 },
    );
  });

  it("when our own place is not known; an address that is ours is still seen to be", async () => {
    server.set(ZONE, "SERVFAIL");
    server.set("away.example.org", { A: [AWAY] });
    expect(await dnsWith().check("away.example.org")).toMatchObject({
      state: "unreachable",
      reason: expect.stringContaining(`Where ${ZONE} itself points to could not be found`),
    });
    const dns = dnsWith({ targets: [ZONE, AWAY] });
    expect((await dns.check("away.example.org")).state).toBe("points-here");
  });
});

describe("the record to set", () => {
  const recordFor = async (name: string, settings: Partial<DomainDnsSettings> = {}) =>
    (await dnsWith(settings).check(name)).record;
  const addresses = (name: string) => [
    { type: "A", name, value: HERE },
    { type: "AAAA", name, value: HERE6 },
  ];

  it("is an alias of a name of ours", async () => {
    const name = "www.fresh.example";
    expect(await recordFor(name)).toEqual([{ type: "CNAME", name, value: ZONE }]);
    server.set("pages.ours.test", { A: [AWAY] });
    const settings = { targets: [HERE, "pages.ours.test"] };
    expect(await recordFor(name, settings)).toEqual([
      { type: "CNAME", name, value: "pages.ours.test" },
    ]);
  });

  it("is the addresses for what was registered as it is, where no alias may stand", async () => {
    expect(await recordFor("fresh.example")).toEqual(addresses("fresh.example"));
    server.set("society.co.test", { A: [AWAY], SOA: true });
    expect(await recordFor("society.co.test")).toEqual(addresses("society.co.test"));
    server.set("www.society.co.test", { A: [AWAY] });
    expect(await recordFor("www.society.co.test")).toMatchObject([{ type: "CNAME" }]);
  });

  it("is the addresses where we have no name", async () => {
    const name = "www.fresh.example";
    expect(await recordFor(name, { targets: [HERE, HERE6] })).toEqual(addresses(name));
  });

  it("is known without asking, as far as it can be", () => {
    const asked = server.questions.length;
    expect(dnsWith().records("www.fresh.example")).toEqual([
      { type: "CNAME", name: "www.fresh.example", value: ZONE },
    ]);
    expect(dnsWith().records("fresh.example")).toEqual([
      { type: "ALIAS", name: "fresh.example", value: ZONE },
    ]);
    expect(dnsWith({ targets: [HERE, HERE6] }).records("fresh.example")).toEqual(
      addresses("fresh.example"),
    );
    expect(server.questions.length).toBe(asked);
  });
});

describe("the questions", () => {
  const asked = (name: string) => server.questions.filter((line) => line.startsWith(`${name} `));

  it("are asked once in five minutes", async () => {
    server.set("kept.example.org", { A: [AWAY] });
    const dns = dnsWith();
    const first = await dns.check("kept.example.org");
    const count = server.questions.length;
    server.set("kept.example.org", { A: [HERE] });
    time += 5 * MINUTE_MS - 1;
    expect(await dns.check("kept.example.org")).toEqual(first);
    expect(server.questions.length).toBe(count);
    time += 1;
    expect(await dns.check("kept.example.org")).toMatchObject({
      state: "points-here",
      askedAt: new Date(time).toISOString(),
    });
  });

  it("are told with the moment of the oldest answer", async () => {
    server.set("first.example.org", { A: [HERE] });
    server.set("second.example.org", { A: [HERE] });
    const dns = dnsWith();
    const { askedAt } = await dns.check("first.example.org");
    time += MINUTE_MS;
    // The zone's own answer is still the first one.
    expect((await dns.check("second.example.org")).askedAt).toBe(askedAt);
  });

  it("are asked again at once when there was no answer", async () => {
    server.set("healed.example.org", "SERVFAIL");
    const dns = dnsWith();
    expect((await dns.check("healed.example.org")).state).toBe("unreachable");
    server.set("healed.example.org", { A: [HERE] });
    expect((await dns.check("healed.example.org")).state).toBe("points-here");
  });

  it("of many who ask for the same are asked once", async () => {
    server.set("same.example.org", { A: [HERE] });
    const dns = dnsWith();
    const checks = await Promise.all(
      Array.from({ length: 20 }, () => dns.check("same.example.org")),
    );
    expect(new Set(checks.map(({ state }) => state))).toEqual(new Set(["points-here"]));
    expect(asked("same.example.org").filter((line) => !line.endsWith("SOA"))).toHaveLength(3);
  });

  it("are eight at once, and all of them are answered", async () => {
    const slow = await startDnsServer();
    slow.set(ZONE, { A: [HERE], SOA: true });
    slow.hold();
    const dns = dnsWith({ resolvers: [slow.address] });
    let done = 0;
    const checks = Array.from({ length: 40 }, async (_, n) => {
      const check = await dns.check(`n${n}.example.org`);
      done += 1;
      return check;
    });
    // The first questions about all 40, and about the zone, wait from the start.
    for (let round = 0; round < 5; round++) {
      await waitFor(() => slow.held >= 8, { describe: "eight questions" });
      // A ninth of the same moment has come, too, by then.
      await new Promise((resolve) => setImmediate(resolve));
      expect(slow.held).toBe(8);
      slow.release();
    }
    while (done < checks.length) {
      await waitFor(() => slow.held > 0 || done === checks.length, { describe: "a question" });
      expect(slow.held).toBeLessThanOrEqual(8);
      slow.release();
    }
    expect(new Set((await Promise.all(checks)).map(({ state }) => state))).toEqual(
      new Set(["missing"]),
    );
    await slow.close();
  });

  it("that wait for a silent server are given up together, and not asked later", async () => {
    const silent = await startDnsServer();
    silent.hold();
    const dns = dnsWith({ resolvers: [silent.address], timeoutMs: 100 });
    const checks = await Promise.all(
      Array.from({ length: 60 }, (_, n) => dns.check(`n${n}.example.org`)),
    );
    expect(new Set(checks.map(({ state }) => state))).toEqual(new Set(["unreachable"]));
    const heard = () => new Set(silent.questions.map((line) => line.split(" ")[0]));
    expect(heard().size).toBeLessThanOrEqual(8);
    // The turns are free again once those who had them have given up, too.
    for (const [name, answer] of [
      [ZONE, { A: [HERE] }],
      ["late.example.org", { A: [HERE] }],
    ] as const)
      silent.set(name, answer);
    const answering = setInterval(() => silent.release(), 1);
    await waitFor(async () => (await dns.check("late.example.org")).state === "points-here", {
      describe: "an answer",
    });
    clearInterval(answering);
    expect(heard().size).toBeLessThanOrEqual(9);
    await silent.close();
  });

  it("keep a thousand answers, and forget those used longest ago", async () => {
    const many = await startDnsServer();
    many.set(ZONE, { A: [HERE], SOA: true });
    const dns = dnsWith({ resolvers: [many.address] });
    await dns.check("n0.example.org");
    const count = () => many.questions.length;
    for (let n = 1; n < 999; n += 100) {
      await Promise.all(
        Array.from({ length: Math.min(100, 999 - n) }, (_, m) =>
          dns.check(`n${n + m}.example.org`),
        ),
      );
    }
    // With the zone's, a thousand are kept by now.
    const before = count();
    await dns.check("n0.example.org");
    expect(count()).toBe(before);
    await dns.check("one-more.example.org");
    const after = count();
    await dns.check("n0.example.org");
    expect(count()).toBe(after);
    await dns.check("n1.example.org");
    expect(count()).toBeGreaterThan(after);
    await many.close();
  });
});
