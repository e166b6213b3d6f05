import { stageGitLab } from "../../test/console/admin/gitlab-stage.ts";
import { startTestConsole, mustClient } from "../../test/support/console.ts";
import { temporaryFolder } from "../../test/support/folder.ts";
import { startMinio } from "../../test/support/minio.ts";
import { request } from "../../test/support/request.ts";
import { TestVisitor } from "../../test/support/visitor.ts";
import { waitFor } from "../../test/support/wait.ts";

/** The admins' pages, by name. */
const SHOWN = [
  ["admin", "/admin"],
  ["admin-search", "/admin/search?q=ali"],
  ["admin-owners", "/admin/owners"],
  ["admin-owner", "/admin/owners/alice"],
  ["admin-owner-edit", "/admin/owners/alice/edit"],
  ["admin-owner-new", "/admin/owners/new"],
  ["admin-owner-delete", "/admin/owners/alice/delete"],
  ["admin-suspend", "/admin/owners/alice/suspend"],
  ["admin-requests", "/admin/requests"],
  ["admin-routes", "/admin/routes"],
  ["admin-gitlab", "/admin/gitlab"],
  ["admin-gitlab-pages", "/admin/gitlab/pages"],
  ["admin-domains", "/admin/gitlab/domains?dns=look"],
  ["admin-buckets", "/admin/buckets"],
  ["admin-doctor", "/admin/doctor"],
  ["admin-traefik", "/admin/traefik"],
  ["admin-document", "/admin/traefik/document"],
  ["admin-names", "/admin/reserved-names"],
  ["admin-memberships", "/admin/memberships"],
  ["admin-audit", "/admin/audit"],
] as const;

const DAY_MS = 86_400_000;

/** A console that runs, with people in it, as its admin ada sees it. */
export async function stageAdmins() {
  const folder = await temporaryFolder();
  const storage = await startMinio();
  const { url, accessKey, secretKey } = storage;
  const gitlab = stageGitLab();
  gitlab.addSites(["alice", "bob"]);
  const running = await startTestConsole(
    folder.path,
    {
      // Without HTTPS, as for a trial on a laptop: browsers keep its cookies.
      publicUrl: "http://localhost:0",
      buckets: { enabled: true, url, accessKey, secretKey },
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
  await must("POST", "/pages/sync");
  const wish = { kind: "quota", of: "endpoints", amount: 80 };
  const reason = "We host a tournament in May, with a server for each team.";
  await must("POST", "/requests", { owner: "games", wish, reason });
  await must("POST", "/persons/mallory/suspend", { reason: "Sent spam through the contact form." });
  await must("POST", "/reserved-names", {
    label: "tournament",
    reason: "Kept for the summer tournament.",
  });
  await request({
    port: running.internalPort,
    host: "localhost",
    path: "/traefik/config?poller=edge-1",
  });
  const ada = new TestVisitor(running);
  await ada.be("ada");
  await ada.post("/admin/doctor");
  await waitFor(async () => (await ada.get("/admin/doctor")).headers["refresh"] === undefined, {
    describe: "the doctor to have looked",
  });
  return {
    origin: running.config.publicUrl,
    secret: [...ada.cookies.values()][0] ?? "",
    shown: SHOWN,
    close: async () => {
      await running.close();
      await storage.destroy();
      await folder.remove();
    },
  };
}
