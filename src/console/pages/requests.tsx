import { Hono } from "hono";
import { nameOf } from "../../api/routing.ts";
import type { Owner } from "../../domain/entities.ts";
import type { RequestRecord } from "../../domain/requests.ts";
import { requestsOf, type State } from "../../domain/state.ts";
import { acknowledgeRequest } from "../../requests/acknowledge.ts";
import { askAgain } from "../../requests/ask-again.ts";
import { withdrawRequest } from "../../requests/withdraw.ts";
import { wishInWords } from "../../requests/wish.ts";
import { act, fieldsOf } from "../act.ts";
import { markOf } from "../delivery.ts";
import { show } from "../layout.tsx";
import { Badge } from "../parts/badge.tsx";
import { Empty } from "../parts/empty.tsx";
import { Live } from "../parts/live.tsx";
import { Pager } from "../parts/pager.tsx";
import { REQUEST_WORDS, RequestState } from "../parts/request-state.tsx";
import { Time } from "../parts/time.tsx";
import type { PageEnv } from "../visitor.ts";
import { ownersFor } from "./picture.ts";
import { calledFor } from "./request-fields.tsx";
import { AskList } from "./request-new.tsx";
import type { PageServices } from "./services.ts";
import { startOf, stretchOf } from "./start-of.ts";

const SHOWN = 25;

/** `/requests`: what the visitor and their groups asked the admins for, and what became of it. */
export function requests(services: PageServices): Hono<PageEnv> {
  const { ledger, site } = services;
  const app = new Hono<PageEnv>();

  app.get("/requests", (context) => {
    const { state } = ledger;
    const { person } = context.get("visitor");
    const from = startOf(context.req.query("from"));
    const all = requestsFor(state, person);
    const { shown, newer, older, says } = stretchOf(
      all,
      from,
      SHOWN,
      (start) => `/requests?from=${start}`,
    );
    const open = shown.filter((request) => request.state === "open");
    const rest = shown.filter((request) => request.state !== "open");
    const card = (request: RequestRecord) => (
      <Card request={request} state={state} person={person} now={site.now()} />
    );
    return show(
      context,
      site,
      {
        title: "Requests",
        section: "requests",
        action:
          all.length === 0 ? undefined : { href: "/requests/new", label: "Ask for something" },
        lead: "What you, and the groups that you manage, asked the admins for.",
      },
      <Live context={context} mark={markOf(state, services)}>
        {all.length === 0 ? (
          <>
            <Empty title="You asked for nothing yet">
              Some things only an admin can give. Ask here; the answer will be here, and on My
              sites.
            </Empty>
            <h2>What you can ask for</h2>
            <AskList />
          </>
        ) : null}
        {open.length === 0 ? null : <h2>Waiting for an answer</h2>}
        {open.map(card)}
        {rest.length === 0 ? null : <h2>Answered</h2>}
        {rest.map(card)}
        <Pager
          newer={newer}
          older={older}
          says={says}
          words={["Newer requests", "Older requests"]}
        />
      </Live>,
    );
  });

  app.post("/requests/:id/withdraw", (context) => {
    const { id } = context.req.param();
    return act(context, services, {
      decide: (state, decided) => withdrawRequest(state, decided, { id }),
      done: ({ wish }) => `You no longer ask for ${wishInWords(wish)}.`,
      to: "/requests",
      undo: { action: `/requests/${id}/again`, label: "Undo" },
    });
  });

  app.post("/requests/:id/again", (context) => {
    const { id } = context.req.param();
    return act(context, services, {
      decide: (state, decided) => askAgain(state, decided, { id }),
      done: ({ wish }) => `You ask for ${wishInWords(wish)} again.`,
      to: "/requests",
    });
  });

  app.post("/requests/:id/acknowledge", async (context) => {
    const { id } = context.req.param();
    const isFromSites = (await fieldsOf(context))("to") === "sites";
    return act(context, services, {
      decide: (state, decided) => acknowledgeRequest(state, decided, { id }),
      done: () => "Noted. The answer stays under Requests.",
      to: isFromSites ? "/" : "/requests",
    });
  });

  return app;
}

/** Whether those who asked have yet to take note of the answer. */
export function isNews({ state, decided }: RequestRecord): boolean {
  return state !== "withdrawn" && decided !== undefined && decided.seenAt === undefined;
}

/** All of someone's requests and their groups': open ones, answers not read, then the rest, newest first. */
export function requestsFor(state: State, person: Owner): RequestRecord[] {
  const rank = (request: RequestRecord) => (request.state === "open" ? 0 : isNews(request) ? 1 : 2);
  const time = ({ decided, createdAt }: RequestRecord) => decided?.at ?? createdAt;
  return ownersFor(state, person)
    .flatMap(({ id }) => requestsOf(state, id))
    .toSorted((a, b) => rank(a) - rank(b) || (time(a) < time(b) ? 1 : -1));
}

/** A wish as it stands at the head of something: `The name wiki`. */
export function wishHeading({ wish }: RequestRecord): string {
  const text = wishInWords(wish);
  return text.charAt(0).toUpperCase() + text.slice(1);
}

interface CardProps {
  readonly request: RequestRecord;
  readonly state: State;
  readonly person: Owner;
  readonly now: Date;
}

function Card({ request, state, person, now }: CardProps) {
  const { id, owner, asker, decided } = request;
  const group = owner === person.id ? undefined : state.owners.get(owner);
  const heading = `${id}-heading`;
  return (
    <article class="request" id={id} aria-labelledby={heading}>
      <h3 id={heading}>
        {wishHeading(request)}
        {group === undefined ? "" : ` for ${calledFor(group, person)}`}
      </h3>
      <p class="state">
        {isNews(request) ? <Badge tone="wait">New</Badge> : null}{" "}
        <RequestState state={request.state} />
      </p>
      <p class="quiet-text">
        Asked <Time at={request.createdAt} now={now} /> by {byWhom(state, person, asker)}
      </p>
      <p class="said">{request.reason}</p>
      {decided === undefined ? null : <Answer {...{ request, state, person, now }} />}
      {request.state === "open" ? (
        <PressForm
          action={`/requests/${id}/withdraw`}
          label="Withdraw it"
          of={wishHeading(request)}
        />
      ) : isNews(request) ? (
        <PressForm
          action={`/requests/${id}/acknowledge`}
          label="I have read it"
          of={wishHeading(request)}
        />
      ) : null}
    </article>
  );
}

function Answer({ request: { decided, state: outcome }, state, person, now }: CardProps) {
  if (decided === undefined) return null;
  return (
    <div class="answer">
      <p class="quiet-text">
        {REQUEST_WORDS[outcome][1]} <Time at={decided.at} now={now} /> by{" "}
        {byWhom(state, person, decided.by)}
      </p>
      {decided.answer === undefined ? null : <p class="said">{decided.answer}</p>}
    </div>
  );
}

function byWhom(state: State, person: Owner, id: string | null): string {
  return id === person.id ? "you" : (nameOf(state, id) ?? "an admin");
}

/** A form that is one button. */
function PressForm({ action, label, of }: { action: string; label: string; of: string }) {
  return (
    <form method="post" action={action}>
      <button type="submit" class="quiet small">
        {label}
        <span class="unseen">: {of}</span>
      </button>
    </form>
  );
}
