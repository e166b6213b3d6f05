import type { Steps } from "../../turns.ts";

/** What is sorted at once: about a millisecond's work. */
const BLOCK = 1_024;

/** Sorts by code units, as `toSorted` does: blocks first, then merged two by two, with breaks. */
export function* sortInSteps<Name extends string>(names: readonly Name[]): Steps<Name[]> {
  let sorted: Name[][] = [];
  for (let start = 0; start < names.length; start += BLOCK) {
    sorted.push(names.slice(start, start + BLOCK).sort());
    yield;
  }
  while (sorted.length > 1) {
    const merged: Name[][] = [];
    for (let at = 0; at < sorted.length; at += 2) {
      merged.push(yield* mergeInSteps(sorted[at] ?? [], sorted[at + 1] ?? []));
    }
    sorted = merged;
  }
  return sorted[0] ?? [];
}

function* mergeInSteps<Name extends string>(
  first: readonly Name[],
  second: readonly Name[],
): Steps<Name[]> {
  const merged: Name[] = [];
  let left = 0;
  let right = 0;
  while (left < first.length || right < second.length) {
    const a = first[left];
    const b = second[right];
    if (b === undefined || (a !== undefined && a <= b)) {
      merged.push(a as Name);
      left++;
    } else {
      merged.push(b);
      right++;
    }
    if (merged.length % BLOCK === 0) yield;
  }
  return merged;
}
