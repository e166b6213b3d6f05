import { beforeEach, describe, expect, it } from "vitest";
import { createEndpoint } from "../../src/endpoints/create.ts";
import { deleteNamespace, createNamespace } from "../../src/namespaces/verbs/namespaces.ts";
import { createPerson } from "../../src/owners/create.ts";
import { routingTable } from "../../src/traefik/table.ts";
import { memberOf, World } from "../support/domain.ts";

const ENV = {
  TARDIS_NAMESPACES__ENABLED: "true",
  TARDIS_NAMESPACES__TOKEN: "t",
  // Even where the operators grant more than they should.
  TARDIS_TARGETS__NAMES: '[{"suffix": ".cluster.local"}]',
};
let world: World;
let alice: string;
beforeEach(() => {
  world = new World(ENV);
  alice = owner("alice", "shop");
  owner("alice-b", "shop");
});

/** Someone with a namespace that is there. */
function owner(username: string, name: string): string {
  const { id } = world.do(createPerson, { username });
  const asked = world.do(createNamespace, {
    id: `ns-${username.replaceAll("-", "")}`,
    owner: id,
    name,
  });
  const entity = { ...asked, uid: "u" };
  world.take({
    changes: [{ kind: "namespace", id: asked.id, entity }],
    event: { type: "made", summary: "", owners: [] },
    result: null,
  });
  return id;
}

const add = (target: string) =>
  world.do(createEndpoint, { owner: alice, target, path: "/x" }, memberOf(alice));

describe("a service of the cluster as a target", () => {
  it.each([
    [
      "http://web.alice--shop.svc.cluster.local:8080",
      "http://web.alice--shop.svc.cluster.local:8080",
    ],
    ["http://web.alice--shop.svc", "http://web.alice--shop.svc.cluster.local:80"],
    ["https://db-0.web.alice--shop.svc", "https://db-0.web.alice--shop.svc.cluster.local:443"],
  ])("%s is taken, of one's own namespace", (target, stored) => {
    expect(add(target).targets).toEqual([stored]);
  });

  it.each([
    "http://web.alice-b--shop.svc",
    "http://web.alice-b--shop.svc.cluster.local",
    "http://web.kube-system.svc.cluster.local",
    "http://kubernetes.default.svc",
    "http://alice--shop.svc.cluster.local",
    "http://web.malice--shop.svc",
    "http://web.shop.svc",
    "http://web.alice--shop.svc.cluster.local.kube-system.svc",
    "http://svc.cluster.local",
  ])("%s is refused", (target) => {
    expect(() => add(target)).toThrow(/is not a service of a namespace of alice/);
  });

  it("is let go of as soon as the namespace is closed", () => {
    add("http://web.alice--shop.svc");
    const routed = () => {
      const { hosts } = routingTable(world.state, { rules: world.rules, userhomes: false });
      return JSON.stringify([...hosts]).includes("alice--shop");
    };
    expect(routed()).toBe(true);
    world.do(deleteNamespace, { id: "ns-alice", name: "alice--shop" });
    expect(routed()).toBe(false);
  });
});

describe("a host of somebody's ingresses", () => {
  it("is no other's, by an admin's hand either", () => {
    const bob = world.do(createPerson, { username: "bob" });
    const at = (host: string, id: string) =>
      world.do(createEndpoint, { owner: id, host, target: "http://a.cluster.local" });
    for (const host of ["alice.on.tardis.test", "x.alice.on.tardis.test"])
      expect(() => at(host, bob.id)).toThrow(/is where ingresses of alice may be/);
    expect(at("own.alice.on.tardis.test", alice).host).toBe("own.alice.on.tardis.test");
    expect(at("nobody.on.tardis.test", bob.id).host).toBe("nobody.on.tardis.test");
  });
});
