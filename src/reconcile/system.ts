import {
  BrokenCircuitError,
  CircuitState,
  circuitBreaker,
  ConsecutiveBreaker,
  ExponentialBackoff,
  handleWhen,
  TaskCancelledError,
  timeout,
  TimeoutStrategy,
  wrap,
} from "cockatiel";
import { Pace } from "./pace.ts";
import { Trouble } from "./trouble.ts";

export interface SystemOptions {
  /** As people know it: `MinIO`. */
  readonly name: string;
  /** What went wrong at a call, in the words of `Trouble`; undefined: no trouble of the system's. */
  readonly troubleOf: (error: unknown) => Trouble | undefined;
  /** Milliseconds that one call may take; `CALL_MS` when left out. */
  readonly callMs?: number;
  /** Calls in a row that must fail before it is left alone for a while. */
  readonly failures?: number;
  /** Milliseconds that it is left alone for first, and at most. */
  readonly pauseMs?: { readonly first: number; readonly most: number };
  /** Told when it went away (with why) and when it came back. */
  readonly onChange?: (why: string | undefined) => void;
}

/** One call to a system, under its deadline. @throws Trouble, or what is no trouble of the system's */
export type Call = <T>(work: (signal: AbortSignal) => Promise<T>) => Promise<T>;

/** The longest that one call takes. A lease lasts for more than two (`LEASE_MS`). */
export const CALL_MS = 10_000;
/**
 * What calls cost this process is not to be felt by who polls it. What one thing needs is begun at
 * once, a look at everything in even steps.
 */
const CALLS_PER_SECOND = 25;
const CALLS_AT_ONCE = 10;
const FAILURES = 3;
const PAUSE_MS = { first: 1_000, most: 60_000 };

/**
 * A real system behind a circuit breaker: each call has a deadline, and one that fails again and again
 * is asked no more for a while, so that whoever waits hears so at once. Then one call is let through,
 * and decides.
 */
export class System {
  readonly name: string;
  readonly #policy;
  readonly #pace = new Pace(CALLS_PER_SECOND, { atOnce: CALLS_AT_ONCE });
  readonly #breaker;
  readonly #options: SystemOptions;
  #why: string | undefined;
  #lastTrouble = "";

  constructor(options: SystemOptions) {
    const { failures = FAILURES, pauseMs = PAUSE_MS, callMs = CALL_MS, onChange } = options;
    this.name = options.name;
    this.#options = options;
    const isAway = handleWhen((error) => {
      const trouble = this.#troubleOf(error);
      if (trouble?.kind === "away") this.#lastTrouble = trouble.message;
      return trouble?.kind === "away";
    });
    this.#breaker = circuitBreaker(isAway, {
      breaker: new ConsecutiveBreaker(failures),
      halfOpenAfter: new ExponentialBackoff({
        initialDelay: pauseMs.first,
        maxDelay: pauseMs.most,
      }),
    });
    this.#breaker.onStateChange((state) => {
      if (state === CircuitState.Open) {
        const before = this.#why;
        this.#why = this.#lastTrouble;
        if (before === undefined) onChange?.(this.#why);
      } else if (state === CircuitState.Closed && this.#why !== undefined) {
        this.#why = undefined;
        onChange?.(undefined);
      }
    });
    this.#policy = wrap(this.#breaker, timeout(callMs, TimeoutStrategy.Aggressive));
  }

  /** Why it is taken to be away; undefined while it answers. */
  get away(): string | undefined {
    return this.#why;
  }

  /** Calls it, unless it is taken to be away. */
  readonly call: Call = async (work) => {
    try {
      // Without a signal of their own all calls listen to one, and Node warns of so many listeners.
      const own = new AbortController().signal;
      return await this.#policy.execute(({ signal }) => work(signal), own);
    } catch (error) {
      throw this.#troubleOf(error) ?? error;
    }
  };

  /** As `call`, at a pace: for what nobody waits for, and what comes in hundreds. */
  readonly paced: Call = async (work) => {
    if (this.#why === undefined) await this.#pace.next();
    return this.call(work);
  };

  /** As `call` or `paced`, ended by a signal, too. */
  callUntil(signal: AbortSignal, call: Call = this.call): Call {
    return (work) => {
      signal.throwIfAborted();
      return call((deadline) => work(AbortSignal.any([signal, deadline])));
    };
  }

  #troubleOf(error: unknown): Trouble | undefined {
    const { name, callMs = CALL_MS, troubleOf } = this.#options;
    if (error instanceof Trouble) return error;
    if (error instanceof BrokenCircuitError) {
      return new Trouble("away", `${this.#why ?? `${name} is away.`} It is asked again shortly.`);
    }
    if (error instanceof TaskCancelledError) {
      return new Trouble("away", `${name} did not answer within ${callMs / 1000} s.`);
    }
    return troubleOf(error);
  }
}
