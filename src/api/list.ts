import { z } from "@hono/zod-openapi";
import type { Map as PersistentMap } from "immutable";
import type { Actor } from "../domain/policy.ts";
import { findOwner, groupsOf, type State } from "../domain/state.ts";
import { Refusal } from "../errors.ts";

export const LIMIT_MAX = 200;
const LIMIT_DEFAULT = 50;

/** The query of every list; unknown parameters are refused, so that a misspelt filter shows. */
export const listQuery = z.strictObject({
  limit: z
    .string()
    .regex(/^([1-9]\d?|1\d\d|200)$/, `must be a number from 1 to ${LIMIT_MAX}`)
    .optional()
    .openapi({ type: "integer", minimum: 1, maximum: LIMIT_MAX, default: LIMIT_DEFAULT }),
  cursor: z
    .string()
    .max(1000)
    .optional()
    .openapi({ description: "`nextCursor` of the page before." }),
});

export const ownerFilter = z
  .string()
  .max(100)
  .optional()
  .openapi({ description: "Only what belongs to this owner: an id or a name." });

/** One page of a list, as the contract describes it. */
export function pageSchemaOf<T extends z.ZodType>(item: T) {
  return z.object({
    items: z.array(item),
    nextCursor: z
      .string()
      .nullable()
      .openapi({ description: "Where the next page starts; null on the last one." }),
  });
}

export interface ListQuery {
  readonly limit?: string | undefined;
  readonly cursor?: string | undefined;
}

export interface ListPage<T> {
  readonly items: T[];
  readonly nextCursor: string | null;
}

export function limitOf(query: ListQuery): number {
  return query.limit === undefined ? LIMIT_DEFAULT : Number(query.limit);
}

/** A place in a list, opaque to callers. */
export function encodeCursor(list: string, key: string): string {
  return Buffer.from(`${list}:${key}`).toString("base64url");
}

/** @throws Refusal `invalid_input` for what is no cursor of this list */
export function decodeCursor(list: string, cursor: string): string {
  const text = Buffer.from(cursor, "base64url").toString();
  if (!text.startsWith(`${list}:`) || encodeCursor(list, text.slice(list.length + 1)) !== cursor) {
    throw new Refusal("invalid_input", "This is no cursor of this list.", { field: "cursor" });
  }
  return text.slice(list.length + 1);
}

/**
 * One page of what `keys` stand for. Pages are cut by key, not by position: what is added or
 * removed meanwhile makes nothing else appear twice or go missing.
 * @param keys in ascending order
 * @param load the item of a key, or undefined when it is not to be shown
 */
export function paginate<T>(
  list: string,
  query: ListQuery,
  keys: readonly string[],
  load: (key: string) => T | undefined,
): ListPage<T> {
  const limit = limitOf(query);
  const items: T[] = [];
  let last: string | undefined;
  for (let at = startAfter(list, query, keys); at < keys.length; at++) {
    const key = keys[at] as string;
    const item = load(key);
    if (item === undefined) continue;
    if (items.length === limit) return { items, nextCursor: encodeCursor(list, last ?? key) };
    items.push(item);
    last = key;
  }
  return { items, nextCursor: null };
}

/** The first position whose key is above the cursor's. */
function startAfter(list: string, query: ListQuery, keys: readonly string[]): number {
  if (query.cursor === undefined) return 0;
  const after = decodeCursor(list, query.cursor);
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((keys[middle] as string) > after) high = middle;
    else low = middle + 1;
  }
  return low;
}

const sorted = new WeakMap<object, readonly string[]>();

/** A map's keys in ascending order, sorted once for each version of the map. */
export function sortedKeys(map: PersistentMap<string, unknown>): readonly string[] {
  let keys = sorted.get(map);
  if (keys === undefined) {
    keys = [...map.keys()].toSorted();
    sorted.set(map, keys);
  }
  return keys;
}

/**
 * A list holds what the actor may see, and may be empty; a token without the scope gets none.
 * @throws Refusal `forbidden`
 */
export function requireReading(actor: Actor): void {
  if (!actor.scopes.has("read"))
    throw new Refusal("forbidden", `This token lacks the scope "read".`);
}

/** The owners that an actor acts for: themselves, then the groups they manage. */
export function ownersOf(state: State, actor: Actor): string[] {
  if (actor.owner === null) return [];
  return [actor.owner, ...groupsOf(state, actor.owner).map((group) => group.id)];
}

/**
 * The ids that a list goes through: all of them for an admin, else those of the actor's owners;
 * with a filter, the one owner's, if the actor acts for it. Someone else's list is an empty one.
 * @param ofOwner the ids of one owner's things
 */
export function visibleKeys(
  state: State,
  actor: Actor,
  filter: string | undefined,
  all: PersistentMap<string, unknown>,
  ofOwner: (owner: string) => Iterable<string>,
): readonly string[] {
  if (actor.admin && filter === undefined) return sortedKeys(all);
  const mine = actor.admin ? undefined : ownersOf(state, actor);
  const wanted = filter === undefined ? mine : [findOwner(state, filter)?.id ?? ""];
  const owners = (wanted ?? []).filter((id) => mine === undefined || mine.includes(id));
  return owners.flatMap((owner) => [...ofOwner(owner)]).toSorted();
}
