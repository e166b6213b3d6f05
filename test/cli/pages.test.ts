import { afterAll, beforeAll, expect, it } from "vitest";
import type { RunningConsole } from "../../src/app.ts";
import { operator } from "../../src/domain/policy.ts";
import { domainChange } from "../api/support.ts";
import { runCommand, startTestConsole, writeConfig, zone } from "../support/console.ts";
import { type DnsServer, startDnsServer } from "../support/dns-server.ts";
import { temporaryFolder } from "../support/folder.ts";
import { freePort } from "../support/ports.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let dns: DnsServer;
let running: RunningConsole;
let config: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  dns = await startDnsServer();
  dns.set(zone, { A: ["192.0.2.1"], SOA: true });
  dns.set("www.alice.example", { CNAME: zone });
  dns.set("www.club.example", { A: ["198.51.100.7"] });
  const settings = {
    pages: { enabled: true },
    gitlab: {
      enabled: true,
      url: `http://127.0.0.1:${await freePort()}`,
      token: "glpat-test",
      domains: { resolvers: [dns.address] },
    },
  };
  config = writeConfig(folder.path, settings);
  running = await startTestConsole(folder.path, settings);
  const file = {
    format: "tardis-console/1",
    persons: [{ name: "alice" }],
    groups: [{ name: "club", managers: ["alice"] }],
    pages: [
      { host: `alice.${zone}`, owner: "alice", project: 7, projectPath: "alice/site" },
      { host: `club.${zone}`, owner: "alice", project: 8, projectPath: "alice/club" },
    ],
  };
  const done = await runCommand(["-c", config, "import", "-", "--merge"], {
    input: JSON.stringify(file),
  });
  expect(done).toMatchObject({ code: 0 });
  const ledger = running.core.requireLedger();
  const idOf = (name: string) => ledger.state.ownersByName.get(name) ?? "";
  await ledger.change(operator, (_state, { revision }) => ({
    changes: [
      domainChange(revision, "www.alice.example", idOf("alice")),
      domainChange(revision, "www.club.example", idOf("club"), {
        verified: false,
        enabledUntil: null,
      }),
    ],
    event: { type: "written", summary: "written by a test", owners: [] },
    result: null,
  }));
}, 60_000);
afterAll(async () => {
  await running.close();
  await dns.close();
  await folder.remove();
});

const must = async (...words: string[]) => {
  const result = await runCommand(["--config", config, "pages", ...words]);
  expect(result, words.join(" ")).toMatchObject({ code: 0, stderr: "" });
  return result;
};

it("list sites, with the reason of those that are not routed", async () => {
  const all = (await must("list")).stdout;
  expect(all).toMatch(/^URL +PROJECT +OWNER +STATE +REASON\n/);
  expect(all).toMatch(new RegExp(`^https://alice\\.${zone}/ +alice/site +alice +routed$`, "m"));
  expect(all).toMatch(/alice\/club +alice +conflict +"club" is held by someone else\.$/m);
  expect((await must("list", "--state", "conflict", "--json")).json()).toMatchObject([
    { projectPath: "alice/club" },
  ]);
  expect((await must("list", "--owner", "club", "--json")).json()).toEqual([]);
}, 60_000);

it("list custom domains, and what is to be done", async () => {
  const { stdout } = await must("domains");
  expect(stdout).toMatch(/^DOMAIN +PROJECT +OWNER +STATE\n/);
  expect(stdout).toMatch(/^www\.alice\.example +a\/b +alice +active\n/m);
  expect(stdout).toMatch(/^www\.club\.example +a\/b +club +unverified\n/m);
  expect(stdout).toContain(`
www.club.example: GitLab does not know yet that www.club.example is yours, and does not serve it.`);
  expect(stdout).toContain(`
  _gitlab-pages-verification-code.www.club.example  TXT  gitlab-pages-verification-code=c0de
  www.club.example  CNAME  ${zone}
`);
  expect(stdout).not.toContain("www.alice.example: ");
  expect(dns.questions).toEqual([]);

  const looked = (await must("domains", "--dns")).stdout;
  expect(looked).toMatch(/^www\.alice\.example +a\/b +alice +active +points-here\n/m);
  expect(looked).toMatch(/^www\.club\.example +a\/b +club +unverified +elsewhere\n/m);
  expect(looked).toContain("points to 198.51.100.7, not here (192.0.2.1).");
  expect((await must("domains", "--owner", "alice", "--dns", "--json")).json()).toMatchObject([
    { domain: "www.alice.example", dns: { state: "points-here" } },
  ]);
}, 60_000);
