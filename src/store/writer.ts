import { randomUUID } from "node:crypto";
import { Refusal } from "../errors.ts";
import { commitId } from "./chain.ts";
import {
  StoreConflict,
  StoreDiverged,
  StoreError,
  StoreNewer,
  StoreUnavailable,
  type ChainedEvent,
  type Commit,
  type Expected,
  type Json,
  type Key,
  type Loaded,
  type Position,
  type Store,
} from "./store.ts";

/** Why nothing can be written now. */
export interface Fault {
  readonly code:
    | "store_unavailable"
    | "store_newer"
    | "store_damaged"
    /** Not the store that this process knew: empty, older, or another's. */
    | "store_diverged"
    | "closed";
  readonly reason: string;
}

/** What the store holds beside what this process wrote. */
export type Update =
  | { readonly kind: "whole"; readonly loaded: Loaded }
  | {
      readonly kind: "changes";
      readonly entities: ReadonlyMap<Key, Json | null>;
      readonly events: readonly ChainedEvent[];
      readonly revision: number;
    };

export interface WriterOptions {
  /** Milliseconds to wait before the store is asked again after a fault, while a caller waits. */
  readonly settleDelays: readonly number[];
  /** Milliseconds between later tries, when nobody waits. */
  readonly resettleDelay: number;
  /** Takes up what the store holds. */
  readonly onUpdate: (update: Update) => void;
  /** Asks for a turn to catch up: after a fault, until it is over. */
  readonly requestCatchUp: () => void;
}

const RETRY_AFTER_S = 5;
/** How long a caller is kept waiting for an outcome: a frozen server answers no question either. */
const SETTLE_PATIENCE_MS = 4_000;

/**
 * Writes the store from where the state in memory stands, and finds out where it stands after a
 * fault or after others wrote: a commit is acknowledged only if it is known to be stored, and none
 * is taken before the last one's outcome is known. One call at a time.
 */
export class Writer {
  readonly #store: Store;
  readonly #options: WriterOptions;
  #position: Position;
  #fault: Fault | undefined;
  /** Where a write leads to whose outcome is not known. */
  #unsettled: Expected | undefined;
  #retry: NodeJS.Timeout | undefined;
  #confirmedAt = performance.now();

  constructor(store: Store, position: Position, fault: Fault | undefined, options: WriterOptions) {
    this.#store = store;
    this.#position = position;
    this.#fault = fault;
    this.#options = options;
  }

  /** Where the state in memory stands. */
  get position(): Position {
    return this.#position;
  }

  get fault(): Fault | undefined {
    return this.#fault;
  }

  /** Milliseconds since the state in memory was last known to be the store's newest. */
  get confirmedAgo(): number {
    return performance.now() - this.#confirmedAt;
  }

  /** @throws Refusal `unavailable` while there is a fault */
  requireWritable(): void {
    if (this.#fault === undefined) return;
    const { code } = this.#fault;
    const passes = code === "store_unavailable" || code === "closed";
    throw new Refusal(
      "unavailable",
      FAULT_MESSAGES[code],
      passes ? { retryAfter: RETRY_AFTER_S } : {},
    );
  }

  /**
   * Stores the commits, all or none.
   * @throws StoreConflict when others wrote since; nothing was written
   * @throws Refusal `unavailable` when they are not known to be stored
   * @throws TypeError for what no store can keep; nothing was written
   */
  async append(commits: readonly Commit[]): Promise<readonly ChainedEvent[]> {
    this.requireWritable();
    const from = this.#position;
    const events = chained(from, commits);
    const { revision, commit } = events.at(-1) ?? from;
    const ours: Position = { lineage: from.lineage, revision, commit };
    await this.#write(() => this.#store.commit(from, commits), ours);
    this.#position = ours;
    this.#confirmedAt = performance.now();
    return events;
  }

  /**
   * Replaces the whole state and has it taken up.
   * @throws what `append` throws
   */
  async replace(
    entities: Iterable<readonly [Key, Json]>,
    event: Commit["event"],
    onProgress?: (staged: number) => void,
  ): Promise<void> {
    this.requireWritable();
    const from = this.#position;
    const lineage = randomUUID();
    const ours: Expected = { lineage, revision: from.revision + 1, commit: null };
    await this.#write(
      () => this.#store.replace(from, entities, event, { lineage, onProgress }),
      ours,
    );
    try {
      await this.#takeUpWhole();
    } catch (error) {
      throw this.#fail(error, "The state was replaced; it is in force once it is read.");
    }
  }

  /**
   * Takes up what others wrote since, or finds out what became of the last write.
   * @returns whether there was anything new
   * @throws Refusal `unavailable` when the store cannot be followed; `fault` says why
   */
  async catchUp(): Promise<boolean> {
    if (this.#fault?.code === "closed" || this.#fault?.code === "store_damaged") return false;
    const { commit, lineage } = this.#position;
    try {
      if (this.#unsettled !== undefined) {
        // What became of it is read next; this makes sure that it will not change any more.
        await this.#store.settle(this.#position, this.#unsettled);
        this.#unsettled = undefined;
      }
      const since = await this.#store.since(this.#position);
      if (since.kind === "whole") {
        await this.#takeUpWhole();
      } else if (since.position.commit !== commit || since.position.lineage !== lineage) {
        const { entities, events, position } = since;
        this.#position = position;
        this.#options.onUpdate({ kind: "changes", entities, events, revision: position.revision });
      }
    } catch (error) {
      throw this.#fail(error, FAULT_MESSAGES.store_unavailable);
    }
    this.#confirmedAt = performance.now();
    if (this.#fault !== undefined && PASSING.has(this.#fault.code)) this.#fault = undefined;
    return this.#position.commit !== commit || this.#position.lineage !== lineage;
  }

  /** A newer release wrote some of the state. */
  holdForNewer(reason: string): void {
    if (this.#fault === undefined || PASSING.has(this.#fault.code)) {
      this.#fault = { code: "store_newer", reason };
    }
  }

  /** Takes nothing more, and gives the store back. */
  async close(): Promise<void> {
    this.#fault = { code: "closed", reason: "The console is shutting down." };
    clearTimeout(this.#retry);
    await this.#store.close();
  }

  /** Nothing more is written, for the reason given. */
  stop(cause: unknown): Refusal {
    if (this.#fault?.code !== "closed") {
      const reason = cause instanceof Error ? cause.message : String(cause);
      this.#fault = {
        code: "store_damaged",
        reason: `The store is not as this process left it: ${reason} Restart, or see \`tardis-console recover\`.`,
      };
    }
    return new Refusal("unavailable", FAULT_MESSAGES.store_damaged, { cause });
  }

  async #takeUpWhole(): Promise<void> {
    let newer: StoreNewer | undefined;
    const loaded = await this.#store.load().catch((error: unknown) => {
      if (!(error instanceof StoreNewer) || error.loaded === undefined) throw error;
      newer = error;
      return error.loaded;
    });
    this.#position = loaded.position;
    this.#options.onUpdate({ kind: "whole", loaded });
    if (newer !== undefined) this.holdForNewer(newer.message);
  }

  /**
   * Keeps why the store cannot be followed, and has it tried again where that may help.
   * @returns the refusal for who waits
   */
  #fail(error: unknown, message: string): Refusal {
    if (error instanceof StoreDiverged) return this.#diverge(error);
    if (!(error instanceof StoreUnavailable)) return this.stop(error);
    if (this.#fault?.code !== "closed") {
      const reason = `The store cannot be reached: ${error.message}`;
      this.#fault = { code: "store_unavailable", reason };
      this.#tryLater();
    }
    return new Refusal("unavailable", message, { retryAfter: RETRY_AFTER_S, cause: error });
  }

  /** It may still be put right, or another replica be told what to take up. */
  #diverge(cause: StoreDiverged): Refusal {
    if (this.#fault?.code !== "closed") {
      const reason = `${cause.message} See \`tardis-console recover\`.`;
      this.#fault = { code: "store_diverged", reason };
      this.#tryLater();
    }
    return new Refusal("unavailable", FAULT_MESSAGES.store_diverged, { cause });
  }

  /** @param ours where this write leads to */
  async #write(write: () => Promise<Position>, ours: Expected): Promise<void> {
    try {
      await write();
    } catch (error) {
      if (error instanceof TypeError || error instanceof StoreConflict) throw error;
      if (error instanceof StoreDiverged) throw this.#diverge(error);
      if (!(error instanceof StoreUnavailable)) throw this.stop(error);
      this.#fault = {
        code: "store_unavailable",
        reason: `The store cannot be written: ${error.message}`,
      };
      const stored = await this.#settle(ours);
      if (stored === true) return;
      if (stored === false || error.outcome === "not-written") throw notStored(error);
      throw new Refusal(
        "unavailable",
        "The store cannot be written now, and whether this change was stored is not known yet; look before you repeat it.",
        { retryAfter: RETRY_AFTER_S, cause: error },
      );
    }
  }

  /**
   * Finds out what became of a write, while its caller waits.
   * @returns undefined while it is not known; then nothing is taken until it is
   * @throws Refusal when the store is not what this process left
   */
  async #settle(ours: Expected): Promise<boolean | undefined> {
    const end = performance.now() + SETTLE_PATIENCE_MS;
    for (const delay of this.#options.settleDelays) {
      await new Promise((resolve) => setTimeout(resolve, delay));
      try {
        const { stored, position } = await this.#store.settle(this.#position, ours);
        this.#fault = undefined;
        if (position.revision > ours.revision) this.#options.requestCatchUp();
        return stored;
      } catch (error) {
        if (error instanceof StoreDiverged) throw this.#diverge(error);
        if (error instanceof StoreError && !(error instanceof StoreUnavailable)) {
          throw this.stop(error);
        }
      }
      if (performance.now() > end) break;
    }
    this.#unsettled = ours;
    this.#tryLater();
    return undefined;
  }

  #tryLater(): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(this.#options.requestCatchUp, this.#options.resettleDelay);
    this.#retry.unref();
  }
}

/** Faults that end by themselves once the store can be followed again. */
const PASSING: ReadonlySet<Fault["code"]> = new Set(["store_unavailable", "store_diverged"]);

/** For members: without paths of the machine. The operators read the fault's reason. */
const FAULT_MESSAGES: Record<Fault["code"], string> = {
  store_unavailable: "The store cannot be written now; nothing was changed. Try again shortly.",
  store_newer: "A newer release has written the store; this one only serves it.",
  store_damaged: "The store cannot be written until an operator has looked at it.",
  store_diverged:
    "The store is not the one that this console knew; nothing is changed until an operator has decided.",
  closed: "The console is shutting down.",
};

function notStored(cause: unknown): Refusal {
  return new Refusal("unavailable", FAULT_MESSAGES.store_unavailable, {
    retryAfter: RETRY_AFTER_S,
    cause,
  });
}

/** What commits are once they are stored after a position. */
function chained(from: Position, commits: readonly Commit[]): readonly ChainedEvent[] {
  let { commit, revision } = from;
  return commits.map((next) => {
    commit = commitId(from.lineage, commit, ++revision, next);
    return { revision, commit, event: next.event };
  });
}
