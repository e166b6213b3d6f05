import type { Redis } from "ioredis";
import { StoreError, StoreUnavailable } from "../store.ts";
import { connectRedis, placeOf, unavailable, whenReady, type RedisSettings } from "./client.ts";
import { checkDurability } from "./durability.ts";

const POLL_MS = 1_000;

/**
 * The connections of one store: one for what is asked, one for what is told. Every failure comes out
 * of here as a StoreUnavailable.
 */
export class RedisLink {
  readonly place: string;
  readonly settings: RedisSettings;
  readonly #redis: Redis;
  readonly #report: (message: string) => void;
  readonly #listeners = new Map<string, Set<(text: string) => void>>();
  readonly #doubters = new Set<() => void>();
  #subscriber: Redis | undefined;
  /** Why nothing is to be written here: Redis promises too little. Looked at once a connection. */
  #refusal: Promise<string | undefined> | undefined;
  #told = "";
  #poll: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(settings: RedisSettings, report: (message: string) => void) {
    this.settings = settings;
    this.place = placeOf(settings);
    this.#report = report;
    this.#redis = connectRedis(settings, "store");
    // Each connection may be to another server, or to one with other settings.
    this.#redis.on("ready", () => {
      this.#refusal = this.#check();
      this.#refusal.catch(() => undefined);
    });
  }

  /**
   * Asks Redis something.
   * @throws StoreUnavailable
   */
  async ask<T>(work: (redis: Redis) => Promise<T>): Promise<T> {
    if (this.#closed) throw this.#isClosed();
    try {
      await whenReady(this.#redis, this.place, this.settings.commandTimeout);
      return await work(this.#redis);
    } catch (error) {
      // What is not of Redis or of the way to it passes as it is.
      if (error instanceof StoreError || error instanceof TypeError) throw error;
      throw unavailable(this.place, error);
    }
  }

  /** @throws StoreUnavailable when Redis promises less than the settings ask for */
  async requireDurable(): Promise<void> {
    let refusal;
    try {
      refusal = await (this.#refusal ??= this.#check());
    } catch (error) {
      this.#refusal = undefined;
      throw error;
    }
    if (refusal === undefined) return;
    // It may be put right without a new connection.
    this.#refusal = undefined;
    throw new StoreUnavailable(`Redis (${this.place}) is not written: ${refusal}.`, "not-written");
  }

  /**
   * Calls back with what is published on a channel. A message may be lost.
   * @returns ends it
   */
  subscribe(channel: string, listener: (text: string) => void): () => void {
    const listeners = this.#listeners.get(channel) ?? new Set();
    this.#listeners.set(channel, listeners.add(listener));
    const subscriber = (this.#subscriber ??= this.#connectSubscriber());
    if (subscriber.status === "ready") void subscriber.subscribe(channel).catch(() => undefined);
    return () => listeners.delete(listener);
  }

  /**
   * Calls back when messages may have been missed: after each connection, and now and then all the
   * same.
   * @returns ends it
   */
  onDoubt(listener: () => void): () => void {
    this.#subscriber ??= this.#connectSubscriber();
    this.#doubters.add(listener);
    // Not all replicas at the same moment.
    this.#poll ??= setInterval(() => this.#doubt(), POLL_MS * (0.75 + Math.random() / 2)).unref();
    return () => this.#doubters.delete(listener);
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#poll);
    this.#redis.disconnect();
    this.#subscriber?.disconnect();
  }

  #doubt(): void {
    for (const listener of this.#doubters) listener();
  }

  #check(): Promise<string | undefined> {
    return this.ask(async (redis) => {
      const { sentence, refusal } = await checkDurability(redis, this.settings);
      if (this.#told !== sentence) this.#report(sentence);
      this.#told = sentence;
      return refusal;
    });
  }

  #connectSubscriber(): Redis {
    const redis = connectRedis(this.settings, "watch");
    redis.on("message", (channel: string, text: string) => {
      for (const listener of this.#listeners.get(channel) ?? []) listener(text);
    });
    redis.on("ready", () => {
      const channels = [...this.#listeners.keys()];
      if (channels.length > 0) void redis.subscribe(...channels).catch(() => undefined);
      this.#doubt();
    });
    return redis;
  }

  #isClosed(): StoreUnavailable {
    return new StoreUnavailable(`The store ${this.place} was closed.`, "not-written");
  }
}
