/** Holds a rate: some at once, and then one for each part of a second. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #most: number;
  #tokens: number;
  #at: number;

  /**
   * @param now milliseconds, of a clock that does not go back
   * @param most how many there are at once after a rest
   */
  constructor(perSecond: number, now: number, most = perSecond) {
    this.#perSecond = perSecond;
    this.#most = Math.max(1, most);
    this.#tokens = this.#most;
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
    this.#tokens = Math.min(this.#most, this.#tokens + more);
    this.#at = now;
  }
}
