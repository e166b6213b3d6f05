import type { Volatile } from "../volatile.ts";
import type { RedisKeys } from "./layout.ts";
import type { RedisLink } from "./link.ts";
import { ACQUIRE, COMPARE_AND_SET, RELEASE } from "./scripts.ts";

/** The volatile part of the store on Redis: keys that expire. */
export class RedisVolatile implements Volatile {
  readonly #link: RedisLink;
  readonly #keys: RedisKeys;

  constructor(link: RedisLink, keys: RedisKeys) {
    this.#link = link;
    this.#keys = keys;
  }

  async get(key: string): Promise<string | undefined> {
    const value = await this.#link.ask((redis) => redis.get(this.#keys.volatile(key)));
    return value ?? undefined;
  }

  async set(key: string, value: string, ttlMs: number): Promise<void> {
    await this.#link.ask((redis) =>
      redis.set(this.#keys.volatile(key), value, "PX", lifeOf(ttlMs)),
    );
  }

  async compareAndSet(
    key: string,
    expected: string | undefined,
    next: string | undefined,
    ttlMs: number,
  ): Promise<boolean> {
    const done = await this.#link.ask((redis) =>
      redis.eval(
        COMPARE_AND_SET,
        1,
        this.#keys.volatile(key),
        expected === undefined ? "0" : "1",
        expected ?? "",
        next === undefined ? "0" : "1",
        next ?? "",
        lifeOf(ttlMs),
      ),
    );
    return done === 1;
  }

  async list(prefix: string): Promise<ReadonlyMap<string, string>> {
    const start = this.#keys.volatile("");
    const pattern = `${(start + prefix).replaceAll(/[*?[\]\\]/g, "\\$&")}*`;
    const found = new Map<string, string>();
    let cursor = "0";
    do {
      const [next, keys] = await this.#link.ask((redis) =>
        redis.scan(cursor, "MATCH", pattern, "COUNT", 1_000),
      );
      const values = keys.length === 0 ? [] : await this.#link.ask((redis) => redis.mget(...keys));
      keys.forEach((key, index) => {
        const value = values[index];
        if (typeof value === "string") found.set(key.slice(start.length), value);
      });
      cursor = next;
    } while (cursor !== "0");
    return found;
  }

  async acquire(name: string, holder: string, ttlMs: number): Promise<number | undefined> {
    const { volatile, fence: last } = this.#keys;
    const fence = await this.#link.ask((redis) =>
      redis.eval(ACQUIRE, 2, volatile(`lease:${name}`), last, holder, lifeOf(ttlMs)),
    );
    return fence === null ? undefined : Number(fence);
  }

  async release(name: string, holder: string): Promise<void> {
    const key = this.#keys.volatile(`lease:${name}`);
    await this.#link.ask((redis) => redis.eval(RELEASE, 1, key, holder));
  }

  async nudge(topic: string, text: string): Promise<void> {
    const channel = this.#keys.volatile(`topic:${topic}`);
    await this.#link.ask((redis) => redis.publish(channel, text));
  }

  onNudge(topic: string, listener: (text: string) => void): () => void {
    return this.#link.subscribe(this.#keys.volatile(`topic:${topic}`), listener);
  }
}

/** Redis takes whole milliseconds, and at least one. */
function lifeOf(ttlMs: number): number {
  return Math.max(1, Math.ceil(ttlMs));
}
