/** A process that is killed after a step, and the next one, which puts things right, after one of its own. */
export interface Pair {
  readonly first: number;
  readonly second: number;
}

/** Of so many first steps in a row, one is followed by a second one. */
const EACH = 3;

/**
 * Chooses at which steps of what is put right the process that does it is killed, too.
 * @param recoveries how many steps it took to put things right after each step of an act, the first first
 * @param rounds how many pairs to choose; one of three first steps in a row is in one of them at least
 * @param random whole numbers below a bound
 */
export function choosePairs(
  recoveries: readonly number[],
  rounds: number,
  random: (below: number) => number,
): readonly Pair[] {
  const chosen: Pair[] = [];
  const rest: Pair[] = [];
  const begin = random(1_000);
  const each = Math.min(EACH, recoveries.length);
  for (const [at, steps] of recoveries.entries()) {
    // Steps that follow each other are put right in much the same way: at another step each.
    const one = 1 + ((begin + at) % Math.max(1, steps));
    for (let second = 1; second <= steps; second++)
      (at % each === begin % each && second === one ? chosen : rest).push({
        first: at + 1,
        second,
      });
  }
  while (chosen.length < rounds && rest.length > 0)
    chosen.push(...rest.splice(random(rest.length), 1));
  return chosen.toSorted((a, b) => a.first - b.first || a.second - b.second);
}
