import * as fc from "fast-check";
import type { CustomDomain, Page, PageHost, Scope } from "../../src/domain/entities.ts";
import type { Wish } from "../../src/domain/requests.ts";
import type { Change } from "../../src/domain/state.ts";
import type { Label } from "../../src/domain/names.ts";
import { createEndpoint } from "../../src/endpoints/create.ts";
import { updateEndpoint } from "../../src/endpoints/update.ts";
import { Refusal } from "../../src/errors.ts";
import { createGroup, createPerson } from "../../src/owners/create.ts";
import { deleteOwner } from "../../src/owners/delete.ts";
import { giveBackLabel, grantLabel, reserveLabel } from "../../src/owners/labels.ts";
import { suspendOwner } from "../../src/owners/suspend.ts";
import { askAdmins } from "../../src/requests/ask.ts";
import { declineRequest, grantRequest } from "../../src/requests/decide.ts";
import { createToken } from "../../src/owners/tokens.ts";
import { updateGroup, updatePerson } from "../../src/owners/update.ts";
import { memberOf, World } from "../support/domain.ts";

export const HOST_SETTINGS = {
  TARDIS_TARGETS__NETWORKS: '[{"cidr":"10.0.0.0/8"}]',
  TARDIS_PAGES__ENABLED: "true",
  TARDIS_USERHOMES__ENABLED: "true",
};

type Step = (world: World) => unknown;

const name = fc.constantFrom(
  "alice",
  "bob",
  "games",
  "tea",
  "al",
  "x1",
  "per-01j",
  "xn--bcher-kva",
);
const path = fc.constantFrom("", "/a", "/a/b", "/B.c");
const days = fc.integer({ min: -400, max: 400 });

const step: fc.Arbitrary<Step> = fc.oneof(
  name.map(
    (username): Step =>
      (world) =>
        world.do(createPerson, { username, displayName: "Ü" }),
  ),
  fc.tuple(name, fc.array(name, { maxLength: 2 })).map(
    ([group, managers]): Step =>
      (world) =>
        world.do(createGroup, { name: group, managers }),
  ),
  fc.tuple(name, name).map(
    ([label, owner]): Step =>
      (world) =>
        world.do(grantLabel, { label, owner }),
  ),
  name.map(
    (label): Step =>
      (world) =>
        world.do(giveBackLabel, { label }),
  ),
  name.map(
    (label): Step =>
      (world) =>
        world.do(reserveLabel, { label, reason: "ours" }),
  ),
  fc
    .tuple(name, name, path, fc.boolean(), fc.boolean())
    .map(([owner, label, prefix, stripPrefix, deep]): Step => (world) => {
      const place = deep ? { host: `deep.${label}.tardis.test` } : { label };
      const targets = ["http://10.0.0.1:80", "http://10.0.0.2:8080"];
      world.do(createEndpoint, { owner, ...place, path: prefix, targets, stripPrefix });
    }),
  {
    weight: 3,
    arbitrary: fc.tuple(name, path).map(([owner, prefix]): Step => (world) => {
      world.do(createEndpoint, { owner, path: prefix, targets: ["http://10.0.0.1:80"] });
    }),
  },
  fc.nat().map((n): Step => (world) => {
    const id = [...world.state.endpoints.keys()][n % Math.max(1, world.state.endpoints.size)];
    if (id !== undefined) world.do(updateEndpoint, { id, paused: true });
  }),
  fc.tuple(name, name).map(([id, other]): Step => (world) => {
    world.do(updatePerson, { id, name: other });
  }),
  fc.tuple(name, days, fc.nat(3)).map(([id, end, quota]): Step => (world) => {
    const membershipEndsAt = new Date(world.now.getTime() + end * 86_400_000).toISOString();
    const identities = [{ issuer: "https://id.test", subject: `${id} ${quota}` }];
    world.do(updatePerson, { id, membershipEndsAt, quota: { pages: quota }, identities });
  }),
  fc.tuple(name, name).map(([id, manager]): Step => (world) => {
    world.do(updateGroup, { id, managers: [manager] });
  }),
  name.map(
    (id): Step =>
      (world) =>
        world.do(suspendOwner, { id, reason: "Too loud." }),
  ),
  name.map(
    (id): Step =>
      (world) =>
        world.do(deleteOwner, { id, kind: "person" }),
  ),
  fc.tuple(fc.option(name), fc.constantFrom<Scope>("read", "endpoints")).map(
    ([owner, scope]): Step =>
      (world) =>
        world.do(createToken, { name: "t", owner, scopes: [scope] }),
  ),
  fc.tuple(name, name, name, fc.nat(99)).map(([asker, owner, wanted, n]): Step => (world) => {
    const wishes: Wish[] = [
      { kind: "label", label: wanted as Label },
      { kind: "quota", of: "endpoints", amount: 21 + n },
      { kind: "target", grant: { network: "10.0.3.0/24", ports: ["80"] } },
      { kind: "renewal" },
    ];
    const wish = wishes[n % wishes.length] as Wish;
    const id = world.state.ownersByName.get(asker) ?? "";
    world.do(askAdmins, { owner, wish, reason: "Ü\n<b>" }, memberOf(id));
  }),
  fc.tuple(fc.nat(), fc.boolean()).map(([n, isGranted]): Step => (world) => {
    const id = [...world.state.requests.keys()][n % Math.max(1, world.state.requests.size)] ?? "";
    if (isGranted) world.do(grantRequest, { id });
    else world.do(declineRequest, { id, answer: "no" });
  }),
  fc.tuple(name, name, path, fc.nat(9)).map(([label, owner, prefix, n]): Step => (world) => {
    const page = {
      v: 2,
      kind: "page",
      id: `pg-${n}`,
      revision: world.state.revision + 1,
      createdAt: world.now.toISOString(),
      project: n + 1,
      projectPath: "group/Site",
      owner: world.state.ownersByName.get(owner) ?? null,
      host: `${label}.tardis.test`,
      path: prefix,
      accessControl: n % 2 === 0,
      namespace: n % 3 === 0 ? null : n,
      serves: n % 4 === 0 ? "redirect" : "site",
      deployed: n % 5 !== 0,
      source: n % 2 === 0 ? "import" : "sync",
    } as Page;
    put(world, { kind: "page", id: page.id, entity: page });
  }),
  fc
    .tuple(name, name, fc.option(days), fc.nat(9))
    .map(([label, owner, end, n]): Step => (world) => {
      const rests = (days: number) => new Date(world.now.getTime() + days * 86_400_000);
      const host = {
        v: 1,
        kind: "pageHost",
        id: `${n % 3 === 0 ? "deep." : ""}${label}.tardis.test`,
        revision: world.state.revision + 1,
        createdAt: world.now.toISOString(),
        holder: { kind: n % 2 === 0 ? "namespace" : "project", id: n + 1 },
        name: `${label}/Ü`,
        owner: world.state.ownersByName.get(owner) ?? null,
        ...(end === null ? {} : { restsUntil: rests(end).toISOString() }),
      } as PageHost;
      put(world, { kind: "pageHost", id: host.id, entity: host });
    }),
  fc
    .tuple(name, name, fc.option(days), fc.nat(9))
    .map(([label, owner, end, n]): Step => (world) => {
      const until = end === null ? null : new Date(world.now.getTime() + end * 86_400_000);
      const domain = {
        v: 1,
        kind: "domain",
        id: `${label}.example`,
        revision: world.state.revision + 1,
        createdAt: world.now.toISOString(),
        project: n + 1,
        projectPath: "group/Site",
        owner: world.state.ownersByName.get(owner) ?? null,
        verified: n % 2 === 0,
        verificationCode: n % 3 === 0 ? null : "0123456789abcdef",
        enabledUntil: until?.toISOString() ?? null,
        autoSsl: n % 4 === 0,
        certificateUntil: until?.toISOString() ?? null,
      } as CustomDomain;
      put(world, { kind: "domain", id: domain.id, entity: domain });
    }),
);

function put(world: World, change: Change): void {
  const event = { type: "page.synced", summary: "", owners: [] };
  world.take({ changes: [change], event, result: null });
}

/** Worlds that verbs have led to: what they refused is passed over. */
export const worlds: fc.Arbitrary<World> = fc
  .array(step, { minLength: 10, maxLength: 60 })
  .map((steps) => {
    const world = new World(HOST_SETTINGS);
    for (const username of ["alice", "bob"]) world.do(createPerson, { username });
    world.do(createGroup, { name: "games", managers: ["alice"] });
    for (const one of steps) {
      world.pass(60_000);
      try {
        one(world);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
      }
    }
    return world;
  });
