import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { believableHost, type HostOptions } from "../../scripts/loadgen/host.ts";
import { openLevelStore } from "../../src/store/leveldb.ts";
import { stateFrom } from "../../src/store/stored-state.ts";
import { routingTable } from "../../src/traefik/table.ts";
import { cleanEnvironment, runCommand } from "../support/console.ts";
import { temporaryFolder } from "../support/folder.ts";
import { testSettings, zone } from "../support/states.ts";

function host(more: Partial<HostOptions> = {}) {
  return believableHost({
    members: 400,
    seed: 3,
    zone,
    network: "127.0",
    reserved: ["www", "tom"],
    now: new Date("2026-11-24T12:00:00Z"),
    ...more,
  });
}

describe("a believable host", () => {
  const settings = testSettings({ pages: { enabled: true } });

  it("is read whole, and is routed but for what is not to be", () => {
    for (const seed of [1, 2, 3]) {
      const entities = host({ seed });
      const position = { lineage: "l", revision: 1, commit: "c" };
      const { state, newer } = stateFrom({ position, entities });
      expect([state.setAside, newer]).toEqual([[], false]);
      const table = routingTable(state, { rules: settings.rules, userhomes: true });
      expect(table.unrouted).toEqual([]);
      expect(state.owners.size).toBe(420);
      expect(state.endpoints.size).toBeGreaterThan(400);
      expect(state.pages.size).toBeGreaterThan(100);
      expect([...state.labels.values()].filter(({ restsUntil }) => restsUntil)).toHaveLength(4);
      expect(state.labels.has("tom")).toBe(false);
      const sizes = [...state.endpointsByOwner.values()].map((ids) => ids.size);
      expect(Math.max(...sizes)).toBeGreaterThan(10);
    }
  });

  it("is the same for the same seed, another for another", () => {
    expect(host()).toEqual(host());
    expect([...host().keys()]).not.toEqual([...host({ seed: 4 }).keys()]);
  });

  it("has as many endpoints as are asked for", () => {
    const count = (entities: ReturnType<typeof host>) =>
      [...entities.keys()].filter((key) => key.startsWith("endpoint/")).length;
    expect(count(host({ endpoints: 5_000 }))).toBe(5_000);
    expect(count(host({ endpoints: 0 }))).toBe(0);
    expect(host({ members: 0 }).size).toBe(0);
  });
});

describe("npm run loadgen", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(() => folder.remove());

  const run = (...args: string[]) =>
    spawnSync(process.execPath, ["--import", "tsx", "scripts/loadgen.ts", ...args], {
      encoding: "utf8",
      timeout: 30_000,
      env: cleanEnvironment(),
    });

  it("writes into an empty store, and over another only when told to", async () => {
    const data = join(folder.path, "data");
    const first = run("--members", "50", "--data", data, "--json");
    expect(first.status, first.stderr).toBe(0);
    const counts = JSON.parse(first.stdout) as Record<string, number>;
    expect(counts["persons"]).toBe(50);
    const again = run("--members", "5", "--data", data);
    expect([again.status, again.stderr]).toEqual([1, expect.stringMatching(/--force replaces/)]);
    const forced = run("--members", "5", "--data", data, "--force");
    expect([forced.status, forced.stdout]).toEqual([0, expect.stringMatching(/5 persons/)]);
    const store = await openLevelStore(data);
    const { entities } = await store.load();
    await store.close();
    expect([...entities.keys()].filter((key) => key.startsWith("person/"))).toHaveLength(5);
  }, 60_000);

  it("writes an export that a console takes", async () => {
    const file = join(folder.path, "host.json");
    expect(run("--members", "30", "--output", file).status).toBe(0);
    expect(existsSync(file)).toBe(true);
    const { code, stderr } = await runCommand(["import", "--dry-run", file], {
      env: { TARDIS_DATA: join(folder.path, "data"), TARDIS_PAGES__ENABLED: "true" },
    });
    expect([code, stderr]).toEqual([0, ""]);
  }, 60_000);

  it.each([
    [[], "--members"],
    [["--members", "many"], "whole number"],
    [["--members", "1", "--network", "everywhere"], "--network"],
    [["--nothing"], "--nothing"],
  ])("refuses %j with its help", (args, said) => {
    const { status, stderr } = run(...args);
    expect([status, stderr]).toEqual([2, expect.stringContaining(said)]);
    expect(stderr).toContain("--help");
  });
});
