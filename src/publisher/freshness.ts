export interface FreshnessOptions {
  /** Takes up what other replicas have stored by now; rejects when the store cannot be asked. */
  readonly catchUp: () => Promise<void>;
  /** Whether there is a store to ask now. */
  readonly canAsk: () => boolean;
  /** How long a poll waits for the answer, in milliseconds. */
  readonly patience: number;
}

/**
 * Makes sure that a poll is answered with nothing older than what any replica has answered before:
 * each poll comes after a look at the store that began after the poll came. One look serves all
 * polls that wait for it. While the store is away polls are answered from memory: the one
 * exception.
 */
export class Freshness {
  readonly #options: FreshnessOptions;
  #running: Promise<void> | undefined;
  /** A look that has not begun: whoever comes now may wait for it. */
  #next: Promise<void> | undefined;

  constructor(options: FreshnessOptions) {
    this.#options = options;
  }

  /** Resolves when the state is as new as the store was at the call, or when that is not to be had. */
  async look(): Promise<void> {
    if (!this.#options.canAsk()) return;
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.#options.patience);
    });
    await Promise.race([this.#shared(), patience]);
    clearTimeout(timer);
  }

  #shared(): Promise<void> {
    if (this.#running === undefined) return this.#begin();
    this.#next ??= this.#running.then(() => {
      this.#next = undefined;
      return this.#begin();
    });
    return this.#next;
  }

  #begin(): Promise<void> {
    const look: Promise<void> = this.#options.catchUp().then(
      () => this.#ended(look),
      () => this.#ended(look),
    );
    return (this.#running = look);
  }

  #ended(look: Promise<void>): void {
    if (this.#running === look && this.#next === undefined) this.#running = undefined;
  }
}
