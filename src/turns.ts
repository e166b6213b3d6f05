import { setTimeout as delay } from "node:timers/promises";

/** Work that takes breaks: whoever runs it decides what happens in them. */
export type Steps<Result> = Generator<undefined, Result>;

/** How long work may keep the event loop, in milliseconds. */
const TURN_MS = 8;

/** Runs work to its end at once. */
export function runToEnd<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** Runs work in turns of some milliseconds, between which the event loop gets on with the rest. */
export async function runInTurns<Result>(steps: Steps<Result>): Promise<Result> {
  let until = performance.now() + TURN_MS;
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (performance.now() < until) continue;
    await new Promise(setImmediate);
    until = performance.now() + TURN_MS;
  }
}

/**
 * How long work that nobody waits for keeps the event loop, and leaves it to others then: of ten who
 * come, nine find it free.
 */
export const LEISURELY = { workMs: 2, restMs: 18 };

/** The same for work that waits for something now and then: it asks after each piece. */
export class Turn {
  readonly #workMs: number;
  readonly #restMs: number;
  #until: number;

  constructor({ workMs, restMs } = { workMs: TURN_MS, restMs: 0 }) {
    this.#workMs = workMs;
    this.#restMs = restMs;
    this.#until = performance.now() + workMs;
  }

  /** Ends this turn and begins another, if it is time. */
  async end(): Promise<void> {
    if (performance.now() < this.#until) return;
    await (this.#restMs > 0 ? delay(this.#restMs) : new Promise(setImmediate));
    this.#until = performance.now() + this.#workMs;
  }
}
