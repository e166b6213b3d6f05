import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { memoryModules } from "../../support/memory-modules.ts";
import type { TestVisitor } from "../../support/visitor.ts";
import { readPage, startAdminWorld, type AdminWorld } from "./support.ts";

let systems: ReturnType<typeof memoryModules>;
let world: AdminWorld;
let ada: TestVisitor;
beforeAll(async () => {
  systems = memoryModules();
  const quotas = { group: { buckets: 200, bucketGigabytes: 900 } };
  world = await startAdminWorld({ ...systems.settings, quotas }, systems.overrides);
  ada = await world.as("ada");
});
afterAll(() => world?.close());

describe("what the admins' pages say of namespaces", () => {
  it("is how each stands and whose it is, what is not right first, and what people left behind", async () => {
    const { must } = world;
    expect(await readPage(ada, "/admin/namespaces")).toContain("no namespaces and kubeconfigs yet");
    const type = { apiVersion: "v1", kind: "Namespace" } as const;
    await systems.cluster.create({ ...type, metadata: { name: "games--wild" } });
    await must("POST", "/namespaces", { owner: "bob", name: "films" });
    await must("POST", "/kubeconfigs", { namespace: "bob--films", name: "laptop" });
    await must("POST", "/namespaces", { owner: "games", name: "wild" });
    const all = await readPage(ada, "/admin/namespaces");
    expect(all).toContain(
      "3 namespaces and kubeconfigs: 2 ready , 1 in conflict . 1 is not right.",
    );
    expect(all).toMatch(/games--wild Namespace games In conflict .*bob--films Namespace bob Ready/);
    expect(all).toMatch(/laptop Kubeconfig bob Ready bob--films/);
    expect(all).toContain("Ingresses at bob.on.tardis.test");
    const wrong = await readPage(ada, "/admin/namespaces?state=wrong");
    expect(wrong).toContain("games--wild Namespace");
    expect(wrong).not.toContain("bob--films Namespace");
    expect(await readPage(ada, "/admin")).toContain(
      "1 namespace or kubeconfig is not as it should be.",
    );
    await must("DELETE", "/persons/bob");
    const left = await readPage(ada, "/admin/namespaces?state=left");
    expect(left).toMatch(/bob--films ns-\w+ Namespace per-\w+, who is gone Being deleted/);
    expect(left).toContain("POST /namespaces/ID/restore gives one to somebody else");
    expect(left).not.toContain("games--wild Namespace");
  });

  it("goes on page by page, each thing once", async () => {
    const made = Array.from({ length: 60 }, (_, at) => `many${String(at).padStart(2, "0")}`);
    for (const name of made)
      await world.must("POST", "/buckets", { owner: "games", name, gigabytes: 1 });
    const found: string[] = [];
    let path: string | undefined = "/admin/buckets?q=games.many";
    for (; path !== undefined;) {
      const { body } = await ada.get(path);
      found.push(...[...body.matchAll(/games\.(many\d\d)<\/a>/g)].map(([, name = ""]) => name));
      path = /href="([^"]*)" rel="next"/.exec(body)?.[1]?.replaceAll("&amp;", "&");
    }
    expect(found).toEqual(made);
  }, 60_000);
});

it("is not there for members", async () => {
  const alice = await world.as("alice");
  expect((await alice.get("/admin/namespaces")).status).toBe(404);
});
