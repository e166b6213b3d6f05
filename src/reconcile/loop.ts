import { LEISURELY, Turn } from "../turns.ts";
import { eachAtOnce } from "./at-once.ts";
import type { Attempts, Settled } from "./attempt.ts";
import { backOff } from "./back-off.ts";
import type { Clock } from "./clock.ts";
import type { Plan, Step } from "./kind.ts";
import type { Standing } from "./standing.ts";
import type { System } from "./system.ts";
import { Trouble } from "./trouble.ts";

/** Attempts of any kind; each knows what its own observations and steps are. */
// oxlint-disable-next-line typescript/no-explicit-any -- the loop hands them from one method to the other
export type AnyAttempts = Attempts<any, any, any>;

export interface LoopOptions {
  readonly system: System;
  /** In the order in which a look at everything goes through them. */
  readonly kinds: readonly AnyAttempts[];
  /** Whether this replica runs the loop. */
  readonly leads: () => boolean;
  /** Whether the state can be read. */
  readonly canRun: () => boolean;
  /** Milliseconds between looks at everything. */
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly random?: () => number;
  /** Attempts at once. */
  readonly concurrency?: number;
  /** Told how a look at everything went. */
  readonly onSweep?: (sweep: Sweep) => void;
  readonly unexpected: (error: unknown) => void;
}

/** A look at everything. */
export interface Sweep {
  readonly things: number;
  /** How many were not as they should be, and attempted. */
  readonly attempted: number;
  /** Why it could not be done; undefined when it was. */
  readonly why: string | undefined;
  readonly ms: number;
}

const CONCURRENCY = 4;
const BUSY_MS = 1_000;
const TICK_MS = 1_000;

/**
 * Keeps all things of one real system right, at the replica that leads: looks at everything on an
 * interval, tries again what failed, and what was changed at once. Events only make it come sooner.
 */
export class Loop {
  readonly #options: LoopOptions;
  readonly #due = new Map<string, { attempts: AnyAttempts; id: string; at: number }>();
  readonly #running = new Map<string, Promise<void>>();
  #sweepAt = 0;
  #sweepTries = 0;
  #sweeping: Promise<void> | undefined;
  #led = false;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #lastSweep: Sweep | undefined;

  constructor(options: LoopOptions) {
    this.#options = options;
  }

  /** The last look at everything, at this replica. */
  get lastSweep(): Sweep | undefined {
    return this.#lastSweep;
  }

  start(): void {
    this.#timer = setInterval(() => this.tick(), TICK_MS);
    this.#timer.unref();
    this.tick();
  }

  /** Starts nothing more, and waits for what runs. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.settled();
  }

  /** Waits until nothing runs. */
  async settled(): Promise<void> {
    while (this.#sweeping !== undefined || this.#running.size > 0)
      await Promise.all([this.#sweeping, ...this.#running.values()]);
  }

  /** Has a thing attempted at the next tick, if this replica leads. */
  soon(attempts: AnyAttempts, id: string): void {
    this.#schedule(attempts, id, this.#now());
  }

  /** Has everything looked at, at the next tick. */
  sweepSoon(): void {
    this.#sweepAt = 0;
  }

  /** Starts what is due. */
  tick(): void {
    const { leads, canRun, system } = this.#options;
    if (this.#stopped || !leads() || !canRun()) {
      if (!leads()) {
        this.#led = false;
        this.#due.clear();
      }
      return;
    }
    if (!this.#led) {
      this.#led = true;
      this.#sweepAt = this.#sweepTries = 0;
    }
    // While it is away, the look at everything is what finds out that it is back.
    const isAway = system.away !== undefined;
    if (this.#sweeping === undefined && (isAway || this.#now() >= this.#sweepAt)) {
      this.#sweeping = this.#sweep().finally(() => (this.#sweeping = undefined));
    }
    if (isAway) return;
    for (const [key, { attempts, id, at }] of this.#due) {
      if (this.#running.size >= (this.#options.concurrency ?? CONCURRENCY)) return;
      if (at > this.#now() || this.#running.has(key)) continue;
      this.#due.delete(key);
      const run = this.#attempt(attempts, id).finally(() => {
        this.#running.delete(key);
        if (!this.#stopped && this.#due.size > 0) this.tick();
      });
      this.#running.set(key, run);
    }
  }

  #now(): number {
    return this.#options.clock.now().getTime();
  }

  #schedule(attempts: AnyAttempts, id: string, at: number): void {
    const key = attempts.thing(id);
    const known = this.#due.get(key);
    if (known === undefined || at < known.at) this.#due.set(key, { attempts, id, at });
  }

  async #attempt(attempts: AnyAttempts, id: string): Promise<void> {
    try {
      const outcome = await attempts.atLeisure(id);
      if (outcome === "busy") this.#schedule(attempts, id, this.#now() + BUSY_MS);
      else if (outcome?.retryAt != null) this.#schedule(attempts, id, Date.parse(outcome.retryAt));
    } catch (error) {
      this.#options.unexpected(error);
      this.#schedule(attempts, id, this.#now() + backOff(5, this.#options.random));
    }
  }

  async #sweep(): Promise<void> {
    const { kinds, system, clock, intervalMs, random, onSweep, unexpected } = this.#options;
    const began = performance.now();
    const wasAway = system.away !== undefined;
    let things = 0;
    let attempted = 0;
    let why: string | undefined;
    try {
      for (const attempts of kinds) {
        const wrong = await this.#wrongIn(attempts);
        things += wrong.all;
        attempted += wrong.ids.length;
        for (const id of wrong.ids) this.soon(attempts, id);
      }
      this.#sweepTries = 0;
      this.#sweepAt = clock.now().getTime() + intervalMs;
    } catch (error) {
      // Nothing was planned from what could not be read whole.
      if (!(error instanceof Trouble)) unexpected(error);
      why = error instanceof Trouble ? error.message : "Something went wrong here.";
      this.#sweepAt = clock.now().getTime() + backOff(++this.#sweepTries, random);
    }
    // Asked every second while it is away: that alone is no news.
    if (why !== undefined && wasAway && this.#lastSweep?.why !== undefined) return;
    this.#lastSweep = { things, attempted, why, ms: performance.now() - began };
    onSweep?.(this.#lastSweep);
  }

  /** The things of a kind that are not as they should be, or not known to be. */
  async #wrongIn(attempts: AnyAttempts): Promise<{ all: number; ids: readonly string[] }> {
    const { kind } = attempts;
    const look = await kind.observeAll(this.#options.system.paced);
    const standings = await attempts.standings();
    const ids = kind.ids();
    const wrong: string[] = [];
    const turn = new Turn(LEISURELY);
    for (const id of ids) {
      const observed = look(id);
      const standing = standings.get(id);
      const isWrong =
        observed === undefined ||
        (standing === undefined
          ? !(await this.#isFoundRight(attempts, id, observed))
          : this.#isWrong(attempts, id, observed, standing));
      if (isWrong) wrong.push(id);
      await turn.end();
    }
    return { all: ids.length, ids: wrong };
  }

  /** A process that knows nothing yet has one look tell what is right, and attempts at the rest. */
  async #isFoundRight(attempts: AnyAttempts, id: string, observed: unknown): Promise<boolean> {
    const plan: Plan<Step> = attempts.kind.plan(id, observed, undefined);
    if (!("steps" in plan) || plan.steps.length > 0) return false;
    this.#dueBy(attempts, id, plan);
    await attempts.foundRight(id, plan);
    return true;
  }

  #isWrong(attempts: AnyAttempts, id: string, observed: unknown, standing: Standing): boolean {
    const { kind } = attempts;
    if (standing.state === "stuck" && standing.retryAt !== null) {
      // It has its own pauses; a replica that leads anew does not know of them yet.
      const key = attempts.thing(id);
      if (!this.#due.has(key) && !this.#running.has(key))
        this.#schedule(attempts, id, Math.max(this.#now(), Date.parse(standing.retryAt)));
      return false;
    }
    if (standing.tries > 0) return true;
    const plan: Plan<Step> = kind.plan(id, observed, undefined);
    if ("gone" in plan) return true;
    if ("conflict" in plan) return standing.why !== plan.conflict;
    if ("stuck" in plan) return standing.why !== plan.stuck;
    this.#dueBy(attempts, id, plan);
    return (
      plan.steps.length > 0 ||
      standing.state !== plan.state ||
      standing.why !== (plan.why ?? null) ||
      standing.settled !== kind.desired(id)
    );
  }

  /** Has a thing attempted when there will be something to do by time alone. */
  #dueBy(attempts: AnyAttempts, id: string, { dueAt }: Settled<Step>): void {
    if (dueAt !== undefined) this.#schedule(attempts, id, Math.max(this.#now(), Date.parse(dueAt)));
  }
}

/** How long a verb waits for the loop, which may be at the thing as it was before. */
const PATIENCE_MS = 5_000;

/**
 * Attempts at many things for a verb that changed what is desired of them, so many at a time.
 * @returns what each came to, by id
 */
export async function attemptAll(
  attempts: AnyAttempts,
  ids: readonly string[],
  concurrency = CONCURRENCY,
): Promise<ReadonlyMap<string, Awaited<ReturnType<AnyAttempts["once"]>>>> {
  const outcomes = new Map<string, Awaited<ReturnType<AnyAttempts["once"]>>>();
  await eachAtOnce(ids, concurrency, async (id) => {
    outcomes.set(id, await attempts.once(id, PATIENCE_MS));
  });
  return outcomes;
}
