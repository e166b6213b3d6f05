/** A process that is killed after a step, and the next one, which puts things right, after one of its own. */
export interface Pair {
  readonly first: number;
  readonly second: number;
}

/**
 * Chooses at which steps of what is put right the process that does it is killed, too.
 * @param recoveries how many steps it took to put things right after each step of an act, the first first
 * @param rounds how many pairs to choose; each first step is in one of them at least
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
  for (const [at, steps] of recoveries.entries()) {
    // Steps that follow each other are put right in much the same way: at another step each.
    const one = 1 + ((begin + at) % Math.max(1, steps));
    for (let second = 1; second <= steps; second++)
      (second === one ? chosen : rest).push({ first: at + 1, second });
  }
  while (chosen.length < rounds && rest.length > 0)
    chosen.push(...rest.splice(random(rest.length), 1));
  return chosen.toSorted((a, b) => a.first - b.first || a.second - b.second);
}
