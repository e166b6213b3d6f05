import { randomUUID } from "node:crypto";
import { Refusal } from "../errors.ts";
import { commitId } from "./chain.ts";
import {
  StoreError,
  StoreUnavailable,
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
  readonly code: "store_unavailable" | "store_newer" | "store_damaged" | "closed";
  readonly reason: string;
}

export interface WriterOptions {
  /** Milliseconds to wait before the store is asked again after a fault, while a caller waits. */
  readonly settleDelays: readonly number[];
  /** Milliseconds between later tries, when nobody waits. */
  readonly resettleDelay: number;
  /** Takes up what the store holds, after an outcome that could not be known before. */
  readonly onLoaded: (loaded: Loaded) => void;
}

const RETRY_AFTER_S = 5;

/**
 * Writes the store from where it stood last, and finds out where it stands after a fault: a commit
 * is acknowledged only if it is known to be stored, and none is taken before the last one's outcome
 * is known. One call at a time.
 */
export class Writer {
  readonly #store: Store;
  readonly #options: WriterOptions;
  #position: Position;
  #fault: Fault | undefined;
  #retry: NodeJS.Timeout | undefined;

  constructor(store: Store, position: Position, fault: Fault | undefined, options: WriterOptions) {
    this.#store = store;
    this.#position = position;
    this.#fault = fault;
    this.#options = options;
  }

  get position(): Position {
    return this.#position;
  }

  get fault(): Fault | undefined {
    return this.#fault;
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
   * @throws Refusal `unavailable` when they are not known to be stored
   * @throws TypeError for what no store can keep; nothing was written
   */
  async append(commits: readonly Commit[]): Promise<void> {
    this.requireWritable();
    const from = this.#position;
    const ours: Expected = {
      lineage: from.lineage,
      revision: from.revision + commits.length,
      commit: lastCommitId(from, commits),
    };
    await this.#write(() => this.#store.commit(from, commits), ours);
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
      this.#options.onLoaded(await this.#store.load());
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw this.stop(error);
      this.#fault = {
        code: "store_unavailable",
        reason: `The state was replaced, and cannot be read back: ${error.message}`,
      };
      this.#settleLater(ours);
      throw new Refusal("unavailable", "The state was replaced; it is in force once it is read.", {
        retryAfter: RETRY_AFTER_S,
        cause: error,
      });
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

  /** @param ours where this write leads to */
  async #write(write: () => Promise<Position>, ours: Expected): Promise<void> {
    try {
      this.#position = await write();
    } catch (error) {
      if (error instanceof TypeError) throw error;
      if (!(error instanceof StoreUnavailable)) throw this.stop(error);
      this.#fault = {
        code: "store_unavailable",
        reason: `The store cannot be written: ${error.message}`,
      };
      for (const delay of this.#options.settleDelays) {
        await new Promise((resolve) => setTimeout(resolve, delay));
        const outcome = await this.#settle(ours);
        if (outcome === "unknown") continue;
        this.#fault = undefined;
        if (outcome === "stored") return;
        throw notStored(error);
      }
      this.#settleLater(ours);
      if (error.outcome === "not-written") throw notStored(error);
      throw new Refusal(
        "unavailable",
        "The store cannot be written now, and whether this change was stored is not known yet; look before you repeat it.",
        { retryAfter: RETRY_AFTER_S, cause: error },
      );
    }
  }

  /** @throws Refusal when the store is not what this process left */
  async #settle(ours: Expected): Promise<"stored" | "not-stored" | "unknown"> {
    try {
      const { stored, position } = await this.#store.settle(this.#position, ours);
      if (stored) this.#position = position;
      return stored ? "stored" : "not-stored";
    } catch (error) {
      if (error instanceof StoreUnavailable || !(error instanceof StoreError)) return "unknown";
      throw this.stop(error);
    }
  }

  /** Keeps asking; once the store is back, its state is read anew and writes are taken again. */
  #settleLater(ours: Expected): void {
    if (this.#fault?.code !== "store_unavailable") return;
    this.#retry = setTimeout(() => {
      this.#resume(ours).catch((error: unknown) => {
        if (error instanceof StoreUnavailable) this.#settleLater(ours);
        else if (!(error instanceof Refusal)) this.stop(error);
      });
    }, this.#options.resettleDelay);
    this.#retry.unref();
  }

  async #resume(ours: Expected): Promise<void> {
    if ((await this.#settle(ours)) === "unknown") return this.#settleLater(ours);
    // Writes are taken only after the state in memory is the store's again.
    this.#options.onLoaded(await this.#store.load());
    if (this.#fault?.code === "store_unavailable") this.#fault = undefined;
  }
}

/** For members: without paths of the machine. The operators read the fault's reason. */
const FAULT_MESSAGES: Record<Fault["code"], string> = {
  store_unavailable: "The store cannot be written now; nothing was changed. Try again shortly.",
  store_newer: "A newer release has written the store; this one only serves it.",
  store_damaged: "The store cannot be written until an operator has looked at it.",
  closed: "The console is shutting down.",
};

function notStored(cause: unknown): Refusal {
  return new Refusal("unavailable", FAULT_MESSAGES.store_unavailable, {
    retryAfter: RETRY_AFTER_S,
    cause,
  });
}

function lastCommitId(from: Position, commits: readonly Commit[]): string {
  let { commit, revision } = from;
  for (const next of commits) commit = commitId(from.lineage, commit, ++revision, next);
  return commit;
}
