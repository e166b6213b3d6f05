import { ok, warning, wrong, type Found } from "./check.ts";

/** Seconds from which on two clocks are not alike, and from which on things break. */
const APART = 5;
const FAR_APART = 60;

/**
 * Whether another clock goes like this machine's.
 * @param aheadBy seconds that the other one is ahead; behind, where below 0
 */
export function clockFound(name: string, aheadBy: number): Found {
  const seconds = Math.round(aheadBy * 10) / 10;
  const facts = { aheadSeconds: seconds };
  const apart = Math.abs(seconds);
  if (apart <= APART) return ok(`${name}'s clock and this machine's agree (${apart} s).`, facts);
  const says = `${name}'s clock is ${apart} s ${seconds > 0 ? "ahead of" : "behind"} this machine's: have both set by NTP (timedatectl shows whether it is on).`;
  return (apart > FAR_APART ? wrong : warning)(says, facts);
}
