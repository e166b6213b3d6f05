import { Refusal } from "../errors.ts";
import { Trouble } from "./trouble.ts";

/**
 * What a real system answers to somebody who waits for it.
 * @throws Refusal `unavailable` when it does not
 */
export async function asked<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    throw new Refusal("unavailable", error.message, { retryAfter: 10 });
  }
}
