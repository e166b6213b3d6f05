import { randomUUID } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { canonical } from "./canonical.ts";
import { upTo } from "./checks.ts";
import { digestAfter, positionOf, replacementLink, workOutCommits } from "./group.ts";
import { HeadFile } from "./head.ts";
import { linksOf, stageLinks } from "./redis/archive.ts";
import type { RedisSettings } from "./redis/client.ts";
import { linksBetween, requireBlankKnown, requireDescent, superseding } from "./redis/descent.ts";
import { inspectRedis } from "./redis/inspect.ts";
import { entryId, keysOf, revisionOf, type RedisKeys } from "./redis/layout.ts";
import { RedisLink } from "./redis/link.ts";
import { readHistory } from "./redis/read.ts";
import { newerMessage, RedisReader, type Place, type Whole } from "./redis/reading.ts";
import { COMMIT, RESTORE } from "./redis/scripts.ts";
import { stageEntities } from "./redis/stage.ts";
import { RedisVolatile } from "./redis/volatile.ts";
import { RedisWriter } from "./redis/writing.ts";
import { decodeMeta, encodeLink, encodeMeta, FORMAT, type Meta } from "./sealed.ts";
import {
  samePosition,
  StoreConflict,
  StoreNewer,
  StoreUnavailable,
  type Archive,
  type Commit,
  type Expected,
  type HistoryQuery,
  type Json,
  type Key,
  type Loaded,
  type Position,
  type Readable,
  type RecoverDecision,
  type ReplaceOptions,
  type Settled,
  type Since,
  type StoredEvent,
  type WholeStore,
} from "./store.ts";
import type { Volatile } from "./volatile.ts";
import { messageOf } from "../errors.ts";

export interface RedisStoreOptions {
  /** File that keeps the position that this console knew last; its folder is made if need be. */
  readonly head: string;
  /** Told, in plain sentences, what Redis promises and what operators may want to know. */
  readonly report?: (message: string) => void;
}

/** A store on Redis, with its volatile part. */
export interface OpenRedis {
  readonly store: WholeStore;
  readonly volatile: Volatile;
}

/**
 * A store that several processes share. Nothing is asked of Redis yet: one that is away is told by
 * what is done first.
 * @throws StoreUnavailable when a file that the settings name cannot be read
 */
export function openRedisStore(settings: RedisSettings, options: RedisStoreOptions): OpenRedis {
  const keys = keysOf(settings.prefix);
  const link = new RedisLink(settings, options.report ?? (() => undefined));
  return {
    store: new RedisStore(link, keys, options),
    volatile: new RedisVolatile(link, keys),
  };
}

/** The old entities are kept so long for those who are reading them just now. */
const READERS_MS = 60_000;
/** What a decision put aside is kept so long. */
const ASIDE_MS = 30 * 86_400_000;

class RedisStore implements WholeStore {
  readonly #link: RedisLink;
  readonly #keys: RedisKeys;
  readonly #head: HeadFile;
  readonly #headFolder: string;
  readonly #report: (message: string) => void;
  readonly #reader: RedisReader;
  readonly #writer: RedisWriter;
  /** Where the store stood last; undefined until it passed `load`. */
  #place: Place | undefined;
  #refusal: StoreNewer | undefined;
  #closed = false;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(link: RedisLink, keys: RedisKeys, options: RedisStoreOptions) {
    this.#link = link;
    this.#keys = keys;
    this.#reader = new RedisReader(link, keys);
    this.#writer = new RedisWriter(link, keys, this.#reader);
    this.#head = new HeadFile(options.head);
    this.#headFolder = dirname(options.head);
    this.#report = options.report ?? (() => undefined);
  }

  get place(): string {
    return `in Redis (${this.#link.place})`;
  }

  load(): Promise<Loaded> {
    return this.#inTurn(async () => {
      const known = this.#place?.meta.position ?? (await this.#readHead());
      const sealed = await this.#link.ask((redis) => redis.get(this.#keys.meta));
      if (sealed === null) return this.#beBorn(known);
      return this.#takeUp(await this.#reader.read(sealed, known));
    });
  }

  commit(expected: Position, commits: readonly Commit[]): Promise<Position> {
    return this.#inTurn(async () => {
      const { meta, sealed } = this.#writable();
      if (!samePosition(meta.position, expected)) throw new StoreConflict(meta.position);
      if (commits.length === 0) return meta.position;
      const { position, links, after } = workOutCommits(expected, commits);
      const { generation } = meta;
      // Sound although others may write between this and the script: it writes only where the store
      // still stands at the same text, so these were its texts all the time.
      const old = await notWritten(async () => {
        await this.#link.requireDurable();
        if (after.size === 0) return [];
        const key = this.#keys.entities(generation);
        return this.#link.ask((redis) => redis.hmget(key, ...after.keys()));
      });
      const next = { ...meta, position, digest: digestAfter(meta.digest, after, old) };
      const events = links.flatMap(({ link, keys }) => [
        entryId(link.revision),
        encodeLink(link),
        [...new Set(keys)].join("\n"),
      ]);
      const writes = [...after].flatMap(([key, text]) => [key, text ?? ""]);
      await this.#writer.write(
        COMMIT,
        [this.#keys.entities(generation)],
        { sealed, next, token: position.commit },
        [this.#link.settings.historyEvents, links.length, ...events, ...writes],
        expected,
      );
      return this.#stand({ meta: next, sealed: encodeMeta(next) });
    });
  }

  replace(
    expected: Position,
    entities: Iterable<readonly [Key, Json]>,
    event: Commit["event"],
    { lineage = randomUUID(), onProgress }: ReplaceOptions = {},
  ): Promise<Position> {
    return this.#inTurn(async () => {
      const place = this.#writable();
      const { meta } = place;
      if (!samePosition(meta.position, expected)) throw new StoreConflict(meta.position);
      const staged = await notWritten(async () => {
        await this.#link.requireDurable();
        return this.#stage(canonical(entities), onProgress);
      });
      const { revision, commit } = meta.position;
      const link = replacementLink(revision, commit, staged.digest, event, lineage);
      const supersedes = superseding(meta, [meta.position.lineage], link.revision, false);
      const { generation, digest } = staged;
      const next: Meta = { ...meta, generation, digest, position: positionOf(link), supersedes };
      const old = this.#keys.entities(meta.generation);
      await this.#writer.swapIn(
        { sealed: place.sealed, old },
        next,
        link,
        staged,
        READERS_MS,
        expected,
      );
      return this.#stand({ meta: next, sealed: encodeMeta(next) });
    });
  }

  settle(from: Position, ours: Expected): Promise<Settled> {
    return this.#inTurn(async () => {
      this.#writable();
      const { stored, place } = await this.#writer.settle(from, ours);
      return { stored, position: await this.#stand(place) };
    });
  }

  since(position: Position): Promise<Since> {
    return this.#inTurn(async () => {
      const { meta, sealed } = this.#writable();
      // No record of where a store stands is "-": nothing that is there is taken for known.
      const known = samePosition(meta.position, position) ? sealed : "-";
      const answer = await this.#reader.since(known, position.revision, meta.generation);
      if (answer.sealed === known)
        return { kind: "changes", position, entities: new Map(), events: [] };
      const place = this.#reader.decode(answer.sealed, position);
      requireDescent(this.#link.place, place.meta, position, answer);
      const { position: now, generation, format } = place.meta;
      const links =
        format <= FORMAT && generation === meta.generation && now.lineage === position.lineage
          ? linksBetween(position, answer.entries, now)
          : undefined;
      if (links === undefined) return { kind: "whole" };
      await this.#stand(place);
      const entities = new Map<Key, Json | null>();
      answer.keys.forEach((key, index) => {
        const text = answer.values[index] ?? "";
        entities.set(key, text === "" ? null : (JSON.parse(text) as Json));
      });
      const events = links.map(({ revision, commit, event }) => ({ revision, commit, event }));
      return { kind: "changes", position: now, entities, events };
    });
  }

  watch(listener: () => void): () => void {
    const ends = [this.#link.subscribe(this.#keys.channel, listener), this.#link.onDoubt(listener)];
    return () => {
      for (const end of ends) end();
    };
  }

  history(query: HistoryQuery): Promise<readonly StoredEvent[]> {
    const since = this.#place?.meta.since ?? 1;
    return this.#link.ask((redis) => readHistory(redis, this.#keys.history, query, since));
  }

  loadUnchecked(): Promise<Readable> {
    return this.#inTurn(async () => {
      const found = await inspectRedis(this.#link, this.#keys);
      const { entities } = found;
      const position = found.meta?.position ?? (found.last && positionOf(found.last)) ?? NOWHERE;
      const problems = [...found.problems];
      const known = this.#place?.meta.position ?? (await this.#readHead());
      if (found.meta !== undefined && known !== undefined && problems.length === 0) {
        try {
          await this.#reader.requireDescent(found.meta, known);
        } catch (error) {
          problems.push(messageOf(error));
        }
      }
      return { position, entities, problems };
    });
  }

  accept(
    event: Commit["event"] = { type: "recovered" },
    { entities, above = 0, supersedes = [] }: RecoverDecision = {},
  ): Promise<Position> {
    return this.#inTurn(async () => {
      await this.#link.requireDurable();
      const found = await inspectRedis(this.#link, this.#keys);
      const known = this.#place?.meta.position ?? (await this.#readHead());
      const { meta, last } = found;
      const after = Math.max(
        above,
        known?.revision ?? 0,
        meta?.position.revision ?? 0,
        last?.revision ?? 0,
        found.lastEntry,
      );
      for (const key of found.unusable) await this.#putAside(key);
      const staged = await this.#stage(canonical(entities ?? found.entities));
      const parent = last?.commit ?? meta?.position.commit ?? "";
      const link = replacementLink(after, parent, staged.digest, event, randomUUID());
      const ended = [...supersedes, known?.lineage, meta?.position.lineage, last?.lineage].filter(
        (each) => each !== undefined,
      );
      const next: Meta = {
        format: FORMAT,
        position: positionOf(link),
        generation: staged.generation,
        digest: staged.digest,
        since: link.revision,
        supersedes: superseding(meta, ended, link.revision, true),
      };
      const old = found.entitiesKey ?? this.#keys.entities(0);
      await this.#writer.swapIn(
        { sealed: found.sealed ?? "", old },
        next,
        link,
        staged,
        ASIDE_MS,
        known,
      );
      this.#refusal = undefined;
      return this.#stand({ meta: next, sealed: encodeMeta(next) });
    });
  }

  async archive(): Promise<Archive> {
    const loaded = await this.load();
    const { history } = this.#keys;
    const [first] = await this.#link.ask((redis) => redis.xrange(history, "-", "+", "COUNT", 1));
    // What was trimmed is no gap in what is left.
    const since = Math.max(
      this.#writable().meta.since,
      first === undefined ? 0 : revisionOf(first[0]),
    );
    return {
      ...loaded,
      since,
      links: () => upTo(loaded.position, since, linksOf(this.#link, history)),
    };
  }

  restore(archive: Archive, onProgress?: (done: number, of: number) => void): Promise<Position> {
    return this.#inTurn(async () => {
      await this.#link.requireDurable();
      const of = archive.entities.size;
      const { generation, digest, count } = await this.#stage(canonical(archive.entities), (done) =>
        onProgress?.(done, of),
      );
      const stream = this.#keys.stagedHistory(randomUUID());
      const events = await stageLinks(this.#link, stream, archive);
      const { position, since } = archive;
      const next: Meta = { format: FORMAT, position, generation, digest, since };
      const sealed = (await this.#link.ask((redis) => redis.get(this.#keys.meta))) ?? "";
      const before = sealed === "" ? undefined : decodeMeta(sealed);
      if (sealed !== "" && before?.position.revision !== 0) {
        throw new StoreConflict(before?.position ?? NOWHERE);
      }
      await this.#writer.write(
        RESTORE,
        [this.#keys.entities(generation), stream],
        { sealed, next, token: position.commit },
        [count, events],
        before?.position,
      );
      return this.#stand({ meta: next, sealed: encodeMeta(next) });
    });
  }

  close(): Promise<void> {
    return this.#inTurn(async () => {
      this.#closed = true;
      this.#link.close();
      await this.#head.close();
    });
  }

  /** Runs one after the other: a store has one position. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work).catch((error: unknown) => {
      if (error instanceof StoreNewer) this.#refusal = new StoreNewer(error.message);
      throw error;
    });
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  async #beBorn(known: Position | undefined): Promise<Loaded> {
    requireBlankKnown(this.#link.place, known);
    const position = { lineage: randomUUID(), revision: 0, commit: "" };
    const meta: Meta = { format: FORMAT, position, generation: 0, digest: 0n, since: 1 };
    const sealed = encodeMeta(meta);
    const born = await this.#link.ask((redis) => redis.set(this.#keys.meta, sealed, "NX"));
    // Another replica was first: its state it is.
    const there =
      born === null ? await this.#link.ask((redis) => redis.get(this.#keys.meta)) : sealed;
    return this.#takeUp(await this.#reader.read(there ?? "", undefined));
  }

  /** @throws StoreNewer, with what was read */
  async #takeUp({ place, entities }: Whole): Promise<Loaded> {
    const { position, format } = place.meta;
    if (format > FORMAT) {
      this.#place = place;
      throw new StoreNewer(newerMessage(this.#link.place, format), { position, entities });
    }
    this.#refusal = undefined;
    return { position: await this.#stand(place), entities };
  }

  async #stage(entities: Iterable<readonly [Key, string]>, onProgress?: (staged: number) => void) {
    return stageEntities(this.#link, this.#keys, entities, onProgress);
  }

  async #putAside(key: string): Promise<void> {
    const aside = `${key}:damaged-${new Date().toISOString()}`;
    await this.#link.ask((redis) => redis.rename(key, aside));
    await this.#link.ask((redis) => redis.pexpire(aside, ASIDE_MS));
    this.#report(`What could not be read is kept for 30 days as ${aside}.`);
  }

  async #readHead(): Promise<Position | undefined> {
    try {
      await mkdir(this.#headFolder, { recursive: true, mode: 0o700 });
      return await this.#head.read();
    } catch (error) {
      const reason = messageOf(error);
      const message = `What this console knew of the store cannot be read: ${reason}.`;
      throw new StoreUnavailable(message, "not-written", { cause: error });
    }
  }

  /** From now on the store stands here. */
  async #stand(place: Place): Promise<Position> {
    const { position } = place.meta;
    const moved = this.#place?.sealed !== place.sealed;
    this.#place = place;
    if (moved) {
      try {
        await this.#head.write(position);
      } catch (error) {
        this.#report(`The position could not be kept: ${String(error)}`);
      }
    }
    return position;
  }

  #writable(): Place {
    if (this.#refusal !== undefined) throw this.#refusal;
    if (this.#place !== undefined && !this.#closed) return this.#place;
    const why = this.#closed ? "it was closed" : "it was not loaded yet";
    throw new StoreUnavailable(`The store ${this.place} cannot be used: ${why}.`, "not-written");
  }
}

const NOWHERE: Position = { lineage: "", revision: 0, commit: "" };

/** What is asked before a write: when it fails, nothing was written for certain. */
async function notWritten<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    throw new StoreUnavailable(error.message, "not-written", { cause: error });
  }
}
