import { setTimeout as delay } from "node:timers/promises";

/** How `waitFor` waits. */
export interface WaitOptions {
  /** Milliseconds until it gives up; 10,000 when left out. */
  readonly timeout?: number;
  /** What is waited for, for the message; a function is asked at the end, to show a state. */
  readonly describe: string | (() => string | Promise<string>);
}

/** What is left of a type when its value is true. */
export type Truthy<Value> = Exclude<Value, false | 0 | "" | null | undefined>;

/**
 * Asks `condition` again and again until it answers something true, and returns that. What it
 * throws counts as "not yet".
 * @throws Error with the description, and the last thing thrown as its cause, after the timeout
 */
export async function waitFor<Value>(
  condition: () => Value | Promise<Value>,
  { timeout = 10_000, describe }: WaitOptions,
): Promise<Truthy<Value>> {
  const deadline = performance.now() + timeout;
  let cause: unknown;
  let pause = 2;
  while (true) {
    try {
      const value = await condition();
      if (value) return value as Truthy<Value>;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (performance.now() >= deadline) break;
    await delay(pause);
    pause = Math.min(pause * 1.5, 25);
  }
  const what = typeof describe === "string" ? describe : await describe();
  const because = cause instanceof Error ? ` (${cause.message})` : "";
  throw new Error(`gave up after ${timeout} ms waiting for ${what}${because}`, { cause });
}
