import { describe, expect, it } from "vitest";
import { believableHost } from "../../scripts/loadgen/host.ts";
import { readState, stateFrom } from "../../src/store/stored-state.ts";

describe("reading a large state", () => {
  const entities = believableHost({
    members: 2_000,
    seed: 1,
    zone: "tardis.ac",
    network: "127.0",
    reserved: [],
    now: new Date("2026-03-01T00:00:00.000Z"),
  });
  entities.set("label/broken", { v: 1 });
  const loaded = { position: { lineage: "a", revision: 7, commit: "b" }, entities };

  it("lets other work have its turn, and gives what reading at once gives", async () => {
    let turns = 0;
    const turn = () => {
      turns++;
      waiting = setImmediate(turn);
    };
    let waiting = setImmediate(turn);
    const read = await readState(loaded);
    clearImmediate(waiting);
    expect(turns).toBeGreaterThan(1);

    const atOnce = stateFrom(loaded);
    expect(read.state).toEqual(atOnce.state);
    expect(read.state.revision).toBe(7);
    expect(read.state.setAside).toMatchObject([{ key: "label/broken" }]);
    expect([...read.unread.keys()]).toEqual(["label/broken"]);
    expect(read.newer).toBe(false);
  });
});
