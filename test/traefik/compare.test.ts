import { describe, expect, it } from "vitest";
import type { Entity } from "../../src/domain/entities.ts";
import { compareTables } from "../../src/traefik/compare.ts";
import { routingTable } from "../../src/traefik/table.ts";
import { endpoint, label, person, stateOf, testSettings } from "../support/states.ts";

const settings = testSettings();
const alice = person("alice");
const bob = person("bob");
const held = [alice, label("alice", alice), bob, label("bob", bob)];

function tableOf(...entities: Entity[]) {
  return routingTable(stateOf(...held, ...entities), {
    rules: settings.rules,
    userhomes: settings.userhomes.enabled,
  });
}

describe("two routing tables", () => {
  const wiki = endpoint(alice, { path: "/wiki" });
  const game = endpoint(bob, { path: "/game" });

  it("differ in nothing from themselves", () => {
    const change = { added: 0, removed: 0, changed: 0, examples: [] };
    expect(compareTables(tableOf(wiki, game), tableOf(game, wiki))).toEqual(change);
  });

  it("differ in what is added, gone and served by another, place by place", () => {
    const moved = { ...wiki, targets: ["http://127.0.0.1:9999"] as typeof wiki.targets };
    expect(compareTables(tableOf(wiki, game), tableOf(moved))).toEqual({
      added: 0,
      removed: 2,
      changed: 1,
      examples: ["~ alice.tardis.ac/wiki", "- bob.tardis.ac/game", "- bob.tardis.ac"],
    });
    expect(compareTables(tableOf(), tableOf(game))).toMatchObject({ added: 2, removed: 0 });
  });

  it("name a bounded number of examples", () => {
    const many = Array.from({ length: 50 }, (_, n) => endpoint(alice, { path: `/p${n}` }));
    const { added, examples } = compareTables(tableOf(), tableOf(...many));
    expect([added, examples.length]).toEqual([51, 20]);
  });
});
