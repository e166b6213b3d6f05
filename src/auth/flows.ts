import { createHash, randomBytes } from "node:crypto";
import { z } from "zod";
import type { Volatile } from "../store/volatile.ts";

const flowSchema = z.strictObject({
  /** Hash of what only the browser has that began it. */
  browser: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  /** Where to go in the end: a path of the console's. */
  to: z.string(),
  /** Hash of the code of the invitation that is being accepted. */
  invitation: z.string().optional(),
});

/** A sign-in that is under way at the provider. */
export type Flow = Omit<z.infer<typeof flowSchema>, "browser">;

/** Somebody may have to look for their second factor. */
export const FLOW_SECONDS = 15 * 60;

/**
 * Sign-ins under way, by their state, in the volatile part of the store: the browser may come back
 * to another replica. Each is taken up once, by the browser that began it.
 */
export class Flows {
  readonly #volatile: () => Volatile;

  /** @param volatile throws where there is none now */
  constructor(volatile: () => Volatile) {
    this.#volatile = volatile;
  }

  /** @returns what the provider is to send back */
  newState(): string {
    return randomBytes(32).toString("base64url");
  }

  /**
   * @param browser what the browser keeps in its cookie
   * @throws StoreUnavailable, as `take`
   */
  async put(state: string, browser: string, flow: Flow): Promise<void> {
    const text = JSON.stringify({ ...flow, browser: hashOf(browser) });
    await this.#volatile().set(keyOf(state), text, FLOW_SECONDS * 1000);
  }

  /** @returns undefined for one that is not this browser's, was taken up, or is too old */
  async take(state: string, browser: string): Promise<Flow | undefined> {
    const store = this.#volatile();
    const text = await store.get(keyOf(state));
    if (text === undefined) return undefined;
    const { browser: bound, ...flow } = flowSchema.parse(JSON.parse(text));
    if (bound !== hashOf(browser)) return undefined;
    const mine = await store.compareAndSet(keyOf(state), text, undefined, 1);
    return mine ? flow : undefined;
  }
}

function keyOf(state: string): string {
  return `sign-in:${hashOf(state)}`;
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
