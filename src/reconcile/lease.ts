import type { Volatile } from "../store/volatile.ts";
import { CALL_MS } from "./system.ts";
import { Busy, LeaseLost } from "./trouble.ts";

/** How long a lease lasts without being renewed: longer than the longest step done under it. */
export const LEASE_MS = 3 * CALL_MS;
/** Ends before it does at the store: the clocks do not run alike, and answers are on their way. */
const MARGIN_MS = 2_000;
const WAIT_MS = 50;

export interface LeaseOptions {
  readonly volatile: Volatile;
  /** What it is on: `bucket/bkt-01…`. */
  readonly on: string;
  /** Unlike any other holder's, even in the same process. */
  readonly holder: string;
  /** Milliseconds of a clock that does not go back. */
  readonly clock?: () => number;
}

/**
 * One holder at a time, over all replicas. Before each step it is renewed, and a step takes less than
 * it lasts: what a holder that was cut off still does is done before the next one begins.
 */
export class Lease {
  readonly #options: LeaseOptions;
  readonly #clock: () => number;
  #until = Number.NEGATIVE_INFINITY;
  #fence: number | undefined;

  constructor(options: LeaseOptions) {
    this.#options = options;
    this.#clock = options.clock ?? (() => performance.now());
  }

  /**
   * Takes it, or waits a while for whoever has it.
   * @param patienceMs how long
   * @throws Busy when it is still another's; StoreUnavailable
   */
  async take(patienceMs = 0): Promise<void> {
    const end = this.#clock() + patienceMs;
    while (!(await this.#acquire())) {
      if (this.#clock() >= end) throw new Busy();
      await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
    }
  }

  /**
   * Makes sure that there is time for one more step.
   * @throws LeaseLost
   */
  async renew(): Promise<void> {
    const fence = this.#fence;
    if (this.#clock() >= this.#until || !(await this.#acquire()) || this.#fence !== fence)
      throw new LeaseLost();
  }

  /** Gives it back. Never throws: it runs out by itself. */
  async release(): Promise<void> {
    const { volatile, on, holder } = this.#options;
    this.#until = Number.NEGATIVE_INFINITY;
    await volatile.release(nameOf(on), holder).catch(() => undefined);
  }

  async #acquire(): Promise<boolean> {
    const { volatile, on, holder } = this.#options;
    const asked = this.#clock();
    const fence = await volatile.acquire(nameOf(on), holder, LEASE_MS);
    if (fence === undefined) return false;
    this.#fence = fence;
    this.#until = asked + LEASE_MS - MARGIN_MS;
    return true;
  }
}

function nameOf(on: string): string {
  return `reconcile:${on}`;
}
