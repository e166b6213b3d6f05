import { Hono, type Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { carryOut, preview } from "../../api/carry-out.ts";
import { createEndpoint, type EndpointInput } from "../../endpoints/create.ts";
import { Refusal } from "../../errors.ts";
import { leaveFlash } from "../flash.ts";
import { errorsOf, noErrors, statusOf, type FormErrors } from "../forms.ts";
import { show } from "../layout.tsx";
import { ErrorSummary } from "../parts/error-summary.tsx";
import type { PageEnv } from "../visitor.ts";
import {
  emptyForm,
  ENDPOINT_FIELDS,
  EndpointFields,
  inputOf,
  labelChoices,
  readForm,
  type EndpointForm,
} from "./endpoint-form.tsx";
import { ownersFor } from "./picture.ts";
import { previewWhileTyping, PreviewBox, type Preview } from "./preview-box.tsx";
import { remedyFor } from "./remedy.ts";
import { NoName } from "./sites.tsx";
import type { PageServices } from "./services.ts";

/** `/endpoints/new`: puts a service online. */
export function newEndpoint(services: PageServices): Hono<PageEnv> {
  const { ledger, site, rules } = services;
  const app = new Hono<PageEnv>();

  const page = (
    context: Context<PageEnv>,
    form: EndpointForm,
    errors: FormErrors = noErrors,
    more: { status?: ContentfulStatusCode; preview?: Preview } = {},
  ) => {
    const { person } = context.get("visitor");
    const choices = labelChoices(ledger.state, ownersFor(ledger.state, person), rules);
    if (choices.length === 0) {
      const props = { title: "Add a service", section: "sites", back: BACK } as const;
      return show(context, site, props, <NoName zone={rules.zone} />);
    }
    const label = form.label === "" ? (choices[0]?.[0] ?? "") : form.label;
    return show(
      context,
      site,
      {
        title: "Add a service",
        section: "sites",
        back: BACK,
        lead: "Say where it runs, and it gets an address. It is online a moment later.",
        status: more.status ?? 200,
      },
      <>
        <ErrorSummary errors={errors} />
        <form class="form" method="post" action="/endpoints" novalidate>
          <fieldset class="plain" {...previewWhileTyping("/endpoints/preview")}>
            <legend class="unseen">The service</legend>
            <EndpointFields
              form={{ ...form, label }}
              errors={errors}
              choices={choices}
              rules={rules}
            />
          </fieldset>
          <PreviewBox preview={more.preview} />
          <p class="buttons">
            <button type="submit">Put it online</button>
            <button type="submit" class="quiet" formaction="/endpoints/preview">
              Preview
            </button>
            <a class="button quiet" href={BACK.href}>
              Cancel
            </a>
          </p>
        </form>
      </>,
    );
  };

  /** What stops the visitor, in their words, and what leads on. */
  const stopped = (context: Context<PageEnv>, form: EndpointForm, error: Refusal) => {
    const { person } = context.get("visitor");
    const { state } = ledger;
    const holder = state.labels.get(form.label)?.owner;
    const owner = ownersFor(state, person).find(({ id }) => id === holder);
    // Of a name that another has as of one that nobody has.
    const refusal =
      error.code === "not_found" && owner === undefined
        ? new Refusal("not_found", `You hold no name "${form.label}".`, { field: "label" })
        : error;
    const { label } = form;
    const { targets = [] } = inputOf(form);
    const remedy = remedyFor({ refusal, rules, owner: owner ?? person, label, targets });
    return { refusal, remedy };
  };

  app.get("/endpoints/new", (context) => {
    const { label = "", path = "" } = context.req.query();
    return page(context, { ...emptyForm, label: label.slice(0, 300), path: path.slice(0, 300) });
  });

  app.post("/endpoints/preview", async (context) => {
    const form = readForm(await context.req.parseBody());
    const { actor } = context.get("visitor");
    try {
      const input = createInput(services, form);
      const previewed = preview(services, actor, (state, decided) =>
        createEndpoint(state, decided, input),
      );
      return await page(context, form, noErrors, {
        preview: { previewed, table: services.table, actor },
      });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      // While one types, the box says it; asked for by the button, the form does.
      const isTyping = context.req.header("HX-Request") !== undefined;
      const { refusal, remedy } = stopped(context, form, error);
      if (isTyping)
        return page(context, form, noErrors, { preview: { refused: refusal.message, remedy } });
      const errors = errorsOf(refusal, ENDPOINT_FIELDS, remedy);
      return page(context, form, errors, { status: statusOf(refusal) });
    }
  });

  app.post("/endpoints", async (context) => {
    const form = readForm(await context.req.parseBody());
    const { actor } = context.get("visitor");
    try {
      const input = createInput(services, form);
      const { result } = await carryOut(services, actor, (state, decided) =>
        createEndpoint(state, decided, input),
      );
      leaveFlash(context, site, {
        tone: "good",
        text: `${result.host}${result.path || "/"} is on its way to Traefik.`,
      });
      return context.redirect(`/endpoints/${result.id}`, 303);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { refusal, remedy } = stopped(context, form, error);
      const errors = errorsOf(refusal, ENDPOINT_FIELDS, remedy);
      return page(context, form, errors, { status: statusOf(refusal) });
    }
  });

  return app;
}

const BACK = { href: "/", label: "My sites" } as const;

/** Whoever holds the label is who it is for; the verb decides whether the actor may. */
function createInput({ ledger }: PageServices, form: EndpointForm): EndpointInput {
  const owner = ledger.state.labels.get(form.label)?.owner ?? "";
  return { ...inputOf(form), owner, label: form.label };
}
