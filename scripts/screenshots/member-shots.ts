import { type Act, openMenu, pressing, type Shot } from "./shot.ts";

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

/** Saves what somebody else has changed since the form was asked for. */
const saveTooLate: Act = async (page, { does }) => {
  await page.getByLabel("Where it runs").fill("10.0.3.7:1111");
  await does["changeWiki"]?.();
  await pressing("Save")(page);
  await page.getByRole("button", { name: "Save mine over it" }).waitFor();
};

const handOver: Act = async (page) => {
  await page.getByLabel("Their name here").fill("carol");
  await pressing("Hand the group over to them")(page);
};

/** The members' pages: of alice where nobody else is named. Names in braces are ids of the stage. */
export const MEMBER_SHOTS: readonly Shot[] = [
  { name: "sites", path: "/" },
  { name: "sites-menu", path: "/", act: openMenu("Menu") },
  { name: "sites-first", path: "/", who: "carol" },
  { name: "sites-many", path: "/", who: "dora" },
  { name: "sites-search", path: "/?q=wiki" },
  { name: "sites-removed", path: "/", act: removeBlog, after: pressing("Undo") },
  { name: "site-host", path: "/sites/dora.tardis.test", who: "dora" },
  { name: "endpoint-new", path: "/endpoints/new" },
  { name: "endpoint-new-wrong", path: "/endpoints/new", act: fillWrong },
  { name: "endpoint-new-more-wrong", path: "/endpoints/new", act: fillMoreWrong },
  { name: "endpoint-new-preview", path: "/endpoints/new", act: fillAndLook },
  { name: "endpoint", path: "/endpoints/{wiki}" },
  { name: "endpoint-edit", path: "/endpoints/{wiki}/edit" },
  { name: "endpoint-edit-lost", path: "/endpoints/{wiki}/edit", act: saveTooLate },
  { name: "endpoint-remove", path: "/endpoints/{wiki}/remove" },
  { name: "page", path: "/pages/pg-thesis" },
  { name: "namespaces", path: "/namespaces" },
  { name: "namespaces-first", path: "/namespaces", who: "carol" },
  { name: "namespace-new", path: "/namespaces/new" },
  { name: "namespace-new-wrong", path: "/namespaces/new", act: named("No Name") },
  { name: "namespace", path: "/namespaces/{shop}" },
  { name: "namespace-going", path: "/namespaces/{goingNamespace}" },
  { name: "namespace-conflict", path: "/namespaces/{conflictNamespace}" },
  { name: "namespace-stuck", path: "/namespaces/{stuckNamespace}" },
  { name: "namespace-delete", path: "/namespaces/{shop}/delete" },
  { name: "kubeconfig-new", path: "/kubeconfigs/new?namespace={shop}" },
  { name: "kubeconfig-renew", path: "/kubeconfigs/{kubeconfig}/renew" },
  {
    name: "kubeconfig-given",
    path: "/kubeconfigs/{kubeconfig}/renew",
    act: pressing("Renew it"),
  },
  { name: "kubeconfig-revoke", path: "/kubeconfigs/{kubeconfig}/revoke" },
  { name: "buckets", path: "/buckets" },
  { name: "buckets-first", path: "/buckets", who: "carol" },
  { name: "bucket-new", path: "/buckets/new" },
  { name: "bucket-new-wrong", path: "/buckets/new", act: named("No Name") },
  { name: "bucket", path: "/buckets/{photos}" },
  { name: "bucket-going", path: "/buckets/{goingBucket}" },
  { name: "bucket-conflict", path: "/buckets/{conflictBucket}" },
  { name: "bucket-stuck", path: "/buckets/{stuckBucket}" },
  { name: "bucket-edit", path: "/buckets/{photos}/edit" },
  { name: "bucket-delete", path: "/buckets/{photos}/delete" },
  { name: "bucket-key-new", path: "/bucket-keys/new" },
  { name: "bucket-key-new-wrong", path: "/bucket-keys/new", act: pressing("Make it") },
  { name: "bucket-key-rotate", path: "/bucket-keys/{bucketKey}/rotate" },
  {
    name: "bucket-key-given",
    path: "/bucket-keys/{bucketKey}/rotate",
    act: pressing("Rotate it"),
  },
  { name: "bucket-key-revoke", path: "/bucket-keys/{bucketKey}/revoke" },
  { name: "databases", path: "/databases" },
  { name: "databases-first", path: "/databases", who: "carol" },
  { name: "database-new", path: "/databases/new" },
  { name: "database-new-wrong", path: "/databases/new", act: named("No Name") },
  { name: "database", path: "/databases/{kept}" },
  { name: "database-going", path: "/databases/{goingDatabase}" },
  { name: "database-conflict", path: "/databases/{conflictDatabase}" },
  { name: "database-stuck", path: "/databases/{stuckDatabase}" },
  { name: "database-delete", path: "/databases/{kept}/delete" },
  { name: "database-account-new", path: "/database-accounts/new" },
  { name: "database-account-new-wrong", path: "/database-accounts/new", act: named("No Name") },
  { name: "database-account-edit", path: "/database-accounts/{account}/edit" },
  { name: "database-account-password", path: "/database-accounts/{account}/password" },
  {
    name: "database-account-given",
    path: "/database-accounts/{account}/password",
    act: pressing("Set a new password"),
  },
  { name: "database-account-end", path: "/database-accounts/{account}/end" },
  { name: "groups", path: "/groups" },
  { name: "groups-first", path: "/groups", who: "carol" },
  { name: "group", path: "/groups/{games}" },
  { name: "group-take-out", path: "/groups/{games}/managers/{bob}" },
  { name: "group-leave", path: "/groups/{games}/managers/{alice}" },
  { name: "group-hand-over", path: "/groups/{games}", act: handOver },
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
  { name: "access-revoke", path: "/access/tokens/{token}/revoke" },
  { name: "activity", path: "/activity" },
  { name: "activity-first", path: "/activity", who: "carol" },
  { name: "missing", path: "/nothing-here" },
];
