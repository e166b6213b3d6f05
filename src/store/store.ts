/**
 * What every store of the console promises. LevelDB keeps it embedded; Redis keeps it for
 * several replicas. Both pass the same conformance suite (`test/conformance/store.ts`).
 *
 * A store holds entities (one a key), the events of the commits that changed them, and its own
 * position. It knows nothing of what the entities mean.
 */

import type { Link } from "./chain.ts";

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

/** Where a write leads to: what its outcome is known by. */
export interface Expected {
  readonly lineage: string;
  readonly revision: number;
  /** Null where it is not known before the write: a replacement's. */
  readonly commit: string | null;
}

/** Whether a position is the one that a write leads to. */
export function isExpected(found: Position, ours: Expected): boolean {
  return (
    found.revision === ours.revision &&
    found.lineage === ours.lineage &&
    (ours.commit === null || found.commit === ours.commit)
  );
}

/** What became of a write whose answer was cut off. */
export interface Settled {
  readonly stored: boolean;
  /** Where the store stands now; with other writers it may be beyond ours. */
  readonly position: Position;
}

/** An event, and where it stands in the chain of all. */
export type ChainedEvent = Pick<StoredEvent, "revision" | "commit" | "event">;

/** What became of a store since a position that it stood at. */
export type Since =
  | {
      readonly kind: "changes";
      readonly position: Position;
      /** What was written since, as it is at `position`; null for what was deleted. */
      readonly entities: ReadonlyMap<Key, Json | null>;
      /** What happened since, in its order. */
      readonly events: readonly ChainedEvent[];
    }
  /** Too much for single changes, or a replacement: to be loaded whole. */
  | { readonly kind: "whole" };

/** An event as it is read back, with its place in the history. */
export interface StoredEvent {
  readonly revision: number;
  readonly commit: string;
  readonly parent: string;
  readonly event: { readonly [key: string]: Json };
}

/** An event as a store keeps it: its link of the chain, and the link's id. */
export interface StoredLink extends Link {
  readonly commit: string;
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

export interface ReplaceOptions {
  /** The new lineage, drawn beforehand, so that the outcome can be found out; else drawn here. */
  readonly lineage?: string;
  /** Told how many entities are staged. */
  readonly onProgress?: ((staged: number) => void) | undefined;
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
   * After an unknown outcome: finds out whether a write is stored. What is said to be not stored is
   * never stored later, even if it is still on its way.
   * @param from where the write was decided
   * @param ours where it leads to
   * @throws StoreUnavailable while the store still cannot be read.
   * @throws StoreDamaged when it came back without something that it had acknowledged.
   * @throws StoreDiverged when it is neither where the write began nor beyond.
   */
  settle(from: Position, ours: Expected): Promise<Settled>;

  /**
   * What other processes wrote since a position.
   * @throws StoreUnavailable when the store cannot be read.
   * @throws StoreDiverged when the store's history does not lead through that position.
   */
  since(position: Position): Promise<Since>;

  /**
   * Calls back when there may be something new, by another process, and whenever the connection
   * was away. A hint: `since` says what there is.
   * @returns ends it
   */
  watch(listener: () => void): () => void;

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
   * @throws what `commit` throws.
   */
  replace(
    expected: Position,
    entities: Iterable<readonly [Key, Json]>,
    event: Commit["event"],
    options?: ReplaceOptions,
  ): Promise<Position>;

  close(): Promise<void>;
}

/** What a store still gives, whatever is wrong with it. */
export interface Readable extends Loaded {
  /** What is wrong, in plain sentences; none when the store is sound. */
  readonly problems: readonly string[];
}

/** What whoever recovers a store knows better than the store. */
export interface RecoverDecision {
  /** The whole new state, in place of what can be read. */
  readonly entities?: ReadonlyMap<Key, Json>;
  /** A revision that was seen outside of the store: the new one is above it. */
  readonly above?: number;
  /** Lineages that this decision ends: whoever knew one of them takes the new state up. */
  readonly supersedes?: readonly string[];
}

/** A store with its history as one moves it to another place: position and ids stay. */
export interface Archive extends Loaded {
  /** From this revision on, the history has no gap. */
  readonly since: number;
  /** The history, oldest first. */
  links(): AsyncIterable<StoredLink>;
}

/** A store that operators can recover and move, beside what every store promises. */
export interface WholeStore extends Store {
  /** Where it is, for people: a folder, or a server without its password. */
  readonly place: string;

  /**
   * Reads what can be read, whatever is wrong with it, the whole history included. Nothing in it is
   * changed.
   * @throws StoreUnavailable when the machine or the connection is at fault and not the data.
   */
  loadUnchecked(): Promise<Readable>;

  /**
   * Makes what `loadUnchecked` gives, or the decision's entities, the truth, under a new lineage and
   * with one event. The revision is above every one that was acknowledged.
   * @throws StoreUnavailable; in its place is then the old state or the new one, whole.
   */
  accept(event?: Commit["event"], decision?: RecoverDecision): Promise<Position>;

  /**
   * Everything in it, checked as `load` checks it.
   * @throws what `load` throws.
   */
  archive(): Promise<Archive>;

  /**
   * Takes an archive up, history and position included, all or nothing. Only a store that was never
   * written takes one.
   * @throws StoreConflict when there is something in it.
   * @throws StoreUnavailable when it cannot be written.
   */
  restore(archive: Archive, onProgress?: (done: number, of: number) => void): Promise<Position>;
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

/**
 * The store is sound in itself and not the one that this process knew: empty, older, or another's.
 * It is never taken up by itself.
 */
export class StoreDiverged extends StoreError {
  override readonly code = "store_diverged";
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
