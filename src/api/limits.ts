import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { networkOf } from "../domain/addresses.ts";
import type { Actor } from "../domain/policy.ts";
import { quotaOf, type Rules } from "../domain/rules.ts";
import type { State } from "../domain/state.ts";
import { Refusal } from "../errors.ts";

const HOUR_SECONDS = 3600;
const FAILURES = 100;
const FAILURE_SECONDS = 60;

/** The rates that the API holds its callers to, counted in this process. */
export class Limits {
  readonly #rules: Rules;
  /** One counter for each quota that is in force: most owners share the default's. */
  readonly #changes = new Map<number, RateLimiterMemory>();
  readonly #failures = new RateLimiterMemory({ points: FAILURES, duration: FAILURE_SECONDS });

  constructor(rules: Rules) {
    this.#rules = rules;
  }

  /**
   * Counts a change against the acting owner's `changesPerHour`. Admins are not limited.
   * @returns takes the count back, for a change that did not come about
   * @throws Refusal `rate_limited`
   */
  async spendChange(state: State, actor: Actor): Promise<() => Promise<void>> {
    const owner = actor.owner === null ? undefined : state.owners.get(actor.owner);
    if (actor.admin || owner === undefined) return async () => undefined;
    const points = quotaOf(this.#rules, owner).changesPerHour;
    let limiter = this.#changes.get(points);
    if (limiter === undefined) {
      limiter = new RateLimiterMemory({ points, duration: HOUR_SECONDS });
      this.#changes.set(points, limiter);
    }
    await spend(
      limiter,
      owner.id,
      `${owner.name} may make ${points} changes an hour; wait a little.`,
    );
    return async () => void (await limiter.reward(owner.id));
  }

  /**
   * Stops an address that presented too many wrong tokens, before its next one is looked at.
   * @throws Refusal `rate_limited`
   */
  async requireFewFailures(address: string): Promise<void> {
    const found = await this.#failures.get(networkOf(address));
    if (found !== null && found.consumedPoints >= FAILURES) throw tooMany(found, TOO_MANY_FAILURES);
  }

  /** Counts a token that was not good. */
  async countFailure(address: string): Promise<void> {
    await this.#failures.penalty(networkOf(address));
  }
}

const TOO_MANY_FAILURES = "Too many wrong tokens came from this address; wait a minute.";

async function spend(limiter: RateLimiterMemory, key: string, message: string): Promise<void> {
  try {
    await limiter.consume(key);
  } catch (rejected) {
    if (!(rejected instanceof RateLimiterRes)) throw rejected;
    throw tooMany(rejected, message);
  }
}

function tooMany(result: RateLimiterRes, message: string): Refusal {
  const retryAfter = Math.max(1, Math.ceil(result.msBeforeNext / 1000));
  return new Refusal("rate_limited", message, { retryAfter });
}
