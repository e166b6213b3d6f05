/** Where in a list a page starts, as its address says. */
export function startOf(text: string | undefined): number {
  return text !== undefined && /^\d{1,7}$/.test(text) ? Number(text) : 0;
}

/** One stretch of a list, and the ways to those beside it. */
export interface Stretch<T> {
  readonly shown: readonly T[];
  readonly newer: string | undefined;
  readonly older: string | undefined;
  /** Which they are: `26–50 of 72`. */
  readonly says: string;
}

/**
 * One stretch of a list.
 * @param start its first row, of `startOf`
 * @param rows how many it has at most
 * @param href the address of the stretch that starts at a row
 */
export function stretchOf<T>(
  all: readonly T[],
  start: number,
  rows: number,
  href: (start: number) => string,
): Stretch<T> {
  const shown = all.slice(start, start + rows);
  return {
    shown,
    newer: start > 0 ? href(Math.max(0, Math.min(start, all.length) - rows)) : undefined,
    older: start + rows < all.length ? href(start + rows) : undefined,
    says: `${shown.length === 0 ? "None" : `${start + 1}–${start + shown.length}`} of ${all.length}`,
  };
}
