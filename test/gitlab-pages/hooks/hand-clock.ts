/** A clock that goes only when it is told to, with the timers that hang on it. */
export class HandClock {
  #now = 0;
  #timers: { at: number; run: () => void }[] = [];

  /** Milliseconds. */
  readonly now = (): number => this.#now;

  get timers(): number {
    return this.#timers.length;
  }

  readonly schedule = (at: number, run: () => void): (() => void) => {
    const timer = { at, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  };

  readonly wait = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      this.schedule(this.#now + ms, resolve);
    });

  /** Goes on until a time, each timer at its own, with all that follows from it. */
  async runTo(until: number): Promise<void> {
    await settle();
    for (;;) {
      const due = this.#timers.filter(({ at }) => at <= until);
      const next = due.toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((other) => other !== next);
      this.#now = Math.max(this.#now, next.at);
      next.run();
      await settle();
    }
    this.#now = Math.max(this.#now, until);
  }
}

/** What promises have to do is done when a turn of the event loop is over. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
