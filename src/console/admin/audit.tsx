import { Hono } from "hono";
import { readBriefEvents, type BriefView } from "../../api/events.ts";
import type { Actor } from "../../domain/policy.ts";
import { findOwner } from "../../domain/state.ts";
import { Empty } from "../parts/empty.tsx";
import { Live } from "../parts/live.tsx";
import { LookedThrough } from "../parts/looked-through.tsx";
import { Pager } from "../parts/pager.tsx";
import type { PageEnv } from "../visitor.ts";
import { EventList } from "./events.tsx";
import { Filters } from "./filters.tsx";
import { pathWith } from "./list.ts";
import { markOf } from "../delivery.ts";
import { showAdmin } from "./nav.tsx";
import type { AdminServices } from "./services.ts";

const PATH = "/admin/audit";
const ROWS = 50;
/** Turns of reading for one page; older events are then looked through on the next. */
const TURNS = 5;

/** What events are of, by what their types begin with. */
const KINDS: readonly (readonly [type: string, label: string])[] = [
  ["endpoint", "Services"],
  ["label", "Names"],
  ["pages", "GitLab sites"],
  ["person", "Persons"],
  ["group", "Groups"],
  ["owner", "Suspensions"],
  ["membership", "Memberships"],
  ["request", "Requests"],
  ["token", "API tokens"],
  ["pass", "Sign-in links"],
  ["bucket", "Buckets"],
  ["bucket-key", "Bucket keys"],
  ["database", "Databases"],
  ["database-account", "Database accounts"],
  ["namespace", "Namespaces"],
  ["kubeconfig", "Kubeconfigs"],
];

/** The kinds, and one more for a type that a link asked for. */
function kindsWith(type: string): typeof KINDS {
  return type === "" || KINDS.some(([kind]) => kind === type) ? KINDS : [...KINDS, [type, type]];
}

interface Wanted {
  readonly owner: string | undefined;
  readonly type: string | undefined;
  /** A part of the actor's name, in lower case. */
  readonly by: string;
  /** Until the end of this day, and from the beginning of that one, in milliseconds. */
  readonly until: number | undefined;
  readonly from: number | undefined;
}

/** `/admin/audit`: the history, narrowed down by whom it concerns, who did it, what and when. */
export function audit(services: AdminServices): Hono<PageEnv> {
  const { ledger } = services;
  const app = new Hono<PageEnv>();
  app.get(PATH, async (context) => {
    const { state } = ledger;
    const { actor } = context.get("visitor");
    const {
      owner = "",
      by = "",
      type = "",
      from = "",
      until = "",
      before = "",
    } = context.req.query();
    const wanted: Wanted = {
      owner: owner.trim() === "" ? undefined : (findOwner(state, owner.trim())?.id ?? owner.trim()),
      type: type.trim() === "" ? undefined : type.trim(),
      by: by.trim().toLowerCase(),
      from: dayOf(from),
      until: dayOf(until, 1),
    };
    const start = /^\d{1,15}$/.test(before) ? Number(before) : undefined;
    const { items, next } = await read(services, actor, wanted, start);
    const filters = { owner, by, type, from, until };
    return showAdmin(
      context,
      services,
      {
        title: "Audit log",
        place: "audit",
        lead: "Everything that was ever changed, and by whom.",
      },
      <>
        <Filters
          path={PATH}
          filters={[
            { name: "owner", label: "Concerns", value: owner, placeholder: "Name or id" },
            { name: "by", label: "By", value: by, placeholder: "Name" },
            { name: "type", label: "What", value: type, options: kindsWith(type) },
            { name: "from", label: "From", value: from, placeholder: "2026-09-30" },
            { name: "until", label: "Until", value: until, placeholder: "2026-10-31" },
          ]}
        />
        <Live context={context} mark={markOf(state, services)}>
          {items.length > 0 ? (
            <EventList services={services} state={state} events={items} />
          ) : next === undefined ? (
            <Empty title="Nothing is like that">Take a filter away.</Empty>
          ) : (
            <LookedThrough />
          )}
          <Pager
            newer={start === undefined ? undefined : pathWith(PATH, filters)}
            older={
              next === undefined ? undefined : pathWith(PATH, { ...filters, before: String(next) })
            }
            words={["Newest", "Older"]}
          />
        </Live>
      </>,
    );
  });
  return app;
}

async function read(
  services: AdminServices,
  actor: Actor,
  wanted: Wanted,
  start: number | undefined,
): Promise<{ items: BriefView[]; next: number | undefined }> {
  const items: BriefView[] = [];
  let before = start;
  for (let turn = 0; turn < TURNS; turn++) {
    const { owner, type } = wanted;
    const found = await readBriefEvents(services, { actor, owner, type, before, limit: ROWS });
    for (const event of found.items) {
      // Events come in the order of time: what is older than asked for ends it.
      if (wanted.from !== undefined && Date.parse(event.at) < wanted.from)
        return { items, next: undefined };
      if (!isWanted(wanted, event)) continue;
      items.push(event);
      if (items.length === ROWS) return { items, next: event.revision };
    }
    if (found.next === undefined) return { items, next: undefined };
    before = found.next;
  }
  return { items, next: before };
}

function isWanted({ by, until }: Wanted, { actor, at }: BriefView): boolean {
  if (until !== undefined && Date.parse(at) >= until) return false;
  return actor.name.toLowerCase().includes(by);
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** The beginning of a day in UTC, or of one some days later; undefined for what is no day. */
function dayOf(text: string, days = 0): number | undefined {
  const at = /^\d{4}-\d\d-\d\d$/.test(text.trim()) ? Date.parse(text.trim()) : Number.NaN;
  return Number.isNaN(at) ? undefined : at + days * DAY_MS;
}
