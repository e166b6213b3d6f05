import { randomUUID } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { canonical } from "./canonical.ts";
import { upTo } from "./checks.ts";
import { digestAfter, positionOf, replacementLink, workOutCommits } from "./group.ts";
import { HeadFile } from "./head.ts";
import { unavailable, type RedisSettings } from "./redis/client.ts";
import { isFollowable, requireBlankKnown, requireDescent } from "./redis/descent.ts";
import { inspectRedis } from "./redis/inspect.ts";
import {
  entryId,
  keysOf,
  linkOf,
  revisionOf,
  type RedisKeys,
  type StreamEntry,
} from "./redis/layout.ts";
import { RedisLink } from "./redis/link.ts";
import {
  checkEvents,
  parseTexts,
  readHistory,
  readLinks,
  readTail,
  scanTexts,
} from "./redis/read.ts";
import { COMMIT, REPLACE, RESTORE, SETTLE, SINCE } from "./redis/scripts.ts";
import { stageEntities, type Staged } from "./redis/stage.ts";
import { RedisVolatile } from "./redis/volatile.ts";
import {
  decodeFormat,
  decodeMeta,
  encodeLink,
  encodeMeta,
  FORMAT,
  type Meta,
  type Superseded,
} from "./sealed.ts";
import {
  isExpected,
  samePosition,
  StoreConflict,
  StoreDamaged,
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
  type StoredLink,
  type WholeStore,
} from "./store.ts";
import type { Volatile } from "./volatile.ts";

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

/** How many events are followed one by one; after more the whole state is read. */
const FOLLOW_MAX = 2_000;
/** The old entities are kept so long for those who are reading them just now. */
const READERS_MS = 60_000;
/** What a decision put aside is kept so long. */
const ASIDE_MS = 30 * 86_400_000;
const SUPERSEDED_MAX = 64;
const LOAD_TRIES = 5;

/** Where the store stands, with the very text that says so in Redis. */
interface Place {
  readonly meta: Meta;
  readonly sealed: string;
}

class RedisStore implements WholeStore {
  readonly #link: RedisLink;
  readonly #keys: RedisKeys;
  readonly #head: HeadFile;
  readonly #headFolder: string;
  readonly #report: (message: string) => void;
  /** This process, among those that write. */
  readonly #writer = randomUUID();
  #fence = 1;
  /** Where the store stood last; undefined until it passed `load`. */
  #place: Place | undefined;
  #refusal: StoreNewer | undefined;
  #closed = false;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(link: RedisLink, keys: RedisKeys, options: RedisStoreOptions) {
    this.#link = link;
    this.#keys = keys;
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
      const { place, entities } = await this.#read(sealed, known);
      await this.#stand(place);
      return { position: place.meta.position, entities };
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
      await this.#write(
        COMMIT,
        [this.#keys.entities(generation)],
        { sealed, next, token: position.commit },
        [this.#link.settings.historyEvents, links.length, ...events, ...writes],
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
      await this.#swapIn({ sealed: place.sealed, old }, next, link, staged, READERS_MS);
      return this.#stand({ meta: next, sealed: encodeMeta(next) });
    });
  }

  settle(from: Position, ours: Expected): Promise<Settled> {
    return this.#inTurn(async () => {
      this.#writable();
      const fence = ++this.#fence;
      const answer = await this.#link.ask(async (redis) => {
        const asked = [fence, from.revision, ours.revision];
        const found = await redis.eval(SETTLE, 3, ...this.#guarded(), ...asked);
        await this.#awaitReplicas(redis);
        return found as [string, StreamEntry[], StreamEntry[], string, StreamEntry[]];
      });
      const [sealed, at, first, done, [entry]] = answer;
      const place = this.#decode(sealed, from);
      requireDescent(this.#link.place, place.meta, from, { at, first });
      const link = entry && linkOf(entry);
      // Its record outlives the history's entry, and the entry the record: either will do. A
      // replacement's commit is not known before, its lineage is.
      const stored =
        done === (ours.commit ?? ours.lineage) ||
        (link !== undefined && isExpected(positionOf(link), ours));
      return { stored, position: await this.#stand(place) };
    });
  }

  since(position: Position): Promise<Since> {
    return this.#inTurn(async () => {
      const { meta, sealed } = this.#writable();
      // No record of where a store stands is "-": nothing that is there is taken for known.
      const known = samePosition(meta.position, position) ? sealed : "-";
      const answer = await this.#since(known, position.revision, meta.generation);
      if (answer.sealed === known) return { kind: "changes", position, entities: new Map() };
      const place = this.#decode(answer.sealed, position);
      requireDescent(this.#link.place, place.meta, position, answer);
      const { position: now, generation, format } = place.meta;
      const isFollowed =
        format <= FORMAT &&
        generation === meta.generation &&
        now.lineage === position.lineage &&
        isFollowable(position, answer.entries, now);
      if (!isFollowed) return { kind: "whole" };
      await this.#stand(place);
      const entities = new Map<Key, Json | null>();
      answer.keys.forEach((key, index) => {
        const text = answer.values[index] ?? "";
        entities.set(key, text === "" ? null : (JSON.parse(text) as Json));
      });
      return { kind: "changes", position: now, entities };
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
          await this.#requireDescent(found.meta, known);
        } catch (error) {
          problems.push(error instanceof Error ? error.message : String(error));
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
      await this.#swapIn({ sealed: found.sealed ?? "", old }, next, link, staged, ASIDE_MS);
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
    return { ...loaded, since, links: () => upTo(loaded.position, since, this.#links(history)) };
  }

  restore(archive: Archive, onProgress?: (done: number, of: number) => void): Promise<Position> {
    return this.#inTurn(async () => {
      await this.#link.requireDurable();
      const of = archive.entities.size;
      const { generation, digest, count } = await this.#stage(canonical(archive.entities), (done) =>
        onProgress?.(done, of),
      );
      const stream = this.#keys.stagedHistory(randomUUID());
      const events = await this.#stageLinks(stream, archive);
      const { position, since } = archive;
      const next: Meta = { format: FORMAT, position, generation, digest, since };
      const sealed = (await this.#link.ask((redis) => redis.get(this.#keys.meta))) ?? "";
      const before = sealed === "" ? undefined : decodeMeta(sealed);
      if (sealed !== "" && before?.position.revision !== 0) {
        throw new StoreConflict(before?.position ?? NOWHERE);
      }
      await this.#write(
        RESTORE,
        [this.#keys.entities(generation), stream],
        { sealed, next, token: position.commit },
        [count, events],
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
    const mine = this.#turn.then(work);
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
    const { place, entities } = await this.#read(there ?? "", undefined);
    await this.#stand(place);
    return { position: place.meta.position, entities };
  }

  /** Everything, as it stood at one moment. */
  async #read(
    first: string,
    known: Position | undefined,
  ): Promise<{ readonly place: Place; readonly entities: ReadonlyMap<Key, Json> }> {
    let sealed = first;
    for (let attempt = 0; attempt < LOAD_TRIES; attempt++) {
      const { meta } = this.#decode(sealed, known);
      const texts = await this.#link.ask((redis) =>
        scanTexts(redis, this.#keys.entities(meta.generation)),
      );
      // What was written while it was read is read again, all at one moment.
      const answer = await this.#since(sealed, meta.position.revision, meta.generation);
      const place =
        answer.sealed === sealed ? { meta, sealed } : this.#decode(answer.sealed, known);
      sealed = place.sealed;
      const { position, generation } = place.meta;
      if (generation !== meta.generation) continue;
      if (!isFollowable(meta.position, answer.entries, position)) continue;
      answer.keys.forEach((key, index) => {
        const text = answer.values[index] ?? "";
        if (text === "") texts.delete(key);
        else texts.set(key, text);
      });
      return { place, entities: await this.#checked(place, texts, known) };
    }
    throw new StoreUnavailable(
      `Redis (${this.#link.place}) is written faster than it can be read.`,
      "not-written",
    );
  }

  /** @throws StoreDamaged, StoreDiverged, StoreNewer */
  async #checked(
    { meta, sealed }: Place,
    texts: ReadonlyMap<Key, string>,
    known: Position | undefined,
  ): Promise<ReadonlyMap<Key, Json>> {
    const { entities, digest, problems } = await parseTexts(texts);
    const found = [...problems];
    if (digest !== meta.digest) {
      found.push(
        `The ${entities.size} records are not those of revision ${meta.position.revision}: some are missing, older or altered.`,
      );
    }
    // Others may have gone on since: what comes after this position is not looked at.
    const { revision } = meta.position;
    const { history } = this.#keys;
    const tail = await this.#link.ask((redis) => readTail(redis, history, revision));
    const [first] = await this.#link.ask((redis) => redis.xrange(history, "-", "+", "COUNT", 1));
    // They may even have gone on so far that what was there is trimmed.
    const isTrimmed = first !== undefined && revisionOf(first[0]) > revision;
    if (!isTrimmed) found.push(...(await checkEvents(meta, tail)));
    if (found.length > 0) throw this.#damaged(found);
    if (known !== undefined) await this.#requireDescent(meta, known);
    if (meta.format > FORMAT) {
      const loaded = { position: meta.position, entities };
      this.#place = { meta, sealed };
      this.#refusal = new StoreNewer(newerMessage(this.#link.place, meta.format));
      throw new StoreNewer(this.#refusal.message, loaded);
    }
    this.#refusal = undefined;
    return entities;
  }

  async #requireDescent(meta: Meta, known: Position): Promise<void> {
    const id = entryId(known.revision);
    const { history } = this.#keys;
    const at = await this.#link.ask((redis) => redis.xrange(history, id, id));
    const first = await this.#link.ask((redis) => redis.xrange(history, "-", "+", "COUNT", 1));
    requireDescent(this.#link.place, meta, known, { at, first });
  }

  async #since(sealed: string, revision: number, generation: number): Promise<SinceAnswer> {
    const answer = await this.#link.ask((redis) =>
      redis.eval(
        SINCE,
        3,
        this.#keys.meta,
        this.#keys.history,
        this.#keys.entities(generation),
        sealed,
        revision,
        FOLLOW_MAX,
      ),
    );
    const [found, at = [], first = [], entries = [], keys = [], values = []] = answer as [
      string,
      StreamEntry[]?,
      StreamEntry[]?,
      StreamEntry[]?,
      string[]?,
      string[]?,
    ];
    return { sealed: found, at, first, entries, keys, values };
  }

  /**
   * @param known what this process knew of the store
   * @throws StoreDiverged when nothing is there, StoreDamaged when it is altered
   */
  #decode(sealed: string, known: Position | undefined): Place {
    if (sealed === "") {
      requireBlankKnown(this.#link.place, known);
      throw this.#damaged(["The record of where the store stands is missing."]);
    }
    const meta = decodeMeta(sealed);
    if (meta !== undefined) return { meta, sealed };
    const format = decodeFormat(sealed);
    if (format !== undefined && format > FORMAT) {
      throw (this.#refusal = new StoreNewer(newerMessage(this.#link.place, format)));
    }
    throw this.#damaged(["The record of where the store stands is altered."]);
  }

  async #stage(entities: Iterable<readonly [Key, string]>, onProgress?: (staged: number) => void) {
    return stageEntities(this.#link, this.#keys, entities, onProgress);
  }

  async #swapIn(
    { sealed, old }: { sealed: string; old: string },
    next: Meta,
    link: StoredLink,
    { count }: Staged,
    keepMs: number,
  ): Promise<void> {
    await this.#write(
      REPLACE,
      [this.#keys.entities(next.generation), old],
      { sealed, next, token: link.lineage },
      [entryId(link.revision), encodeLink(link), keepMs, count],
    );
  }

  /** @throws StoreConflict, StoreUnavailable */
  async #write(
    script: string,
    keys: readonly string[],
    { sealed, next, token }: { sealed: string; next: Meta; token: string },
    rest: readonly (string | number)[],
  ): Promise<void> {
    const fence = this.#fence;
    const [outcome, actual = ""] = await this.#link.ask(async (redis) => {
      const all = [...this.#guarded(), ...keys];
      const fixed = [sealed, fence, encodeMeta(next), token, this.#keys.channel];
      const answer = await redis.eval(script, all.length, ...all, ...fixed, ...rest);
      if ((answer as string[])[0] === "stored") await this.#awaitReplicas(redis);
      return answer as [string, string?];
    });
    if (outcome === "stored") return;
    if (outcome === "fenced") {
      throw new StoreUnavailable(
        "This write came too late; it was given up before.",
        "not-written",
      );
    }
    if (outcome === "incomplete") {
      throw new StoreUnavailable(
        `Redis (${this.#link.place}) has dropped some of what was staged.`,
        "not-written",
      );
    }
    throw new StoreConflict(this.#decode(actual, this.#place?.meta.position).meta.position);
  }

  /** @throws StoreUnavailable when too few replicas have what was written on this connection */
  async #awaitReplicas(redis: { wait(count: number, ms: number): Promise<number> }): Promise<void> {
    const { waitReplicas, waitTimeout } = this.#link.settings;
    if (waitReplicas === 0) return;
    let have;
    try {
      have = await redis.wait(waitReplicas, waitTimeout);
    } catch (error) {
      // Whatever Redis says here, what it waits for is written: at this master, for now.
      const { message } = unavailable(this.#link.place, error);
      throw new StoreUnavailable(message, "unknown", { cause: error });
    }
    if (have >= waitReplicas) return;
    throw new StoreUnavailable(
      `Only ${have} of the ${waitReplicas} Redis replicas that redis.waitReplicas asks for have the change.`,
      "unknown",
    );
  }

  #guarded(): [meta: string, history: string, writer: string] {
    return [this.#keys.meta, this.#keys.history, this.#keys.writer(this.#writer)];
  }

  /** @returns how many there are */
  async #stageLinks(stream: string, archive: Archive): Promise<number> {
    let batch: StoredLink[] = [];
    let count = 0;
    const flush = async () => {
      const links = batch;
      batch = [];
      count += links.length;
      await this.#link.ask(async (redis) => {
        const pipeline = redis.pipeline();
        for (const link of links) {
          pipeline.xadd(stream, entryId(link.revision), "link", encodeLink(link));
        }
        pipeline.expire(stream, 3_600);
        const results = (await pipeline.exec()) ?? [];
        const failed = results.find(([error]) => error !== null);
        if (failed !== undefined) throw failed[0] as Error;
      });
    };
    for await (const link of archive.links()) {
      batch.push(link);
      if (batch.length >= 500) await flush();
    }
    if (batch.length > 0) await flush();
    return count;
  }

  async *#links(history: string): AsyncIterable<StoredLink> {
    // Through the link, so that what fails on the way is told in words.
    const iterator = await this.#link.ask(async (redis) =>
      readLinks(redis, history)[Symbol.asyncIterator](),
    );
    for (;;) {
      const next = await this.#link.ask(() => iterator.next());
      if (next.done === true) return;
      yield next.value;
    }
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
      const reason = error instanceof Error ? error.message : String(error);
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

  #damaged(problems: readonly string[]): StoreDamaged {
    return new StoreDamaged(
      `The store ${this.place} is damaged. ${problems.join(" ")} Nothing in it was changed. ` +
        "Put a backup of Redis back, or see with `tardis-console recover` what can be read, and accept it.",
    );
  }
}

interface SinceAnswer {
  readonly sealed: string;
  readonly at: readonly StreamEntry[];
  readonly first: readonly StreamEntry[];
  readonly entries: readonly StreamEntry[];
  readonly keys: readonly Key[];
  readonly values: readonly string[];
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

/** The lineages that a new state ends, the latest first. */
function superseding(
  meta: Meta | undefined,
  lineages: readonly string[],
  at: number,
  decided: boolean,
): Superseded[] {
  const fresh = [...new Set(lineages)].map((lineage) => ({ lineage, at, decided }));
  const old = (meta?.supersedes ?? []).filter(({ lineage }) => !lineages.includes(lineage));
  return [...fresh, ...old].slice(0, SUPERSEDED_MAX);
}

function newerMessage(place: string, format: number): string {
  return (
    `A newer release wrote the store in Redis (${place}): its format is ${format}, this release knows up ` +
    `to ${FORMAT}. Nothing is written to it. Start the newer release.`
  );
}
