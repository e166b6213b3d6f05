import type { Change, State } from "../domain/state.ts";
import type { StateName } from "./standing.ts";

/** The kinds of things that owners have in other systems, as parts of what an owner has. */
export const PART_KINDS = [
  "bucket",
  "bucketKey",
  "database",
  "databaseAccount",
  "namespace",
  "kubeconfig",
] as const;

/** One part of an owner's, and how it stands after an attempt. */
export interface PartOutcome {
  readonly kind: (typeof PART_KINDS)[number];
  readonly id: string;
  readonly name: string;
  /** `gone`, or how it stands; `busy`: something else is being done with it. */
  readonly state: StateName | "gone" | "busy";
  readonly why: string | null;
  /** Whether something is left that cannot be done now: `why` says what. */
  readonly unfinished?: boolean | undefined;
}

/** A part of the console that keeps what owners have in one real system. */
export interface ResourceModule {
  /** Begins to look after everything, at the replica that leads. */
  start(): void;
  /** Ends what is under way: what is half done is repaired by the next look. */
  stop(): Promise<void>;
  /**
   * Has what a commit touched attempted soon.
   * @param changes undefined when anything may have changed
   */
  onCommit(state: State, changes: readonly Change[] | undefined): void;
  /** Attempts everything of an owner's now, as after a suspension. @returns part by part */
  settleOwner(owner: string): Promise<readonly PartOutcome[]>;
}
