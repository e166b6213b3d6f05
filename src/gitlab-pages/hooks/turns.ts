/**
 * Lets one piece of work begin in each turn of the event loop, in the order in which they came. What
 * else the process has to do, polls above all, comes between two of them.
 */
export class Turns {
  readonly #waiting: (() => void)[] = [];

  /** Resolves when it is the caller's turn. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#waiting.push(resolve) === 1) setImmediate(() => this.#pass());
    });
  }

  #pass(): void {
    this.#waiting.shift()?.();
    // An immediate that is asked for in one runs after the next look at what came in.
    if (this.#waiting.length > 0) setImmediate(() => this.#pass());
  }
}
