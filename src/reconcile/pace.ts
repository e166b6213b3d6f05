import { setTimeout as delay } from "node:timers/promises";
import { TokenBucket } from "./token-bucket.ts";

export interface PaceOptions {
  /** What may begin at once after a rest; a second's worth when left out. */
  readonly atOnce?: number;
  /** Milliseconds, of a clock that does not go back. */
  readonly now?: (() => number) | undefined;
  readonly sleep?: ((ms: number, signal: AbortSignal | undefined) => Promise<unknown>) | undefined;
}

/** Lets work begin at a rate: some of it at once, and then in even steps. */
export class Pace {
  readonly #now: () => number;
  readonly #sleep: NonNullable<PaceOptions["sleep"]>;
  readonly #bucket: TokenBucket;

  constructor(perSecond: number, options: PaceOptions = {}) {
    this.#now = options.now ?? (() => performance.now());
    this.#sleep =
      options.sleep ??
      ((ms, signal) => delay(ms, undefined, signal === undefined ? {} : { signal }));
    this.#bucket = new TokenBucket(perSecond, this.#now(), options.atOnce);
  }

  /**
   * Resolves when the caller may begin.
   * @throws AbortError when the signal ends the waiting
   */
  async next(signal?: AbortSignal): Promise<void> {
    for (;;) {
      const now = this.#now();
      if (this.#bucket.take(now)) return;
      await this.#sleep(this.#bucket.nextAt(now) - now, signal);
    }
  }
}
