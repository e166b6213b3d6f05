import { createHash } from "node:crypto";
import type { Volatile } from "../../store/volatile.ts";

const PREFIX = "gitlab:hook:";
const HOUR_MS = 3_600_000;
/** How many deliveries a process remembers by itself. */
const REMEMBERED = 10_000;
/** How long a hook waits for the store, in milliseconds: GitLab is answered at once. */
const PATIENCE_MS = 1_000;

/** Which hooks have come before, at any replica, and at this one also while the store is away. */
export class Deliveries {
  readonly #volatile: () => Volatile | undefined;
  /** The oldest first. */
  readonly #seen = new Set<string>();

  constructor(volatile: () => Volatile | undefined) {
    this.#volatile = volatile;
  }

  /**
   * Whether a delivery comes for the first time within an hour. Never throws.
   * @param id of any text
   */
  async isFirst(id: string): Promise<boolean> {
    const key = PREFIX + createHash("sha256").update(id).digest("base64url");
    if (this.#seen.has(key)) return false;
    this.#remember(key);
    // To look at something twice is better than not to look.
    return (await this.#isFirstOfAll(key)) ?? true;
  }

  #remember(key: string): void {
    this.#seen.add(key);
    if (this.#seen.size <= REMEMBERED) return;
    for (const oldest of this.#seen) {
      this.#seen.delete(oldest);
      break;
    }
  }

  /** @returns undefined when the store does not say */
  async #isFirstOfAll(key: string): Promise<boolean | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), PATIENCE_MS);
    });
    try {
      const asked = this.#volatile()?.compareAndSet(key, undefined, "1", HOUR_MS);
      return await Promise.race([asked, patience]);
    } catch {
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }
}
