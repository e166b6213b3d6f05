import type { Context } from "hono";
import type { Child } from "hono/jsx";
import { seenOf } from "../../api/adoption.ts";
import { preview } from "../../api/carry-out.ts";
import type { Owner, Quota } from "../../domain/entities.ts";
import { requireOwner } from "../../domain/decision.ts";
import type { Action } from "../../domain/policy.ts";
import { quotaOf } from "../../domain/rules.ts";
import type { State } from "../../domain/state.ts";
import { usageOf, type Usage } from "../../owners/usage.ts";
import type { Outcome } from "../../reconcile/attempt.ts";
import type { Decide } from "../../store/ledger.ts";
import type { PageEnv } from "../visitor.ts";
import type { Thing } from "./module-face.ts";
import type { AdminServices } from "./services.ts";

/** How a module takes over what was there before the console. */
export interface AdoptionFace {
  readonly action: Action;
  /** What is there, and how it gets onto the list of what can be taken over. */
  readonly lead: string;
  /** What to do for something to be listed, where that takes more than being there. */
  readonly listing?: (services: AdminServices) => Child;
  /** What of the owner's limits it adds to. */
  readonly counted: readonly (readonly [limit: keyof Usage & keyof Quota, what: string])[];
  /** Whether an admin says how much it may hold. */
  readonly asksGigabytes: boolean;
  /** What can be taken over, by name, and what is known of each. @throws Refusal `unavailable` */
  candidates(services: AdminServices): Promise<ReadonlyMap<string, string>>;
  /** Looks at it as it is now; nothing is changed. @throws Refusal */
  look(services: AdminServices, asked: Asked): Promise<Looked>;
}

/** What an admin wants to have taken over. */
export interface Asked {
  readonly name: string;
  readonly owner: string;
  readonly gigabytes?: number | undefined;
}

/** What was looked at. Methods, so that one of a narrower thing is one of these, too. */
export interface Looked<T extends Thing = Thing> {
  readonly decide: Decide<T>;
  told(thing: T, after: State): Told;
  /** Takes it over, and has the system follow at once. @throws Refusal */
  settle(context: Context<PageEnv>): Promise<{ readonly thing: T; readonly outcome: Outcome }>;
}

/** What is told of something before it is taken over. */
export interface Told {
  readonly facts: readonly (readonly [what: string, is: string])[];
  /** What the console does to it, each in the past tense. */
  readonly changes: readonly string[];
  readonly notes: readonly string[];
}

/** What would come of taking something over. */
export interface AdoptionPreview extends Told {
  readonly thing: Thing;
  readonly owner: Owner;
  readonly allowances: readonly { readonly words: string; readonly isOver: boolean }[];
  /** Stands for what was shown: another one was shown something else. */
  readonly seen: string;
}

/**
 * What would come of it. Nothing is stored, and nothing changed.
 * @throws Refusal what the verb refuses
 */
export function previewOf(
  services: AdminServices,
  face: AdoptionFace,
  context: Context<PageEnv>,
  looked: Looked,
): AdoptionPreview {
  const { actor } = context.get("visitor");
  const { result: thing, after } = preview(services, actor, looked.decide);
  const owner = requireOwner(after, thing.owner);
  const told = looked.told(thing, after);
  const usage = usageOf(after, owner, services.site.now());
  const limits = quotaOf(services.rules, owner);
  const allowances = face.counted.map(([limit, what]) => ({
    words: `${usage[limit]} of ${limits[limit]} ${what}`,
    isOver: usage[limit] > limits[limit],
  }));
  return { ...told, thing, owner, allowances, seen: seenOf(after, thing, told) };
}
