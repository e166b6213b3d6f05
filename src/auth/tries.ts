import { randomUUID } from "node:crypto";
import { RateLimiterMemory } from "rate-limiter-flexible";
import { networkOf } from "../domain/addresses.ts";
import { Refusal } from "../errors.ts";
import type { Volatile } from "../store/volatile.ts";

const MINUTE_SECONDS = 60;
const TOPIC = "tries";
/** Networks of which the others are told at once; of more, while the store is slow, they are not. */
const UNTOLD_MAX = 1_000;

/** How many a minute are looked at from one address; a whole lab may be behind it. */
const RATES = {
  /** Tokens of the API that were wrong. */
  token: 100,
  /** Codes, and answers of the provider, that were wrong. */
  wrong: 30,
  /** Sign-ins begun: each is kept for some minutes. */
  begun: 120,
  /** Hooks that were not good. */
  hook: 100,
} as const;
export type Tried = keyof typeof RATES;

const SIGN_INS = "Too many tries to sign in came from this address; wait a minute.";
const REFUSED: Readonly<Record<Tried, string>> = {
  token: "Too many wrong tokens came from this address; wait a minute.",
  wrong: SIGN_INS,
  begun: SIGN_INS,
  hook: "Too many wrong hooks came from this address; wait a minute.",
};

/**
 * What is tried from an address that a request really comes from: its /64 in IPv6. Each replica tells
 * the others what it counts, and so all count the same; while the store's volatile part is away, each
 * counts for itself. Nobody waits for the store here.
 */
export class Tries {
  /** By which a replica knows what it told itself. */
  readonly #self = randomUUID();
  readonly #volatile: () => Volatile | undefined;
  /** How many the others have not been told of, by what and network. */
  readonly #untold = new Map<string, number>();
  #isTelling = false;
  readonly #limiters = Object.fromEntries(
    Object.entries(RATES).map(([what, points]) => [
      what,
      new RateLimiterMemory({ points, duration: MINUTE_SECONDS }),
    ]),
  ) as Record<Tried, RateLimiterMemory>;

  /** @param volatile undefined while there is no store */
  constructor(volatile: () => Volatile | undefined) {
    this.#volatile = volatile;
  }

  /**
   * Hears what other replicas count, from here on.
   * @returns ends it
   */
  listen(volatile: Volatile): () => void {
    return volatile.onNudge(TOPIC, (text) => {
      const [from, ...told] = text.split("\n");
      if (from === this.#self) return;
      for (const line of told) {
        const [what = "", network = "", times] = line.split(" ");
        const count = Number(times);
        if (isTried(what) && count > 0) void this.#limiters[what].penalty(network, count);
      }
    });
  }

  /** @returns the seconds until an address is looked at again; undefined while it is */
  async secondsLeft(what: Tried, address: string): Promise<number | undefined> {
    const found = await this.#limiters[what].get(networkOf(address));
    if (found === null || found.consumedPoints < RATES[what]) return undefined;
    return Math.max(1, Math.ceil(found.msBeforeNext / 1000));
  }

  /**
   * Before anything is looked at.
   * @throws Refusal `rate_limited`
   */
  async requireFew(what: Tried, address: string): Promise<void> {
    const retryAfter = await this.secondsLeft(what, address);
    if (retryAfter !== undefined) throw new Refusal("rate_limited", REFUSED[what], { retryAfter });
  }

  /** Counts one, here at once and soon at the others. */
  async count(what: Tried, address: string): Promise<void> {
    const network = networkOf(address);
    await this.#limiters[what].penalty(network);
    const line = `${what} ${network}`;
    if (this.#untold.size < UNTOLD_MAX) this.#untold.set(line, (this.#untold.get(line) ?? 0) + 1);
    if (!this.#isTelling) void this.#tell();
  }

  /** What comes while the others are told is told together, next. */
  async #tell(): Promise<void> {
    this.#isTelling = true;
    while (this.#untold.size > 0) {
      const lines = [...this.#untold].map(([line, times]) => `${line} ${times}`);
      this.#untold.clear();
      // While the store is away, each counts for itself.
      await this.#volatile()
        ?.nudge(TOPIC, [this.#self, ...lines].join("\n"))
        .catch(() => undefined);
    }
    this.#isTelling = false;
  }
}

function isTried(text: string): text is Tried {
  return Object.hasOwn(RATES, text);
}
