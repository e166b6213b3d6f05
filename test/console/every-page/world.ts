import { operator } from "../../../src/domain/policy.ts";
import type { Change } from "../../../src/domain/state.ts";
import type { RunningConsole } from "../../../src/app.ts";
import { mustClient, startTestConsole, zone, type MustClient } from "../../support/console.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { memoryModules } from "../../support/memory-modules.ts";
import { TestVisitor } from "../../support/visitor.ts";
import { waitFor } from "../../support/wait.ts";
import { stageGitLab } from "../admin/gitlab-stage.ts";
import { MANY_THINGS, moduleMakers, type ModuleThing } from "./module-things.ts";

/** Whoever may ask for a page. */
export const ACTORS = {
  /** Has things of her own. */
  alice: "the owner",
  /** Manages the group games. */
  bob: "the group's manager",
  carol: "another member",
  /** Managed it until a moment ago. */
  dora: "a former manager",
  /** Was signed in when he was suspended. */
  erik: "somebody suspended",
  nobody: "somebody signed out",
  ada: "an admin",
} as const;
export type ActorName = keyof typeof ACTORS;

/** Whose a thing is. */
export type OwnerName = "alice" | "games";

/** What stands for the parameters of a path, and in a form for `{name}`. */
export type Params = Readonly<Record<string, string>>;

/** A console with everybody in it, where anything can be made anew for each question. */
export interface World {
  readonly running: RunningConsole;
  readonly must: MustClient;
  as(actor: ActorName): Promise<TestVisitor>;
  /** Makes a thing of somebody's. What it is called begins with `mark`. */
  make(kind: ThingKind, owner: OwnerName): Promise<Params>;
  close(): Promise<void>;
}

const TARGET = "http://127.0.0.1:9000";
const DAY_MS = 86_400_000;
const MANY = {
  endpoints: 9_000,
  labels: 9_000,
  tokens: 9_000,
  changesPerHour: 90_000,
  ...MANY_THINGS,
};

/** @param more further settings */
export async function startWorld(more: object = {}): Promise<World> {
  const folder = await temporaryFolder();
  const stage = stageGitLab();
  const modules = memoryModules();
  stage.addSites(["gil", "gus"]);
  const running = await startTestConsole(
    folder.path,
    {
      ...stage.settings,
      ...modules.settings,
      quotas: { person: MANY, group: MANY },
      requests: { open: 500 },
      memberships: { renew: { self: true } },
      ...more,
    },
    { ...stage.overrides, ...modules.overrides },
  );
  const must = mustClient(running.httpPort);
  const { core } = running;
  for (const username of ["ada", "alice", "bob", "carol", "dora", "erik", "yuri", "zoe"])
    await must("POST", "/persons", { username });
  await must("PATCH", "/persons/ada", { role: "admin" });
  await must("POST", "/groups", { name: "games", managers: ["bob", "dora"] });
  await must("PATCH", "/groups/games", { managers: ["bob"] });
  const erik = new TestVisitor(running);
  await erik.be("erik");
  await must("POST", "/persons/erik/suspend", { reason: "Spam." });
  const idOf = (name: string) => core.requireLedger().state.ownersByName.get(name) ?? "";
  const write = (change: (revision: number) => Change) =>
    core.requireLedger().change(operator, (_state, { revision }) => ({
      changes: [change(revision)],
      event: { type: "test", summary: "written by a test", owners: [] },
      result: null,
    }));
  const held = async () => running.gitlabPages?.records.held();
  let last = 0;
  const next = (what: string) => `mark-${what}-${(last += 1)}`;

  const endpoint = (owner: OwnerName) =>
    must("POST", "/endpoints", { owner, label: owner, path: `/${next("ep")}`, target: TARGET });
  const request = async (owner: OwnerName) => {
    const wish = { kind: "label", label: next("wish") };
    return (await must("POST", "/requests", { owner, wish, reason: "x" })).id as string;
  };
  const makers: Record<ThingKind, (owner: OwnerName) => Promise<Params>> = {
    ...moduleMakers(must, modules, next),
    none: async () => ({}),
    host: async (owner) => ({ host: `${owner}.${zone}` }),
    label: async (owner) => ({ label: owner, path: `/${next("new")}` }),
    owner: async (owner) => {
      const name = next("name");
      return { owner: idOf(owner), name, short: name.replaceAll("-", "_") };
    },
    endpoint: async (owner) => {
      const { id, revision } = await endpoint(owner);
      return { id, revision: String(revision), path: `/${next("moved")}` };
    },
    removal: async (owner) => {
      const { id } = await endpoint(owner);
      await must("DELETE", `/endpoints/${id}`);
      return { revision: String(core.requireLedger().state.revision) };
    },
    page: async (owner) => {
      const id = `pg-${next("page").replaceAll("-", "")}`;
      await write((revision) => ({
        kind: "page",
        id,
        entity: {
          v: 2,
          kind: "page",
          id,
          revision,
          createdAt: new Date().toISOString(),
          project: 10_000 + last,
          projectPath: `x/${id}`,
          namespace: 3,
          owner: idOf(owner),
          host: `${owner}.${zone}`,
          path: `/${id}`,
          accessControl: false,
          serves: "site",
          deployed: true,
          source: "sync",
        } as never,
      }));
      return { id };
    },
    group: async () => {
      const name = next("group");
      await must("POST", "/groups", { name, managers: ["bob", "zoe", "dora"] });
      const managers = ["bob", "zoe"];
      const { id, revision } = await must("PATCH", `/groups/${name}`, { managers });
      return { id, revision: String(revision), person: idOf("zoe") };
    },
    token: async (owner) => {
      const made = await must("POST", "/tokens", { owner, name: next("token"), scopes: ["read"] });
      return { token: (made.token ?? made).id, owner: idOf(owner) };
    },
    session: async (owner) => {
      const seen = { address: "192.0.2.9", agent: next("agent") };
      const { session } = await core.sessions.begin(idOf(owner), seen);
      return { session: session.id, owner: idOf(owner) };
    },
    request: async (owner) => {
      const id = await request(owner);
      const revision = core.requireLedger().state.requests.get(id)?.revision;
      return { id, request: id, revision: String(revision) };
    },
    answered: async (owner) => {
      const id = await request(owner);
      await must("POST", `/requests/${id}/decline`, { answer: "No." });
      return { id };
    },
    withdrawn: async (owner) => {
      const id = await request(owner);
      await must("POST", `/requests/${id}/withdraw`);
      return { id };
    },
    membership: async (owner) => {
      const path = owner === "games" ? `/groups/${owner}` : `/persons/${owner}`;
      const membershipEndsAt = new Date(Date.now() + 9 * DAY_MS).toISOString();
      const { revision } = await must("PATCH", path, { membershipEndsAt });
      return { owner: idOf(owner), revision: String(revision) };
    },
    extraLabel: async (owner) => {
      const label = next("label");
      await must("POST", "/labels", { label, owner });
      return { label, owner: idOf(owner) };
    },
    restingLabel: async (owner) => {
      const { label, ...rest } = await makers.extraLabel(owner);
      await must("DELETE", `/labels/${label}`);
      return { label: label ?? "", ...rest };
    },
    person: async () => {
      const username = next("person");
      const { id } = await must("POST", "/persons", { username });
      const subject = next("account");
      const identities = [{ issuer: "https://id.test", subject }];
      const { revision } = await must("PATCH", `/persons/${id}`, { identities });
      const shared = { owner: id, revision: String(revision), subject };
      return { ...shared, name: next("name"), called: username };
    },
    suspended: async () => {
      const { owner = "" } = await makers.person("alice");
      const { revision } = await must("POST", `/persons/${owner}/suspend`, { reason: "Spam." });
      return { owner, revision: String(revision) };
    },
    reserved: async () => {
      const label = next("kept");
      await must("POST", "/reserved-names", { label, reason: "x" });
      return { label };
    },
    heldRun: async () => {
      // One that was approved is held no more: other sites go then.
      if ((await held()) === undefined) {
        const names = [next("site"), next("site")];
        stage.addSites(names);
        await must("POST", "/pages/sync");
        const paths = () =>
          Array.from(core.requireLedger().state.pages.values(), ({ projectPath }) => projectPath);
        const areThere = () => names.every((name) => paths().includes(`${name}/site`));
        await waitFor(areThere, { describe: "sites" });
        stage.removeSites();
        await must("POST", "/pages/sync");
      }
      return { run: (await waitFor(held, { describe: "the plan to be held" })).run };
    },
  };
  return {
    running,
    must,
    as: async (actor) => {
      if (actor === "erik") return erik;
      const visitor = new TestVisitor(running);
      if (actor !== "nobody") await visitor.be(actor);
      return visitor;
    },
    make: (kind, owner) => makers[kind](owner),
    close: async () => {
      await running.close();
      await folder.remove();
    },
  };
}

/** What can be made. */
export type ThingKind =
  | ModuleThing
  | "none"
  | "host"
  | "label"
  | "owner"
  | "endpoint"
  | "removal"
  | "page"
  | "group"
  | "token"
  | "session"
  | "request"
  | "answered"
  | "withdrawn"
  | "membership"
  | "extraLabel"
  | "restingLabel"
  | "person"
  | "suspended"
  | "reserved"
  | "heldRun";
