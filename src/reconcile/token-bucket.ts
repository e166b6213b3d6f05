/** Holds a rate: as many at once as in a second, and then one for each part of a second. */
export class TokenBucket {
  readonly #perSecond: number;
  #tokens: number;
  #at: number;

  /**
   * @param now milliseconds, of a clock that does not go back
   */
  constructor(perSecond: number, now: number) {
    this.#perSecond = perSecond;
    this.#tokens = Math.max(1, perSecond);
    this.#at = now;
  }

  /** @returns whether there was one to take */
  take(now: number): boolean {
    this.#fill(now);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** When there is one again, in milliseconds. */
  nextAt(now: number): number {
    this.#fill(now);
    return now + Math.ceil((Math.max(0, 1 - this.#tokens) * 1000) / this.#perSecond);
  }

  #fill(now: number): void {
    const more = ((now - this.#at) * this.#perSecond) / 1000;
    this.#tokens = Math.min(Math.max(1, this.#perSecond), this.#tokens + more);
    this.#at = now;
  }
}
