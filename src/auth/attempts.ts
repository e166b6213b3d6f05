import { RateLimiterMemory } from "rate-limiter-flexible";
import { networkOf } from "../domain/addresses.ts";
import { Refusal } from "../errors.ts";

const MINUTE_SECONDS = 60;

/** How many a minute are looked at from one address; a whole lab may be behind it. */
const RATES = {
  /** Codes, and answers of the provider, that were wrong. */
  wrong: 30,
  /** Sign-ins begun: each is kept for some minutes. */
  begun: 120,
} as const;

/**
 * The rates that signing in is held to, counted in this process by the address that a request really
 * comes from: its /64 in IPv6.
 */
export class Attempts {
  readonly #limiters = {
    wrong: new RateLimiterMemory({ points: RATES.wrong, duration: MINUTE_SECONDS }),
    begun: new RateLimiterMemory({ points: RATES.begun, duration: MINUTE_SECONDS }),
  };

  /**
   * Before anything is looked at.
   * @throws Refusal `rate_limited`
   */
  async requireFew(what: keyof typeof RATES, address: string): Promise<void> {
    const found = await this.#limiters[what].get(networkOf(address));
    if (found === null || found.consumedPoints < RATES[what]) return;
    throw new Refusal(
      "rate_limited",
      "Too many tries to sign in came from this address; wait a minute.",
      { retryAfter: Math.max(1, Math.ceil(found.msBeforeNext / 1000)) },
    );
  }

  async count(what: keyof typeof RATES, address: string): Promise<void> {
    await this.#limiters[what].penalty(networkOf(address));
  }
}
