import { consoleGrants } from "../../src/databases/console-grants.ts";
import { stageGitLab } from "../../test/console/admin/gitlab-stage.ts";
import { startTestConsole, mustClient, zone } from "../../test/support/console.ts";
import { temporaryFolder } from "../../test/support/folder.ts";
import { startMariadb } from "../../test/support/mariadb.ts";
import { startMinio } from "../../test/support/minio.ts";
import { request } from "../../test/support/request.ts";
import { TestVisitor } from "../../test/support/visitor.ts";
import { ADMIN_SHOTS } from "./admin-shots.ts";
import type { ShownStage } from "./shot.ts";

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
  const [asked = "", answered = ""] = [...state.requests.keys()];
  const { url: way } = await must("POST", "/passes", { person: "bob", use: "sign-in" });
  const link = new URL(way).pathname.split("/").at(-1) ?? "";
  return {
    origin: running.config.publicUrl,
    shots: ADMIN_SHOTS,
    ids: { page, asked, answered, zone, port: String(running.httpPort), link },
    does: {
      removeSites: () => gitlab.removeSites(),
      changeAlice: () =>
        must("PATCH", "/persons/alice", { email: `alice-${Date.now()}@example.org` }),
    },
    by: (who = "ada") => ({ session: sessions.get(who) ?? "" }),
    close: async () => {
      await running.close();
      await storage.destroy();
      await server.destroy();
      await folder.remove();
    },
  };
}

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
