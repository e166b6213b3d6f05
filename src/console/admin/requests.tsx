import { Hono, type Context } from "hono";
import { carryOut } from "../../api/carry-out.ts";
import { sortedKeys } from "../../api/list.ts";
import { textField } from "../../domain/entities.ts";
import { authorise } from "../../domain/policy.ts";
import { REQUEST_STATES, type RequestRecord } from "../../domain/requests.ts";
import type { State } from "../../domain/state.ts";
import { Refusal } from "../../errors.ts";
import { declineRequest, grantRequest } from "../../requests/decide.ts";
import { wishInWords } from "../../requests/wish.ts";
import { markOf } from "../delivery.ts";
import { leaveFlash } from "../flash.ts";
import { FormErrors, noErrors, revisionOf, statusOf } from "../forms.ts";
import { Empty } from "../parts/empty.tsx";
import { ErrorSummary } from "../parts/error-summary.tsx";
import { AreaField } from "../parts/fields.tsx";
import { Live } from "../parts/live.tsx";
import { Pager } from "../parts/pager.tsx";
import { REQUEST_WORDS, RequestState } from "../parts/request-state.tsx";
import { Table } from "../parts/table.tsx";
import { Time } from "../parts/time.tsx";
import type { PageEnv } from "../visitor.ts";
import { fieldsOf } from "../act.ts";
import { Filters } from "./filters.tsx";
import { listed, PAGER_WORDS } from "./list.ts";
import { showAdmin } from "./nav.tsx";
import { OwnerOf } from "./owners.tsx";
import type { AdminServices } from "./services.ts";
import { sentence } from "../words.ts";

const PATH = "/admin/requests";

/** `/admin/requests`: what members ask the admins for, and the decision with an answer. */
export function requests(services: AdminServices): Hono<PageEnv> {
  const { ledger, site } = services;
  const app = new Hono<PageEnv>();

  app.get(PATH, (context) => {
    const { state } = ledger;
    const { state: wanted = "open", after = "" } = context.req.query();
    const now = site.now();
    const { items, newer, older } = listed(
      PATH,
      { state: wanted, after },
      sortedKeys(state.requests),
      (id) => {
        const request = state.requests.get(id);
        return wanted === "all" || request?.state === wanted ? request : undefined;
      },
    );
    return showAdmin(
      context,
      services,
      { title: "Requests", place: "requests", lead: "What members ask for, the oldest first." },
      <>
        <Filters
          path={PATH}
          filters={[
            {
              name: "state",
              label: "State",
              value: wanted,
              all: "all",
              options: REQUEST_STATES.map((one) => [one, REQUEST_WORDS[one][1]] as const),
            },
          ]}
        />
        <Live context={context} mark={markOf(state, services)}>
          {items.length === 0 ? (
            <Empty title={wanted === "open" ? "Nobody waits for you" : "There is none"}>
              Members ask for names, higher limits, targets and renewals; they stand here then.
            </Empty>
          ) : (
            <Table
              caption="Requests"
              columns={["Wish", "For", "By", "Asked", "State"]}
              rows={items.map((request) => [
                <a href={`${PATH}/${request.id}`}>{sentence(wishInWords(request.wish))}</a>,
                <OwnerOf state={state} id={request.owner} />,
                <Who state={state} id={request.asker} />,
                <Time at={request.createdAt} now={now} />,
                <RequestState state={request.state} />,
              ])}
            />
          )}
          <Pager newer={newer} older={older} words={[...PAGER_WORDS]} />
        </Live>
      </>,
    );
  });

  /** @throws Refusal `not_found` */
  const requestFor = (context: Context<PageEnv>): RequestRecord => {
    const { state } = ledger;
    const request = state.requests.get(context.req.param("request") ?? "");
    const { actor } = context.get("visitor");
    authorise(state, actor, "request.read", request?.owner ?? null, "request");
    if (request === undefined) throw new Refusal("not_found", "There is no such request.");
    return request;
  };

  const page = (
    context: Context<PageEnv>,
    request: RequestRecord,
    { answer = "", refusal }: { answer?: string; refusal?: Refusal } = {},
  ) => {
    const { state } = ledger;
    const now = site.now();
    const errors =
      refusal === undefined
        ? noErrors
        : new FormErrors([{ field: refusal.field, message: refusal.message }]);
    return showAdmin(
      context,
      services,
      {
        title: sentence(wishInWords(request.wish)),
        place: "requests",
        back: { href: PATH, label: "Requests" },
        status: refusal === undefined ? 200 : statusOf(refusal),
      },
      <>
        <ErrorSummary errors={errors} />
        <dl class="facts">
          <dt>For</dt>
          <dd>
            <OwnerOf state={state} id={request.owner} />
          </dd>
          <dt>Asked</dt>
          <dd>
            <Time at={request.createdAt} now={now} />, by <Who state={state} id={request.asker} />
          </dd>
          <dt>State</dt>
          <dd>
            <RequestState state={request.state} />
          </dd>
          <dt>Why</dt>
          <dd class="said">{request.reason}</dd>
          {request.decided === undefined ? null : (
            <>
              <dt>Decided</dt>
              <dd>
                <Time at={request.decided.at} now={now} />, by{" "}
                <Who state={state} id={request.decided.by} />
              </dd>
              <dt>Answer</dt>
              <dd class="said">{request.decided.answer ?? "none"}</dd>
            </>
          )}
        </dl>
        {request.state === "open" ? (
          <form class="form" method="post" action={`${PATH}/${request.id}`} novalidate>
            <input type="hidden" name="revision" value={String(request.revision)} />
            <AreaField
              name="answer"
              label="Your answer"
              hint="They read it. To decline, say why."
              value={answer}
              errors={errors}
              maxlength={1000}
            />
            <p class="buttons">
              <button type="submit" name="decision" value="grant">
                Grant it
              </button>
              <button type="submit" name="decision" value="decline" class="quiet">
                Decline it
              </button>
            </p>
          </form>
        ) : null}
      </>,
    );
  };

  app.get(`${PATH}/:request`, (context) => page(context, requestFor(context)));

  app.post(`${PATH}/:request`, async (context) => {
    const request = requestFor(context);
    const fields = await fieldsOf(context);
    const typed = fields("answer");
    const isGranted = fields("decision") === "grant";
    const answer = textField.safeParse(typed);
    try {
      if (!answer.success)
        throw new Refusal("invalid_input", "Write plain text.", { field: "answer" });
      if (!isGranted && answer.data === "")
        throw new Refusal("invalid_input", "Say why you decline it.", { field: "answer" });
      const input = {
        id: request.id,
        ifMatch: revisionOf(fields("revision")),
        answer: answer.data,
      };
      await carryOut(services, context.get("visitor").actor, (state, decided) =>
        isGranted ? grantRequest(state, decided, input) : declineRequest(state, decided, input),
      );
      const text = `${sentence(wishInWords(request.wish))}: ${isGranted ? "granted" : "declined"}.`;
      leaveFlash(context, site, { tone: "good", text });
      return context.redirect(PATH, 303);
    } catch (error) {
      if (!(error instanceof Refusal) || error.code === "not_found") throw error;
      return page(context, requestFor(context), { answer: typed, refusal: error });
    }
  });

  return app;
}

/** Who asked, or decided: operators act without a record of their own. */
function Who({ state, id }: { state: State; id: string | null }) {
  return id === null ? <>an operator</> : <OwnerOf state={state} id={id} />;
}
