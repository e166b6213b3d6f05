import {
  StoreUnavailable,
  type Commit,
  type Expected,
  type Json,
  type Key,
  type Position,
  type ReplaceOptions,
  type Settled,
  type Since,
  type Store,
} from "../../src/store/store.ts";

/** What the next write does: nothing, or all of it without saying so. */
export type Fault = "before" | "after-unknown" | "before-unknown";

/** A store that counts its commits, and fails when it is told to. The store below stays sound. */
export class FaultyStore implements Store {
  readonly #store: Store;
  /** The sizes of the groups that were given to it. */
  readonly groups: number[] = [];
  /** Consumed one a write. */
  faults: Fault[] = [];
  settleErrors: Error[] = [];
  loadErrors: Error[] = [];
  sinceErrors: Error[] = [];
  commitError: Error | undefined;
  /** Commits wait for this. */
  gate: Promise<void> = Promise.resolve();

  constructor(store: Store) {
    this.#store = store;
  }

  async load() {
    const error = this.loadErrors.shift();
    if (error !== undefined) throw error;
    return this.#store.load();
  }

  async commit(expected: Position, commits: readonly Commit[]): Promise<Position> {
    this.groups.push(commits.length);
    await this.gate;
    if (this.commitError !== undefined) throw this.commitError;
    return this.#write(() => this.#store.commit(expected, commits));
  }

  async replace(
    expected: Position,
    entities: Iterable<readonly [Key, Json]>,
    event: Commit["event"],
    options?: ReplaceOptions,
  ): Promise<Position> {
    await this.gate;
    return this.#write(() => this.#store.replace(expected, entities, event, options));
  }

  async settle(from: Position, ours: Expected): Promise<Settled> {
    const error = this.settleErrors.shift();
    if (error !== undefined) throw error;
    return this.#store.settle(from, ours);
  }

  async since(position: Position): Promise<Since> {
    const error = this.sinceErrors.shift();
    if (error !== undefined) throw error;
    return this.#store.since(position);
  }

  watch(listener: () => void): () => void {
    return this.#store.watch(listener);
  }

  history: Store["history"] = (query) => this.#store.history(query);

  close(): Promise<void> {
    return this.#store.close();
  }

  async #write(write: () => Promise<Position>): Promise<Position> {
    const fault = this.faults.shift();
    if (fault === undefined) return write();
    if (fault === "after-unknown") await write();
    throw new StoreUnavailable("the disk failed", fault === "before" ? "not-written" : "unknown");
  }
}
