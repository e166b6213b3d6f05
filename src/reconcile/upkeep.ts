import { Refusal } from "../errors.ts";
import type { Logger } from "../observability/log.ts";
import type { Metrics } from "../observability/metrics.ts";
import type { Ledger } from "../store/ledger.ts";
import type { Volatile } from "../store/volatile.ts";
import type { AttemptOptions } from "./attempt.ts";
import { type Clock, systemClock } from "./clock.ts";
import { type AnyAttempts, Loop } from "./loop.ts";
import { Standings } from "./standing.ts";
import { System, type SystemOptions } from "./system.ts";
import { Trouble } from "./trouble.ts";

/** What every module is made with. */
export interface ModuleOptions {
  readonly ledger: () => Ledger | undefined;
  readonly volatile: () => Volatile | undefined;
  /** Whether this replica runs the loop. */
  readonly leads: () => boolean;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly clock?: Clock | undefined;
  /** How long a call may take, in milliseconds. */
  readonly callMs?: number | undefined;
}

/** What is a module's own of it. */
export interface UpkeepOptions {
  readonly options: ModuleOptions;
  /** The system, in metrics and in the log. */
  readonly name: string;
  /** As sentences for people begin with it; `name` when left out. */
  readonly spoken?: string;
  readonly troubleOf: SystemOptions["troubleOf"];
  /** What is looked after, as the log names it: `buckets`, `keys`. */
  readonly things: readonly [string, string];
  readonly intervalMinutes: number;
}

/** How a module's things are looked after: their system, how they stand, attempts at them, the loop. */
export class Upkeep {
  readonly clock: Clock;
  readonly system: System;
  readonly standings: Standings;
  /** What attempts at the module's things are made with. */
  readonly attempting: AttemptOptions;
  readonly #given: UpkeepOptions;
  readonly #ended = new AbortController();
  #loop: Loop | undefined;

  constructor(given: UpkeepOptions) {
    const { name, spoken = name, troubleOf, things } = given;
    const { metrics, log, volatile, clock = systemClock, callMs } = given.options;
    this.#given = given;
    this.clock = clock;
    metrics.systemAway.set({ system: name }, 0);
    this.system = new System({
      name: spoken,
      troubleOf,
      ...(callMs === undefined ? {} : { callMs }),
      onChange: (why) => {
        metrics.systemAway.set({ system: name }, why === undefined ? 0 : 1);
        if (why === undefined) log.info(`${name} answers again`);
        else log.warn({ why }, `${name} is away`);
        this.#loop?.sweepSoon();
      },
    });
    this.standings = new Standings(volatile);
    this.attempting = {
      system: this.system,
      standings: this.standings,
      volatile,
      clock,
      signal: this.#ended.signal,
      report: (thing, { state, why }, repairs) => {
        metrics.reconcileRepairs.inc({ kind: thing.split("/")[0] ?? "" }, repairs.length);
        if (repairs.length > 0) log.warn({ thing, repairs }, "something was put right");
        else log.warn({ thing, state, why }, "something cannot be brought where it should be");
      },
      unexpected: (error) =>
        log.error({ err: error }, `${things[0]} could not be looked after; it is tried again`),
    };
  }

  /** @param kinds in the order in which a look at everything goes through them */
  loopOver(kinds: readonly AnyAttempts[]): Loop {
    const { name, things, intervalMinutes } = this.#given;
    const { ledger, leads, metrics, log } = this.#given.options;
    this.#loop = new Loop({
      system: this.system,
      kinds,
      leads,
      canRun: () => ledger() !== undefined,
      intervalMs: intervalMinutes * 60_000,
      clock: this.clock,
      onSweep: ({ things: many, attempted, why, ms }) => {
        metrics.reconcileThings.set({ system: name, state: "all" }, many);
        metrics.reconcileThings.set({ system: name, state: "wrong" }, attempted);
        log.debug({ things: many, attempted, why, ms }, `looked at all ${things.join(" and ")}`);
      },
      unexpected: this.attempting.unexpected,
    });
    return this.#loop;
  }

  /**
   * Makes sure that the system answers, before something is drawn that cannot be had back.
   * @param ask any call that a system which is well answers
   * @throws Refusal `unavailable`
   */
  async requireAnswer(ask: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
    try {
      await this.system.call(ask);
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      throw new Refusal("unavailable", `${error.message} Nothing was changed; try again later.`, {
        retryAfter: 10,
      });
    }
  }

  /** The state that a verb works on. @throws Refusal `unavailable` */
  requireLedger(): Ledger {
    const ledger = this.#given.options.ledger();
    if (ledger === undefined) throw new Refusal("unavailable", "The store cannot be reached.");
    return ledger;
  }

  /** Ends what is under way: what is half done is repaired by the next look. */
  async stop(): Promise<void> {
    this.#ended.abort();
    await this.#loop?.stop();
  }
}
