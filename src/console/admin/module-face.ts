import type { Context } from "hono";
import type { Child } from "hono/jsx";
import type { StandingView } from "../../api/standing.ts";
import type { Module } from "../../domain/rules.ts";
import type { State } from "../../domain/state.ts";
import type { Modules } from "../../modules.ts";
import type { Standing, Standings } from "../../reconcile/standing.ts";
import type { AdoptionFace } from "./adoption.ts";
import type { PageEnv } from "../visitor.ts";
import { counted } from "../words.ts";
import type { AdminServices } from "./services.ts";
import { wrongIn } from "./wrong.ts";

/** A module that keeps members' things in a real system, as the admins' pages speak of it. */
export interface ModuleFace {
  readonly name: Module;
  readonly title: string;
  readonly path: `/admin/${string}`;
  /** The thing itself, then the ways into it. */
  readonly kinds: readonly [ThingKind, ...ThingKind[]];
  /** Both in one word: `bucket or key`, `buckets and keys`. */
  readonly together: readonly [one: string, more: string];
  /** What gives a thing to somebody else when its owner has left: a call of the API, a command. */
  readonly handedOn: readonly string[];
  /** Has a thing back that is being deleted, as another owner's. @throws Refusal */
  handOn(
    context: Context<PageEnv>,
    services: AdminServices,
    id: string,
    owner: string,
  ): Promise<Thing>;
  readonly adoption: AdoptionFace;
  readonly running: (modules: Modules) => RunningModule | undefined;
}

/** A module that is on. */
export interface RunningModule {
  readonly system: { readonly away: string | undefined };
  readonly standings: Standings;
  /** What its things are at: `MinIO`, `the database server`. */
  readonly where: string;
}

/** A kind of a module's things. Methods, so that one of a narrower thing is one of these, too. */
export interface ThingKind<T extends Thing = Thing> {
  /** As standings call it. */
  readonly kind: string;
  readonly words: readonly [one: string, more: string];
  all(state: State): Things<T>;
  standing(thing: T, known: Standing | undefined): StandingView;
  /** Its page; without one, it has none. */
  href?(thing: T): string;
  /** Until when one that is being deleted can be had back. */
  until?(thing: T): string | undefined;
  /** What it holds, or what it opens, of each in the same order. */
  told(services: AdminServices, things: readonly T[]): Promise<readonly Child[]>;
}

export interface Thing {
  readonly id: string;
  readonly name: string;
  readonly owner: string;
}

interface Things<T> {
  has(id: string): boolean;
  get(id: string): T | undefined;
  values(): Iterable<T>;
}

/** Where a thing that is being deleted is given to somebody else. */
export function handOnPath({ path }: Pick<ModuleFace, "path">, { id }: Thing): string {
  return `${path}/${id}/hand-on`;
}

/** How many of a module's things are not as they should be. */
export async function wrongCount(
  { kinds }: ModuleFace,
  { standings }: RunningModule,
  state: State,
): Promise<number> {
  const found = await Promise.all(
    kinds.map((kind) => wrongIn(standings, kind.kind, kind.all(state))),
  );
  return found.flat().length;
}

/** How many are not as they should be, as a sentence. */
export function wrongInWords({ together: [one, more] }: ModuleFace, wrong: number): string {
  return `${counted(wrong, `${one} is not as it`, `${more} are not as they`)} should be.`;
}
