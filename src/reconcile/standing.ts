import { z } from "zod";
import { LEISURELY, Turn } from "../turns.ts";
import type { Volatile } from "../store/volatile.ts";
import { Trouble } from "./trouble.ts";

/** What a person is told of a thing that lives in a real system. */
export const STATES = [
  /** It is being made. */
  "creating",
  "ready",
  /** Something of it was changed or lost behind our back, and is being put right. */
  "repairing",
  /** Its owner is suspended: it is there and cannot be used. */
  "suspended",
  "deleting",
  /** It cannot be brought where it should be; `why` says why, and it is tried again. */
  "stuck",
  /** Something of another's is in its place: nothing is touched until someone decides. */
  "conflict",
] as const;
export type StateName = (typeof STATES)[number];

const repairSchema = z.object({ at: z.string(), what: z.string() });
const standingSchema = z.object({
  state: z.enum(STATES),
  /** In a sentence; null where there is nothing to say. */
  why: z.string().nullable(),
  /** When it was looked at last, ISO 8601. */
  at: z.string(),
  /** Failures in a row. */
  tries: z.number(),
  /** When it is tried again, ISO 8601; null where nothing is to be done. */
  retryAt: z.string().nullable(),
  /** Whether something is left that cannot be done now, although it stands as it should: `why` says what. */
  unfinished: z.boolean().optional(),
  /** What was put right, the newest first. */
  repaired: z.array(repairSchema),
  /** What it was brought to, as a digest; null before. */
  settled: z.string().nullable(),
});
export type Repair = z.infer<typeof repairSchema>;

/** How a thing stands, as of its last attempt. */
export type Standing = Readonly<z.infer<typeof standingSchema>>;

/** Repairs that are kept of each thing. */
const REPAIRS_MAX = 10;
/** Longer than any pause between two looks at everything. */
const LIFE_MS = 7 * 24 * 60 * 60 * 1000;
const PREFIX = "standing:";
/** On what replicas tell each other that a thing stands otherwise than before: `bucket/bkt-01…`. */
export const STANDING_TOPIC = "standing";

/** What the attempts came to, for all replicas. It may be lost: the next attempt writes it anew. */
export class Standings {
  readonly #volatile: () => Volatile | undefined;

  /** @param volatile the present store's; undefined while it cannot be opened */
  constructor(volatile: () => Volatile | undefined) {
    this.#volatile = volatile;
  }

  /** @returns undefined when it is not known, or cannot be asked for now */
  async get(thing: string): Promise<Standing | undefined> {
    const text = await this.#volatile()
      ?.get(PREFIX + thing)
      .catch(() => undefined);
    return text === undefined ? undefined : read(text);
  }

  /** All of one kind, by id. @throws Trouble when it cannot be asked for now */
  async all(kind: string): Promise<ReadonlyMap<string, Standing>> {
    const prefix = `${PREFIX}${kind}/`;
    const texts = await this.#volatile()
      ?.list(prefix)
      .catch(() => undefined);
    if (texts === undefined) throw new Trouble("away", "The store cannot be reached.");
    const found = new Map<string, Standing>();
    const turn = new Turn(LEISURELY);
    for (const [key, text] of texts) {
      const standing = read(text);
      if (standing !== undefined) found.set(key.slice(prefix.length), standing);
      await turn.end();
    }
    return found;
  }

  /** Never throws. */
  async put(thing: string, standing: Standing): Promise<void> {
    const kept = { ...standing, repaired: standing.repaired.slice(0, REPAIRS_MAX) };
    await this.#write(thing, JSON.stringify(kept), LIFE_MS);
  }

  /** Writes how a thing stands of which nothing is known: what an attempt came to meanwhile stays. Never throws. */
  async putFirst(thing: string, standing: Standing): Promise<void> {
    const store = this.#volatile();
    try {
      const text = JSON.stringify(standing);
      if (await store?.compareAndSet(PREFIX + thing, undefined, text, LIFE_MS))
        await store?.nudge(STANDING_TOPIC, thing);
    } catch {
      // The next look finds it out anew.
    }
  }

  /** Forgets what is gone. Never throws. */
  async drop(thing: string): Promise<void> {
    // There is no deletion but this: it ends at once.
    await this.#write(thing, "null", 1);
  }

  async #write(thing: string, text: string, ttlMs: number): Promise<void> {
    const store = this.#volatile();
    try {
      await store?.set(PREFIX + thing, text, ttlMs);
      // Whoever looks at it has it shown anew.
      await store?.nudge(STANDING_TOPIC, thing);
    } catch {
      // The next attempt writes it anew.
    }
  }
}

function read(text: string): Standing | undefined {
  try {
    return standingSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Whether an entry of the volatile part says how a thing stands. */
export function isStandingKey(key: string): boolean {
  return key.startsWith(PREFIX);
}
