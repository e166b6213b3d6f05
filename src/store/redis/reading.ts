import { decodeFormat, decodeMeta, FORMAT, type Meta } from "../sealed.ts";
import {
  StoreDamaged,
  StoreNewer,
  StoreUnavailable,
  type Json,
  type Key,
  type Position,
} from "../store.ts";
import { linksBetween, requireBlankKnown, requireDescent } from "./descent.ts";
import { entryId, revisionOf, type RedisKeys, type StreamEntry } from "./layout.ts";
import type { RedisLink } from "./link.ts";
import { checkEvents, parseTexts, readTail, scanTexts } from "./read.ts";
import { SINCE } from "./scripts.ts";

/** How many events are followed one by one; after more the whole state is read. */
const FOLLOW_MAX = 2_000;
const LOAD_TRIES = 5;

/** Where the store stands, with the very text that says so in Redis. */
export interface Place {
  readonly meta: Meta;
  readonly sealed: string;
}

/** What the script `SINCE` answers; nothing but the record where that is the one known. */
export interface SinceAnswer {
  readonly sealed: string;
  readonly at: readonly StreamEntry[];
  readonly first: readonly StreamEntry[];
  readonly entries: readonly StreamEntry[];
  readonly keys: readonly Key[];
  readonly values: readonly string[];
}

/** A whole state, and where it stands. */
export interface Whole {
  readonly place: Place;
  readonly entities: ReadonlyMap<Key, Json>;
}

/** Reads a store, and holds what it finds to what was written. */
export class RedisReader {
  readonly #link: RedisLink;
  readonly #keys: RedisKeys;

  constructor(link: RedisLink, keys: RedisKeys) {
    this.#link = link;
    this.#keys = keys;
  }

  /**
   * Everything, as it stood at one moment, checked.
   * @param first the record of where the store stands, as it was read
   * @param known what this process knew of the store
   * @throws StoreDamaged, StoreDiverged, StoreNewer
   */
  async read(first: string, known: Position | undefined): Promise<Whole> {
    let sealed = first;
    for (let attempt = 0; attempt < LOAD_TRIES; attempt++) {
      const { meta } = this.decode(sealed, known);
      const texts = await this.#link.ask((redis) =>
        scanTexts(redis, this.#keys.entities(meta.generation)),
      );
      // What was written while it was read is read again, all at one moment.
      const answer = await this.since(sealed, meta.position.revision, meta.generation);
      const place = answer.sealed === sealed ? { meta, sealed } : this.decode(answer.sealed, known);
      sealed = place.sealed;
      const { position, generation } = place.meta;
      if (generation !== meta.generation) continue;
      if (linksBetween(meta.position, answer.entries, position) === undefined) continue;
      answer.keys.forEach((key, index) => {
        const text = answer.values[index] ?? "";
        if (text === "") texts.delete(key);
        else texts.set(key, text);
      });
      return { place, entities: await this.#checked(place.meta, texts, known) };
    }
    throw new StoreUnavailable(
      `Redis (${this.#link.place}) is written faster than it can be read.`,
      "not-written",
    );
  }

  /** @throws StoreDiverged, StoreDamaged, as the function of that name */
  async requireDescent(meta: Meta, known: Position): Promise<void> {
    const id = entryId(known.revision);
    const { history } = this.#keys;
    const at = await this.#link.ask((redis) => redis.xrange(history, id, id));
    const first = await this.#link.ask((redis) => redis.xrange(history, "-", "+", "COUNT", 1));
    requireDescent(this.#link.place, meta, known, { at, first });
  }

  /**
   * What was written since a revision.
   * @param sealed the record that is known; "-" for none
   * @param generation whose entities are given
   */
  async since(sealed: string, revision: number, generation: number): Promise<SinceAnswer> {
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
   * Reads the record of where the store stands.
   * @param known what this process knew of the store
   * @throws StoreDiverged when nothing is there, StoreDamaged when it is altered
   */
  decode(sealed: string, known: Position | undefined): Place {
    if (sealed === "") {
      requireBlankKnown(this.#link.place, known);
      throw this.damaged(["The record of where the store stands is missing."]);
    }
    const meta = decodeMeta(sealed);
    if (meta !== undefined) return { meta, sealed };
    const format = decodeFormat(sealed);
    if (format !== undefined && format > FORMAT) {
      throw new StoreNewer(newerMessage(this.#link.place, format));
    }
    throw this.damaged(["The record of where the store stands is altered."]);
  }

  /** What is wrong, and what to do about it. */
  damaged(problems: readonly string[]): StoreDamaged {
    return new StoreDamaged(
      `The store in Redis (${this.#link.place}) is damaged. ${problems.join(" ")} Nothing in it was changed. ` +
        "Put a backup of Redis back, or see with `tardis-console recover` what can be read, and accept it.",
    );
  }

  async #checked(
    meta: Meta,
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
    if (found.length > 0) throw this.damaged(found);
    if (known !== undefined) await this.requireDescent(meta, known);
    return entities;
  }
}

export function newerMessage(place: string, format: number): string {
  return (
    `A newer release wrote the store in Redis (${place}): its format is ${format}, this release knows up ` +
    `to ${FORMAT}. Nothing is written to it. Start the newer release.`
  );
}
