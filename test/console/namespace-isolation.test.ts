import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createPerson } from "../../src/owners/create.ts";
import { suspendOwner } from "../../src/owners/suspend.ts";
import { updateGroup } from "../../src/owners/update.ts";
import { startPages, type TestPages } from "../support/console-pages.ts";
import { furnish } from "../support/console-world.ts";
import { clusterOfPages, furnishNamespaces } from "../support/namespace-world.ts";

let pages: TestPages;
/** What is there of the group `games`, and of alice: ids by what they are. */
const ids = new Map<string, string>();

beforeAll(async () => {
  const cluster = clusterOfPages();
  const env = { TARDIS_QUOTAS__PERSON__NAMESPACES: "4" };
  pages = await startPages(undefined, env, undefined, undefined, cluster);
  await furnish(pages);
  const { must, ledger } = pages;
  await must((state, context) => createPerson(state, context, { username: "dora" }));
  const { shop, scratch, servers, laptop, ci } = await furnishNamespaces(pages, cluster);
  const named = (name: string) => ledger.state.ownersByName.get(name) ?? "";
  // Dora managed the group, and no longer does.
  for (const managers of [["bob", "dora"], ["bob"]])
    await must((state, context) => updateGroup(state, context, { id: named("games"), managers }));
  await must((state, context) => createPerson(state, context, { username: "erik" }));
  await must((state, context) =>
    suspendOwner(state, context, { id: named("erik"), reason: "Spam." }),
  );
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

type Case = readonly [method: "GET" | "POST", path: string, thing: string, form?: object];

const NAMESPACES: readonly Case[] = ["alice's namespace", "games' namespace"].flatMap(
  (thing): Case[] => [
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
const KUBECONFIGS: readonly Case[] = ["alice's kubeconfig", "games' kubeconfig"].flatMap(
  (thing): Case[] => [
    ["GET", "/kubeconfigs/ID/renew", thing],
    ["GET", "/kubeconfigs/ID/revoke", thing],
    ["POST", "/kubeconfigs/ID/renew", thing, { days: "7" }],
    ["POST", "/kubeconfigs/ID/revoke", thing],
  ],
);
const OWNERS: readonly Case[] = ["alice", "games"].flatMap((thing): Case[] => [
  ["GET", "/namespaces/new?owner=ID", thing],
  ["POST", "/namespaces", thing, { owner: "ID", name: "mine" }],
]);
const CASES: readonly Case[] = [
  ...NAMESPACES,
  ...KUBECONFIGS,
  ...OWNERS,
  ["POST", "/namespaces/ID/restore", "alice's namespace that is going"],
];

async function ask(who: string | undefined, [method, path, , form]: Case, id: string) {
  const fields = Object.entries({ ...form }).map(([name, value]): [string, string] => [
    name,
    String(value).replace("ID", id),
  ]);
  const response = await fetch(pages.origin + path.replace("ID", id), {
    method,
    redirect: "manual",
    headers: who === undefined ? {} : pages.by(who),
    ...(method === "POST" ? { body: new URLSearchParams(fields) } : {}),
  });
  return {
    status: response.status,
    location: response.headers.get("location"),
    body: (await response.text()).replaceAll(id, "ID"),
  };
}

describe("another's namespace or kubeconfig answers exactly like a missing one, and nothing is changed", () => {
  it.each(CASES.map((entry) => [`${entry[0]} ${entry[1]} (${entry[2]})`, entry] as const))(
    "%s",
    async (_title, entry) => {
      const { revision } = pages.ledger.state;
      const id = ids.get(entry[2]) ?? "";
      const missing = id.replace(/.$/, "~");
      for (const who of ["carol", "dora"]) {
        const answer = await ask(who, entry, id);
        expect(answer).toEqual(await ask(who, entry, missing));
        expect(answer.status).toBe(404);
      }
      for (const who of ["erik", undefined]) {
        expect((await ask(who, entry, id)).location).toBe("/sign-in");
      }
      expect(pages.ledger.state.revision).toBe(revision);
    },
  );
});

it("lists and forms show nothing of others, to strangers and former managers", async () => {
  for (const path of ["/namespaces", "/namespaces?from=1&kubeconfigs=1", "/namespaces/new"]) {
    for (const who of ["carol", "dora"]) {
      const response = await fetch(pages.origin + path, { headers: pages.by(who) });
      const body = await response.text();
      expect(response.status).toBe(200);
      for (const text of ["shop", "games", "servers", "alice", "my laptop", "build runner"])
        expect([who, path, text, body.includes(text)]).toEqual([who, path, text, false]);
    }
  }
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
