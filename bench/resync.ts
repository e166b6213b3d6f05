import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { openLevelStore } from "../src/store/leveldb.ts";
import { eachAtOnce } from "../src/reconcile/at-once.ts";
import { mustClient, zone, type MustClient } from "../test/support/console.ts";
import { startChild } from "./child.ts";
import { watcher, type During } from "./during.ts";
import { removeFolder } from "./process.ts";
import type { Look, ResyncInput, ResyncVerbs } from "./resync-console.ts";
import { lookRow, memoryRow, phaseRows, type Pair } from "./resync-rows.ts";
import { seedRecords } from "./seed.ts";
import type { Row } from "./table.ts";

/** A real system whose things a console keeps right, and what a bench does behind the console's back. */
export interface ResyncSystem<Thing> extends Omit<ResyncInput, "folder"> {
  /** As people know it. */
  readonly name: string;
  /** Makes what one owner has. */
  readonly furnish: (must: MustClient, owner: string) => Promise<Thing>;
  /** Changes by hand what one owner has. */
  readonly spoil: (thing: Thing) => Promise<unknown>;
  /** Counts from now on what is written there. */
  readonly countWrites: () => Promise<() => Promise<number>>;
}

interface Size {
  readonly owners: number;
  /** How often each kind of look is taken, beside as many quiet phases. */
  readonly rounds: number;
  /** How long a phase lasts at least. */
  readonly phaseMs: number;
}

const FULL: Size = { owners: 500, rounds: 3, phaseMs: 3_000 };
const QUICK: Size = { owners: 10, rounds: 2, phaseMs: 300 };
const AT_ONCE = 4;

/**
 * Looks at all that many owners have at a real system, with nothing to do and with much, each beside a
 * quiet phase of the same console: what they take, and what they do to polls.
 */
export async function resync<Thing>(
  system: ResyncSystem<Thing>,
  { quick }: { readonly quick: boolean },
): Promise<Row[]> {
  const size = quick ? QUICK : FULL;
  const { module, settings } = system;
  const folder = await mkdtemp(join(tmpdir(), "tardis-bench-"));
  const closing: (() => Promise<unknown>)[] = [() => removeFolder(folder)];
  try {
    await seed(join(folder, "data"), size.owners);
    const input: ResyncInput = { folder, module, settings };
    const console = await startChild<ResyncVerbs>("resync-console.ts", input);
    closing.push(() => console.stop());
    const ports = await console.ask.ports();
    const { during, stop } = await watcher(console, ports.internal);
    closing.push(stop);
    const must = mustClient(ports.http);
    const things: Thing[] = [];
    await eachAtOnce(Array(size.owners).keys(), AT_ONCE, async (owner) => {
      things.push(await system.furnish(must, `member${owner}`));
    });
    for (let settled = await console.ask.look(); settled.attempted > 0;)
      settled = await console.ask.look();
    await during(() => delay(size.phaseMs));
    return await measure(system, size, { console, during, things });
  } finally {
    for (const end of closing.toReversed()) await end();
  }
}

interface Stage<Thing> {
  readonly console: Awaited<ReturnType<typeof startChild<ResyncVerbs>>>;
  readonly during: During;
  readonly things: readonly Thing[];
}

async function measure<Thing>(
  system: ResyncSystem<Thing>,
  { owners, rounds, phaseMs }: Size,
  { console, during, things }: Stage<Thing>,
): Promise<Row[]> {
  const before = await console.ask.memory();
  const pairsOf = async (
    prepare: () => Promise<unknown>,
    isDone: (since: number) => boolean,
  ): Promise<Pair[]> => {
    const pairs: Pair[] = [];
    for (let round = 0; round < rounds; round++) {
      const idle = await during(() => delay(phaseMs));
      await prepare();
      const written = await system.countWrites();
      const calls = await console.ask.calls();
      const busy = await during(async () => {
        const since = performance.now();
        const looks: Look[] = [];
        do looks.push(await console.ask.look());
        while (!isDone(since));
        return looks;
      });
      pairs.push({
        idle,
        busy,
        looks: busy.result,
        calls: (await console.ask.calls()) - calls,
        writes: await written(),
      });
    }
    return pairs;
  };
  const once = () => true;
  const spoilt = things.slice(0, Math.ceil(things.length / 2));
  const nothing = await pairsOf(
    async () => undefined,
    (since) => performance.now() - since >= phaseMs,
  );
  const anew = await pairsOf(() => console.ask.forget(), once);
  const drift = await pairsOf(
    () => eachAtOnce(spoilt, AT_ONCE, async (thing) => void (await system.spoil(thing))),
    once,
  );
  const after = await console.ask.memory();
  const what = `a look at all of ${owners} owners`;
  return [
    lookRow(`${what}, nothing to do`, system.name, nothing, "nothing"),
    lookRow(`${what}, by a process that knows nothing of them yet`, system.name, anew, "nothing"),
    lookRow(`${what}, what ${spoilt.length} have changed by hand`, system.name, drift, "all"),
    memoryRow([...nothing, ...anew, ...drift], before, after),
    ...phaseRows("looks with nothing to do", nothing),
    ...phaseRows("looks by a process that knows nothing yet", anew),
    ...phaseRows("looks with much to put right", drift),
  ];
}

/** Each with an endpoint, so that there is something to be polled. */
async function seed(folder: string, owners: number): Promise<void> {
  const store = await openLevelStore(folder);
  const { position } = await store.load();
  await store.replace(position, seedRecords(owners, zone, { each: 1 }), { type: "seeded" });
  await store.close();
}
