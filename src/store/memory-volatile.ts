import type { Volatile } from "./volatile.ts";

interface Entry {
  readonly value: string;
  readonly until: number;
}

const SWEEP_EVERY = 1_000;

/** The volatile part of the embedded store: one process, so memory does. */
export class MemoryVolatile implements Volatile {
  readonly #now: () => number;
  readonly #entries = new Map<string, Entry>();
  readonly #listeners = new Map<string, Set<(text: string) => void>>();
  #fence = 0;
  #writes = 0;

  /** @param now milliseconds, of any clock that does not go back */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** How many entries are kept, those included that have expired and were not asked for. */
  get size(): number {
    return this.#entries.size;
  }

  async get(key: string): Promise<string | undefined> {
    return this.#read(key);
  }

  async set(key: string, value: string, ttlMs: number): Promise<void> {
    this.#write(key, value, ttlMs);
  }

  async compareAndSet(
    key: string,
    expected: string | undefined,
    next: string | undefined,
    ttlMs: number,
  ): Promise<boolean> {
    if (this.#read(key) !== expected) return false;
    if (next === undefined) this.#entries.delete(key);
    else this.#write(key, next, ttlMs);
    return true;
  }

  async list(prefix: string): Promise<ReadonlyMap<string, string>> {
    const found = new Map<string, string>();
    for (const key of this.#entries.keys()) {
      const value = key.startsWith(prefix) ? this.#read(key) : undefined;
      if (value !== undefined) found.set(key, value);
    }
    return found;
  }

  async acquire(name: string, holder: string, ttlMs: number): Promise<number | undefined> {
    const key = leaseKey(name);
    const held = this.#read(key);
    const [fence = "", ...rest] = held?.split(" ") ?? [];
    if (held !== undefined && rest.join(" ") !== holder) return undefined;
    const mine = held === undefined ? ++this.#fence : Number(fence);
    this.#write(key, `${mine} ${holder}`, ttlMs);
    return mine;
  }

  async release(name: string, holder: string): Promise<void> {
    const key = leaseKey(name);
    if (this.#read(key)?.replace(/^\d+ /, "") === holder) this.#entries.delete(key);
  }

  async nudge(topic: string, text: string): Promise<void> {
    for (const listener of this.#listeners.get(topic) ?? []) queueMicrotask(() => listener(text));
  }

  onNudge(topic: string, listener: (text: string) => void): () => void {
    const listeners = this.#listeners.get(topic) ?? new Set();
    this.#listeners.set(topic, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  #read(key: string): string | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.until > this.#now()) return entry?.value;
    this.#entries.delete(key);
    return undefined;
  }

  #write(key: string, value: string, ttlMs: number): void {
    this.#entries.set(key, { value, until: this.#now() + ttlMs });
    // Nobody may ever ask again for what has expired.
    if (++this.#writes % SWEEP_EVERY === 0)
      for (const each of this.#entries.keys()) this.#read(each);
  }
}

function leaseKey(name: string): string {
  return `lease:${name}`;
}
