import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { messageOf } from "../errors.ts";
import { chunks, openLevel, type Level, type Operation } from "./leveldb/level.ts";
import { MemoryVolatile } from "./memory-volatile.ts";
import { StoreLocked } from "./store.ts";
import type { Volatile } from "./volatile.ts";

export interface KeptVolatileOptions {
  /** Which entries outlast this process, by their keys. */
  readonly keeps: (key: string) => boolean;
  /** Told, in a plain sentence, what went wrong without harm to any answer. */
  readonly report: (message: string) => void;
  /** Milliseconds of a clock that does not go back. */
  readonly now?: () => number;
  /** Milliseconds since the epoch: until when an entry lives has to be known to the next process. */
  readonly wall?: () => number;
}

interface Kept {
  readonly value: string;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/** Writes between two looks at what is over, which nobody may ever ask for again. */
const SWEEP_EVERY = 5_000;

/**
 * The volatile part of the embedded store, of which some entries are there again after a restart.
 * They lie in a database of their own, that nothing else depends on: one that is damaged, or cannot
 * be written, is thrown away, and what was in it with it. What was deleted never comes back, not
 * even when the machine stops: a deletion is on the disk before it is answered.
 */
export class KeptVolatile extends MemoryVolatile implements Volatile {
  readonly #path: string;
  readonly #options: KeptVolatileOptions;
  readonly #wall: () => number;
  #level: Level | undefined;
  /** What is to be written; undefined: deleted. */
  #pending = new Map<string, Kept | undefined>();
  #writing: Promise<void> | undefined;
  #writes = 0;

  private constructor(path: string, options: KeptVolatileOptions) {
    super(options.now);
    this.#path = path;
    this.#options = options;
    this.#wall = options.wall ?? Date.now;
  }

  /**
   * @param path of the database's folder, which is made if need be
   * @throws StoreLocked when another process has it open
   */
  static async open(path: string, options: KeptVolatileOptions): Promise<KeptVolatile> {
    const opened = new KeptVolatile(path, options);
    try {
      await opened.#open();
    } catch (error) {
      if (error instanceof StoreLocked) throw error;
      await opened.#giveUp(error);
      // Without what was there; where even that fails, nothing is kept from here on.
      await opened.#open().catch((again: unknown) => opened.#giveUp(again));
    }
    return opened;
  }

  override async set(key: string, value: string, ttlMs: number): Promise<void> {
    await super.set(key, value, ttlMs);
    await this.#keep(key, { value, until: this.#wall() + ttlMs });
  }

  override async compareAndSet(
    key: string,
    expected: string | undefined,
    next: string | undefined,
    ttlMs: number,
  ): Promise<boolean> {
    const isDone = await super.compareAndSet(key, expected, next, ttlMs);
    if (isDone) {
      await this.#keep(
        key,
        next === undefined ? undefined : { value: next, until: this.#wall() + ttlMs },
      );
    }
    return isDone;
  }

  /** Has nothing of what is there now be there after a restart. */
  async forget(): Promise<void> {
    await this.#writing;
    await this.#remove();
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#level?.close();
    this.#level = undefined;
  }

  async #open(): Promise<void> {
    this.#level = await openLevel(this.#path, true);
    for (const [key, { value, until }] of await this.#sweep(this.#level))
      await super.set(key, value, until - this.#wall());
  }

  /** Deletes what is over. @returns what is not */
  async #sweep(level: Level): Promise<ReadonlyMap<string, Kept>> {
    const alive = new Map<string, Kept>();
    const over: Operation[] = [];
    for await (const chunk of chunks(level, {})) {
      for (const [key, text] of chunk) {
        const kept = decode(key, text);
        if (kept !== undefined && kept.until > this.#wall()) alive.set(key, kept);
        else over.push({ type: "del", key });
      }
    }
    await level.batch(over, { sync: true });
    return alive;
  }

  /** In the order in which they were done in memory: the newest of a key is what is written. */
  async #keep(key: string, kept: Kept | undefined): Promise<void> {
    if (this.#level === undefined || !this.#options.keeps(key)) return;
    this.#pending.set(key, kept);
    while (this.#pending.has(key)) {
      this.#writing ??= this.#write().finally(() => (this.#writing = undefined));
      await this.#writing;
    }
    await this.#writing;
  }

  async #write(): Promise<void> {
    // With what comes in this turn.
    await Promise.resolve();
    const pending = this.#pending;
    this.#pending = new Map();
    const operations = [...pending].map(([key, kept]): Operation =>
      kept === undefined ? { type: "del", key } : { type: "put", key, value: encode(key, kept) },
    );
    // What is lost of the others when the machine stops costs a sign-in, or a look.
    const sync = operations.some(({ type }) => type === "del");
    try {
      await this.#level?.batch(operations, { sync });
      if (this.#level !== undefined && ++this.#writes % SWEEP_EVERY === 0)
        await this.#sweep(this.#level);
    } catch (error) {
      await this.#giveUp(error);
    }
  }

  /** What cannot be written is not to come back as it was before, either. */
  async #giveUp(error: unknown): Promise<void> {
    this.#options.report(
      `${this.#path} cannot be used: ${messageOf(error)}. Whoever is signed in has to sign in again after a restart.`,
    );
    await this.#remove();
  }

  async #remove(): Promise<void> {
    const level = this.#level;
    this.#level = undefined;
    try {
      await level?.close();
      await rm(this.#path, { recursive: true, force: true });
    } catch (error) {
      this.#options.report(
        `${this.#path} cannot be removed: ${messageOf(error)}. Remove it before the next start.`,
      );
    }
  }
}

/** LevelDB checks no checksum when it reads. */
function encode(key: string, { value, until }: Kept): string {
  const body = `${Math.ceil(until)} ${value}`;
  return `${checksum(key, body)} ${body}`;
}

/** @returns undefined for what was not written there so */
function decode(key: string, text: string): Kept | undefined {
  const [, sum, body = "", until = "", value = ""] = /^(\S+) ((\d{1,15}) (.*))$/s.exec(text) ?? [];
  return sum === checksum(key, body) ? { value, until: Number(until) } : undefined;
}

function checksum(key: string, body: string): string {
  return createHash("sha256").update(`${key}\n${body}`).digest("base64url").slice(0, 16);
}
