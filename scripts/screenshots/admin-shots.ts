import { type Act, openMenu, pressing, type Shot } from "./shot.ts";

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

const saveTooLate: Act = async (page, { does }) => {
  await page.getByLabel("Full name").fill("Alice W.");
  await does["changeAlice"]?.();
  await pressing("Save")(page);
};

/** Has GitLab lose its sites, so that a plan is held. */
const lose: Act = async (page, { does }) => {
  const held = page.getByRole("link", { name: "Look at it" });
  if (await held.isVisible()) return;
  await does["removeSites"]?.();
  await pressing("Read GitLab now")(page);
  await held.waitFor();
};

/**
 * What ada sees, and what only a console that runs shows to others. Names in braces are ids of the stage.
 * The last ones are of a GitLab that has no site any more, and then of hosts that nothing else serves.
 */
export const ADMIN_SHOTS: readonly Shot[] = [
  { name: "sign-in", path: "/sign-in", who: "nobody" },
  { name: "sign-in-link-wrong", path: "/sign-in/link/wrong", who: "nobody" },
  { name: "sign-in-link-valid", path: "/sign-in/link/{link}", who: "nobody" },
  { name: "sites-membership", path: "/", who: "alice" },
  { name: "page-gitlab", path: "/pages/{page}", who: "alice" },
  {
    name: "page-read-again",
    path: "/pages/{page}",
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
  { name: "admin-owner-edit-lost", path: "/admin/owners/alice/edit", act: saveTooLate },
  { name: "admin-pass", path: "/admin/owners/alice", act: pressing("Make a sign-in link") },
  { name: "admin-owner-new", path: "/admin/owners/new" },
  { name: "admin-owner-new-wrong", path: "/admin/owners/new", act: addWrongly },
  { name: "admin-owner-delete", path: "/admin/owners/alice/delete" },
  { name: "admin-give-back", path: "/admin/owners/alice/labels/alice-lab/give-back" },
  { name: "admin-suspend", path: "/admin/owners/alice/suspend" },
  { name: "admin-resume", path: "/admin/owners/mallory/resume" },
  { name: "admin-requests", path: "/admin/requests" },
  { name: "admin-requests-all", path: "/admin/requests?state=all" },
  { name: "admin-request", path: "/admin/requests/{asked}" },
  { name: "admin-request-decided", path: "/admin/requests/{answered}" },
  {
    name: "admin-request-wrong",
    path: "/admin/requests/{asked}",
    act: pressing("Decline it"),
  },
  { name: "admin-routes", path: "/admin/routes" },
  { name: "admin-gitlab", path: "/admin/gitlab" },
  {
    name: "admin-gitlab-run",
    path: "/admin/gitlab",
    is: "/admin/gitlab/runs/:run",
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
  { name: "admin-gitlab-held", path: "/admin/gitlab", act: lose },
  { name: "admin-waiting", path: "/admin" },
  {
    name: "admin-gitlab-approve",
    path: "/admin/gitlab",
    is: "/admin/gitlab/runs/:run/approve",
    act: async (page, stage) => {
      await lose(page, stage);
      await page.getByRole("link", { name: "Look at it" }).click();
      await page.getByRole("button", { name: "Let them go" }).waitFor();
    },
  },
  { name: "host-suspended", path: "http://mallory.{zone}:{port}/", who: "nobody" },
  { name: "host-nothing", path: "http://alice.{zone}:{port}/", who: "nobody" },
  { name: "host-gone", path: "http://once.{zone}:{port}/", who: "nobody" },
];
