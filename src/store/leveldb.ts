import { randomUUID } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { upTo } from "./checks.ts";
import { Database, placesIn } from "./leveldb/database.ts";
import { workOut } from "./leveldb/group.ts";
import { readHistory, readLinks, readPlace } from "./leveldb/history.ts";
import { inspect, isBlank } from "./leveldb/inspect.ts";
import type { Inspection } from "./leveldb/inspect.ts";
import { deleteRange, readError, writeBatch } from "./leveldb/level.ts";
import { META_KEY, entityRange } from "./leveldb/record.ts";
import { finishSwap, readAnything, swapIn, writeFresh } from "./leveldb/recover.ts";
import type { Recoverable } from "./leveldb/recover.ts";
import { canonical } from "./canonical.ts";
import { replacement, stage, stageLinks } from "./leveldb/replace.ts";
import type { Put } from "./leveldb/replace.ts";
import { FORMAT, encodeMeta } from "./sealed.ts";
import type { Meta } from "./sealed.ts";
import {
  StoreConflict,
  StoreDamaged,
  StoreDiverged,
  StoreNewer,
  StoreUnavailable,
  isExpected,
  samePosition,
} from "./store.ts";
import type {
  Archive,
  Commit,
  Expected,
  HistoryQuery,
  Json,
  Key,
  Loaded,
  Position,
  Readable,
  RecoverDecision,
  ReplaceOptions,
  Settled,
  Since,
  StoreError,
  StoredEvent,
  StoredLink,
  WholeStore,
} from "./store.ts";

export interface LevelStoreOptions {
  /** Told, in a plain sentence, what went wrong without harm to any answer. */
  readonly report?: (message: string) => void;
}

/**
 * Opens the embedded store in a folder, which is made if need be. A damaged one opens too, so that
 * it can be recovered; its `load` says what is wrong.
 * @throws StoreLocked when another process has it open.
 * @throws StoreUnavailable when the folder cannot be reached or written.
 */
export async function openLevelStore(
  folder: string,
  options: LevelStoreOptions = {},
): Promise<WholeStore> {
  const places = placesIn(folder);
  const database = new Database(places, options.report ?? (() => undefined));
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await finishSwap(places);
    await database.open();
  } catch (error) {
    const reason = readError(folder, error);
    if (!(reason instanceof StoreDamaged)) throw reason;
    return new EmbeddedStore(database, damaged(folder, [`${reason.message}.`], reason));
  }
  return new EmbeddedStore(database);
}

const LINKS_A_READ = 1_000;

class EmbeddedStore implements WholeStore {
  readonly #database: Database;
  /** Where the store stands; undefined until it passed `load`. */
  #meta: Meta | undefined;
  /** Why it is not to be written until it is recovered. */
  #refusal: StoreError | undefined;
  #recoverable: Recoverable | undefined;
  #closed = false;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(database: Database, refusal?: StoreError) {
    this.#database = database;
    this.#refusal = refusal;
  }

  get place(): string {
    return `in ${this.#database.places.folder}`;
  }

  load(): Promise<Loaded> {
    return this.#inTurn(() => this.#load());
  }

  async #load(): Promise<Loaded> {
    if (!this.#database.isOpen) throw this.#refuse();
    const head = await this.#database.readHead();
    if (head === undefined && (await this.#database.read(isBlank))) return this.#beBorn();
    const found = await this.#database.read((level) => inspect(level, head));
    const { meta, problems, entities } = found;
    if (found.format !== undefined && found.format > FORMAT) throw this.#refuseNewer(found);
    if (meta === undefined || problems.length > 0) throw this.#refuseDamaged(problems);
    await this.#stand(meta);
    await this.#database.sweep(meta.generation);
    return { position: meta.position, entities };
  }

  commit(expected: Position, commits: readonly Commit[]): Promise<Position> {
    return this.#inTurn(async () => {
      const meta = this.#writable();
      if (!samePosition(meta.position, expected)) throw new StoreConflict(meta.position);
      if (commits.length === 0) return meta.position;
      const group = await this.#database.read((level) => workOut(level, meta, commits));
      await this.#database.write("unknown", (level) => writeBatch(level, group.operations));
      return this.#stand(group.meta);
    });
  }

  replace(
    expected: Position,
    entities: Iterable<readonly [Key, Json]>,
    event: Commit["event"],
    { lineage, onProgress }: ReplaceOptions = {},
  ): Promise<Position> {
    return this.#inTurn(async () => {
      const { generation: old, position, since } = this.#writable();
      if (!samePosition(position, expected)) throw new StoreConflict(position);
      const database = this.#database;
      const generation = old + 1;
      // A replacement that failed on the way may have left some of its entities.
      await database.write("not-written", (level) => deleteRange(level, entityRange(generation)));
      const digest = await stage(
        (puts) => database.write("not-written", (level) => level.batch(puts, { sync: true })),
        generation,
        canonical(entities),
        onProgress,
      );
      const { revision, commit } = position;
      const rest = { generation, digest, since };
      const next = replacement(revision, commit, event, rest, lineage);
      await database.write("unknown", (level) => level.batch(next.puts, { sync: true }));
      await this.#stand(next.meta);
      await database.sweep(generation);
      return next.meta.position;
    });
  }

  settle(from: Position, ours: Expected): Promise<Settled> {
    return this.#inTurn(async () => {
      const position = await this.#place();
      if (isExpected(position, ours)) return { stored: true, position };
      if (samePosition(position, from)) return { stored: false, position };
      throw new StoreDiverged(
        `The store in ${this.#database.places.folder} stands at revision ${position.revision}, which this process did not write.`,
      );
    });
  }

  /** Nobody else writes it: where it stands is where this process left it. */
  since(position: Position): Promise<Since> {
    return this.#inTurn(async () => {
      const { position: found } = this.#writable();
      if (!samePosition(found, position)) return { kind: "whole" };
      return { kind: "changes", position, entities: new Map(), events: [] };
    });
  }

  watch(): () => void {
    return () => undefined;
  }

  async history(query: HistoryQuery): Promise<readonly StoredEvent[]> {
    if (!this.#database.isOpen) throw this.#refuse();
    return this.#database.read((level) => readHistory(level, query, this.#meta?.since ?? 1));
  }

  loadUnchecked(): Promise<Readable> {
    return this.#inTurn(async () => {
      const { meta, last, entities, problems } = (await this.#readAnything()).found;
      const { lineage, revision, commit } = meta?.position ?? last ?? NOWHERE;
      return { position: { lineage, revision, commit }, entities, problems };
    });
  }

  accept(
    event: Commit["event"] = { type: "recovered" },
    { entities, above = 0 }: RecoverDecision = {},
  ): Promise<Position> {
    return this.#inTurn(async () => {
      const { found, source } = this.#recoverable ?? (await this.#readAnything());
      const truth = entities === undefined ? found : { ...found, entities };
      const database = this.#database;
      try {
        const head = await database.readHead();
        const meta = await writeFresh(database.places, source, truth, {
          above: Math.max(above, head?.revision ?? 0),
          event,
        });
        this.#recoverable = undefined;
        await source?.close();
        await database.closeLevel();
        const kept = await swapIn(database.places);
        if (kept !== undefined) database.report(`What the store was before is kept in ${kept}.`);
        await database.open();
        return await this.#stand(meta);
      } catch (error) {
        throw readError(database.places.folder, error);
      }
    });
  }

  archive(): Promise<Archive> {
    return this.#inTurn(async () => {
      const loaded = await this.#load();
      const { since } = this.#writable();
      return { ...loaded, since, links: () => upTo(loaded.position, since, this.#links()) };
    });
  }

  restore(archive: Archive, onProgress?: (done: number, of: number) => void): Promise<Position> {
    return this.#inTurn(async () => {
      const { generation: old, position: before } = this.#writable();
      if (before.revision !== 0) throw new StoreConflict(before);
      const { entities, position, since } = archive;
      const write = (outcome: "not-written" | "unknown") => (puts: Put[]) =>
        this.#database.write(outcome, (level) => level.batch(puts, { sync: true }));
      const generation = old + 1;
      await this.#database.write("not-written", (level) =>
        deleteRange(level, entityRange(generation)),
      );
      const staged = write("not-written");
      const digest = await stage(staged, generation, canonical(entities), (done) =>
        onProgress?.(done, entities.size),
      );
      await stageLinks(staged, archive.links());
      const meta = { format: FORMAT, position, generation, digest, since };
      await write("unknown")([{ type: "put", key: META_KEY, value: encodeMeta(meta) }]);
      return this.#stand(meta);
    });
  }

  close(): Promise<void> {
    return this.#inTurn(async () => {
      this.#closed = true;
      await this.#recoverable?.source?.close();
      await this.#database.close();
    });
  }

  /** Runs one after the other: a store has one position. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  async *#links(): AsyncIterable<StoredLink> {
    let after = 0;
    for (;;) {
      const from = after;
      const links = await this.#database.read((level) => readLinks(level, from, LINKS_A_READ));
      yield* links;
      const last = links.at(-1);
      if (last === undefined) return;
      after = last.revision;
    }
  }

  /** Where it stands; after a failed write that is read from a database opened anew. */
  async #place(): Promise<Position> {
    const { position } = this.#known();
    if (this.#database.isOpen) return position;
    try {
      await this.#database.open();
      const { meta, problems } = await this.#database.read((level) => readPlace(level, position));
      if (meta === undefined || problems.length > 0) throw this.#refuseDamaged(problems);
      return await this.#stand(meta);
    } catch (error) {
      await this.#database.closeLevel();
      throw error;
    }
  }

  async #beBorn(): Promise<Loaded> {
    const position = { lineage: randomUUID(), revision: 0, commit: "" };
    const meta = { format: FORMAT, position, generation: 0, digest: 0n, since: 1 };
    await this.#database.write("not-written", (level) =>
      level.put(META_KEY, encodeMeta(meta), { sync: true }),
    );
    return { position: await this.#stand(meta), entities: new Map() };
  }

  async #readAnything(): Promise<Recoverable> {
    if (this.#closed) throw this.#refuse();
    const before = this.#recoverable?.source;
    this.#recoverable = undefined;
    // It was the database itself, or a salvaged copy: either way both are opened anew.
    await before?.close();
    await this.#database.closeLevel();
    return (this.#recoverable = await readAnything(this.#database));
  }

  /** From now on the store stands here. */
  async #stand(meta: Meta): Promise<Position> {
    this.#meta = meta;
    this.#refusal = undefined;
    await this.#database.writeHead(meta.position);
    return meta.position;
  }

  #known(): Meta {
    if (this.#meta === undefined || this.#refusal !== undefined || this.#closed) {
      throw this.#refuse();
    }
    return this.#meta;
  }

  #writable(): Meta {
    const meta = this.#known();
    if (!this.#database.isOpen) throw this.#refuse();
    return meta;
  }

  #refuse(): StoreError {
    if (this.#refusal !== undefined && !this.#closed) return this.#refusal;
    const why = this.#closed
      ? "it was closed"
      : this.#meta === undefined
        ? "it was not loaded yet"
        : "a write failed, and where it stands was not read since";
    const { folder } = this.#database.places;
    return new StoreUnavailable(`The store in ${folder} cannot be used: ${why}.`, "not-written");
  }

  #refuseDamaged(problems: readonly string[]): StoreError {
    return (this.#refusal = damaged(this.#database.places.folder, problems));
  }

  #refuseNewer({ format, meta, entities, problems }: Inspection): StoreError {
    const message =
      `A newer release wrote the store in ${this.#database.places.folder}: its format is ${format}, ` +
      `this release knows up to ${FORMAT}. Nothing is written to it. Start the newer release.`;
    this.#refusal = new StoreNewer(message);
    const sound = meta !== undefined && problems.length === 0;
    return new StoreNewer(message, sound ? { position: meta.position, entities } : undefined);
  }
}

const NOWHERE: Position = { lineage: "", revision: 0, commit: "" };

/** What is wrong, where, and what to do about it. */
function damaged(folder: string, problems: readonly string[], cause?: Error): StoreDamaged {
  return new StoreDamaged(
    `The store in ${folder} is damaged. ${problems.join(" ")} Nothing in it was changed. ` +
      "Put a backup of the folder back, or see with `tardis-console recover` what can be read, and accept it.",
    { cause },
  );
}
