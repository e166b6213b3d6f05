/**
 * What every store of the console promises. LevelDB keeps it embedded; Redis will keep it for
 * several replicas. Both pass the same conformance suite (`test/conformance/store.ts`).
 *
 * A store holds entities (one a key), the events of the commits that changed them, and its own
 * position. It knows nothing of what the entities mean.
 */

export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

/** An entity's key: `<kind>/<id>`, printable ASCII without spaces, at most 512 characters. */
export type Key = string;

const KEY = /^[!-.0-~]+\/[!-~]+$/;
const KEY_LENGTH = 512;

export function isKey(text: string): boolean {
  return text.length <= KEY_LENGTH && KEY.test(text);
}

/** @throws TypeError when the text is no key; a caller's fault, nothing was written. */
export function assertKey(text: string): void {
  if (!isKey(text)) {
    throw new TypeError(`${JSON.stringify(text.slice(0, 80))} is not a key of an entity`);
  }
}

/** One entity put (its whole record) or, with `null`, deleted. */
export interface Write {
  readonly key: Key;
  readonly value: Json | null;
}

/** One atomic change: all its writes, and the one event that says what happened. */
export interface Commit {
  readonly writes: readonly Write[];
  readonly event: { readonly [key: string]: Json };
}

/**
 * Where a store stands. `lineage` is drawn at random when a state is born; `commit` is the id of
 * the last commit, chained to its parent's; so two stores with the same position hold the same state.
 */
export interface Position {
  readonly lineage: string;
  /** Counts commits from 1; 0 is the empty store. */
  readonly revision: number;
  /** `""` at revision 0. */
  readonly commit: string;
}

/** Whether two positions are the same. */
export function samePosition(a: Position, b: Position): boolean {
  return a.revision === b.revision && a.commit === b.commit && a.lineage === b.lineage;
}

/** An event as it is read back, with its place in the history. */
export interface StoredEvent {
  readonly revision: number;
  readonly commit: string;
  readonly parent: string;
  readonly event: { readonly [key: string]: Json };
}

export interface Loaded {
  readonly position: Position;
  readonly entities: ReadonlyMap<Key, Json>;
}

export interface HistoryQuery {
  /** Only events with a revision above this. */
  readonly after?: number;
  /** Only events with a revision below this. */
  readonly before?: number;
  /** Newest first when true; oldest first otherwise. */
  readonly reverse?: boolean;
  readonly limit: number;
}

export interface Store {
  /**
   * Reads everything, and checks it: the digest over all entities, and the chain's last link.
   * @throws StoreDamaged when what is there is not what was written.
   * @throws StoreNewer when a newer release wrote it.
   */
  load(): Promise<Loaded>;

  /**
   * Appends the commits in order, all or none, durable when the promise resolves. `load` comes
   * first: a store that did not pass it takes no commit.
   * @returns the position after the last of them.
   * @throws StoreConflict when the store does not stand at `expected`; nothing was written.
   * @throws StoreUnavailable when it cannot be written now; `outcome` says whether the commits
   *   are known not to be there, or unknown. Either way `settle` comes before the next commit.
   * @throws StoreDamaged, StoreNewer as long as `load` does.
   * @throws TypeError for a key or a value that no store can keep; nothing was written.
   */
  commit(expected: Position, commits: readonly Commit[]): Promise<Position>;

  /**
   * After an unknown outcome: opens the store again if need be and says where it stands.
   * @throws StoreUnavailable while it still cannot be read.
   * @throws StoreDamaged when it came back without something that it had acknowledged.
   */
  settle(): Promise<Position>;

  /**
   * Events of the history, in the order asked for. What was kept of it before a recovery may have
   * gaps; after it, it has none.
   * @throws StoreDamaged when an event is altered or missing.
   */
  history(query: HistoryQuery): Promise<readonly StoredEvent[]>;

  /**
   * Replaces the whole state by another, swapped in at once or not at all, under a new lineage and
   * with one event. The history goes on: the event's parent is the last commit, and the revision
   * the next. Batches are staged first, so a crash on the way leaves the old state.
   * @param onProgress is told how many entities are staged.
   * @throws what `commit` throws, StoreConflict excepted.
   */
  replace(
    entities: Iterable<readonly [Key, Json]>,
    event: Commit["event"],
    onProgress?: (staged: number) => void,
  ): Promise<Position>;

  close(): Promise<void>;
}

/** The base of what a store throws; `code` is stable, for the API and the command line. */
export abstract class StoreError extends Error {
  abstract readonly code: string;
}

export class StoreConflict extends StoreError {
  override readonly code = "store_conflict";
  readonly actual: Position;
  constructor(actual: Position) {
    super(`the store stands at revision ${actual.revision}, not where this commit was decided`);
    this.actual = actual;
  }
}

export class StoreUnavailable extends StoreError {
  override readonly code = "store_unavailable";
  readonly outcome: "not-written" | "unknown";
  constructor(message: string, outcome: "not-written" | "unknown", options?: ErrorOptions) {
    super(message, options);
    this.outcome = outcome;
  }
}

export class StoreDamaged extends StoreError {
  override readonly code = "store_damaged";
}

/** Another process holds the embedded store. */
export class StoreLocked extends StoreError {
  override readonly code = "store_locked";
}

/** A newer release wrote the store: what it holds may be served, but not written. */
export class StoreNewer extends StoreError {
  override readonly code = "store_newer";
  /** What is in it, where this release can read it and it passed every check. */
  readonly loaded: Loaded | undefined;
  constructor(message: string, loaded?: Loaded) {
    super(message);
    this.loaded = loaded;
  }
}
