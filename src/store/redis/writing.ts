import { randomUUID } from "node:crypto";
import { positionOf } from "../group.ts";
import { encodeLink, encodeMeta, type Meta } from "../sealed.ts";
import {
  isExpected,
  StoreConflict,
  StoreUnavailable,
  type Expected,
  type Position,
  type StoredLink,
} from "../store.ts";
import { unavailable } from "./client.ts";
import { requireDescent } from "./descent.ts";
import { entryId, linkOf, type RedisKeys, type StreamEntry } from "./layout.ts";
import type { RedisLink } from "./link.ts";
import type { Place, RedisReader } from "./reading.ts";
import { REPLACE, SETTLE } from "./scripts.ts";
import type { Staged } from "./stage.ts";

/** One process among those that write a store, and what became of its writes. */
export class RedisWriter {
  readonly #link: RedisLink;
  readonly #keys: RedisKeys;
  readonly #reader: RedisReader;
  readonly #id = randomUUID();
  #fence = 1;

  constructor(link: RedisLink, keys: RedisKeys, reader: RedisReader) {
    this.#link = link;
    this.#keys = keys;
    this.#reader = reader;
  }

  /**
   * Runs a script that writes.
   * @param keys those that it takes beside the three of every writer
   * @param change where the store stands now, where it leads to, and what the write is known by
   * @param known what this process knew of the store
   * @throws StoreConflict, StoreUnavailable
   */
  async write(
    script: string,
    keys: readonly string[],
    { sealed, next, token }: { sealed: string; next: Meta; token: string },
    rest: readonly (string | number)[],
    known: Position | undefined,
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
    throw new StoreConflict(this.#reader.decode(actual, known).meta.position);
  }

  /**
   * Takes a staged state up.
   * @param keepMs milliseconds that the old entities are kept
   * @throws what `write` throws
   */
  async swapIn(
    { sealed, old }: { sealed: string; old: string },
    next: Meta,
    link: StoredLink,
    { count }: Staged,
    keepMs: number,
    known: Position | undefined,
  ): Promise<void> {
    await this.write(
      REPLACE,
      [this.#keys.entities(next.generation), old],
      { sealed, next, token: link.lineage },
      [entryId(link.revision), encodeLink(link), keepMs, count],
      known,
    );
  }

  /**
   * Finds out what became of a write, and ends it where it is still on its way.
   * @throws what a store's `settle` throws
   */
  async settle(
    from: Position,
    ours: Expected,
  ): Promise<{ readonly stored: boolean; readonly place: Place }> {
    const fence = ++this.#fence;
    const answer = await this.#link.ask(async (redis) => {
      const asked = [fence, from.revision, ours.revision];
      const found = await redis.eval(SETTLE, 3, ...this.#guarded(), ...asked);
      await this.#awaitReplicas(redis);
      return found as [string, StreamEntry[], StreamEntry[], string, StreamEntry[]];
    });
    const [sealed, at, first, done, [entry]] = answer;
    const place = this.#reader.decode(sealed, from);
    requireDescent(this.#link.place, place.meta, from, { at, first });
    const link = entry && linkOf(entry);
    // Its record outlives the history's entry, and the entry the record: either will do. A
    // replacement's commit is not known before, its lineage is.
    const stored =
      done === (ours.commit ?? ours.lineage) ||
      (link !== undefined && isExpected(positionOf(link), ours));
    return { stored, place };
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
    return [this.#keys.meta, this.#keys.history, this.#keys.writer(this.#id)];
  }
}
