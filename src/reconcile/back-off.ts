/** The first pause after a failure, and the longest, in milliseconds. */
const FIRST_MS = 2_000;
const MOST_MS = 10 * 60_000;

/**
 * How long to wait before the next attempt: twice as long each time, between half of that and all of
 * it, so that many that failed together are not tried together.
 * @param tries failures in a row, at least 1
 * @param random from 0 to below 1
 * @returns milliseconds
 */
export function backOff(tries: number, random: () => number = Math.random): number {
  const full = Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(tries - 1, 30));
  return full * (0.5 + random() / 2);
}
