import { setTimeout as delay } from "node:timers/promises";

/** The longest that an end waits to be noticed: a load balancer asks every 2 s or so. */
const NOTICE_MS = 3_000;
/** What was sent here before it was noticed may still be on its way. */
const AFTER_NOTICE_MS = 250;

/**
 * The time between "this replica ends" and its end, in which it still answers: whoever shares
 * requests out among replicas sends the next ones elsewhere, and none fails.
 */
export class Drain {
  #notice: (() => void) | undefined;
  #begun = false;

  /** Whether this replica is about to end. */
  get begun(): boolean {
    return this.#begun;
  }

  /** Resolves when it was told that this replica ends, or when nobody asked. */
  async begin(): Promise<void> {
    this.#begun = true;
    const timer = new AbortController();
    const noticed = new Promise<void>((resolve) => (this.#notice = resolve));
    const waited = delay(NOTICE_MS, undefined, { signal: timer.signal }).catch(() => undefined);
    await Promise.race([noticed, waited]);
    timer.abort();
    await delay(AFTER_NOTICE_MS);
  }

  /** Somebody was told. */
  noticed(): void {
    this.#notice?.();
  }
}
