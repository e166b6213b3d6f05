import { createRoute, z } from "@hono/zod-openapi";
import { actsFor, sees, type Actor } from "../domain/policy.ts";
import { findOwner, type State } from "../domain/state.ts";
import { Refusal } from "../errors.ts";
import type { HistoryQuery, Json, StoredEvent } from "../store/store.ts";
import { json, resource, security } from "./contract.ts";
import type { Services } from "./services.ts";
import {
  decodeCursor,
  encodeCursor,
  limitOf,
  listQuery,
  ownerFilter,
  pageSchemaOf,
  requireReading,
} from "./list.ts";
import { readProblems } from "./problem.ts";
import { nameOf } from "./routing.ts";

const BATCH = 200;
/** Events looked at for one answer. A page may hold fewer than it could, and say where to go on. */
const SCANNED_MAX = 2000;

const record = z.record(z.string(), z.unknown()).nullable();
const eventSchema = z
  .object({
    revision: z.number().int(),
    at: z.string(),
    type: z.string().openapi({ example: "endpoint.created" }),
    summary: z.string(),
    owners: z.array(z.string()).openapi({ description: "The owners concerned." }),
    actor: z.object({
      name: z.string(),
      owner: z.string().nullable(),
      asAdmin: z.boolean().openapi({
        description: "An admin acted for somebody else, with nothing of it their own.",
      }),
    }),
    changes: z
      .array(z.object({ kind: z.string(), id: z.string(), before: record, after: record }))
      .openapi({
        description: "What was changed, as far as the actor may see it. Tokens are not shown.",
      }),
  })
  .openapi("Event");
export type EventView = z.infer<typeof eventSchema>;

const list = createRoute({
  method: "get",
  path: "/events",
  summary:
    "The history, newest first: all of it for an admin, else what concerns one's own and one's groups'",
  description:
    "A page may be short, even empty, and still have a `nextCursor`: older events are then looked through next.",
  tags: ["events"],
  security,
  request: {
    query: listQuery.extend({
      owner: ownerFilter,
      type: z.string().max(100).optional().openapi({
        description: "Events of this type, or of a kind: all that begin with it and a dot.",
        example: "endpoint.created",
      }),
    }),
  },
  responses: { 200: json(pageSchemaOf(eventSchema), "One page."), ...readProblems },
});

/** Which events are asked for. */
export interface Wanted {
  readonly actor: Actor;
  /** A type, `endpoint.created`, or the kind that it begins with, `endpoint`. */
  readonly type?: string | undefined;
  /** An owner's id; `""` when the one asked for is not there. */
  readonly owner?: string | undefined;
  /** Only events with a revision below this. */
  readonly before?: number | undefined;
  readonly limit: number;
}

export interface EventsFound<View = EventView> {
  readonly items: readonly View[];
  /** Where to go on, as `before`; undefined when nothing is left. */
  readonly next: number | undefined;
}

/** An event as a list shows it: of many changes only the first. */
export interface BriefView extends EventView {
  /** How many changes are not among them, whether or not the actor may see those. */
  readonly leftOut: number;
}

/**
 * Reads the history, newest first, as far as the actor may see it. Fewer may be found than there
 * are: older events are then looked through next.
 */
export function readEvents(
  { ledger }: Pick<Services, "ledger">,
  wanted: Wanted,
): Promise<EventsFound> {
  return scan(
    ledger.state,
    wanted,
    (query) => ledger.store.history({ ...query, reverse: true }),
    (stored) => view(ledger.state, wanted.actor, stored),
  );
}

/** The same in brief, at a cost that does not grow with how much an event changed. */
export function readBriefEvents(
  { ledger, history }: Pick<Services, "ledger" | "history">,
  wanted: Wanted,
): Promise<EventsFound<BriefView>> {
  return scan(
    ledger.state,
    wanted,
    (query) => history.read(query),
    (stored) => ({ ...view(ledger.state, wanted.actor, stored), leftOut: stored.leftOut }),
  );
}

async function scan<Stored extends StoredEvent, View>(
  state: State,
  wanted: Wanted,
  read: (query: Pick<HistoryQuery, "before" | "limit">) => Promise<readonly Stored[]>,
  viewOf: (stored: Stored) => View,
): Promise<EventsFound<View>> {
  const items: View[] = [];
  let { before } = wanted;
  // Most that are looked at are wanted, so no more are read at first; where they are not, many.
  let size = Math.min(wanted.limit + 1, BATCH);
  for (let scanned = 0; scanned < SCANNED_MAX; size = BATCH) {
    const batch = await read({ limit: size, ...(before === undefined ? {} : { before }) });
    for (const stored of batch) {
      if (items.length === wanted.limit) return { items, next: before ?? 0 };
      before = stored.revision;
      if (isWanted(state, wanted, stored)) items.push(viewOf(stored));
    }
    scanned += batch.length;
    if (batch.length < size) return { items, next: undefined };
  }
  return { items, next: before ?? 0 };
}

/** One event of the history, if the actor may see it. */
export async function readEvent(
  { ledger }: Pick<Services, "ledger">,
  actor: Actor,
  revision: number,
): Promise<EventView | undefined> {
  const [stored] = await ledger.store.history({ after: revision - 1, limit: 1 });
  if (stored?.revision !== revision || !isWanted(ledger.state, { actor }, stored)) return undefined;
  return view(ledger.state, actor, stored);
}

/** `/events`. */
export function events(services: Services) {
  return resource().openapi(list, async (context) => {
    const { state } = services.ledger;
    const actor = context.get("actor");
    requireReading(actor);
    const query = context.req.valid("query");
    const owner =
      query.owner === undefined ? undefined : (findOwner(state, query.owner)?.id ?? query.owner);
    const before = query.cursor === undefined ? undefined : revisionOf(query.cursor);
    const limit = limitOf(query);
    const { items, next } = await readEvents(services, {
      actor,
      type: query.type,
      owner,
      before,
      limit,
    });
    const nextCursor = next === undefined ? null : cursorAfter(next);
    return context.json({ items: [...items], nextCursor }, 200);
  });
}

function cursorAfter(revision: number): string {
  return encodeCursor("events", String(revision));
}

function revisionOf(cursor: string): number {
  const text = decodeCursor("events", cursor);
  if (!/^\d{1,15}$/.test(text)) {
    throw new Refusal("invalid_input", "This is no cursor of this list.", { field: "cursor" });
  }
  return Number(text);
}

function isWanted(
  state: State,
  { actor, type, owner }: Pick<Wanted, "actor" | "type" | "owner">,
  { event }: StoredEvent,
): boolean {
  const owners = strings(event["owners"]);
  if (!actor.admin && !owners.some((id) => actsFor(state, actor, id))) return false;
  if (type !== undefined && !isOf(event["type"], type)) return false;
  if (owner === undefined) return true;
  // Whom else an event concerns is not to be found out by asking for them.
  return owners.includes(owner) && sees(state, actor, owner);
}

function isOf(type: unknown, wanted: string): boolean {
  return type === wanted || (typeof type === "string" && type.startsWith(`${wanted}.`));
}

function view(state: State, actor: Actor, { revision, event }: StoredEvent): EventView {
  const owners = strings(event["owners"]).filter((id) => sees(state, actor, id));
  return {
    revision,
    at: text(event["at"]),
    type: text(event["type"]),
    summary: text(event["summary"]),
    owners,
    actor: actorView(state, actor, event["actor"]),
    changes: changesOf(state, actor, event["changes"]),
  };
}

/** Who did it. Of someone else, members are told the name, not by which token. */
function actorView(state: State, actor: Actor, value: Json | undefined): EventView["actor"] {
  const { name, owner, as } = object(value);
  const id = typeof owner === "string" ? owner : null;
  const asAdmin = as === "admin";
  if (actor.admin || (id !== null && sees(state, actor, id)))
    return { name: text(name), owner: id, asAdmin };
  const isConsole = id === null && name === "console";
  const who = nameOf(state, id) ?? (isConsole ? "the console" : "an admin");
  return { name: who, owner: null, asAdmin };
}

function changesOf(state: State, actor: Actor, value: Json | undefined): EventView["changes"] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((item: Json) => {
    const { key, before, after } = object(item);
    const [kind = "", id = ""] = text(key).split(/\/(.*)/s);
    if (kind === "answer" || kind === "token") return [];
    const change = { kind, id, before: recordOf(before), after: recordOf(after) };
    if (actor.admin) return [change];
    const holders = [holderOf(kind, id, change.before), holderOf(kind, id, change.after)];
    return holders.every((holder) => holder === undefined || sees(state, actor, holder))
      ? [change]
      : [];
  });
}

/** Whose thing a record was; undefined where there is no record. */
function holderOf(
  kind: string,
  id: string,
  value: EventView["changes"][number]["before"],
): string | null | undefined {
  if (value === null) return undefined;
  if (kind === "person" || kind === "group") return id;
  return typeof value["owner"] === "string" ? value["owner"] : null;
}

function recordOf(value: Json | undefined): Record<string, unknown> | null {
  return value === undefined || value === null ? null : { ...object(value) };
}

function object(value: Json | undefined): { readonly [key: string]: Json | undefined } {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as { readonly [key: string]: Json })
    : {};
}

function strings(value: Json | undefined): string[] {
  return Array.isArray(value)
    ? value.filter((item): item is string => typeof item === "string")
    : [];
}

function text(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}
