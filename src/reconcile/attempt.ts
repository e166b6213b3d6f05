import { randomUUID } from "node:crypto";
import type { Volatile } from "../store/volatile.ts";
import { backOff } from "./back-off.ts";
import type { Clock } from "./clock.ts";
import type { Kind, Plan, Step } from "./kind.ts";
import { Lease } from "./lease.ts";
import type { Repair, Standing, Standings } from "./standing.ts";
import type { Call, System } from "./system.ts";
import { Busy, LeaseLost, Trouble } from "./trouble.ts";

export interface AttemptOptions {
  readonly system: System;
  readonly standings: Standings;
  readonly volatile: () => Volatile | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly random?: () => number;
  /** Milliseconds of a clock that does not go back, for leases. */
  readonly monotonic?: () => number;
  /** Told of what was put right, and of what cannot be brought where it should be. */
  readonly report: (thing: string, standing: Standing, repairs: readonly string[]) => void;
  /** Told of errors that nobody has foreseen. */
  readonly unexpected: (error: unknown) => void;
}

/** What an attempt came to; undefined: the thing is gone. */
export type Outcome = Standing | undefined;

/** Brings it where it should be, under the lease that is held. Never throws but for lost leases. */
export type Attempt<Given> = (given?: Given) => Promise<Outcome>;

/** A plan of a thing that can be brought where it should be. */
export type Settled<S extends Step> = Extract<Plan<S>, { readonly state: unknown }>;

/** Steps and looks in turn; more means that something undoes what was done. */
const ROUNDS_MAX = 6;

/** Attempts at things of one kind: for verbs, which try at once, and for the loop, alike. */
export class Attempts<Observed, S extends Step, Given = undefined> {
  readonly kind: Kind<Observed, S, Given>;
  readonly #options: AttemptOptions;

  constructor(kind: Kind<Observed, S, Given>, options: AttemptOptions) {
    this.kind = kind;
    this.#options = options;
  }

  /** How the things of this kind stand, by id. */
  standings(): Promise<ReadonlyMap<string, Standing>> {
    return this.#options.standings.all(this.kind.name);
  }

  /**
   * Notes of a thing of which nothing was known how a look at everything found it: as it should be.
   * @param plan of what was seen, without steps
   */
  async foundRight(id: string, plan: Settled<S>): Promise<void> {
    const at = this.#options.clock.now().toISOString();
    const standing = { ...this.#standsBy(id, plan), at, tries: 0, repaired: [] };
    await this.#options.standings.putFirst(this.thing(id), standing);
  }

  /** How things of this kind are called among all. */
  thing(id: string): string {
    return `${this.kind.name}/${id}`;
  }

  /**
   * Takes the lease on a thing, and lets a verb write what it wants and then try at once: the loop
   * cannot come between.
   * @throws Busy; Trouble when the store that keeps leases is away; what `work` throws
   */
  holding<T>(
    id: string,
    work: (attempt: Attempt<Given>) => Promise<T>,
    patienceMs = 0,
  ): Promise<T> {
    const { call } = this.#options.system;
    return this.#leased(
      id,
      (lease) => work((given) => this.#attempt(id, lease, given, call)),
      patienceMs,
    );
  }

  async #leased<T>(id: string, work: (lease: Lease) => Promise<T>, patienceMs: number): Promise<T> {
    const { volatile, monotonic } = this.#options;
    const store = volatile();
    if (store === undefined) throw new Trouble("away", "The store cannot be reached.");
    const lease = new Lease({
      volatile: store,
      on: this.thing(id),
      holder: randomUUID(),
      ...(monotonic === undefined ? {} : { clock: monotonic }),
    });
    await lease.take(patienceMs);
    try {
      return await work(lease);
    } finally {
      await lease.release();
    }
  }

  /**
   * Brings a thing where it should be, unless another does.
   * @param patienceMs how long to wait for whoever does something with it
   * @returns "busy" when another does
   */
  once(id: string, patienceMs = 0): Promise<Outcome | "busy"> {
    return this.#once(id, this.#options.system.call, patienceMs);
  }

  /** As `once`, at a pace: for the loop, which nobody waits for. */
  atLeisure(id: string): Promise<Outcome | "busy"> {
    return this.#once(id, this.#options.system.paced, 0);
  }

  async #once(id: string, call: Call, patienceMs: number): Promise<Outcome | "busy"> {
    try {
      const work = (lease: Lease) => this.#attempt(id, lease, undefined, call);
      return await this.#leased(id, work, patienceMs);
    } catch (error) {
      if (error instanceof Busy || error instanceof LeaseLost) return "busy";
      if (error instanceof Trouble) return this.#failed(id, await this.#before(id), error);
      throw error;
    }
  }

  #before(id: string): Promise<Standing | undefined> {
    return this.#options.standings.get(this.thing(id));
  }

  async #attempt(id: string, lease: Lease, given: Given | undefined, call: Call): Promise<Outcome> {
    const before = await this.#before(id);
    const done: string[] = [];
    const wasSettled = before !== undefined && before.settled === this.kind.desired(id);
    try {
      const plan = await this.#bring(id, lease, given, done, call);
      return await this.#settled(id, before, plan, wasSettled ? done : []);
    } catch (error) {
      if (error instanceof LeaseLost) throw error;
      return this.#failed(id, before, error);
    }
  }

  /** Observe, plan, apply, until there is nothing to do. @returns the last plan, without steps */
  async #bring(
    id: string,
    lease: Lease,
    given: Given | undefined,
    done: string[],
    at: Call,
  ): Promise<Plan<S>> {
    const call = this.#options.system.callUntil(this.#options.signal, at);
    for (let round = 0; ; round++) {
      await lease.renew();
      const plan = this.kind.plan(id, await this.kind.observe(id, call), given);
      if (!("steps" in plan) || plan.steps.length === 0) return plan;
      if (round === ROUNDS_MAX) {
        const whats = plan.steps.map(({ what }) => what).join(", ");
        throw new Trouble("stuck", `It does not stay as it was set (${whats}).`);
      }
      for (const step of plan.steps) {
        await lease.renew();
        await this.kind.apply(id, step, call, given);
        done.push(step.what);
      }
    }
  }

  async #settled(
    id: string,
    before: Standing | undefined,
    plan: Plan<S>,
    repairs: readonly string[],
  ): Promise<Outcome> {
    const { standings, clock, report } = this.#options;
    const thing = this.thing(id);
    if ("gone" in plan) {
      await standings.drop(thing);
      return undefined;
    }
    const at = clock.now().toISOString();
    const fresh = repairs.map((what): Repair => ({ at, what }));
    const standing: Standing = {
      ...("steps" in plan
        ? this.#standsBy(id, plan)
        : "stuck" in plan
          ? { state: "stuck", why: plan.stuck, retryAt: null, settled: null }
          : { state: "conflict", why: plan.conflict, retryAt: null, settled: null }),
      at,
      tries: 0,
      repaired: [...fresh, ...(before?.repaired ?? [])],
    };
    // What stands as it stood is not written again: a look at everything writes nothing.
    if (before === undefined || repairs.length > 0 || !standsAlike(before, standing)) {
      await standings.put(thing, standing);
    }
    const isNews = standing.why !== before?.why && !("steps" in plan);
    if (repairs.length > 0 || isNews) report(thing, standing, repairs);
    return standing;
  }

  #standsBy(id: string, { state, why, dueAt, unfinished = false }: Settled<S>) {
    const settled = this.kind.desired(id);
    const left = unfinished ? { unfinished } : {};
    return { state, why: why ?? null, retryAt: dueAt ?? null, settled, ...left };
  }

  async #failed(id: string, before: Standing | undefined, error: unknown): Promise<Standing> {
    const { standings, clock, random, report, unexpected, signal } = this.#options;
    if (!(error instanceof Trouble) && !signal.aborted) unexpected(error);
    const now = clock.now();
    const tries = (before?.tries ?? 0) + 1;
    const isStuck = !(error instanceof Trouble) || error.kind === "stuck";
    // What stood right when it was seen last is taken to stand so, until someone can look again.
    const isSettled = before?.settled === this.kind.desired(id);
    const standing: Standing = {
      state: isStuck ? "stuck" : isSettled ? before.state : this.kind.underway(id),
      why:
        error instanceof Trouble ? error.message : "Something went wrong here; it is tried again.",
      at: now.toISOString(),
      tries,
      retryAt: new Date(now.getTime() + backOff(tries, random)).toISOString(),
      repaired: before?.repaired ?? [],
      settled: before?.settled ?? null,
    };
    await standings.put(this.thing(id), standing);
    if (standing.state === "stuck" && before?.state !== "stuck")
      report(this.thing(id), standing, []);
    return standing;
  }
}

function standsAlike(a: Standing, b: Standing): boolean {
  return (
    a.state === b.state &&
    a.why === b.why &&
    a.retryAt === b.retryAt &&
    a.settled === b.settled &&
    a.unfinished === b.unfinished &&
    a.tries === b.tries
  );
}
