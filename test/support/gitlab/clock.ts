/** A clock that only a test moves. */
export interface HandClock {
  readonly now: () => Date;
  /** Moves it on by milliseconds. */
  advance(milliseconds: number): void;
}

/** @param start when it stands first; the evening of 2026-01-05 when left out */
export function handClock(start = new Date("2026-01-05T18:00:00.000Z")): HandClock {
  let at = start.getTime();
  return {
    now: () => new Date(at),
    advance(milliseconds) {
      at += milliseconds;
    },
  };
}
