import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startPages, type TestPages } from "../support/console-pages.ts";
import { furnish } from "../support/console-world.ts";
import { clusterOfPages, furnishNamespaces } from "../support/namespace-world.ts";
import {
  expectNothingTold,
  furnishStrangers,
  itKeepsToItself,
  type Try,
} from "../support/strangers.ts";

let pages: TestPages;
/** What is there of the group `games`, and of alice: ids by what they are. */
const ids = new Map<string, string>();

beforeAll(async () => {
  const cluster = clusterOfPages();
  const env = { TARDIS_QUOTAS__PERSON__NAMESPACES: "4" };
  pages = await startPages(undefined, env, undefined, undefined, cluster);
  await furnish(pages);
  const { shop, scratch, servers, laptop, ci } = await furnishNamespaces(pages, cluster);
  const named = await furnishStrangers(pages);
  ids.set("alice's namespace", shop.id);
  ids.set("alice's namespace that is going", scratch.id);
  ids.set("games' namespace", servers.id);
  ids.set("alice's kubeconfig", laptop.id);
  ids.set("games' kubeconfig", ci.id);
  ids.set("games", named("games"));
  ids.set("alice", named("alice"));
});
afterAll(async () => {
  await pages.close();
  expect(pages.errors).toEqual([]);
});

const NAMESPACES: readonly Try[] = ["alice's namespace", "games' namespace"].flatMap(
  (thing): Try[] => [
    ["GET", "/namespaces/ID", thing],
    ["GET", "/namespaces/ID/delete", thing],
    ["POST", "/namespaces/ID/delete", thing, { name: "alice--shop" }],
    ["POST", "/namespaces/ID/delete", thing, { name: "games--servers" }],
    ["POST", "/namespaces/ID/restore", thing],
    ["GET", "/kubeconfigs/new?namespace=ID", thing],
    ["POST", "/kubeconfigs", thing, { namespace: "ID", name: "mine", days: "7" }],
    ["POST", "/kubeconfigs", thing, { namespace: "ID", name: "", days: "" }],
  ],
);
const KUBECONFIGS: readonly Try[] = ["alice's kubeconfig", "games' kubeconfig"].flatMap(
  (thing): Try[] => [
    ["GET", "/kubeconfigs/ID/renew", thing],
    ["GET", "/kubeconfigs/ID/revoke", thing],
    ["POST", "/kubeconfigs/ID/renew", thing, { days: "7" }],
    ["POST", "/kubeconfigs/ID/revoke", thing],
  ],
);
const OWNERS: readonly Try[] = ["alice", "games"].flatMap((thing): Try[] => [
  ["GET", "/namespaces/new?owner=ID", thing],
  ["POST", "/namespaces", thing, { owner: "ID", name: "mine" }],
]);
const TRIES: readonly Try[] = [
  ...NAMESPACES,
  ...KUBECONFIGS,
  ...OWNERS,
  ["POST", "/namespaces/ID/restore", "alice's namespace that is going"],
];

describe("another's namespace or kubeconfig answers exactly like a missing one, and nothing is changed", () => {
  itKeepsToItself(TRIES, () => ({ pages, ids }));
});

it("lists and forms show nothing of others, to strangers and former managers", async () => {
  const paths = ["/namespaces", "/namespaces?from=1&kubeconfigs=1", "/namespaces/new"];
  const texts = ["shop", "games", "servers", "alice", "my laptop", "build runner"];
  await expectNothingTold(pages, paths, texts);
});

it("no page is there where the module is off, and the navigation leads to none", async () => {
  const off = await startPages();
  try {
    await furnish(off);
    for (const path of ["/namespaces", "/namespaces/new", "/kubeconfigs/new"])
      expect((await off.ask("alice", path)).status).toBe(404);
    expect(await (await off.ask("alice", "/")).text()).not.toContain("/namespaces");
  } finally {
    await off.close();
  }
});
