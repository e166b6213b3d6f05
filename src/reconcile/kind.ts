import type { Call } from "./system.ts";
import type { StateName } from "./standing.ts";

/** One thing to be done in the real system or the store, small enough for one call. */
export interface Step {
  /** In the past tense, for the report: "made the bucket". */
  readonly what: string;
}

/** What has to be done for a thing to be as it should. */
export type Plan<S extends Step> =
  | {
      readonly steps: readonly S[];
      /** How it stands once the steps are done. */
      readonly state: Extract<StateName, "ready" | "suspended" | "deleting">;
      /** What there is to say of it then, in a sentence. */
      readonly why?: string | undefined;
      /** When there will be something to do by time alone, ISO 8601. */
      readonly dueAt?: string | undefined;
      /** Something is left that cannot be done now: `why` says what, and it is tried again at `dueAt`. */
      readonly unfinished?: boolean | undefined;
    }
  /** Another's is in its place: nothing is touched. */
  | { readonly conflict: string }
  /** Time does not heal it: the sentence says what someone has to do. */
  | { readonly stuck: string }
  /** There is no such thing any more, here or there. */
  | { readonly gone: true };

/**
 * A kind of thing that the console keeps right in a real system: buckets, databases, namespaces. To
 * add one, write this; the attempts, leases, reports and the loop are the same for all.
 *
 * Steps are ordered so that a crash after any of them is repaired by planning again, and each may be
 * done again. What is desired, and who owns it, is in the store before the first step.
 */
export interface Kind<Observed, S extends Step, Given = undefined> {
  /** As the ids of its things are looked up: `bucket`. */
  readonly name: string;
  /** Everything that the store has of this kind, what is to be deleted included. */
  ids(): readonly string[];
  /** What the real system has of a thing. Changes nothing. @throws Trouble */
  observe(id: string, call: Call): Promise<Observed>;
  /**
   * The same of many at once, in as few calls as the system allows; a thing that is not in it is
   * observed by itself. Either complete or thrown: what is missing from half an answer is not gone.
   */
  observeAll(call: Call): Promise<(id: string) => Observed | undefined>;
  /**
   * Pure: of the store's state now, and what was observed.
   * @param given what only the verb that asked can give, such as a secret
   */
  plan(id: string, observed: Observed, given: Given | undefined): Plan<S>;
  /** Does one step. @throws Trouble */
  apply(id: string, step: S, call: Call, given: Given | undefined): Promise<void>;
  /** A digest of what is desired of it: when it is another, steps are no repair. */
  desired(id: string): string;
  /** How a thing stands that could not be brought where it should be yet. */
  underway(id: string): Extract<StateName, "creating" | "repairing" | "deleting">;
}
