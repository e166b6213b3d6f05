export { eachAtOnce } from "../../reconcile/at-once.ts";

/**
 * Lets so many pieces of work run at once; the others wait in the order in which they came. A place is
 * handed on as it is, so that nobody comes between.
 */
export class Gate {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  /** @param places how many run at once */
  constructor(places: number) {
    this.#free = places;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}
