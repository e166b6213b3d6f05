import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { operator } from "../../../src/domain/policy.ts";
import type { Change } from "../../../src/domain/state.ts";
import { domainChange } from "../../api/support.ts";
import { zone } from "../../support/console.ts";
import { type DnsServer, startDnsServer } from "../../support/dns-server.ts";
import type { TestVisitor } from "../../support/visitor.ts";
import { waitFor } from "../../support/wait.ts";
import { stageGitLab, type GitLabStage } from "./gitlab-stage.ts";
import { readPage, startAdminWorld, textOf, type AdminWorld } from "./support.ts";

let stage: GitLabStage;
let world: AdminWorld;
let ada: TestVisitor;
let dns: DnsServer;

beforeAll(async () => {
  stage = stageGitLab();
  stage.addSites(["gil", "gus", "gwen"]);
  dns = await startDnsServer();
  dns.set(zone, { A: ["192.0.2.1"], SOA: true });
  dns.set("www.here.example", { CNAME: zone });
  dns.set("www.away.example", { A: ["198.51.100.7"] });
  const { gitlab, pages: on } = stage.settings;
  const settings = {
    pages: on,
    gitlab: { ...gitlab, domains: { resolvers: [dns.address] } },
  };
  world = await startAdminWorld(settings, stage.overrides);
  ada = await world.as("ada");
});
afterAll(async () => {
  await world?.close();
  await dns?.close();
});

/** A name of the zone. */
const ours = `bob.${zone}`;
const pages = () => world.running.core.ledger?.state.pages.size ?? 0;
const records = () => world.running.gitlabPages?.records;
/** Has GitLab read by the page, and waits until that has come to something. */
async function readGitLab(): Promise<void> {
  const before = (await records()?.all())?.length ?? 0;
  await ada.post("/admin/gitlab/sync");
  await waitFor(
    async () => {
      const runs = (await records()?.all()) ?? [];
      const isOver = runs.every(({ state }) => !["waiting", "running"].includes(state));
      return runs.length > before && isOver;
    },
    { describe: () => "the run to end" },
  );
}

describe("the sync with GitLab", () => {
  it("is started by an admin, and each run says what it did", async () => {
    await readGitLab();
    expect(pages()).toBe(3);
    const text = await readPage(ada, "/admin/gitlab");
    expect(text).toMatch(/ada Done/);
    const { body } = await ada.get("/admin/gitlab");
    const run = /href="(\/admin\/gitlab\/runs\/[^"/]+)"/.exec(body)?.[1] ?? "";
    expect(await readPage(ada, run)).toContain("Done");
    expect((await ada.get("/admin/gitlab/runs/sync-none")).status).toBe(404);
  });

  it("has the pages by state, and those of a project", async () => {
    const text = await readPage(ada, "/admin/gitlab/pages?state=routed");
    expect(text).toContain("gil/site");
    expect(await readPage(ada, "/admin/gitlab/pages?state=held")).toContain("No page is like that");
    const one = await readPage(ada, "/admin/gitlab/pages?q=gus");
    expect(one).toContain("gus/site");
    expect(one).not.toContain("gil/site");
    expect(await readPage(ada, "/admin/gitlab/domains")).toContain("No domain yet");
  });

  it("has the custom domains, and looks up where their DNS leads when it is asked to", async () => {
    const write = (changes: (revision: number) => readonly Change[]) =>
      world.running.core.requireLedger().change(operator, (_state, { revision }) => ({
        changes: changes(revision),
        event: { type: "test", summary: "written by a test", owners: [] },
        result: null,
      }));
    const domains = { "www.here.example": "alice", "www.away.example": "bob", [ours]: "bob" };
    await write((revision) =>
      Object.entries(domains).map(([id, name]) => domainChange(revision, id, world.id(name))),
    );
    const path = "/admin/gitlab/domains";
    const { body } = await ada.get(`${path}?q=example`);
    expect(textOf(body)).toContain("www.here.example a/b alice Active");
    expect(dns.questions).toEqual([]);
    const look = /href="([^"]*dns=look[^"]*)"/.exec(body)?.[1]?.replaceAll("&amp;", "&") ?? "";
    const looked = await readPage(ada, look);
    expect(looked).toContain("www.here.example a/b alice Active Points here");
    expect(looked).toMatch(/www\.away\.example a\/b bob Active Points elsewhere .*198\.51\.100\.7/);
    // One of ours is refused, whatever DNS says of it.
    expect(await readPage(ada, `${path}?dns=look`)).toContain(`${ours} a/b bob Refused`);
    expect(dns.questions.filter((line) => line.startsWith(ours))).toEqual([]);
    await write(() => Object.keys(domains).map((id) => ({ kind: "domain", id, entity: null })));
  });

  it("holds a plan that removes many sites until an admin has looked and approved it", async () => {
    stage.removeSites();
    await readGitLab();
    expect(pages()).toBe(3);
    const start = (await ada.get("/admin")).body;
    expect(textOf(start)).toMatch(
      /What waits for you 1 plan to approve, which removes 3 sites .*A plan that removes 3 sites/,
    );
    expect(start).toMatch(/href="\/admin\/gitlab\/runs\/[^"/]+\/approve"/);
    const { body } = await ada.get("/admin/gitlab");
    const approve = /href="([^"]*\/approve)"/.exec(body)?.[1] ?? "";
    const asked = await readPage(ada, approve);
    expect(asked).toContain("GitLab does not have 3 places");
    expect(asked).toContain("gwen/site");
    const answer = await ada.post(approve);
    expect([answer.status, answer.headers["location"]]).toEqual([303, "/admin/gitlab"]);
    await waitFor(() => pages() === 0, { describe: () => "the sites to go" });
    await waitFor(async () => (await records()?.held()) === undefined, {
      describe: () => "the plan to be settled",
    });
    const again = await ada.post(approve);
    expect(again.status).toBe(303);
    expect(await readPage(ada, "/admin/gitlab")).toContain("This run holds nothing that waits");
  });

  it("shows a member none of it", async () => {
    const bob = await world.as("bob");
    const missing = await bob.post("/no/such/page");
    const answer = await bob.post("/admin/gitlab/sync");
    expect([answer.status, answer.body]).toEqual([404, missing.body]);
    expect(textOf(answer.body)).not.toContain("GitLab");
  });
});
