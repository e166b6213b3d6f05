import type { AccountName } from "../../../src/domain/entities.ts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stamp } from "../../../src/domain/decision.ts";
import { operator } from "../../../src/domain/policy.ts";
import type { Change } from "../../../src/domain/state.ts";
import { zone } from "../../support/console.ts";
import type { TestVisitor } from "../../support/visitor.ts";
import { HOSTILE, readPage, startAdminWorld, textOf, type AdminWorld } from "./support.ts";

let world: AdminWorld;
let ada: TestVisitor;
const target = "http://127.0.0.1:9000";

beforeAll(async () => {
  world = await startAdminWorld();
  ada = await world.as("ada");
  await world.must("POST", "/endpoints", { owner: "alice", path: "/wiki", target });
  await world.must("POST", "/labels", { owner: "alice", label: "alice-lab" });
});
afterAll(() => world?.close());

const state = () => {
  const { ledger } = world.running.core;
  if (ledger === undefined) throw new Error("there is no state");
  return ledger.state;
};
const owner = (name: string) => {
  const found = state().owners.get(world.id(name));
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
};
const at = (name: string, more = "") => `/admin/owners/${world.id(name)}${more}`;
/** The fields of the form on a page, as they stand there. */
const formOn = async (path: string) => formIn((await ada.get(path)).body);
function formIn(body: string): Record<string, string> {
  const fields: Record<string, string> = {};
  const form = /<form[^>]*class="(?:form|confirmation)[^]*?<\/form>/.exec(body)?.[0] ?? "";
  for (const [tag] of form.matchAll(/<input[^>]*>/g)) {
    const name = /name="([^"]*)"/.exec(tag)?.[1];
    if (name !== undefined) fields[name] = /value="([^"]*)"/.exec(tag)?.[1] ?? "";
  }
  for (const [, name = "", options = ""] of form.matchAll(
    /<select[^>]*name="([^"]*)"[^>]*>([^]*?)<\/select>/g,
  ))
    fields[name] = /value="([^"]*)" selected/.exec(options)?.[1] ?? "";
  for (const [, name = "", text = ""] of form.matchAll(
    /<textarea[^>]*name="([^"]*)"[^>]*>([^<]*)/g,
  ))
    fields[name] = text.trim();
  return fields;
}

describe("the list of owners", () => {
  it("has everybody by name, and is narrowed down", async () => {
    const all = await readPage(ada, "/admin/owners");
    expect(all).toMatch(/ada Admin.*alice Person.*bob Person.*games Group/);
    const groups = await readPage(ada, "/admin/owners?kind=group");
    expect(groups).toContain("games");
    expect(groups).not.toContain("alice");
    expect(await readPage(ada, "/admin/owners?q=ALI")).not.toContain("bob");
    expect(await readPage(ada, "/admin/owners?state=suspended")).toContain("Nobody is like that");
  });

  it("is cut into pages, and says of a place that is none that it is none", async () => {
    for (let n = 0; n < 55; n++)
      await world.must("POST", "/persons", { username: `m${String(n).padStart(2, "0")}` });
    const { body } = await ada.get("/admin/owners?q=m");
    const next = /href="([^"]*after=[^"]*)"/.exec(body)?.[1]?.replaceAll("&amp;", "&") ?? "";
    expect(textOf(body)).toContain("m48");
    expect(textOf(body)).not.toContain("m54");
    expect(await readPage(ada, next)).toContain("m54");
    expect((await ada.get("/admin/owners?after=nonsense")).status).toBe(400);
  });
});

describe("the search", () => {
  it.each([
    ["alice", "alice Person"],
    ["alice-lab", "alice-lab alice Held"],
    [`https://alice.${zone}/wiki/`, `alice.${zone}/wiki`],
    ["127.0.0.1:9000", `alice.${zone}/wiki`],
  ])("finds %s", async (query, found) => {
    const text = await readPage(ada, `/admin/search?q=${encodeURIComponent(query)}`);
    expect(text).toContain(found);
  });

  it("says so when nothing has it, and shows what was searched for as text", async () => {
    const { body } = await ada.get(`/admin/search?q=${encodeURIComponent(HOSTILE)}`);
    expect(body).not.toContain("<script>alert");
    expect(textOf(body)).toContain("Nothing has this");
  });
});

describe("an owner's page", () => {
  it("has everything of theirs", async () => {
    await world.must("POST", "/tokens", { owner: "alice", name: "ci", scopes: ["read"] });
    await world.as("alice");
    const text = await readPage(ada, at("alice"));
    expect(text).toContain(`alice.${zone}/wiki ${target} Routed`);
    expect(text).toContain(`alice-lab.${zone} Held`);
    expect(text).toContain("Services 1 ");
    expect(text).toContain("ci read");
    expect(text).toContain("192.0.2.1");
    expect(text).toContain("Groups that they manage Name games");
  });

  it("is found by name, and answers for nobody like a page that is missing", async () => {
    expect(await readPage(ada, "/admin/owners/alice")).toContain(world.id("alice"));
    expect((await ada.get("/admin/owners/nobody")).status).toBe(404);
    expect((await ada.post("/admin/owners/nobody/suspend", { reason: "x" })).status).toBe(404);
  });

  it("gives a name, and says beside the field why it does not", async () => {
    const path = at("alice", "/labels");
    const done = await ada.post(path, { label: "wonder" });
    expect([done.status, done.headers["location"]]).toEqual([303, at("alice", "#names")]);
    expect(state().labels.get("wonder")?.owner).toBe(world.id("alice"));
    const taken = await ada.post(path, { label: "bob" });
    expect(taken.status).toBe(409);
    expect(taken.body).toContain('id="field-label-error"');
    expect(textOf(taken.body)).toContain('"bob" is already taken.');
  });

  it("takes a name back once it has said what goes with it, and ends its rest", async () => {
    await world.must("POST", "/endpoints", { owner: "alice", label: "wonder", target });
    const path = at("alice", "/labels/wonder");
    expect(await readPage(ada, `${path}/give-back`)).toContain(`https://wonder.${zone}/`);
    await ada.post(`${path}/give-back`);
    expect(state().labels.get("wonder")?.restsUntil).toBeDefined();
    expect(await readPage(ada, at("alice"))).toContain(`wonder.${zone} Rests`);
    await ada.post(`${path}/free`);
    expect(state().labels.has("wonder")).toBe(false);
  });

  it("ends sessions and tokens", async () => {
    const alice = await world.as("alice");
    const { id } = await world.must("POST", "/tokens", {
      owner: "alice",
      name: "old",
      scopes: ["read"],
    });
    const { body } = await ada.get(at("alice"));
    for (const [, path = ""] of body.matchAll(/action="([^"]*\/sessions\/[^"]*\/end)"/g))
      await ada.post(path);
    expect((await alice.get("/")).status).toBe(303);
    await ada.post(at("alice", `/tokens/${id}/revoke`));
    expect(state().tokens.has(id)).toBe(false);
  });
});

describe("what an admin changes of an owner", () => {
  it("is stored as it was written, and leaves alone what was not touched", async () => {
    const path = at("alice", "/edit");
    const form = await formOn(path);
    const saved = await ada.post(path, {
      ...form,
      displayName: HOSTILE,
      membershipEndsAt: "2099-09-30",
      targets: "10.1.0.0/16 80, 8000-9000\n.svc.example 443",
      "quota.endpoints": "7",
    });
    expect([saved.status, saved.headers["location"]]).toEqual([303, at("alice")]);
    expect(owner("alice")).toMatchObject({
      displayName: HOSTILE,
      role: "member",
      membership: { endsAt: "2099-09-30T23:59:59.000Z" },
      quota: { endpoints: 7 },
      targets: [
        { network: "10.1.0.0/16", ports: ["80", "8000-9000"] },
        { suffix: ".svc.example", ports: ["443"] },
      ],
    });
    const before = owner("alice");
    const { body } = await ada.get(at("alice"));
    expect(body).not.toContain("<script>alert");
    await ada.post(path, await formOn(path).then((same) => ({ ...same, displayName: HOSTILE })));
    expect(owner("alice")).toEqual({ ...before, revision: owner("alice").revision });
  });

  it("is refused beside each field that is wrong, and nothing is stored", async () => {
    const path = at("alice", "/edit");
    const before = owner("alice");
    const answer = await ada.post(path, {
      ...(await formOn(path)),
      email: "no mail",
      membershipEndsAt: "2027-02-31x",
      targets: "everything",
      "quota.tokens": "-1",
    });
    expect(answer.status).toBe(400);
    for (const field of ["email", "membershipEndsAt", "targets", "quota-tokens"])
      expect(answer.body).toContain(`id="field-${field}-error"`);
    expect(owner("alice")).toEqual(before);
    const loopback = await ada.post(path, { ...(await formOn(path)), targets: "127.0.0.0/8 80" });
    expect(loopback.status).toBe(422);
    expect(loopback.body).toContain('id="field-targets-error"');
  });

  it("is not stored over what somebody else changed meanwhile, but shown beside it", async () => {
    const path = at("bob", "/edit");
    const form = await formOn(path);
    // As browsers send the lines of a text.
    const targets = "10.4.0.0/16 80\r\n10.5.0.0/16 443";
    await world.must("PATCH", "/persons/bob", {
      displayName: "Bob Kim",
      targets: [
        { network: "10.4.0.0/16", ports: ["80"] },
        { network: "10.5.0.0/16", ports: ["443"] },
      ],
    });
    const mine = { displayName: HOSTILE, targets, "quota.tokens": "12" };
    const answer = await ada.post(path, { ...form, ...mine });
    expect(answer.status).toBe(412);
    const text = textOf(answer.body);
    expect(text).toContain("This was changed meanwhile, by token first admin token");
    expect(text).toContain("Setting Saved now Yours");
    expect(text).toContain(`Full name Bob Kim ${HOSTILE}`);
    expect(answer.body).not.toContain("<script>alert");
    expect(text).toContain("API tokens — 12");
    const compared = text.slice(text.indexOf("Saved now"), text.indexOf("A new one takes"));
    expect(compared).not.toContain("10.4.0.0");
    expect(owner("bob").displayName).toBe("Bob Kim");
    // The form keeps what was typed; sent again, it is stored over theirs.
    const kept = formIn(answer.body);
    expect(textOf(kept["displayName"] ?? "")).toBe(HOSTILE);
    expect(kept["revision"]).toBe(String(owner("bob").revision));
    const again = { ...kept, displayName: "Robert" };
    expect((await ada.post(path, again)).status).toBe(303);
    expect(owner("bob")).toMatchObject({ displayName: "Robert", quota: { tokens: 12 } });
  });

  it("makes an admin, and hands a group to others", async () => {
    await ada.post(at("bob", "/edit"), { ...(await formOn(at("bob", "/edit"))), role: "admin" });
    expect(owner("bob")).toMatchObject({ role: "admin" });
    await ada.post(at("bob", "/edit"), { ...(await formOn(at("bob", "/edit"))), role: "member" });
    const path = at("games", "/edit");
    await ada.post(path, { ...(await formOn(path)), managers: "bob, ada" });
    expect(owner("games")).toMatchObject({ managers: [world.id("bob"), world.id("ada")] });
    const wrong = await ada.post(path, { ...(await formOn(path)), managers: "bob, nobody" });
    expect(wrong.body).toContain('id="field-managers-error"');
  });

  it("begins with a new person or group", async () => {
    const form = { kind: "person", name: "carol", displayName: "Carol", email: "c@example.org" };
    const made = await ada.post("/admin/owners/new", form);
    expect([made.status, made.headers["location"]]).toEqual([303, at("carol")]);
    const taken = await ada.post("/admin/owners/new", form);
    expect(taken.status).toBe(409);
    expect(taken.body).toContain('id="field-name-error"');
    const group = { kind: "group", name: "chess", managers: "carol" };
    expect((await ada.post("/admin/owners/new", group)).status).toBe(303);
    expect(owner("chess")).toMatchObject({ managers: [world.id("carol")] });
  });

  it("renews a membership that ends soon", async () => {
    const soon = new Date(Date.now() + 24 * 60 * 60 * 1000).toISOString();
    await world.must("PATCH", "/persons/bob", { membershipEndsAt: soon });
    await ada.post(at("bob", "/renew"), { revision: String(owner("bob").revision) });
    expect(Date.parse(owner("bob").membership?.endsAt ?? "")).toBeGreaterThan(Date.parse(soon));
  });
});

describe("suspending", () => {
  it("says what it cuts, and what it does not, before anything is done", async () => {
    await world.must("POST", "/tokens", { owner: "alice", name: "ci2", scopes: ["read"] });
    await world.as("alice");
    const text = await readPage(ada, at("alice", "/suspend"));
    expect(text).toContain(`2 hosts, which answer that they are suspended`);
    expect(text).not.toContain("in a pod");
    expect(text).not.toContain("What they have seen of");
    expect(text).toContain(`alice.${zone}`);
    expect(text).toContain("2 tokens: refused until they are resumed.");
    expect(text).toContain("1 session: signed out");
    expect(text).toContain("WebSockets outlive the removal of their route");
    expect(owner("alice").suspended).toBeUndefined();
  });

  it("names the accounts, the keys to buckets, and the buckets that it closes to the public", async () => {
    await world.running.core.requireLedger().change(operator, (_state, context) => {
      const made = { ...stamp(context), owner: world.id("carol") };
      const bucket = (id: string, publicRead: boolean): Change => ({
        kind: "bucket",
        id,
        entity: {
          ...made,
          kind: "bucket",
          id,
          name: `carol.${id}`,
          stage: "made",
          publicRead,
          expireDays: null,
          gigabytes: 1,
        },
      });
      const key: Change = {
        kind: "bucketKey",
        id: "bkey-1",
        entity: {
          ...made,
          kind: "bucketKey",
          id: "bkey-1",
          name: "laptop",
          access: "read",
          buckets: null,
          accessKey: "ABCDEFGHIJKLMNOPQRST",
          issued: true,
          retired: [],
          deleting: false,
        },
      };
      const account: Change = {
        kind: "databaseAccount",
        id: "dbacc-1",
        entity: {
          ...made,
          v: 2,
          kind: "databaseAccount",
          id: "dbacc-1",
          name: "u.carol.app" as AccountName,
          access: "write",
          databases: null,
          stage: "issued",
          renewing: false,
          deleting: false,
        },
      };
      const changes = [bucket("bkt-1", true), bucket("bkt-2", false), key, account];
      return { changes, event: { type: "test", summary: "things", owners: [] }, result: null };
    });
    const text = await readPage(ada, at("carol", "/suspend"));
    expect(text).toContain("1 key to buckets: refused until they are resumed.");
    expect(text).toContain("1 account at databases: locked until they are resumed");
    expect(text).toContain("1 public bucket: closed until they are resumed.");
  });

  it("names the namespaces that it shuts, and what goes on in them", async () => {
    await world.running.core.requireLedger().change(operator, (_state, context) => {
      const entity = {
        ...stamp(context),
        kind: "namespace" as const,
        id: "ns-1",
        owner: world.id("carol"),
        name: "carol--lab",
      };
      return {
        changes: [{ kind: "namespace", id: "ns-1", entity }],
        event: { type: "test", summary: "namespaces", owners: [] },
        result: null,
      };
    });
    const text = await readPage(ada, at("carol", "/suspend"));
    expect(text).toContain("1 namespace: no way in, no network and nothing new");
    expect(text).toContain("Pods that run go on without network until they end.");
    expect(text).toMatch(/does not cut.*What somebody has open in a pod, as with kubectl exec/);
    expect(text).toMatch(/does not cut.*What they have seen of chess: passwords, keys/);
  });

  it("asks for a reason, cuts what it said, and gives it back", async () => {
    const alice = await world.as("alice");
    const path = at("alice", "/suspend");
    const without = await ada.post(path, { ...(await formOn(path)), reason: " " });
    expect(without.status).toBe(400);
    expect(without.body).toContain('id="field-reason-error"');
    await ada.post(path, { ...(await formOn(path)), reason: HOSTILE });
    expect(owner("alice").suspended?.reason).toBe(HOSTILE);
    expect((await alice.get("/")).status).toBe(303);
    const { body } = await ada.get(at("alice"));
    expect(body).not.toContain("<script>alert");
    const resume = at("alice", "/resume");
    expect(await readPage(ada, resume)).toContain("2 hosts:");
    await ada.post(resume, await formOn(resume));
    expect(owner("alice").suspended).toBeUndefined();
  });

  it("is told when somebody changed them since the preview", async () => {
    const path = at("alice", "/suspend");
    const form = await formOn(path);
    await world.must("PATCH", "/persons/alice", { displayName: "Alice" });
    const answer = await ada.post(path, { ...form, reason: "Too loud." });
    expect(answer.status).toBe(412);
    expect(owner("alice").suspended).toBeUndefined();
  });

  it("is not possible of oneself", async () => {
    const answer = await ada.get(at("ada", "/suspend"));
    expect([answer.status, answer.headers["location"]]).toEqual([303, at("ada")]);
    expect(await readPage(ada, at("ada"))).toContain("You cannot suspend yourself.");
  });
});
