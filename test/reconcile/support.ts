import { Attempts } from "../../src/reconcile/attempt.ts";
import type { Kind, Plan, Step } from "../../src/reconcile/kind.ts";
import { Loop, type Sweep } from "../../src/reconcile/loop.ts";
import { Standings } from "../../src/reconcile/standing.ts";
import { type Call, System } from "../../src/reconcile/system.ts";
import { Trouble } from "../../src/reconcile/trouble.ts";
import { MemoryVolatile } from "../../src/store/memory-volatile.ts";

/** A flag in the toy system: whose it is, and its colour. */
export interface Flag {
  mark: string;
  colour: string;
}
export interface Wish {
  colour: string;
  deleting: boolean;
}
/** What stands at a place. */
interface Seen {
  readonly flag: Flag | undefined;
}
type FlagStep = Step & { readonly do: "raise" | "paint" | "strike" | "forget" };

export const FOREIGN = "a stranger";

/** What the toy system does to calls. */
export type Mood = "well" | "away" | "refusing";

/** A world of flags that stand, or should, with a clock that the test turns. */
export class Flags {
  readonly wishes = new Map<string, Wish>();
  readonly flags = new Map<string, Flag>();
  /** Every call that changed something. */
  readonly writes: string[] = [];
  calls = 0;
  mood: Mood = "well";
  /** After so many changes the process "dies": the call is done, and nothing comes after. */
  crashAfter = Number.POSITIVE_INFINITY;
  now = Date.parse("2026-01-05T18:00:00Z");
  leads = true;
  readonly volatile = new MemoryVolatile(() => this.now);
  readonly reports: string[] = [];
  readonly sweeps: Sweep[] = [];
  readonly unexpected: unknown[] = [];
  readonly standings = new Standings(() => this.volatile);
  readonly ended = new AbortController();
  readonly system: System;
  readonly attempts: Attempts<Seen, FlagStep>;
  readonly loop: Loop;

  constructor() {
    this.system = new System({
      name: "The mast",
      troubleOf: (error) =>
        error instanceof Error && error.message === "no answer"
          ? new Trouble("away", "The mast cannot be reached.")
          : undefined,
      onChange: (why) => {
        if (why === undefined) this.loop.sweepSoon();
      },
    });
    const clock = { now: () => new Date(this.now), sleep: async () => undefined };
    this.attempts = new Attempts(this.kind(), {
      system: this.system,
      standings: this.standings,
      volatile: () => this.volatile,
      clock,
      signal: this.ended.signal,
      random: () => 0.5,
      monotonic: () => this.now,
      report: (thing, { state }, repairs) => {
        this.reports.push(`${thing} ${state}: ${repairs.join(", ")}`);
      },
      unexpected: (error) => this.unexpected.push(error),
    });
    this.loop = new Loop({
      system: this.system,
      kinds: [this.attempts],
      leads: () => this.leads,
      canRun: () => true,
      intervalMs: 600_000,
      clock,
      random: () => 0.5,
      onSweep: (sweep) => this.sweeps.push(sweep),
      unexpected: (error) => this.unexpected.push(error),
    });
  }

  /** Lets so many milliseconds pass, and then everything that is due be done. */
  async pass(ms: number): Promise<void> {
    this.now += ms;
    this.loop.tick();
    await this.loop.settled();
    this.loop.tick();
    await this.loop.settled();
  }

  async #ask<T>(call: Call, answer: () => T): Promise<T> {
    return call(async () => {
      this.calls++;
      if (this.mood === "away") throw new Error("no answer");
      return answer();
    });
  }

  async #change(call: Call, what: string, change: () => void): Promise<void> {
    await this.#ask(call, () => {
      if (this.mood === "refusing") throw new Trouble("stuck", "The mast refuses this colour.");
      change();
      this.writes.push(what);
    });
    if (--this.crashAfter < 0) throw new Error("the process is dead");
  }

  kind(): Kind<Seen, FlagStep> {
    return {
      name: "flag",
      ids: () => [...this.wishes.keys()],
      observe: (id, call) => this.#ask(call, () => ({ flag: this.flags.get(id) })),
      observeAll: async (call) => {
        const seen = await this.#ask(call, () => structuredClone(this.flags));
        return (id) => ({ flag: seen.get(id) });
      },
      plan: (id, { flag }): Plan<FlagStep> => {
        const wish = this.wishes.get(id);
        if (wish === undefined) return { gone: true };
        if (flag !== undefined && flag.mark !== id)
          return { conflict: "A stranger's flag is in its place." };
        if (wish.deleting) {
          const what = flag === undefined ? "forgot it" : "struck it";
          return {
            steps: [{ do: flag === undefined ? "forget" : "strike", what }],
            state: "deleting",
          };
        }
        if (flag === undefined)
          return { steps: [{ do: "raise", what: "raised it" }], state: "ready" };
        return {
          steps: flag.colour === wish.colour ? [] : [{ do: "paint", what: "painted it" }],
          state: "ready",
        };
      },
      apply: async (id, step, call) => {
        const wish = this.wishes.get(id);
        await this.#change(call, `${step.do} ${id}`, () => {
          if (step.do === "forget") this.wishes.delete(id);
          else if (step.do === "strike") this.flags.delete(id);
          else this.flags.set(id, { mark: id, colour: wish?.colour ?? "" });
        });
      },
      desired: (id) => JSON.stringify(this.wishes.get(id) ?? null),
      underway: (id) => (this.wishes.get(id)?.deleting === true ? "deleting" : "creating"),
    };
  }
}
