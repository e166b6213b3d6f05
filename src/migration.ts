import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "./config.ts";
import { Refusal } from "./errors.ts";
import type { ReplicaInfo } from "./replica.ts";
import { canonicalJson, digestText, digestWith, entityHash } from "./store/chain.ts";
import { openStore, sessionsIn, type OpenStore } from "./store/open.ts";
import { samePosition, type Archive, type Position } from "./store/store.ts";

export type StoreKind = Config["store"];

/** How far a migration is. */
export interface MigrationProgress {
  readonly step: "reading" | "writing" | "checking";
  readonly done: number;
  readonly of: number;
}

/** What was moved, and whether it was read back as it was. */
export interface Migrated {
  readonly from: string;
  readonly to: string;
  readonly revision: number;
  readonly records: number;
  readonly events: number;
  /** Where an older copy of the same state was put aside; null when there was none. */
  readonly aside: string | null;
}

export interface MigrationOptions {
  readonly to: StoreKind;
  /** Only reads and says what would be moved. */
  readonly dryRun: boolean;
  readonly report: (message: string) => void;
  readonly onProgress: (progress: MigrationProgress) => void;
}

/**
 * Moves the whole state with its history from the one kind of store to the other, both as the
 * configuration names them. Position and ids stay, so a console that starts on the new store goes on
 * where it was. The old store stays as it is.
 * @throws Refusal `conflict` when a console still runs on the source, or the target holds another
 *   state
 * @throws StoreError when one of them cannot be read or written
 */
export async function migrate(config: Config, options: MigrationOptions): Promise<Migrated> {
  const from: StoreKind = options.to === "redis" ? "leveldb" : "redis";
  const source = await openStore({ ...config, store: from }, options);
  let target: OpenStore | undefined;
  try {
    await requireIdle(source);
    options.onProgress({ step: "reading", done: 0, of: 1 });
    const archive = await source.store.archive();
    const { revision } = archive.position;
    if (revision === 0) {
      throw new Refusal(
        "conflict",
        `There is nothing to move: the store ${source.store.place} is empty.`,
      );
    }
    options.onProgress({ step: "reading", done: 1, of: 1 });
    const events = await countEvents(archive);
    const opened = await openTarget(config, archive, options);
    ({ target } = opened);
    const moved = { revision, records: archive.entities.size, events, aside: opened.aside };
    const places = { from: source.store.place, to: target.store.place };
    if (!options.dryRun) {
      await target.store.restore(archive, (done, of) =>
        options.onProgress({ step: "writing", done, of }),
      );
      await check(target, archive, events, options);
    }
    return { ...places, ...moved };
  } finally {
    await target?.close();
    await source.close();
  }
}

/** The embedded store is locked by a console that runs; on Redis those that run say so. */
async function requireIdle({ volatile, store }: OpenStore): Promise<void> {
  const replicas = [...(await volatile.list("replica:")).values()].map(
    (text) => (JSON.parse(text) as ReplicaInfo).name,
  );
  if (replicas.length === 0) return;
  throw new Refusal(
    "conflict",
    `Consoles run with the store ${store.place}: ${replicas.toSorted().join(", ")}. End them first; one that was killed is forgotten after some seconds.`,
  );
}

/**
 * The target, empty. A folder that holds an earlier copy of the very state that is moved is put
 * aside.
 */
async function openTarget(
  config: Config,
  archive: Archive,
  { to, dryRun, report }: MigrationOptions,
): Promise<{ readonly target: OpenStore; readonly aside: string | null }> {
  const settings = { ...config, store: to };
  let target = await openStore(settings, { report });
  try {
    const { position } = await target.store.load();
    if (position.revision === 0) return { target, aside: null };
    if (to !== "leveldb" || !(await leadsThrough(archive, position))) {
      throw new Refusal(
        "conflict",
        `The store ${target.store.place} holds a state already, at revision ${position.revision}. Nothing was changed; ` +
          (to === "leveldb"
            ? "move its folder away, or choose another one (data)."
            : "choose another redis.prefix, or delete its keys."),
      );
    }
    const aside = `migrated-${new Date().toISOString().replaceAll(/[:.]/g, "-")}`;
    if (!dryRun) {
      await target.close();
      for (const name of ["db", "head"]) {
        await rename(join(config.data, name), join(config.data, `${aside}-${name}`));
      }
      // One of them may have been ended on Redis since.
      await rm(sessionsIn(config), { recursive: true, force: true });
      target = await openStore(settings, { report });
      await target.store.load();
    }
    return { target, aside: `${aside}-db` };
  } catch (error) {
    await target.close();
    throw error;
  }
}

/** Whether a history once stood at a position. */
async function leadsThrough(archive: Archive, position: Position): Promise<boolean> {
  if (samePosition(archive.position, position)) return true;
  for await (const { revision, commit } of archive.links()) {
    if (revision === position.revision) return commit === position.commit;
  }
  return false;
}

async function countEvents(archive: Archive): Promise<number> {
  let count = 0;
  for await (const _link of archive.links()) count++;
  return count;
}

/** Reads everything back and compares it. */
async function check(
  target: OpenStore,
  archive: Archive,
  events: number,
  { onProgress }: MigrationOptions,
): Promise<void> {
  onProgress({ step: "checking", done: 0, of: 1 });
  const copy = await target.store.archive();
  const same =
    samePosition(copy.position, archive.position) &&
    copy.entities.size === archive.entities.size &&
    digestOf(copy) === digestOf(archive) &&
    (await countEvents(copy)) === events;
  if (!same) {
    throw new Refusal(
      "unavailable",
      `What was read back from the store ${target.store.place} is not what was written. Go on with the old store.`,
    );
  }
  onProgress({ step: "checking", done: 1, of: 1 });
}

function digestOf({ entities }: Archive): string {
  let digest = 0n;
  for (const [key, value] of entities) {
    digest = digestWith(digest, entityHash(key, canonicalJson(value)));
  }
  return digestText(digest);
}
