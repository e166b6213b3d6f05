import { cp, open, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { ClassicLevel } from "classic-level";
import { StoreDamaged } from "../store.ts";
import type { Commit } from "../store.ts";
import type { Database, Places } from "./database.ts";
import { inspect } from "./inspect.ts";
import type { Inspection } from "./inspect.ts";
import type { Level } from "./level.ts";
import { chunks, openLevel, readError } from "./level.ts";
import type { Meta } from "../sealed.ts";
import { EVENTS, decodeEvent } from "./record.ts";
import { canonical } from "../canonical.ts";
import { replacement, stage } from "./replace.ts";
import type { Put } from "./replace.ts";

/** What an inspection found, and the open database that it found it in. */
export interface Recoverable {
  readonly found: Inspection;
  readonly source: Level | undefined;
}

/** What can be said of a database of which nothing can be read. */
const NOTHING: Inspection = {
  meta: undefined,
  format: undefined,
  entities: new Map(),
  digest: 0n,
  last: undefined,
  problems: ["Nothing of it can be read."],
  cutOff: true,
};

/**
 * Reads whatever can be read; where LevelDB stops, from a repaired copy.
 * @throws StoreUnavailable when the machine is at fault and not the data.
 */
export async function readAnything(database: Database): Promise<Recoverable> {
  const { places } = database;
  const head = await database.readHead();
  let problems: readonly string[];
  try {
    const source = await database.open();
    const found = await inspect(source, head, true);
    if (!found.cutOff) return { found, source };
    ({ problems } = found);
  } catch (error) {
    if (!(error instanceof StoreDamaged)) throw error;
    problems = [`${error.message}.`];
  }
  await database.closeLevel();
  try {
    const source = await openSalvage(places);
    const found = source === undefined ? NOTHING : await inspect(source, head, true);
    return {
      source,
      found: { ...found, problems: [...new Set([...problems, ...found.problems])] },
    };
  } catch (error) {
    throw readError(places.salvage, error);
  }
}

/**
 * Copies a database that LevelDB cannot read and repairs the copy; the original stays as it is.
 * @returns the copy, open; undefined when nothing can be made of it.
 */
async function openSalvage(places: Places): Promise<Level | undefined> {
  await rm(places.salvage, { recursive: true, force: true });
  if (!(await exists(places.database))) return undefined;
  await cp(places.database, places.salvage, { recursive: true });
  try {
    await ClassicLevel.repair(places.salvage);
    return await openLevel(places.salvage, false);
  } catch (error) {
    const reason = readError(places.salvage, error);
    if (!(reason instanceof StoreDamaged)) throw reason;
    return undefined;
  }
}

/**
 * Writes what an inspection could read into a new database, which keeps every event that is what
 * was written, and lies at `places.fresh` when this is done.
 * @param above the revision that was acknowledged last, as far as it is known
 * @returns its meta.
 */
export async function writeFresh(
  places: Places,
  source: Level | undefined,
  found: Inspection,
  { above, event }: { above: number; event: Commit["event"] },
): Promise<Meta> {
  await rm(places.fresh, { recursive: true, force: true });
  const fresh = await openLevel(places.fresh, true);
  try {
    const write = (puts: Put[]): Promise<void> => fresh.batch(puts, { sync: true });
    const digest = await stage(write, 0, canonical(found.entities));
    if (source !== undefined) await copyEvents(source, fresh);
    const { meta, last } = found;
    // Above all that was ever acknowledged, so that no revision means two states.
    const after = Math.max(meta?.position.revision ?? 0, last?.revision ?? 0, above);
    const parent = last?.commit ?? meta?.position.commit ?? "";
    const next = replacement(after, parent, event, {
      generation: 0,
      digest,
      since: after + 1,
    });
    await write(next.puts);
    return next.meta;
  } finally {
    await fresh.close();
  }
}

async function copyEvents(from: Level, to: Level): Promise<void> {
  try {
    for await (const chunk of chunks(from, EVENTS)) {
      const good = chunk.filter(([key, text]) => decodeEvent(key, text) !== undefined);
      const puts = good.map(([key, value]) => ({ type: "put" as const, key, value }));
      await to.batch(puts, { sync: true });
    }
  } catch (error) {
    // What cannot be read was reported by the inspection; what was read before it is kept.
    if (!(readError(from.location, error) instanceof StoreDamaged)) throw error;
  }
}

/**
 * Puts the fresh database in the damaged one's place. The damaged one is kept beside it.
 * @returns where it is kept; undefined when there was none.
 */
export async function swapIn(places: Places): Promise<string | undefined> {
  const time = new Date().toISOString().replaceAll(/[:.]/g, "-");
  const kept = join(places.folder, `damaged-${time}`);
  const had = await exists(places.database);
  if (had) await rename(places.database, kept);
  await finishSwap(places);
  await rm(places.salvage, { recursive: true, force: true });
  return had ? kept : undefined;
}

/** The second half of `swapIn`, also after a crash between both: the fresh one was complete. */
export async function finishSwap(places: Places): Promise<void> {
  if ((await exists(places.database)) || !(await exists(places.fresh))) return;
  await rename(places.fresh, places.database);
  const folder = await open(places.folder);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}
