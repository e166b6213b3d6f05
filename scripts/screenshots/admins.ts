import { consoleGrants } from "../../src/databases/console-grants.ts";
import { stageGitLab } from "../../test/console/admin/gitlab-stage.ts";
import { startTestConsole, mustClient, zone } from "../../test/support/console.ts";
import { temporaryFolder } from "../../test/support/folder.ts";
import { startMariadb } from "../../test/support/mariadb.ts";
import { startMinio } from "../../test/support/minio.ts";
import { request } from "../../test/support/request.ts";
import { TestVisitor } from "../../test/support/visitor.ts";
import { type Act, openMenu, pressing, type Shot, type ShownStage } from "./shot.ts";

const DAY_MS = 86_400_000;

/** A console that runs, with people in it: its admin ada, and what only such a one shows to alice. */
export async function stageAdmins(): Promise<ShownStage> {
  const folder = await temporaryFolder();
  const [storage, server] = await Promise.all([startMinio(), startDatabases()]);
  const { url, accessKey, secretKey } = storage;
  const gitlab = stageGitLab();
  const [site] = gitlab.addSites(["alice", "bob"]);
  const running = await startTestConsole(
    folder.path,
    {
      // Without HTTPS, as for a trial on a laptop: browsers keep its cookies.
      publicUrl: "http://localhost:0",
      buckets: { enabled: true, url, accessKey, secretKey },
      databases: { enabled: true, address: server.address, user: "console", password: PASSWORD },
      ...gitlab.settings,
    },
    gitlab.overrides,
  );
  const must = mustClient(running.httpPort);
  for (const [username, displayName] of [
    ["ada", "Ada Byron"],
    ["alice", "Alice Weber"],
    ["bob", "Bob Ross"],
    ["mallory", "Mallory"],
  ])
    await must("POST", "/persons", { username, displayName });
  await must("PATCH", "/persons/ada", { role: "admin" });
  // As whoever GitLab knows, so that her site there is hers here.
  const identities = [{ issuer: "https://gitlab.example", subject: String(site?.creatorId ?? "") }];
  await must("PATCH", "/persons/alice", { identities });
  const endsAt = new Date(Date.now() + 9 * DAY_MS).toISOString();
  await must("PATCH", "/persons/alice", { membershipEndsAt: endsAt });
  const group = { name: "games", displayName: "Games society", managers: ["alice"] };
  await must("POST", "/groups", group);
  await must("POST", "/labels", { label: "alice-lab", owner: "alice" });
  for (const [owner, path, port] of [
    ["alice", "/wiki", 8080],
    ["alice", "/photos", 2342],
    ["games", "/minecraft", 8123],
    ["bob", "/", 3000],
  ])
    await must("POST", "/endpoints", { owner, path, target: `http://127.0.0.1:${port}` });
  await must("POST", "/buckets", { owner: "alice", name: "photos" });
  await must("POST", "/bucket-keys", { owner: "alice", name: "laptop", access: "read" });
  await must("POST", "/databases", { owner: "alice", name: "wiki" });
  await must("POST", "/databases", { owner: "alice", name: "old" });
  await must("POST", "/database-accounts", { owner: "alice", name: "app", access: "write" });
  const token = { owner: "alice", name: "deploy from CI", scopes: ["endpoints"] };
  await must("POST", "/tokens", token);
  await must("POST", "/pages/sync");
  const wish = { kind: "quota", of: "endpoints", amount: 80 };
  const reason = "We host a tournament in May, with a server for each team.";
  await must("POST", "/requests", { owner: "games", wish, reason });
  const label = { kind: "label", label: "recipes" };
  const other = await must("POST", "/requests", {
    owner: "alice",
    wish: label,
    reason: "To cook.",
  });
  await must("POST", `/requests/${other.id}/decline`, { answer: "Ask the kitchen first." });
  await must("POST", "/persons/mallory/suspend", { reason: "Sent spam through the contact form." });
  await must("POST", "/labels", { label: "once", owner: "bob" });
  await must("DELETE", "/labels/once");
  await must("POST", "/reserved-names", {
    label: "tournament",
    reason: "Kept for the summer tournament.",
  });
  await request({
    port: running.internalPort,
    host: "localhost",
    path: "/traefik/config?poller=edge-1",
  });
  const sessions = new Map<string, string>();
  for (const who of ["ada", "alice"]) {
    const visitor = new TestVisitor(running);
    await visitor.be(who);
    sessions.set(who, [...visitor.cookies.values()][0] ?? "");
  }
  const { state } = running.core.requireLedger();
  const page = [...state.pages.values()].find(({ project }) => project === site?.id)?.id ?? "";
  const [asked, answered] = [...state.requests.keys()];
  return {
    origin: running.config.publicUrl,
    shots: [
      ...shotsOf({ page, asked, answered }),
      ...heldShots(() => gitlab.removeSites()),
      ...hostShots(running.httpPort),
    ],
    by: (who = "ada") => ({ session: sessions.get(who) ?? "" }),
    close: async () => {
      await running.close();
      await storage.destroy();
      await server.destroy();
      await folder.remove();
    },
  };
}

/** The pages, with the ids of what they are about. */
function shotsOf(ids: Record<"page" | "asked" | "answered", string | undefined>): readonly Shot[] {
  return [
    { name: "sign-in", path: "/sign-in", who: "nobody" },
    { name: "sign-in-link", path: "/sign-in/link/wrong", who: "nobody" },
    { name: "sites-membership", path: "/", who: "alice" },
    { name: "page-gitlab", path: `/pages/${ids.page}`, who: "alice" },
    {
      name: "page-read-again",
      path: `/pages/${ids.page}`,
      who: "alice",
      act: pressing("Read it again from GitLab"),
    },
    { name: "access-sessions", path: "/access", who: "alice" },
    { name: "admin", path: "/admin" },
    { name: "admin-menu", path: "/admin", act: openMenu("Admin pages, now") },
    { name: "admin-search", path: "/admin/search?q=ali" },
    { name: "admin-search-none", path: "/admin/search?q=nothing" },
    { name: "admin-owners", path: "/admin/owners" },
    { name: "admin-owner", path: "/admin/owners/alice" },
    { name: "admin-owner-group", path: "/admin/owners/games" },
    { name: "admin-owner-suspended", path: "/admin/owners/mallory" },
    { name: "admin-owner-edit", path: "/admin/owners/alice/edit" },
    { name: "admin-owner-edit-wrong", path: "/admin/owners/alice/edit", act: editWrongly },
    { name: "admin-owner-new", path: "/admin/owners/new" },
    { name: "admin-owner-new-wrong", path: "/admin/owners/new", act: addWrongly },
    { name: "admin-owner-delete", path: "/admin/owners/alice/delete" },
    { name: "admin-give-back", path: "/admin/owners/alice/labels/alice-lab/give-back" },
    { name: "admin-suspend", path: "/admin/owners/alice/suspend" },
    { name: "admin-resume", path: "/admin/owners/mallory/resume" },
    { name: "admin-requests", path: "/admin/requests" },
    { name: "admin-requests-all", path: "/admin/requests?state=all" },
    { name: "admin-request", path: `/admin/requests/${ids.asked}` },
    { name: "admin-request-decided", path: `/admin/requests/${ids.answered}` },
    {
      name: "admin-request-wrong",
      path: `/admin/requests/${ids.asked}`,
      act: pressing("Decline it"),
    },
    { name: "admin-routes", path: "/admin/routes" },
    { name: "admin-gitlab", path: "/admin/gitlab" },
    {
      name: "admin-gitlab-run",
      path: "/admin/gitlab",
      act: (page) => page.locator("table.cards a").first().click(),
    },
    { name: "admin-gitlab-pages", path: "/admin/gitlab/pages" },
    { name: "admin-domains", path: "/admin/gitlab/domains?dns=look" },
    { name: "admin-buckets", path: "/admin/buckets" },
    { name: "admin-databases", path: "/admin/databases" },
    { name: "admin-doctor", path: "/admin/doctor", act: lookAtEverything },
    { name: "admin-set-aside", path: "/admin/set-aside" },
    { name: "admin-traefik", path: "/admin/traefik" },
    { name: "admin-document", path: "/admin/traefik/document" },
    { name: "admin-document-entry", path: "/admin/traefik/document?entry=zone-default" },
    { name: "admin-names", path: "/admin/reserved-names" },
    { name: "admin-memberships", path: "/admin/memberships" },
    { name: "admin-audit", path: "/admin/audit" },
  ];
}

/** What is shown once GitLab has no site any more: a plan that is held. It goes on from the rest. */
function heldShots(removeSites: () => void): readonly Shot[] {
  const lose: Act = async (page) => {
    const held = page.getByRole("link", { name: "Look at it" });
    if (await held.isVisible()) return;
    removeSites();
    await pressing("Read GitLab now")(page);
    await held.waitFor();
  };
  return [
    { name: "admin-gitlab-held", path: "/admin/gitlab", act: lose },
    { name: "admin-waiting", path: "/admin" },
    {
      name: "admin-gitlab-approve",
      path: "/admin/gitlab",
      act: async (page) => {
        await lose(page);
        await page.getByRole("link", { name: "Look at it" }).click();
        await page.getByRole("button", { name: "Let them go" }).waitFor();
      },
    },
  ];
}

/** What visitors see of hosts that nothing else serves. */
function hostShots(port: number): readonly Shot[] {
  const at = (name: string) => `http://${name}.${zone}:${port}/`;
  return [
    { name: "host-suspended", path: at("mallory"), who: "nobody" },
    { name: "host-nothing", path: at("alice"), who: "nobody" },
    { name: "host-gone", path: at("once"), who: "nobody" },
  ];
}

const addWrongly: Act = async (page) => {
  await page.getByLabel("Kind").selectOption("group");
  await page.getByLabel("Name", { exact: true }).fill("No Name");
  await page.getByLabel("Managers").fill("nobody-here");
  await pressing("Add")(page);
};

const editWrongly: Act = async (page) => {
  await page.getByLabel("Email").fill("alice");
  await page.getByLabel("Membership until").fill("soon");
  await pressing("Save")(page);
};

/** The doctor looks once, and what it found stays there. */
const lookAtEverything: Act = async (page) => {
  if ((await page.getByText("It has not looked").count()) > 0) await pressing("Look now")(page);
  await page.getByRole("heading", { level: 2 }).first().waitFor({ timeout: 120_000 });
};

const PASSWORD = "console-password-of-the-pictures";

/** A server for databases, with one that somebody made by hand. */
async function startDatabases() {
  const server = await startMariadb();
  const grants = consoleGrants({ product: "MariaDB", user: "console", prefix: "u" });
  await server.root(
    ...grants.map((one) => one.replace("PUT A PASSWORD HERE", PASSWORD)),
    "CREATE DATABASE u_alice_old",
  );
  return server;
}
