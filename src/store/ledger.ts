import { randomBytes } from "node:crypto";
import type { Context, Decision } from "../domain/decision.ts";
import type { Kind } from "../domain/entities.ts";
import type { Actor } from "../domain/policy.ts";
import { keyOf, readRecord } from "../domain/records.ts";
import type { Rules } from "../domain/rules.ts";
import {
  apply,
  emptyState,
  entityOf,
  type Change,
  type SetAside,
  type State,
} from "../domain/state.ts";
import { Refusal } from "../errors.ts";
import { commitId } from "./chain.ts";
import {
  StoreNewer,
  StoreUnavailable,
  type Commit,
  type Json,
  type Loaded,
  type Position,
  type Store,
} from "./store.ts";

/** A decision that is stored: durable as firmly as the store promises. */
export interface Committed<T> {
  readonly result: T;
  /** The revision it became; the present one when there was nothing to change. */
  readonly revision: number;
  readonly before: State;
  readonly after: State;
}

export type Decide<T> = (state: State, context: Context) => Decision<T>;

export interface LedgerOptions {
  readonly rules: Rules;
  readonly now?: () => Date;
  /** Random bytes, for ids and secrets. */
  readonly random?: (size: number) => Buffer;
  /** Milliseconds to wait before the store is asked again after a fault. */
  readonly settleDelays?: readonly number[];
}

/** Why nothing can be written now. */
export interface Fault {
  readonly code: "store_unavailable" | "store_newer" | "store_damaged" | "closed";
  readonly reason: string;
}

interface Pending {
  readonly actor: Actor;
  readonly decide: Decide<unknown>;
  readonly resolve: (committed: Committed<unknown>) => void;
  readonly reject: (error: unknown) => void;
}

const GROUP_MAX = 256;
const SETTLE_DELAYS_MS = [0, 50, 200, 500];
const RESETTLE_MS = 1000;

/**
 * The state in memory and the one writer of this process. Verbs that wait at the same time are
 * decided one after the other and stored as one group, so that one disk flush serves them all.
 */
export class Ledger {
  readonly #store: Store;
  readonly #options: Required<LedgerOptions>;
  readonly #listeners = new Set<(state: State) => void>();
  #state: State;
  #position: Position;
  #fault: Fault | undefined;
  #queue: Pending[] = [];
  #draining: Promise<void> | undefined;
  #recovery: NodeJS.Timeout | undefined;

  private constructor(
    store: Store,
    loaded: Loaded,
    options: LedgerOptions,
    fault: Fault | undefined,
  ) {
    this.#store = store;
    this.#options = {
      now: () => new Date(),
      random: randomBytes,
      settleDelays: SETTLE_DELAYS_MS,
      ...options,
    };
    this.#position = loaded.position;
    const read = stateFrom(loaded);
    this.#state = read.state;
    this.#fault =
      fault ??
      (read.newer
        ? {
            code: "store_newer",
            reason: "A newer release has written some records; this one only serves them.",
          }
        : undefined);
  }

  /**
   * Loads the store's state.
   * @throws StoreError when it is damaged, locked or away
   */
  static async open(store: Store, options: LedgerOptions): Promise<Ledger> {
    try {
      return new Ledger(store, await store.load(), options, undefined);
    } catch (error) {
      if (error instanceof StoreNewer && error.loaded !== undefined) {
        return new Ledger(store, error.loaded, options, {
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
    return this.#position;
  }

  /** Why writes are refused, or undefined when they are taken. */
  get fault(): Fault | undefined {
    return this.#fault;
  }

  get store(): Store {
    return this.#store;
  }

  /** Calls back after each stored group, with the state that it left. */
  onCommit(listener: (state: State) => void): () => void {
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
    const before = this.#state;
    const decision = decide(before, this.context(actor, before.revision + 1));
    const after = apply(before, decision.changes, before.revision + 1);
    return { result: decision.result, revision: before.revision + 1, before, after };
  }

  /**
   * Decides on the newest state and stores what came of it.
   * @throws Refusal what the verb refuses; `unavailable` when the store cannot take it
   */
  change<T>(actor: Actor, decide: Decide<T>): Promise<Committed<T>> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ actor, decide, resolve: resolve as Pending["resolve"], reject });
      this.#draining ??= this.#drain().finally(() => (this.#draining = undefined));
    });
  }

  /**
   * Replaces the whole state, for imports and recovery, and tells the listeners.
   * @throws StoreError when it cannot; the old state stays then
   */
  async replace(
    entities: Iterable<readonly [string, Json]>,
    event: Commit["event"],
    onProgress?: (staged: number) => void,
  ): Promise<void> {
    await this.#draining;
    this.#requireWritable();
    await this.#store.replace(entities, event, onProgress);
    const loaded = await this.#store.load();
    this.#position = loaded.position;
    this.#state = stateFrom(loaded).state;
    this.#tell();
  }

  /** Finishes what is queued, then closes the store. */
  async close(): Promise<void> {
    await this.#draining;
    this.#fault = { code: "closed", reason: "The console is shutting down." };
    clearTimeout(this.#recovery);
    await this.#store.close();
  }

  #requireWritable(): void {
    if (this.#fault !== undefined) {
      throw new Refusal("unavailable", this.#fault.reason, { retryAfter: 5 });
    }
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      const group = this.#queue.splice(0, GROUP_MAX);
      try {
        this.#requireWritable();
        await this.#commitGroup(group);
      } catch (error) {
        for (const pending of group) pending.reject(error);
      }
      // Whoever waits for an answer gets it before the next group is decided.
      await new Promise(setImmediate);
    }
  }

  async #commitGroup(group: readonly Pending[]): Promise<void> {
    const commits: Commit[] = [];
    const answers: (() => void)[] = [];
    let state = this.#state;
    for (const { actor, decide, resolve, reject } of group) {
      try {
        const before = state;
        const context = this.context(actor, before.revision + 1);
        const decision = decide(before, context);
        if (decision.changes.length === 0) {
          answers.push(() =>
            resolve({ result: decision.result, revision: before.revision, before, after: before }),
          );
          continue;
        }
        commits.push(commitOf(before, context, decision));
        state = apply(before, decision.changes, before.revision + 1);
        const after = state;
        answers.push(() =>
          resolve({ result: decision.result, revision: after.revision, before, after }),
        );
      } catch (error) {
        // Told after the group is stored: it may have been refused because of what is in the group.
        answers.push(() => reject(error));
      }
    }
    if (commits.length > 0) {
      this.#position = await this.#append(commits);
      this.#state = state;
      this.#tell();
    }
    for (const answer of answers) answer();
  }

  /** Stores a group; when its outcome is unknown, asks the store until it can tell. */
  async #append(commits: readonly Commit[]): Promise<Position> {
    const from = this.#position;
    try {
      return await this.#store.commit(from, commits);
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw this.#stop(error);
      const reason = `The store cannot be written: ${error.message}`;
      this.#fault = { code: "store_unavailable", reason };
      for (const delay of this.#options.settleDelays) {
        await new Promise((resolve) => setTimeout(resolve, delay));
        const outcome = await this.#settle(from, commits);
        if (outcome === "stored") return this.#position;
        if (outcome === "not-stored")
          throw new Refusal("unavailable", `${reason} Nothing was changed.`, {
            retryAfter: 5,
            cause: error,
          });
      }
      this.#settleLater(from, commits);
      throw new Refusal(
        "unavailable",
        `${reason} Whether the change was stored is not known yet.`,
        { retryAfter: 5, cause: error },
      );
    }
  }

  async #settle(
    from: Position,
    commits: readonly Commit[],
  ): Promise<"stored" | "not-stored" | "unknown"> {
    try {
      const position = await this.#store.settle();
      const last = lastCommitId(from, commits);
      if (position.lineage === from.lineage && position.commit === last) {
        this.#position = position;
        this.#fault = undefined;
        return "stored";
      }
      if (position.lineage === from.lineage && position.commit === from.commit) {
        this.#fault = undefined;
        return "not-stored";
      }
      this.#stop(new Error(`it stands at revision ${position.revision}, which is not ours`));
      return "unknown";
    } catch {
      return "unknown";
    }
  }

  /** Keeps asking; once the store is back, its state is read anew and writes are taken again. */
  #settleLater(from: Position, commits: readonly Commit[]): void {
    this.#recovery = setTimeout(() => {
      this.#resume(from, commits).catch((error: unknown) => this.#stop(error));
    }, RESETTLE_MS);
    this.#recovery.unref();
  }

  async #resume(from: Position, commits: readonly Commit[]): Promise<void> {
    if ((await this.#settle(from, commits)) === "unknown") {
      if (this.#fault?.code === "store_unavailable") this.#settleLater(from, commits);
      return;
    }
    const loaded = await this.#store.load();
    this.#position = loaded.position;
    this.#state = stateFrom(loaded).state;
    this.#tell();
  }

  /** A fault that time does not heal: nothing is written until someone has looked. */
  #stop(cause: unknown): Refusal {
    const reason = cause instanceof Error ? cause.message : String(cause);
    this.#fault = {
      code: "store_damaged",
      reason: `The store is not as this process left it: ${reason}. Restart, or see \`tardis-console recover\`.`,
    };
    return new Refusal("unavailable", this.#fault.reason, { cause });
  }

  #tell(): void {
    for (const listener of this.#listeners) listener(this.#state);
  }
}

/**
 * A fresh id: the prefix, then Crockford's base 32 in lower case: 48 bits of milliseconds, then 60
 * random bits. Ids of one kind sort by time.
 */
export function newId(
  prefix: string,
  now: Date,
  random: (size: number) => Buffer = randomBytes,
): string {
  const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
  let time = now.getTime();
  let text = "";
  for (let digit = 0; digit < 10; digit++) {
    text = alphabet.charAt(time % 32) + text;
    time = Math.floor(time / 32);
  }
  for (const byte of random(12)) text += alphabet.charAt(byte % 32);
  return `${prefix}-${text}`;
}

function lastCommitId(from: Position, commits: readonly Commit[]): string {
  let { commit, revision } = from;
  for (const next of commits) commit = commitId(from.lineage, commit, ++revision, next);
  return commit;
}

/** Secrets, even hashed, stay out of the history. */
const KEPT_OUT: ReadonlySet<Kind> = new Set<Kind>(["token", "answer"]);

function commitOf(before: State, context: Context, decision: Decision<unknown>): Commit {
  const writes = decision.changes.map((change) => ({
    key: keyOf(change),
    value: change.entity as unknown as Json,
  }));
  const changes = decision.changes.map((change: Change): Json => {
    if (KEPT_OUT.has(change.kind)) return { key: keyOf(change), removed: change.entity === null };
    const old = entityOf(before, change.kind, change.id) ?? null;
    return {
      key: keyOf(change),
      before: old as unknown as Json,
      after: change.entity as unknown as Json,
    };
  });
  const { actor, now } = context;
  return {
    writes,
    event: {
      v: 1,
      at: now.toISOString(),
      type: decision.event.type,
      summary: decision.event.summary,
      owners: [...decision.event.owners],
      actor: { name: actor.name, owner: actor.owner, token: actor.token },
      changes,
    },
  };
}

/** The state that a store holds; what cannot be read is set aside, not lost. */
export function stateFrom(loaded: Loaded): { state: State; newer: boolean } {
  const changes: Change[] = [];
  const setAside: SetAside[] = [];
  let newer = false;
  for (const [key, value] of loaded.entities) {
    const read = readRecord(key, value);
    if (read.kind === "set-aside") setAside.push(read.entry);
    else {
      changes.push(read.change);
      newer ||= read.newer;
    }
  }
  const state = apply({ ...emptyState, setAside }, changes, loaded.position.revision);
  return { state, newer };
}
