/** What a console that runs knows of itself and of its store. */
export interface RunningFacts {
  readonly startedAt: Date;
  /** Where its internal listener is reached from here. */
  readonly internalUrl: string;
  readonly publishedRevision: number | null;
  /** Whether it serves what an earlier run published. */
  readonly isRestored: boolean;
  /** What is wrong although it serves, in sentences. */
  readonly problems: readonly string[];
  readonly leads: boolean;
  /** Those that share the store, this one included. */
  readonly replicas: () => Promise<readonly { readonly name: string; readonly release: string }[]>;
  /** Who polled here, the latest last. */
  readonly pollers: readonly RunningPoller[];
}

export interface RunningPoller {
  readonly name: string;
  readonly revision: number;
  readonly at: Date;
  /** Whether it has what is published. */
  readonly isNewest: boolean;
}

/** What is known of the store by whoever has it open. */
export interface StoreFacts {
  /** For people: `in /var/lib/tardis`. */
  readonly place: string;
  /** Why it cannot be read or written now. */
  readonly fault: string | undefined;
  readonly revision: number | null;
  /** When the last change was made; null where there was none. */
  readonly changedAt: () => Promise<Date | null>;
}
