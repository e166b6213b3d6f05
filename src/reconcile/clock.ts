import { setTimeout as delay } from "node:timers/promises";

/** Time, as modules ask for it; tests turn it by hand. */
export interface Clock {
  now(): Date;
  /**
   * @param ms milliseconds
   * @throws AbortError when the signal ends it
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => new Date(),
  sleep: (ms, signal) => delay(ms, undefined, signal === undefined ? {} : { signal }),
};
