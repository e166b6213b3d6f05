import type { Commit, Json } from "./store.ts";

/** How long a change counts. */
const HOUR_MS = 3_600_000;
/** Events between two looks for owners of whom nothing counts any more. */
const SWEEP_EVERY = 1_000;

/** What an owner has changed in the last hour. */
export interface Recent {
  readonly count: number;
  /** Milliseconds until the first of it counts no more; 0 where there is nothing. */
  readonly untilLess: number;
}

/**
 * How much each owner has changed in the last hour: by the events of this process, and by those of
 * others that it has followed, so that every replica counts the same. What an admin did as one does
 * not count, nor does what was there before this process began.
 */
export class RecentChanges {
  readonly #now: () => number;
  /** When each owner changed something, in the order in which it was told. */
  readonly #times = new Map<string, number[]>();
  #noted = 0;

  /** @param now milliseconds since 1970 */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Counts what happened. */
  note({ actor, at }: Commit["event"]): void {
    const owner = whoseChange(actor);
    if (owner !== undefined && typeof at === "string") this.add(owner, Date.parse(at));
  }

  /** Counts one more, as of a moment: the present one where none is given. */
  add(owner: string, at: number = this.#now()): void {
    const times = this.#times.get(owner) ?? [];
    // Another replica's clock may be ahead: nothing counts for longer than an hour from now.
    times.push(Math.min(at, this.#now()));
    this.#times.set(owner, times);
    if (++this.#noted % SWEEP_EVERY === 0) for (const each of this.#times.keys()) this.of(each);
  }

  /** @param owner the id of a person or group */
  of(owner: string): Recent {
    const now = this.#now();
    const times = this.#times.get(owner)?.filter((at) => at + HOUR_MS > now) ?? [];
    if (times.length === 0) this.#times.delete(owner);
    else this.#times.set(owner, times);
    const [oldest = now - HOUR_MS] = times;
    return { count: times.length, untilLess: oldest + HOUR_MS - now };
  }
}

/** The owner whose rate an event counts for, if it counts. */
function whoseChange(actor: Json | undefined): string | undefined {
  if (actor === null || typeof actor !== "object" || !("owner" in actor)) return undefined;
  const { owner, admin } = actor;
  return typeof owner === "string" && admin !== true ? owner : undefined;
}
