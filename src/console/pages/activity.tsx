import { Hono } from "hono";
import { carryOut } from "../../api/carry-out.ts";
import { readEvent, readBriefEvents, type EventView } from "../../api/events.ts";
import type { Endpoint } from "../../domain/entities.ts";
import { actsFor } from "../../domain/policy.ts";
import { readRecord } from "../../domain/records.ts";
import { endpointAt } from "../../domain/state.ts";
import { putBackEndpoint } from "../../endpoints/put-back.ts";
import { Refusal } from "../../errors.ts";
import { leaveFlash } from "../flash.ts";
import { roomFor } from "../forms.ts";
import { show } from "../layout.tsx";
import { Empty } from "../parts/empty.tsx";
import { Live } from "../parts/live.tsx";
import { LookedThrough } from "../parts/looked-through.tsx";
import { markOf } from "../delivery.ts";
import { Pager } from "../parts/pager.tsx";
import { Time } from "../parts/time.tsx";
import type { PageEnv } from "../visitor.ts";
import { placeOf } from "./endpoint.tsx";
import { ownersFor } from "./picture.ts";
import type { PageServices } from "./services.ts";

const EVENTS_SHOWN = 40;
/** What the console notes on the way to what somebody asked for; the admins' history has it all. */
const STEP = /\.(name-free|cleared)$/;

/** `/activity`: what happened to the visitor's things and their groups', and by whom. */
export function activity(services: PageServices): Hono<PageEnv> {
  const { ledger, site } = services;
  const app = new Hono<PageEnv>();

  app.get("/activity", async (context) => {
    const { state } = ledger;
    const { person, actor } = context.get("visitor");
    const owners = ownersFor(state, person);
    const of = context.req.query("of");
    const owner = owners.find(({ id }) => id === of);
    const before = Number(context.req.query("before") ?? Number.NaN);
    const isLater = Number.isSafeInteger(before);
    const { items: all, next } = await readBriefEvents(services, {
      // An admin's page of all that happens is another one.
      actor: { ...actor, admin: false },
      owner: owner?.id,
      before: isLater ? before : undefined,
      limit: EVENTS_SHOWN,
    });
    const items = all.filter(({ type }) => !STEP.test(type));
    // Not where something stands meanwhile, itself among it.
    const isToBePutBack = (event: EventView) => {
      const removed = removedIn(event);
      if (removed === undefined) return false;
      return endpointAt(ledger.state, removed.host, removed.path) === undefined;
    };
    const query = owner === undefined ? "" : `&of=${owner.id}`;
    return show(
      context,
      site,
      {
        title: "Activity",
        section: "activity",
        lead: "What happened to your things, and by whom.",
      },
      <Live context={context} mark={markOf(state, services)}>
        {owners.length < 2 ? null : (
          <nav class="choices" aria-label="Whose">
            <a href="/activity" aria-current={owner === undefined ? "page" : undefined}>
              All
            </a>
            {owners.map(({ id, name }) => (
              <a href={`/activity?of=${id}`} aria-current={owner?.id === id ? "page" : undefined}>
                {name}
              </a>
            ))}
          </nav>
        )}
        {items.length > 0 ? (
          <ol class="events">
            {items.map((event) => (
              <EventRow
                event={event}
                now={site.now()}
                you={person.id}
                undo={isToBePutBack(event)}
              />
            ))}
          </ol>
        ) : next === undefined ? (
          <Empty title={isLater ? "Nothing older" : "Nothing to tell yet"}>
            What you and others change about your things stands here, with the time and the name.
          </Empty>
        ) : (
          <LookedThrough />
        )}
        <Pager
          newer={isLater ? `/activity?${query.slice(1)}` : undefined}
          older={next === undefined ? undefined : `/activity?before=${next}${query}`}
          words={["Newest", "Older"]}
        />
      </Live>,
    );
  });

  app.post("/activity/:revision/undo", async (context) => {
    const { actor } = context.get("visitor");
    const revision = Number(context.req.param("revision"));
    const event = Number.isSafeInteger(revision)
      ? await readEvent(services, actor, revision)
      : undefined;
    const removed = event === undefined ? undefined : removedIn(event);
    if (removed === undefined || !(actor.admin || actsFor(ledger.state, actor, removed.owner)))
      throw new Refusal("not_found", "There is nothing here to take back.");
    try {
      const { result } = await carryOut(services, actor, (state, decided) =>
        putBackEndpoint(state, decided, { removed }),
      );
      const text = `${placeOf(result)} is back, and on its way to Traefik.`;
      leaveFlash(context, site, { tone: "good", text });
      return context.redirect(`/endpoints/${result.id}`, 303);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const text = `${placeOf(removed)} was not put back: ${error.message}`;
      leaveFlash(context, site, { tone: "bad", text, remedy: roomFor(error) });
      return context.redirect("/", 303);
    }
  });

  return app;
}

/** The endpoint that was removed, where an event is that and nothing else. */
function removedIn({ type, changes }: EventView): Endpoint | undefined {
  const [change] = changes;
  if (type !== "endpoint.deleted" || change?.kind !== "endpoint" || change.after !== null)
    return undefined;
  const read = readRecord(`endpoint/${change.id}`, change.before);
  return read.kind === "entity" && read.change.kind === "endpoint"
    ? (read.change.entity ?? undefined)
    : undefined;
}

function EventRow({
  event,
  now,
  you,
  undo,
}: {
  event: EventView;
  now: Date;
  you: string;
  undo: boolean;
}) {
  const { summary, actor, at, revision } = event;
  return (
    <li>
      <p class="what">{sentence(summary)}</p>
      <p class="who-when">
        {actor.owner === you ? (actor.name.startsWith("token ") ? actor.name : "you") : actor.name}
        {actor.asAdmin ? ", as an admin" : ""}, <Time at={at} now={now} />
      </p>
      {undo ? (
        <form method="post" action={`/activity/${revision}/undo`}>
          <button type="submit" class="quiet small">
            Put it back<span class="unseen">: {summary}</span>
          </button>
        </form>
      ) : null}
    </li>
  );
}

function sentence(summary: string): string {
  // A summary that starts with a host's name keeps it as it is.
  return /^(the|a|an) /.test(summary)
    ? `${summary.charAt(0).toUpperCase()}${summary.slice(1)}`
    : summary;
}
