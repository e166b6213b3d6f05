import { z } from "zod";
import type { Volatile } from "../../store/volatile.ts";
import { type Hint, hintKey, hintSchema } from "./hint.ts";

export interface HintRelayOptions {
  /** Undefined while there is no store. */
  readonly volatile: () => Volatile | undefined;
  /** Gets what any replica has sent, at every replica: those that do not lead leave it. Never throws. */
  readonly onHints: (hints: readonly Hint[]) => void;
}

const TOPIC = "gitlab-hints";
const PREFIX = "gitlab:hint:";
const TTL_MS = 15 * 60_000;
/** A nudge stays below 8 kB. */
const NUDGE_BYTES = 8_000;
/** Writes to the store under way at once. */
const WRITES_MAX = 64;
/** Hints that wait for these; more are not told apart any more. */
const WAITING_MAX = 1_000;

/**
 * Carries hints from the replica that a hook reached to the one that leads, and keeps them for a
 * while for the one that leads next. While the store is away, hints stay where they came.
 */
export class HintRelay {
  readonly #options: HintRelayOptions;
  readonly #waiting = new Map<string, Hint>();
  #underWay = 0;
  #idle: (() => void)[] = [];

  constructor(options: HintRelayOptions) {
    this.#options = options;
  }

  /**
   * Hears what replicas send, this one included, from here on.
   * @param volatile the store that has been opened
   * @returns ends it
   */
  listen(volatile: Volatile): () => void {
    return volatile.onNudge(TOPIC, (text) => {
      const hints = parseHints(text);
      if (hints.length > 0) this.#options.onHints(hints);
    });
  }

  /** Sends hints on in the background. Never throws, and keeps a bounded number whatever comes. */
  send(hints: readonly Hint[]): void {
    for (const hint of hints) {
      const key = hintKey(hint);
      // A later place in the line for a later hint.
      this.#waiting.delete(key);
      this.#waiting.set(key, hint);
    }
    if (this.#waiting.size > WAITING_MAX) {
      this.#waiting.clear();
      this.#waiting.set("full", { kind: "full" });
    }
    this.#drain();
  }

  /** The hints of the last 15 minutes, for a replica that begins to lead. None while the store is away. */
  async take(): Promise<readonly Hint[]> {
    try {
      const found = await this.#options.volatile()?.list(PREFIX);
      return [...(found?.values() ?? [])].flatMap((text) => parseHints(`[${text}]`));
    } catch {
      return [];
    }
  }

  /** Resolves when all that was sent has reached the store, or has been given up. */
  settled(): Promise<void> {
    if (this.#underWay === 0 && this.#waiting.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#idle.push(resolve);
    });
  }

  #drain(): void {
    const volatile = this.#options.volatile();
    const batch: Hint[] = [];
    for (const [key, hint] of this.#waiting) {
      // One place is the nudge's.
      if (volatile !== undefined && this.#underWay >= WRITES_MAX - 1) break;
      this.#waiting.delete(key);
      batch.push(hint);
      if (volatile === undefined) continue;
      this.#track(
        volatile.set(PREFIX + key, JSON.stringify(hint), TTL_MS).catch(() => {
          // The nudge still goes; only the next leader would miss this one, and it reads everything.
        }),
      );
    }
    if (batch.length === 0) return;
    if (volatile === undefined) return this.#options.onHints(batch);
    for (const { text, hints } of nudges(batch)) {
      this.#track(volatile.nudge(TOPIC, text).catch(() => this.#options.onHints(hints)));
    }
  }

  #track(work: Promise<void>): void {
    this.#underWay++;
    void work.finally(() => {
      this.#underWay--;
      this.#drain();
      if (this.#underWay > 0 || this.#waiting.size > 0) return;
      for (const resolve of this.#idle.splice(0)) resolve();
    });
  }
}

/** Hints as texts that are short enough; one that is too long by itself becomes a full read. */
function nudges(hints: readonly Hint[]): { text: string; hints: readonly Hint[] }[] {
  const made: { parts: string[]; hints: Hint[]; bytes: number }[] = [];
  for (const each of hints) {
    const isLong = Buffer.byteLength(JSON.stringify(each)) + 2 > NUDGE_BYTES;
    const hint: Hint = isLong ? { kind: "full" } : each;
    const part = JSON.stringify(hint);
    const bytes = Buffer.byteLength(part) + 1;
    const last = made.at(-1);
    if (last === undefined || last.bytes + bytes > NUDGE_BYTES) {
      made.push({ parts: [part], hints: [hint], bytes: bytes + 1 });
    } else {
      last.parts.push(part);
      last.hints.push(hint);
      last.bytes += bytes;
    }
  }
  return made.map(({ parts, hints }) => ({ text: `[${parts.join(",")}]`, hints }));
}

/** What another release wrote may be of a kind that is not known here: it is left out. */
function parseHints(text: string): Hint[] {
  try {
    const all = z.array(z.unknown()).parse(JSON.parse(text));
    return all.flatMap((each) => hintSchema.safeParse(each).data ?? []);
  } catch {
    return [];
  }
}
