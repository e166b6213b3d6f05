/** How a sorted sequence of names is cut into pieces. */
export interface Cut {
  /** Names in a piece, on average; a power of two. */
  readonly mean: number;
  /** No piece has more. */
  readonly max: number;
}

/**
 * A well mixed hash of a name: FNV-1a, then the finalizer of MurmurHash3, as names that differ in
 * their last digits only would share bits.
 * @returns an unsigned 32-bit number
 */
export function hashName(name: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < name.length; at++) {
    hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Whether a piece ends with this name, whatever names are around it. */
export function isBorder(name: string, { mean }: Cut): boolean {
  return (hashName(name) & (mean - 1)) === 0;
}

/**
 * Cuts sorted names. Borders depend on the names themselves (content-defined chunking), so that a
 * new name moves no border but one that it makes; a run without border that is too long is cut at
 * its least hash, again and again. The cut depends on the names alone, not on how they came.
 * @param names a whole run or several: from behind a border to a border or the end
 * @returns where each piece ends, exclusive
 */
export function cutNames(names: readonly string[], cut: Cut): number[] {
  const ends: number[] = [];
  let start = 0;
  for (let at = 0; at < names.length; at++) {
    if (at === names.length - 1 || isBorder(names[at] ?? "", cut)) {
      cutRun(names, start, at + 1, cut, ends);
      start = at + 1;
    }
  }
  return ends;
}

function cutRun(
  names: readonly string[],
  start: number,
  end: number,
  cut: Cut,
  ends: number[],
): void {
  if (end - start <= cut.max) {
    ends.push(end);
    return;
  }
  let least = Number.POSITIVE_INFINITY;
  let middle = start + 1;
  for (let at = start; at < end - 1; at++) {
    const hash = hashName(names[at] ?? "");
    if (hash < least) [least, middle] = [hash, at + 1];
  }
  cutRun(names, start, middle, cut, ends);
  cutRun(names, middle, end, cut, ends);
}
