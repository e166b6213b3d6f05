import { createEndpoint } from "../../src/endpoints/create.ts";
import { createPerson } from "../../src/owners/create.ts";
import { updatePerson } from "../../src/owners/update.ts";
import { furnishBuckets } from "../../test/support/bucket-world.ts";
import { startPages, type TestPages } from "../../test/support/console-pages.ts";
import { askAround, furnish } from "../../test/support/console-world.ts";
import { furnishDatabases } from "../../test/support/database-world.ts";
import { MemoryDatabases } from "../../test/support/memory-databases.ts";
import { MemoryStorage } from "../../test/support/memory-storage.ts";
import { clusterOfPages, furnishNamespaces } from "../../test/support/namespace-world.ts";
import { type Act, openMenu, pressing, type Shot, type ShownStage } from "./shot.ts";
import { addStuck, inConflict } from "./stuck.ts";

/** Members' pages: alice has some of everything, carol nothing yet, dora a host with many places. */
export async function stageMembers(): Promise<ShownStage> {
  const storage = new MemoryStorage();
  const server = new MemoryDatabases();
  const cluster = clusterOfPages();
  const quotas = JSON.stringify({ namespaces: 5 });
  const env = { TARDIS_QUOTAS__PERSON: quotas, TARDIS_QUOTAS__GROUP: quotas };
  const pages = await startPages(undefined, env, storage, server, cluster);
  const { wiki } = await furnish(pages);
  const { photos, scratch, laptop } = await furnishBuckets(pages, storage);
  const { wiki: kept, scratch: going, app } = await furnishDatabases(pages, server);
  const spaces = await furnishNamespaces(pages, cluster);
  await askAround(pages);
  await addMany(pages, "dora", 45);
  const stuck = await addStuck(pages, { storage, server, cluster });
  const conflict = inConflict(pages.ledger.state);
  const games = pages.ledger.state.ownersByName.get("games") ?? "";
  const shots: readonly Shot[] = [
    { name: "sites", path: "/" },
    { name: "sites-menu", path: "/", act: openMenu("Menu") },
    { name: "sites-first", path: "/", who: "carol" },
    { name: "sites-many", path: "/", who: "dora" },
    { name: "sites-search", path: "/?q=wiki" },
    { name: "sites-removed", path: `/`, act: removeBlog, after: pressing("Undo") },
    { name: "site-host", path: "/sites/dora.tardis.test", who: "dora" },
    { name: "endpoint-new", path: "/endpoints/new" },
    { name: "endpoint-new-wrong", path: "/endpoints/new", act: fillWrong },
    { name: "endpoint-new-more-wrong", path: "/endpoints/new", act: fillMoreWrong },
    { name: "endpoint-new-preview", path: "/endpoints/new", act: fillAndLook },
    { name: "endpoint", path: `/endpoints/${wiki.id}` },
    { name: "endpoint-edit", path: `/endpoints/${wiki.id}/edit` },
    { name: "endpoint-remove", path: `/endpoints/${wiki.id}/remove` },
    { name: "page", path: "/pages/pg-thesis" },
    { name: "namespaces", path: "/namespaces" },
    { name: "namespaces-first", path: "/namespaces", who: "carol" },
    { name: "namespace-new", path: "/namespaces/new" },
    { name: "namespace-new-wrong", path: "/namespaces/new", act: named("No Name") },
    { name: "namespace", path: `/namespaces/${spaces.shop.id}` },
    { name: "namespace-going", path: `/namespaces/${spaces.scratch.id}` },
    { name: "namespace-conflict", path: `/namespaces/${spaces.old.id}` },
    { name: "namespace-stuck", path: `/namespaces/${stuck.namespace.id}` },
    { name: "namespace-delete", path: `/namespaces/${spaces.shop.id}/delete` },
    { name: "kubeconfig-new", path: `/kubeconfigs/new?namespace=${spaces.shop.id}` },
    { name: "kubeconfig-renew", path: `/kubeconfigs/${spaces.laptop.id}/renew` },
    {
      name: "kubeconfig-given",
      path: `/kubeconfigs/${spaces.laptop.id}/renew`,
      act: pressing("Renew it"),
    },
    { name: "kubeconfig-revoke", path: `/kubeconfigs/${spaces.laptop.id}/revoke` },
    { name: "buckets", path: "/buckets" },
    { name: "buckets-first", path: "/buckets", who: "carol" },
    { name: "bucket-new", path: "/buckets/new" },
    { name: "bucket-new-wrong", path: "/buckets/new", act: named("No Name") },
    { name: "bucket", path: `/buckets/${photos.id}` },
    { name: "bucket-going", path: `/buckets/${scratch.id}` },
    { name: "bucket-conflict", path: `/buckets/${conflict.bucket}` },
    { name: "bucket-stuck", path: `/buckets/${stuck.bucket.id}` },
    { name: "bucket-edit", path: `/buckets/${photos.id}/edit` },
    { name: "bucket-delete", path: `/buckets/${photos.id}/delete` },
    { name: "bucket-key-new", path: "/bucket-keys/new" },
    { name: "bucket-key-new-wrong", path: "/bucket-keys/new", act: pressing("Make it") },
    { name: "bucket-key-rotate", path: `/bucket-keys/${laptop.id}/rotate` },
    {
      name: "bucket-key-given",
      path: `/bucket-keys/${laptop.id}/rotate`,
      act: pressing("Rotate it"),
    },
    { name: "bucket-key-revoke", path: `/bucket-keys/${laptop.id}/revoke` },
    { name: "databases", path: "/databases" },
    { name: "databases-first", path: "/databases", who: "carol" },
    { name: "database-new", path: "/databases/new" },
    { name: "database-new-wrong", path: "/databases/new", act: named("No Name") },
    { name: "database", path: `/databases/${kept.id}` },
    { name: "database-going", path: `/databases/${going.id}` },
    { name: "database-conflict", path: `/databases/${conflict.database}` },
    { name: "database-stuck", path: `/databases/${stuck.database.id}` },
    { name: "database-delete", path: `/databases/${kept.id}/delete` },
    { name: "database-account-new", path: "/database-accounts/new" },
    { name: "database-account-new-wrong", path: "/database-accounts/new", act: named("No Name") },
    { name: "database-account-edit", path: `/database-accounts/${app.id}/edit` },
    { name: "database-account-password", path: `/database-accounts/${app.id}/password` },
    {
      name: "database-account-given",
      path: `/database-accounts/${app.id}/password`,
      act: pressing("Set a new password"),
    },
    { name: "database-account-end", path: `/database-accounts/${app.id}/end` },
    { name: "groups", path: "/groups" },
    { name: "groups-first", path: "/groups", who: "carol" },
    { name: "group", path: `/groups/${games}` },
    { name: "requests", path: "/requests" },
    { name: "requests-first", path: "/requests", who: "carol" },
    { name: "request-new", path: "/requests/new" },
    { name: "request-new-label", path: "/requests/new?kind=label" },
    { name: "request-new-quota", path: "/requests/new?kind=quota" },
    { name: "request-new-target", path: "/requests/new?kind=target" },
    {
      name: "request-new-target-wrong",
      path: "/requests/new?kind=target",
      act: pressing("Send it"),
    },
    { name: "access", path: "/access" },
    { name: "access-first", path: "/access", who: "carol" },
    { name: "access-new", path: "/access/new" },
    { name: "access-new-wrong", path: "/access/new", act: askForNothing },
    { name: "access-new-given", path: "/access/new", act: makeToken },
    { name: "activity", path: "/activity" },
    { name: "activity-first", path: "/activity", who: "carol" },
    { name: "missing", path: "/nothing-here" },
  ];
  return {
    origin: pages.origin,
    shots,
    by: (who = "alice") => ({ headers: pages.by(who) }),
    close: () => pages.close(),
  };
}

const removeBlog: Act = async (page) => {
  await page.getByRole("link", { name: /^Manage .*old-blog$/ }).click();
  await page.getByRole("link", { name: "Remove it" }).click();
  await pressing("Remove it")(page);
};

const fillWrong: Act = async (page) => {
  await page.getByLabel("Path").first().fill("/wiki");
  await page.getByLabel("Where it runs").fill("192.168.1.1:80");
  await pressing("Put it online")(page);
};

const fillMoreWrong: Act = async (page) => {
  await page.getByText("More settings").click();
  await page.getByLabel("Where it runs").fill("10.0.3.7:2342");
  await page.getByLabel("More servers").fill("10.0.3.8:2342\nnowhere");
  await page.getByLabel("Health check").fill("healthz");
  await page.getByLabel("Seconds between checks").fill("often");
  await pressing("Put it online")(page);
};

const makeToken: Act = async (page) => {
  await page.getByLabel("What it is for").fill("deploy from CI");
  await pressing("Make it")(page);
};

const askForNothing: Act = async (page) => {
  await page.getByLabel("Read", { exact: true }).uncheck();
  await page.getByLabel("For how many days").fill("many");
  await pressing("Make it")(page);
};

const fillAndLook: Act = async (page) => {
  await page.getByLabel("Path").first().fill("/photos/summer");
  await page.getByLabel("Where it runs").fill("10.0.3.7:2342");
  await pressing("Preview")(page);
  await page.locator(".moves").waitFor();
};

const named =
  (name: string): Act =>
  async (page) => {
    await page.getByLabel("Name", { exact: true }).fill(name);
    await pressing("Make it")(page);
  };

/** Somebody with many places at one host. */
async function addMany({ must }: TestPages, name: string, count: number): Promise<void> {
  const { id } = await must((state, context) =>
    createPerson(state, context, { username: name, displayName: "Dora Lind" }),
  );
  await must((state, context) => updatePerson(state, context, { id, quota: { endpoints: count } }));
  for (let number = 1; number <= count; number++)
    await must((state, context) =>
      createEndpoint(state, context, {
        owner: name,
        path: `/course-${String(number).padStart(2, "0")}`,
        targets: [`http://10.0.8.${number}:8080`],
      }),
    );
}
