import { Hono, type Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { carryOut } from "../../api/carry-out.ts";
import type { Owner } from "../../domain/entities.ts";
import { WISH_KINDS } from "../../domain/requests.ts";
import { Refusal } from "../../errors.ts";
import { renewalOf } from "../../owners/renew.ts";
import { askAdmins } from "../../requests/ask.ts";
import { leaveFlash } from "../flash.ts";
import { errorsOf, FormErrors, noErrors, statusOf } from "../forms.ts";
import { show } from "../layout.tsx";
import { Empty } from "../parts/empty.tsx";
import { ErrorSummary } from "../parts/error-summary.tsx";
import type { PageEnv } from "../visitor.ts";
import {
  askHref,
  readRequest,
  REQUEST_FIELDS,
  wishOf,
  type RequestForm,
  type WishKind,
} from "./asking.ts";
import { ownersFor } from "./picture.ts";
import { ASKS, RequestFields } from "./request-fields.tsx";
import type { PageServices } from "./services.ts";

const BACK = { href: "/requests", label: "Requests" } as const;

/** `/requests/new`: asks the admins for something. */
export function newRequest(services: PageServices): Hono<PageEnv> {
  const { ledger, site, rules } = services;
  const app = new Hono<PageEnv>();

  const form = (
    context: Context<PageEnv>,
    typed: RequestForm,
    errors = noErrors,
    status: ContentfulStatusCode = 200,
  ) => {
    const { person } = context.get("visitor");
    const owners = ownersFor(ledger.state, person).filter((owner) => mayAsk(typed.kind, owner));
    return show(
      context,
      site,
      {
        title: `Ask for ${lower(ASKS[typed.kind][0])}`,
        section: "requests",
        back: BACK,
        lead: ASKS[typed.kind][1],
        status,
      },
      <>
        <Kinds current={typed.kind} />
        <ErrorSummary errors={errors} />
        {owners.length === 0 ? (
          <NoRenewal />
        ) : (
          <form class="form" method="post" action="/requests" novalidate>
            <RequestFields
              form={typed}
              errors={errors}
              owners={owners}
              person={person}
              rules={rules}
            />
            <p class="buttons">
              <button type="submit">Send it</button>
              <a class="button quiet" href="/requests">
                Cancel
              </a>
            </p>
          </form>
        )}
      </>,
    );
  };

  /** A renewal may be asked for where nobody but an admin can do it; the rest, always. */
  const mayAsk = (kind: WishKind, owner: Owner) =>
    kind !== "renewal" || renewalOf({ now: site.now(), rules }, owner) === "request";

  app.get("/requests/new", (context) => {
    const typed = readRequest(context.req.query());
    if (typed !== undefined) return form(context, typed);
    return show(
      context,
      site,
      {
        title: "Ask for something",
        section: "requests",
        back: BACK,
        lead: "An admin decides, and their answer stands under Requests.",
      },
      <AskList />,
    );
  });

  app.post("/requests", async (context) => {
    const typed = readRequest(await context.req.parseBody());
    if (typed === undefined) throw new Refusal("invalid_input", "Choose what to ask for.");
    const asked = wishOf(typed);
    if ("errors" in asked) return form(context, typed, asked.errors, 400);
    const input = { owner: typed.owner, ...asked };
    try {
      await carryOut(services, context.get("visitor").actor, (state, decided) =>
        askAdmins(state, decided, input),
      );
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const isOwner = error.code === "not_found";
      const errors = isOwner
        ? new FormErrors([{ field: "owner", message: "Choose for whom it is." }])
        : errorsOf(error, REQUEST_FIELDS);
      return form(context, typed, errors, statusOf(error));
    }
    leaveFlash(context, site, {
      tone: "good",
      text: "Your request was sent. The answer will be here, and on My sites.",
    });
    return context.redirect("/requests", 303);
  });

  return app;
}

function Kinds({ current }: { current: WishKind }) {
  return (
    <nav class="choices" aria-label="What to ask for">
      {WISH_KINDS.map((kind) => (
        <a href={askHref({ kind })} aria-current={kind === current ? "page" : undefined}>
          {ASKS[kind][0]}
        </a>
      ))}
    </nav>
  );
}

/** What can be asked for; each leads to its form. */
export function AskList() {
  return (
    <ul class="asks">
      {WISH_KINDS.map((kind) => (
        <li>
          <a href={askHref({ kind })}>{ASKS[kind][0]}</a>
          <span>{ASKS[kind][1]}</span>
        </li>
      ))}
    </ul>
  );
}

function NoRenewal() {
  return (
    <Empty title="There is nothing to renew now" action={{ href: "/", label: "My sites" }}>
      A membership is renewed shortly before it ends, and My sites tells you in time. Where you may
      renew it yourself, the button is there.
    </Empty>
  );
}

function lower(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
