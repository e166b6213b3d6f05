import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DomainDns } from "../../src/gitlab-pages/domains/dns.ts";
import { hostRoutes, routingTable } from "../../src/traefik/table.ts";
import { rulesFrom } from "../../src/domain/rules.ts";
import { type DnsServer, startDnsServer } from "../support/dns-server.ts";
import { domainChange, startApi, type TestApi, ZONE } from "./support.ts";

const HERE = "192.0.2.1";
const AWAY = "198.51.100.7";

let dns: DnsServer;
let api: TestApi;
let alice: string;
let bob: string;
beforeAll(async () => {
  dns = await startDnsServer();
  dns.set(ZONE, { A: [HERE], SOA: true });
  dns.set("www.alice.example", { CNAME: ZONE });
  dns.set("club.example", { A: [AWAY] });
  dns.set("www.bob.example", "SERVFAIL");
  const now = () => api.now();
  const domainDns = new DomainDns({
    resolvers: [dns.address],
    targets: [],
    zone: ZONE,
    timeoutMs: 20_000,
    now,
  });
  api = await startApi({ domainDns, env: { TARDIS_OWNHOSTS: '["mail.example"]' } });
  const ids: Record<string, string> = {};
  for (const username of ["alice", "bob"])
    ids[username] = (await api.must("POST", "/api/v1/persons", { username })).id;
  const group = { name: "games", managers: ["alice"] };
  ids["games"] = (await api.must("POST", "/api/v1/groups", group)).id;
  const { alice: ofAlice = "", bob: ofBob = "", games: ofGames = "" } = ids;
  await api.write((revision) => [
    domainChange(revision, "www.alice.example", ofAlice),
    domainChange(revision, "club.example", ofGames, { verified: false, enabledUntil: null }),
    domainChange(revision, "www.bob.example", ofBob, { project: 8, verificationCode: null }),
    domainChange(revision, "mail.example", ofBob, { project: 9 }),
    domainChange(revision, `bob.${ZONE}`, ofBob, { project: 9 }),
    domainChange(revision, "www.nobody.example", null),
  ]);
  alice = await api.tokenFor("alice");
  bob = await api.tokenFor("bob");
});
afterAll(async () => {
  await api.close();
  await dns.close();
});

const get = async (path: string, token = api.admin) => {
  const { status, body } = await api.request("GET", `/api/v1/pages/domains${path}`, { token });
  expect(status, path).toBe(200);
  return body;
};
const names = async (path: string, token?: string) =>
  (await get(path, token)).items.map(({ domain }: { domain: string }) => domain);

describe("the list", () => {
  it("has all for an admin, one's own and one's groups' for a member", async () => {
    expect(await names("")).toEqual([
      `bob.${ZONE}`,
      "club.example",
      "mail.example",
      "www.alice.example",
      "www.bob.example",
      "www.nobody.example",
    ]);
    expect(await names("", alice)).toEqual(["club.example", "www.alice.example"]);
  });

  it("is filtered by owner and by project", async () => {
    expect(await names("?owner=games")).toEqual(["club.example"]);
    expect(await names("?owner=games", alice)).toEqual(["club.example"]);
    expect(await names("?owner=bob", alice)).toEqual([]);
    expect(await names("?project=8")).toEqual(["www.bob.example"]);
    expect(await names("?project=8", alice)).toEqual([]);
    expect(await names("?owner=bob&project=9")).toEqual([`bob.${ZONE}`, "mail.example"]);
    for (const query of ["project=x", "project=0", "project=", "dns=yes"]) {
      const answer = await api.request("GET", `/api/v1/pages/domains?${query}`, { token: alice });
      expect(answer).toMatchObject({ status: 400, body: { field: query.split("=")[0] } });
    }
  });

  it("follows the state: a domain that moved is the new owner's", async () => {
    const games = (await api.must("GET", "/api/v1/groups/games")).id;
    const owner = (await api.must("GET", "/api/v1/persons/bob")).id;
    const fields = { verified: false, enabledUntil: null };
    await api.write((revision) => [domainChange(revision, "club.example", owner, fields)]);
    expect(await names("", alice)).toEqual(["www.alice.example"]);
    expect(await names("", bob)).toContain("club.example");
    await api.write((revision) => [domainChange(revision, "club.example", games, fields)]);
    expect(await names("", alice)).toContain("club.example");
  });

  it("looks nothing up, unless it is asked to, and then for its page alone", async () => {
    const before = dns.questions.length;
    const { items } = await get("");
    expect(items.every((item: { dns: unknown }) => item.dns === null)).toBe(true);
    await get("?dns=false");
    expect(dns.questions.length).toBe(before);
    const page = await get("?dns=true&limit=2");
    expect(page.items).toMatchObject([
      { domain: `bob.${ZONE}`, dns: null },
      { domain: "club.example", dns: { state: "elsewhere", found: [AWAY], expected: [HERE] } },
    ]);
    const asked = new Set(dns.questions.slice(before).map((line) => line.split(" ")[0]));
    expect(asked).toEqual(new Set(["club.example", ZONE]));
  });
});

describe("one domain", () => {
  it("is shown with what is known of it, and where its DNS leads", async () => {
    const owner = (await api.must("GET", "/api/v1/persons/alice")).id;
    expect(await get("/www.alice.example", alice)).toEqual({
      domain: "www.alice.example",
      revision: expect.any(Number),
      createdAt: api.now().toISOString(),
      project: 7,
      projectPath: "a/b",
      owner,
      ownerName: "alice",
      verified: true,
      enabledUntil: "2027-01-01T00:00:00.000Z",
      autoSsl: true,
      certificateUntil: "2027-02-01T00:00:00.000Z",
      state: "active",
      reason: expect.stringContaining("GitLab Pages serves www.alice.example."),
      records: [
        {
          type: "TXT",
          name: "_gitlab-pages-verification-code.www.alice.example",
          value: "gitlab-pages-verification-code=c0de",
        },
        { type: "CNAME", name: "www.alice.example", value: ZONE },
      ],
      dns: {
        state: "points-here",
        found: [HERE],
        expected: [HERE],
        reason: "www.alice.example points here.",
        record: [{ type: "CNAME", name: "www.alice.example", value: ZONE }],
        askedAt: api.now().toISOString(),
      },
    });
  });

  it("is found in any case, and its records hold what DNS says of our addresses", async () => {
    expect(await get("/CLUB.Example", alice)).toMatchObject({
      domain: "club.example",
      state: "unverified",
      records: [{ type: "TXT" }, { type: "A", name: "club.example", value: HERE }],
      dns: { state: "elsewhere" },
    });
    const { items } = await get("?owner=games");
    expect(items[0].records[1]).toEqual({ type: "ALIAS", name: "club.example", value: ZONE });
  });

  it("is shown when DNS fails, and without a code", async () => {
    expect(await get("/www.bob.example", bob)).toMatchObject({
      state: "active",
      records: [{ type: "CNAME" }],
      dns: { state: "unreachable" },
    });
  });

  it("of ours is refused, and nothing is looked up or to be set for it", async () => {
    const before = dns.questions.length;
    for (const domain of ["mail.example", `bob.${ZONE}`]) {
      expect(await get(`/${domain}`, bob)).toMatchObject({
        state: "refused",
        records: [],
        dns: null,
      });
    }
    expect(dns.questions.length).toBe(before);
  });

  it("of another is not looked up", async () => {
    api.advance(10 * 60_000);
    const before = dns.questions.length;
    const ask = (domain: string) =>
      api.request("GET", `/api/v1/pages/domains/${domain}`, { token: alice });
    expect((await ask("www.bob.example")).status).toBe(404);
    expect((await ask("unheard-of.example")).status).toBe(404);
    expect(dns.questions.length).toBe(before);
  });

  it("has an entity tag that changes with what DNS says", async () => {
    const path = "/api/v1/pages/domains/club.example";
    const first = await api.request("GET", path, { token: alice });
    const tag = first.headers.get("etag") ?? "";
    const again = (headers: Record<string, string>) =>
      api.request("GET", path, { token: alice, headers });
    expect((await again({ "If-None-Match": tag })).status).toBe(304);
    dns.set("club.example", { A: [HERE] });
    api.advance(5 * 60_000);
    const changed = await again({ "If-None-Match": tag });
    expect(changed).toMatchObject({ status: 200, body: { dns: { state: "points-here" } } });
  });

  it("is no page's id, and no page is called so", async () => {
    expect((await api.request("GET", "/api/v1/pages/nothing", { token: alice })).status).toBe(404);
    expect((await get("")).items).toBeInstanceOf(Array);
  });
});

it("custom domains never become routes of ours", () => {
  const settings = { rules: rulesFrom(api.config), userhomes: true };
  const state = api.state();
  const { hosts } = routingTable(state, settings);
  for (const domain of state.domains.keys()) {
    const routes = hosts.get(domain)?.routes ?? hostRoutes(state, settings, domain as never).routes;
    const own = routes.filter(({ service }) => service.kind === "pages");
    expect(own, domain).toEqual([]);
    if (domain !== `bob.${ZONE}`) expect(routes, domain).toEqual([]);
  }
});

describe("without anything to ask DNS with", () => {
  it("nothing is said of it", async () => {
    const bare = await startApi({ env: { TARDIS_PAGES__CUSTOMDOMAINS: "false" } });
    await bare.write((revision) => [domainChange(revision, "www.alice.example", null)]);
    expect(await bare.must("GET", "/api/v1/pages/domains/www.alice.example")).toMatchObject({
      state: "off",
      records: [{ type: "TXT" }],
      dns: null,
    });
    expect((await bare.must("GET", "/api/v1/pages/domains?dns=true")).items).toMatchObject([
      { dns: null },
    ]);
    await bare.close();
  });
});
