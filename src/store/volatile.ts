/**
 * What replicas tell each other that is no history: who leads, who polled what, sessions. Every
 * entry has a time to live, and all of it may be lost at any moment: whoever reads it must do
 * without.
 */
export interface Volatile {
  /** @throws StoreUnavailable, as all of these */
  get(key: string): Promise<string | undefined>;

  /** @param ttlMs time to live, in milliseconds */
  set(key: string, value: string, ttlMs: number): Promise<void>;

  /**
   * Puts a value in another's place, if that is still there.
   * @param expected undefined: nothing is there
   * @param next undefined: it is deleted
   * @returns whether it was done
   */
  compareAndSet(
    key: string,
    expected: string | undefined,
    next: string | undefined,
    ttlMs: number,
  ): Promise<boolean>;

  /** All entries whose keys begin so; what has expired meanwhile may be missing. */
  list(prefix: string): Promise<ReadonlyMap<string, string>>;

  /**
   * Takes a lease, or keeps the one that this holder has.
   * @returns its fence: higher with each new holder, so that what an old one still does can be told
   *   apart; undefined while another holds it
   */
  acquire(name: string, holder: string, ttlMs: number): Promise<number | undefined>;

  /** Gives a lease back, if this holder has it. */
  release(name: string, holder: string): Promise<void>;

  /** Tells all replicas, this one included. A hint: it may be lost. */
  nudge(topic: string, text: string): Promise<void>;

  /** @returns ends it */
  onNudge(topic: string, listener: (text: string) => void): () => void;
}
