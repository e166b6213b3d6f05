import type { Page } from "../../domain/entities.ts";
import type { State } from "../../domain/state.ts";
import type { Steps } from "../../turns.ts";

/** Of how many owners sites may go at once: whichever is more. */
export interface Guard {
  readonly owners: number;
  readonly percent: number;
}

/** What the guard says of losses that nobody is known to have asked for. */
export interface Judgement {
  /** Whose sites they are: owners' ids, or `namespace:<id>`. */
  readonly losers: ReadonlySet<string>;
  /** Whether they wait for an admin: they are of so many owners that it is rather a fault. */
  readonly isHeld: boolean;
}

const STEP = 256;

/** @param spent whose sites were taken away by single reads since the last read of everything */
export function* judge(
  state: State,
  guard: Guard,
  lost: readonly Page[],
  spent: ReadonlySet<string>,
): Steps<Judgement> {
  const losers = new Set(lost.map(loserOf));
  if (losers.size === 0) return { losers, isHeld: false };
  const all = new Set<string>();
  let looked = 0;
  for (const page of state.pages.values()) {
    if (page.deployed) all.add(loserOf(page));
    if (++looked % STEP === 0) yield;
  }
  const limit = Math.max(guard.owners, Math.ceil((guard.percent / 100) * all.size));
  return { losers, isHeld: new Set([...losers, ...spent]).size >= limit };
}

function loserOf(page: Page): string {
  return page.owner ?? `namespace:${page.namespace ?? 0}`;
}
