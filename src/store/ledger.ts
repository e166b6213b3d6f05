import { randomBytes } from "node:crypto";
import type { Context } from "../domain/decision.ts";
import type { Actor } from "../domain/policy.ts";
import type { Rules } from "../domain/rules.ts";
import type { Change, State } from "../domain/state.ts";
import { Refusal } from "../errors.ts";
import { runInTurns, runToEnd } from "../turns.ts";
import {
  decideAtOnce,
  decideInSteps,
  type Committed,
  type Decide,
  type Decided,
  type DecideInSteps,
} from "./deciding.ts";
import {
  StoreConflict,
  StoreNewer,
  type Commit,
  type Json,
  type Key,
  type Position,
} from "./store.ts";
import type { ChainedEvent, Store } from "./store.ts";
import { RecentChanges, type Recent } from "./recent-changes.ts";
import { follow, newId, readState, stateFrom, type ReadState } from "./stored-state.ts";
import { Writer, type Fault, type Update } from "./writer.ts";

export type { Committed, Decide, DecideInSteps } from "./deciding.ts";
export { newId, stateFrom } from "./stored-state.ts";
export type { Fault } from "./writer.ts";

/**
 * Told the state that a group of commits left, and what they changed, in their order; undefined
 * when the state was read or put in as a whole.
 */
export type CommitListener = (state: State, changes: readonly Change[] | undefined) => void;

export interface LedgerOptions {
  readonly rules: Rules;
  readonly now?: () => Date;
  /** Random bytes, for ids and secrets. */
  readonly random?: (size: number) => Buffer;
  /** Milliseconds to wait before the store is asked again after a fault, while callers wait. */
  readonly settleDelays?: readonly number[];
  /** Milliseconds between later tries. */
  readonly resettleDelay?: number;
  /** Changes that may wait at once; more are refused. */
  readonly queueMax?: number;
  /** How long changes that lost the race against other replicas' are tried again, in milliseconds. */
  readonly racePatience?: number;
  /** Told what a listener threw; it hinders nothing. */
  readonly report?: (error: unknown) => void;
  /** Told each event once it is stored, by this process or another. */
  readonly onEvent?: (event: ChainedEvent) => void;
  /** Told where the store stands, before its records are read: that takes long for many. */
  readonly onLoaded?: (position: Position) => Promise<void>;
}

interface Pending {
  readonly decide: (state: State) => Decided<unknown>;
  readonly resolve: (committed: Committed<unknown>) => void;
  readonly reject: (error: unknown) => void;
}

const GROUP_MAX = 256;
const QUEUE_MAX = 10_000;
/** How often what is decided in turns may be overtaken. */
const TURNS_TRIES = 3;
const RACE_PATIENCE_MS = 3_000;
/** The longest pause before the next try; the pauses are random, so that replicas do not keep step. */
const RACE_PAUSE_MAX_MS = 100;
const SETTLE_DELAYS_MS = [0, 50, 200, 500];
const RESETTLE_MS = 1000;
const NEWER_RECORDS: Fault = {
  code: "store_newer",
  reason: "A newer release has written some records; this one only serves them.",
};

/** A group of changes, decided on one state. */
interface DecidedGroup {
  readonly after: State;
  readonly commits: readonly Commit[];
  readonly changes: readonly Change[];
  /** Tells each who waits. */
  readonly answers: readonly (() => void)[];
  /** Whether some were refused or changed nothing: that must hold on the newest state, too. */
  readonly hasRefusals: boolean;
}

/**
 * The state in memory and the one writer of this process. Verbs that wait at the same time are
 * decided one after the other and stored as one group, so that one disk flush serves them all.
 * What other processes write to the same store is followed; a group that lost the race against
 * them is decided again on the new state.
 */
export class Ledger {
  readonly #store: Store;
  readonly #writer: Writer;
  readonly #options: Required<Omit<LedgerOptions, "onLoaded">>;
  readonly #listeners = new Set<CommitListener>();
  readonly #recent: RecentChanges;
  readonly #unwatch: () => void;
  #state: State;
  #unread: ReadonlyMap<Key, Json>;
  #queue: Pending[] = [];
  #catchUpDue = false;
  /** What needs the writer for itself: it comes before the next group. */
  #exclusive: (() => Promise<void>)[] = [];
  #draining: Promise<void> | undefined;
  #closing = false;

  private constructor(
    store: Store,
    position: Position,
    read: ReadState,
    options: LedgerOptions,
    fault: Fault | undefined,
  ) {
    this.#store = store;
    this.#options = {
      now: () => new Date(),
      random: randomBytes,
      settleDelays: SETTLE_DELAYS_MS,
      resettleDelay: RESETTLE_MS,
      queueMax: QUEUE_MAX,
      racePatience: RACE_PATIENCE_MS,
      report: (error) => process.emitWarning(error instanceof Error ? error : String(error)),
      onEvent: () => {},
      ...options,
    };
    this.#state = read.state;
    this.#unread = read.unread;
    this.#recent = new RecentChanges(() => this.#options.now().getTime());
    this.#writer = new Writer(store, position, fault ?? (read.newer ? NEWER_RECORDS : undefined), {
      settleDelays: this.#options.settleDelays,
      resettleDelay: this.#options.resettleDelay,
      onUpdate: (update) => this.#takeUp(update),
      requestCatchUp: () => this.#requestCatchUp(),
    });
    this.#unwatch = store.watch(() => this.#requestCatchUp());
  }

  /**
   * Loads the store's state.
   * @throws StoreError when it is damaged, locked or away
   */
  static async open(store: Store, options: LedgerOptions): Promise<Ledger> {
    try {
      const loaded = await store.load();
      await options.onLoaded?.(loaded.position);
      return new Ledger(store, loaded.position, await readState(loaded), options, undefined);
    } catch (error) {
      if (error instanceof StoreNewer && error.loaded !== undefined) {
        const { loaded } = error;
        return new Ledger(store, loaded.position, await readState(loaded), options, {
          code: "store_newer",
          reason: error.message,
        });
      }
      throw error;
    }
  }

  get state(): State {
    return this.#state;
  }

  get position(): Position {
    return this.#writer.position;
  }

  /** Why writes are refused, or undefined when they are taken. */
  get fault(): Fault | undefined {
    return this.#writer.fault;
  }

  /** Milliseconds since this state was last known to be the newest: others may write the store. */
  get confirmedAgo(): number {
    return this.#writer.confirmedAgo;
  }

  get store(): Store {
    return this.#store;
  }

  /** The records of the state that could not be read, as they are stored. */
  get unread(): ReadonlyMap<Key, Json> {
    return this.#unread;
  }

  /** What an owner has changed in the last hour, at any replica; as of `position`. */
  recentChanges(owner: string): Recent {
    return this.#recent.of(owner);
  }

  /** Counts as a change what took as much and was none; at this replica alone. */
  countAsChange(owner: string): void {
    this.#recent.add(owner);
  }

  /**
   * Takes up what other replicas have written by now.
   * @throws Refusal `unavailable` when the store cannot be followed
   */
  catchUp(): Promise<void> {
    return this.#exclusively(async () => void (await this.#writer.catchUp()));
  }

  /** Calls back after each stored group. */
  onCommit(listener: CommitListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What a verb may know, as of now. */
  context(actor: Actor, revision: number): Context {
    const { rules, random } = this.#options;
    return {
      actor,
      now: this.#options.now(),
      rules,
      revision,
      newId: (prefix) => newId(prefix, this.#options.now(), random),
      newSecret: () => random(32).toString("base64url"),
    };
  }

  /** Decides without storing: what would come of it. */
  preview<T>(actor: Actor, decide: Decide<T>): Committed<T> {
    return this.#decide(this.#state, actor, decide).committed;
  }

  /**
   * Decides on the newest state and stores what came of it.
   * @throws Refusal what the verb refuses; `unavailable` when the store cannot take it
   */
  change<T>(actor: Actor, decide: Decide<T>): Promise<Committed<T>> {
    return this.#enqueue((state) => this.#decide(state, actor, decide));
  }

  /**
   * The same for what is decided in steps, as it is large: they take turns with everything else, and
   * what they came to is stored only on the very state that they were made on. When that has changed
   * meanwhile they are made again, and after some times of that all at once.
   * @param holds whether what was decided on beside the state is still so, asked at the end
   * @throws what `change` throws
   */
  async changeInTurns<T>(
    actor: Actor,
    decide: DecideInSteps<T>,
    holds: () => boolean = () => true,
  ): Promise<Committed<T>> {
    const steps = (state: State) =>
      decideInSteps(state, this.context(actor, state.revision + 1), decide);
    for (let tries = 0; tries < TURNS_TRIES; tries++) {
      this.#requireOpen();
      const state = this.#state;
      const decided = await runInTurns(steps(state));
      try {
        return await this.#enqueue((now) => {
          if (now !== state || !holds()) throw new Overtaken();
          return decided;
        });
      } catch (error) {
        if (!(error instanceof Overtaken)) throw error;
      }
    }
    return this.#enqueue((state) => runToEnd(steps(state)));
  }

  #enqueue<T>(decide: (state: State) => Decided<T>): Promise<Committed<T>> {
    return new Promise((resolve, reject) => {
      this.#requireOpen();
      if (this.#queue.length >= this.#options.queueMax) {
        throw new Refusal("unavailable", "Too many changes are waiting; try again shortly.", {
          retryAfter: 1,
        });
      }
      this.#queue.push({ decide, resolve: resolve as Pending["resolve"], reject });
      this.#draining ??= this.#drain();
    });
  }

  /**
   * Replaces the whole state, for imports and recovery, and tells the listeners.
   * @param decide gives the new entities, once nothing else can change the state any more; what it
   *   throws is thrown
   * @throws Refusal `unavailable` when it is not known to be stored
   */
  replace(
    decide: (state: State) => Iterable<readonly [Key, Json]>,
    event: Commit["event"],
    onProgress?: (staged: number) => void,
  ): Promise<void> {
    return this.#exclusively(() =>
      this.#racing(async () => {
        this.#writer.requireWritable();
        await this.#writer.replace(decide(this.#state), event, onProgress);
      }),
    );
  }

  /** Finishes what is queued, takes nothing more, then closes the store. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#unwatch();
    await this.#draining;
    await this.#writer.close();
  }

  #requireOpen(): void {
    if (this.#closing) throw new Refusal("unavailable", "The console is shutting down.");
  }

  /** Runs alone: no group is decided or stored meanwhile. */
  #exclusively(work: () => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#requireOpen();
      this.#exclusive.push(() => work().then(resolve, reject));
      this.#draining ??= this.#drain();
    });
  }

  /** A hint that there is something new: what comes of it, `fault` says. */
  #requestCatchUp(): void {
    if (this.#closing) return;
    this.#catchUpDue = true;
    this.#draining ??= this.#drain();
  }

  async #drain(): Promise<void> {
    while (this.#catchUpDue || this.#queue.length > 0 || this.#exclusive.length > 0) {
      const exclusive = this.#exclusive.shift();
      if (this.#catchUpDue) {
        this.#catchUpDue = false;
        if (exclusive !== undefined) this.#exclusive.unshift(exclusive);
        await this.#writer.catchUp().catch((error: unknown) => this.#reportUnlessRefusal(error));
      } else if (exclusive !== undefined) await exclusive();
      else await this.#commitGroup(this.#queue.splice(0, GROUP_MAX));
      // Whoever waits for an answer gets it before the next group is decided.
      await new Promise(setImmediate);
    }
    // In the same turn as the look at the queue, so that nothing is left in it unnoticed.
    this.#draining = undefined;
  }

  #reportUnlessRefusal(error: unknown): void {
    if (!(error instanceof Refusal)) this.#options.report(error);
  }

  /**
   * Writes until no other replica comes between.
   * @throws Refusal `unavailable` when that takes too long
   */
  async #racing(write: () => Promise<void>): Promise<void> {
    const end = performance.now() + this.#options.racePatience;
    for (let pause = 1; ; pause = Math.min(pause * 2, RACE_PAUSE_MAX_MS)) {
      try {
        return await write();
      } catch (error) {
        if (!(error instanceof StoreConflict)) throw error;
        const moved = await this.#writer.catchUp();
        // It says that it stands elsewhere, and leads nowhere from where this process left it.
        if (!moved && error.actual.lineage !== this.position.lineage)
          throw this.#writer.stop(error);
        if (performance.now() > end) throw tooManyRaces(error);
      }
      await new Promise((resolve) => setTimeout(resolve, Math.random() * pause));
    }
  }

  async #commitGroup(group: readonly Pending[]): Promise<void> {
    let answers: DecidedGroup["answers"] = [];
    try {
      await this.#racing(async () => {
        this.#writer.requireWritable();
        let decided = this.#decideGroup(group);
        // With other writers, what is refused may have become possible meanwhile.
        if (decided.hasRefusals && (await this.#writer.catchUp()))
          decided = this.#decideGroup(group);
        if (decided.commits.length > 0) {
          this.#note(await this.#writer.append(decided.commits));
          this.#adopt({ state: decided.after, unread: this.#unread }, decided.changes);
        }
        ({ answers } = decided);
      });
    } catch (error) {
      for (const pending of group) pending.reject(error);
      return;
    }
    for (const answer of answers) answer();
  }

  #decideGroup(group: readonly Pending[]): DecidedGroup {
    const commits: Commit[] = [];
    const changes: Change[] = [];
    // Told after the group is stored: it may have been refused because of what is in the group.
    const answers: (() => void)[] = [];
    let hasRefusals = false;
    let after = this.#state;
    for (const { decide, resolve, reject } of group) {
      try {
        const decided = decide(after);
        if (decided.commit === undefined) hasRefusals = true;
        else commits.push(decided.commit);
        changes.push(...decided.changes);
        ({ after } = decided.committed);
        answers.push(() => resolve(decided.committed));
      } catch (error) {
        hasRefusals = true;
        answers.push(() => reject(error));
      }
    }
    return { after, commits, changes, answers, hasRefusals };
  }

  #decide<T>(before: State, actor: Actor, decide: Decide<T>): Decided<T> {
    return decideAtOnce(before, this.context(actor, before.revision + 1), decide);
  }

  #note(events: readonly ChainedEvent[]): void {
    for (const each of events) {
      this.#recent.note(each.event);
      this.#tell(() => this.#options.onEvent(each));
    }
  }

  /** What whoever is told throws hinders nothing: it is stored. */
  #tell(listener: () => void): void {
    try {
      listener();
    } catch (error) {
      this.#options.report(error);
    }
  }

  #takeUp(update: Update): void {
    if (update.kind === "changes") this.#note(update.events);
    const read =
      update.kind === "whole"
        ? { ...stateFrom(update.loaded), changes: undefined }
        : follow({ state: this.#state, unread: this.#unread }, update.entities, update.revision);
    if (read.newer) this.#writer.holdForNewer(NEWER_RECORDS.reason);
    this.#adopt(read, read.changes);
  }

  #adopt(
    { state, unread }: Pick<ReadState, "state" | "unread">,
    changes: readonly Change[] | undefined,
  ): void {
    this.#state = state;
    this.#unread = unread.size === state.setAside.length ? unread : stillUnread(unread, state);
    for (const listener of this.#listeners) this.#tell(() => listener(state, changes));
  }
}

/** What was decided in turns holds no more: it is decided again. */
class Overtaken extends Error {}

/** Without those that were written anew. */
function stillUnread(unread: ReadonlyMap<Key, Json>, state: State): ReadonlyMap<Key, Json> {
  const keys = new Set(state.setAside.map(({ key }) => key));
  return new Map([...unread].filter(([key]) => keys.has(key)));
}

function tooManyRaces(cause: unknown): Refusal {
  return new Refusal(
    "unavailable",
    "Others are changing things all the time; nothing was changed. Try again shortly.",
    { retryAfter: 1, cause },
  );
}
