import { Refusal } from "../errors.ts";
import type { Owner } from "./entities.ts";
import { limitInWords } from "./limit-words.ts";
import type { Actor } from "./policy.ts";
import { quotaOf, type Module, type Quota, type Rules } from "./rules.ts";
import { findOwner, type Change, type State } from "./state.ts";

/** What a verb may know beside the state. It reads no clock and draws no random numbers itself. */
export interface Context {
  readonly actor: Actor;
  readonly now: Date;
  readonly rules: Rules;
  /** The revision that this decision becomes, if it is committed. */
  readonly revision: number;
  /** A fresh id, `ep-01j…`. */
  readonly newId: (prefix: string) => string;
  /** A fresh secret of 32 random bytes, base64url. */
  readonly newSecret: () => string;
}

/** What happened, for the history. */
export interface EventInfo {
  /** `endpoint.created`, `owner.suspended`, … */
  readonly type: string;
  /** One sentence for people, in the past tense, without secrets. */
  readonly summary: string;
  /** The owners concerned: they may read the event. */
  readonly owners: readonly string[];
}

/** What a verb decided. No changes: nothing is committed, and the result stands as it is. */
export interface Decision<T> {
  readonly changes: readonly Change[];
  readonly event: EventInfo;
  readonly result: T;
}

/**
 * A verb: authorise, parse, decide. Pure, so that a lost race is decided again on the new state.
 * @throws Refusal when the answer is no; nothing has changed then.
 */
export type Verb<Input, Result> = (
  state: State,
  context: Context,
  input: Input,
) => Decision<Result>;

/**
 * The owner that an id or a name means.
 * @throws Refusal `not_found`
 */
export function requireOwner(state: State, idOrName: string, field?: string): Owner {
  const owner = findOwner(state, idOrName);
  if (owner === undefined) {
    throw new Refusal("not_found", "There is no such owner.", { field });
  }
  return owner;
}

/**
 * Holds members to their quota. An admin's own act is not held by it: it is how an exception is made.
 * @param used how many there are now
 * @throws Refusal `quota_exceeded`
 */
export function requireQuota(
  context: Context,
  owner: Owner,
  kind: Exclude<keyof Quota, "changesPerHour">,
  used: number,
): void {
  if (context.actor.admin) return;
  const limit = quotaOf(context.rules, owner)[kind];
  if (used >= limit) {
    throw new Refusal(
      "quota_exceeded",
      `${owner.name} has ${used} of ${limitInWords(kind, limit)}; remove one or ask an admin for more.`,
    );
  }
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** When the rest of a name ends that is given back now, ISO 8601. */
export function endOfRest({ now, rules }: Pick<Context, "now" | "rules">): string {
  return new Date(now.getTime() + rules.restDays * DAY_MS).toISOString();
}

/** From when to when what is deleted now can be had back. */
export function grace(
  { now, rules }: Pick<Context, "now" | "rules">,
  of: Module,
): {
  at: string;
  until: string;
} {
  const until = new Date(now.getTime() + rules[of].graceDays * DAY_MS);
  return { at: now.toISOString(), until: until.toISOString() };
}

/** The fields that every new record carries. */
export function stamp(context: Context): { v: 1; revision: number; createdAt: string } {
  return { v: 1, revision: context.revision, createdAt: context.now.toISOString() };
}

/**
 * Refuses a change to what has been changed since it was read.
 * @param ifMatch the revision that the caller read, if it gave one
 * @throws Refusal `stale`
 */
export function requireUnchanged(
  entity: { readonly revision: number },
  ifMatch: number | undefined,
): void {
  if (ifMatch !== undefined && ifMatch !== entity.revision) {
    throw new Refusal(
      "stale",
      "This was changed by someone else since you read it; read it again.",
    );
  }
}
