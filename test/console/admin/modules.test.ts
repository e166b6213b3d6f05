import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { State } from "../../../src/domain/state.ts";
import { zone } from "../../support/console.ts";
import { memoryModules } from "../../support/memory-modules.ts";
import { request } from "../../support/request.ts";
import type { TestVisitor } from "../../support/visitor.ts";
import { waitFor } from "../../support/wait.ts";
import { ADOPTED, contentOf, fillSystems } from "./adoption-stage.ts";
import { readPage, startAdminWorld, textOf, type AdminWorld } from "./support.ts";

let systems: ReturnType<typeof memoryModules>;
let world: AdminWorld;
let ada: TestVisitor;
beforeAll(async () => {
  systems = memoryModules();
  await fillSystems(systems);
  const quotas = { group: { buckets: 200, bucketGigabytes: 900 } };
  world = await startAdminWorld({ ...systems.settings, quotas }, systems.overrides);
  ada = await world.as("ada");
});
afterAll(() => world?.close());

const state = (): State => world.running.core.requireLedger().state;
const seenIn = (html: string) => /name="seen" value="([0-9a-f]{32})"/.exec(html)?.[1] ?? "";

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
    expect(left).toMatch(
      /bob--films Namespace ns-\w+ per-\w+, who is gone Give bob--films to somebody … Being deleted Deleted for good in [\w ]+ \. It can/,
    );
    expect(left).not.toContain("(UTC)");
    expect(left).toContain(
      "the link beside each, POST /namespaces/ID/restore or tardis-console namespaces restore ID --owner NAME gives one to somebody else",
    );
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

describe("a host of ingresses", () => {
  const host = `games.on.${zone}`;
  const asked = async () => {
    const { httpPort } = world.running;
    const { status } = await request({ port: httpPort, host, path: "/" });
    return status;
  };

  it("is left to the cluster and known to be its owner's, until they are suspended", async () => {
    const { must } = world;
    const search = () =>
      readPage(ada, `/admin/search?q=${encodeURIComponent(`https://${host}/x`)}`);
    expect(await search()).toContain(`${host} games Left to the cluster's own provider`);
    expect(await asked()).toBe(404);
    await must("POST", "/groups/games/suspend", { reason: "x" });
    expect(await search()).toContain(`${host} games Suspended`);
    expect(await asked()).toBe(403);
    const { items } = await must("GET", `/routes?host=${host}`);
    expect(items).toMatchObject([{ kind: "suspended", ownerName: "games", path: "" }]);
    await waitFor(async () => (await ada.get("/admin/traefik/document.json")).body.includes(host), {
      describe: "the blocking router",
    });
    await must("POST", "/groups/games/resume");
    expect(await asked()).toBe(404);
  });
});

describe.each(ADOPTED)("taking over $name at $path", ({ path, name, told, limit, event }) => {
  const form = () => ({ name, owner: "alice" });

  it("lists what is there and not the console's, each a way to the form", async () => {
    const { body, status } = await ada.get(`${path}/adopt`);
    expect(status).toBe(200);
    expect(body).toContain(`href="${path}/adopt?name=${name}"`);
    for (const none of ["kube-system", "lab.marked"]) expect(body).not.toContain(none);
    const chosen = await ada.get(`${path}/adopt?name=${name}`);
    expect(chosen.body).toMatch(new RegExp(`name="name"[^>]*value="${name}"|value="${name}"`));
    expect(await readPage(ada, path)).toContain("Take over a");
  });

  it.each([
    [{ name: "", owner: "alice" }, 400, "name", "Write what it is called there."],
    [{ name: "x", owner: "" }, 400, "owner", "Write whose it is to be."],
    [{ owner: "nobody-of-that-name" }, 404, "owner", "There is no such owner."],
    [{ name: "no-such-thing" }, 404, "name", "no such"],
  ])("says beside the field what is wrong: %o", async (wrong, status, field, message) => {
    const before = [state().revision, contentOf(systems)];
    for (const to of [`${path}/adopt/preview`, `${path}/adopt`]) {
      const answer = await ada.post(to, { ...form(), ...wrong });
      expect([to, answer.status]).toEqual([to, status]);
      const beside = new RegExp(`id="field-${field}-error">([^<]*)<`).exec(answer.body)?.[1];
      expect(beside).toContain(message);
    }
    expect([state().revision, contentOf(systems)]).toEqual(before);
  });

  it("shows first what it changes, and changes nothing by that", async () => {
    const before = [state().revision, contentOf(systems)];
    const { status, body } = await ada.post(`${path}/adopt/preview`, form());
    expect(status).toBe(200);
    expect(textOf(body)).toMatch(told);
    expect(textOf(body)).toContain(limit);
    expect(seenIn(body)).not.toBe("");
    // Without what was shown, or with what was shown of another owner, nothing is taken over.
    for (const seen of [
      "",
      seenIn((await ada.post(`${path}/adopt/preview`, { ...form(), owner: "games" })).body),
    ]) {
      const unseen = await ada.post(`${path}/adopt`, { ...form(), seen });
      expect(unseen.status).toBe(409);
      expect(textOf(unseen.body)).toContain("is not as it was when you looked at it");
    }
    expect([state().revision, contentOf(systems)]).toEqual(before);
  });

  it("is not there for members, nor for whoever is signed out", async () => {
    const before = [state().revision, contentOf(systems)];
    const seen = seenIn((await ada.post(`${path}/adopt/preview`, form())).body);
    const alice = await world.as("alice");
    const plain = ({ status, body }: { status: number; body: string }) => ({ status, body });
    const none = plain(await alice.get("/no/such/page"));
    expect(none.status).toBe(404);
    for (const at of [path, `${path}/adopt`, `${path}/adopt?name=${name}`])
      expect(plain(await alice.get(at))).toEqual(none);
    const nowhere = plain(await alice.post("/no/such/page", form()));
    for (const at of [`${path}/adopt`, `${path}/adopt/preview`])
      expect(plain(await alice.post(at, { ...form(), seen }))).toEqual(nowhere);
    alice.cookies.clear();
    expect((await alice.post(`${path}/adopt`, { ...form(), seen })).status).toBe(401);
    expect([state().revision, contentOf(systems)]).toEqual(before);
  });

  it("takes it over once, as done by an admin for somebody", async () => {
    const { body } = await ada.post(`${path}/adopt/preview`, form());
    const done = await ada.post(`${path}/adopt`, { ...form(), seen: seenIn(body) });
    expect(done.status).toBe(303);
    const page = await readPage(ada, done.headers["location"] ?? "");
    expect(page).toContain(`${name} was taken over: it is alice's.`);
    expect(page).toContain("Ready");
    const { items } = await world.must("GET", `/events?limit=50&owner=alice`);
    const written = items.find(({ type }: { type: string }) => type === event);
    expect(written).toMatchObject({
      actor: { name: "ada", asAdmin: true },
      owners: [world.id("alice")],
    });
    expect(await readPage(ada, "/admin/audit")).toMatch(/taken over ada, as an admin, for alice/);
    const again = await ada.post(`${path}/adopt`, { ...form(), seen: seenIn(body) });
    expect(again.status).toBe(409);
    expect(again.body).toMatch(/id="field-name-error">The console has a \w+ \S+ already/);
    expect((await ada.get(`${path}/adopt`)).body).not.toContain(`?name=${name}"`);
  });
});

describe("taking over a bucket", () => {
  it("says what a limit would be, and refuses what carries a mark", async () => {
    const make = (more: object) =>
      ada.post("/admin/buckets/adopt/preview", { name: "lab.marked", owner: "alice", ...more });
    expect((await make({})).body).toMatch(/id="field-name-error">It carries a console&#39;s mark/);
    const typed = await make({ gigabytes: "lots" });
    expect(typed.status).toBe(400);
    expect(typed.body).toContain(`id="field-gigabytes-error"`);
    await systems.storage.makeBucket("lab.huge");
    const huge = await make({ name: "lab.huge", gigabytes: "40" });
    expect(textOf(huge.body)).toContain("gigabytes set aside (more than they may have)");
    expect(textOf(huge.body)).toContain("May hold 40 GB");
  });

  it("asks to look once more when it was changed meanwhile, or its owner suspended", async () => {
    await systems.storage.makeBucket("lab.open");
    const form = { name: "lab.open", owner: "games" };
    const { body } = await ada.post("/admin/buckets/adopt/preview", form);
    await systems.storage.setExposure("lab.open", "read");
    const first = await ada.post("/admin/buckets/adopt", { ...form, seen: seenIn(body) });
    expect(first.status).toBe(409);
    expect(textOf(first.body)).toContain("Read by everyone");
    await world.must("POST", "/groups/games/suspend", { reason: "x" });
    const second = await ada.post("/admin/buckets/adopt", { ...form, seen: seenIn(first.body) });
    expect(second.status).toBe(409);
    expect(textOf(second.body)).toMatch(/games is suspended.*closed it to the public/);
    const done = await ada.post("/admin/buckets/adopt", { ...form, seen: seenIn(second.body) });
    expect(done.status).toBe(303);
    expect(systems.storage.stored.get("lab.open")?.exposure).toBe("private");
  });
});

// The last: what is asked in vain some times is left alone for a while.
describe.each(ADOPTED)("taking over at $path", ({ path, name: taken }) => {
  const name = `${taken}x`;

  it("says so while the system is away", async () => {
    for (const system of [systems.storage, systems.databaseServer, systems.cluster])
      system.isAway = true;
    expect(await readPage(ada, `${path}/adopt`)).toContain("What is there cannot be listed now");
    const answer = await ada.post(`${path}/adopt/preview`, { name, owner: "alice" });
    expect(answer.status).toBe(503);
    expect(answer.body).toContain("cannot be reached");
    expect(answer.body).toContain(`value="${name}"`);
  });
});
