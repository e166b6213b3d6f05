import { Hono, type Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { carryOut, preview } from "../../api/carry-out.ts";
import type { Endpoint } from "../../domain/entities.ts";
import { authorise } from "../../domain/policy.ts";
import { labelOf } from "../../domain/names.ts";
import { updateEndpoint, type EndpointUpdate } from "../../endpoints/update.ts";
import { Refusal } from "../../errors.ts";
import { leaveFlash } from "../flash.ts";
import {
  errorsOf,
  noErrors,
  revisionOf,
  statusOf,
  type FormErrors,
  type Remedy,
} from "../forms.ts";
import { show } from "../layout.tsx";
import { ErrorSummary } from "../parts/error-summary.tsx";
import { Live } from "../parts/live.tsx";
import { markOf } from "../delivery.ts";
import type { PageEnv } from "../visitor.ts";
import { BothVersions } from "./both-versions.tsx";
import {
  ENDPOINT_FIELDS,
  EndpointFields,
  formOf,
  inputOf,
  labelChoices,
  readForm,
  type EndpointForm,
} from "./endpoint-form.tsx";
import { endpointFor, placeOf } from "./endpoint.tsx";
import { previewWhileTyping, PreviewBox, type Preview } from "./preview-box.tsx";
import { remedyFor } from "./remedy.ts";
import type { PageServices } from "./services.ts";
import { whoChanged } from "./who-changed.ts";

interface Shown {
  readonly form: EndpointForm;
  /** The revision that the form was made of. */
  readonly revision: number;
  readonly errors?: FormErrors;
  readonly status?: ContentfulStatusCode;
  readonly preview?: Preview;
  /** Somebody changed it since: who, and what the form had in mind. */
  readonly lost?: { readonly by: string };
}

/** `/endpoints/{id}/edit`: changes or moves an endpoint. */
export function editEndpoint(services: PageServices): Hono<PageEnv> {
  const { ledger, site, rules } = services;
  const app = new Hono<PageEnv>();

  const page = (context: Context<PageEnv>, endpoint: Endpoint, shown: Shown) => {
    const { state } = ledger;
    const { form, errors = noErrors, lost } = shown;
    const at = `/endpoints/${endpoint.id}`;
    const owner = state.owners.get(endpoint.owner);
    const choices = owner === undefined ? [] : labelChoices(state, [owner], rules);
    const theirs = formOf(endpoint, rules, state);
    const isStale = lost === undefined && shown.revision !== endpoint.revision;
    return show(
      context,
      site,
      {
        title: `Change ${placeOf(endpoint)}`,
        section: "sites",
        back: { href: at, label: placeOf(endpoint) },
        status: shown.status ?? 200,
      },
      <>
        <Live
          context={context}
          mark={markOf(state, services)}
          at={`${at}/edit?revision=${shown.revision}`}
        >
          {isStale ? (
            <div class="note wait" role="status">
              <p>This was changed meanwhile. If you save, you are shown both versions first.</p>
              <a href={`${at}/edit`}>Start from the newest</a>
            </div>
          ) : null}
        </Live>
        <ErrorSummary errors={errors} />
        {lost === undefined ? null : (
          <BothVersions by={lost.by} theirs={theirs} yours={form} rules={rules} />
        )}
        <form class="form" method="post" action={at} novalidate>
          <input
            type="hidden"
            name="revision"
            value={String(lost === undefined ? shown.revision : endpoint.revision)}
          />
          <fieldset class="plain" {...previewWhileTyping(`${at}/preview`)}>
            <legend class="unseen">The service</legend>
            <EndpointFields
              form={form}
              errors={errors}
              choices={choices}
              rules={rules}
              host={theirs.label === "" ? endpoint.host : undefined}
            />
          </fieldset>
          <PreviewBox preview={shown.preview} />
          <p class="buttons">
            <button type="submit">{lost === undefined ? "Save" : "Save mine over it"}</button>
            <button type="submit" class="quiet" formaction={`${at}/preview`}>
              Preview
            </button>
            <a class="button quiet" href={at}>
              {lost === undefined ? "Cancel" : "Keep theirs"}
            </a>
          </p>
        </form>
      </>,
    );
  };

  app.get("/endpoints/:id/edit", (context) => {
    const endpoint = endpointFor(services, context);
    const { actor } = context.get("visitor");
    authorise(ledger.state, actor, "endpoint.write", endpoint.owner, "service");
    // A part that is asked for anew compares with what the form was made of.
    const given = context.req.query("revision");
    const revision = given === undefined ? endpoint.revision : revisionOf(given);
    return page(context, endpoint, {
      form: formOf(endpoint, rules, ledger.state),
      revision,
    });
  });

  app.post("/endpoints/:id/preview", async (context) => {
    const fields = await context.req.parseBody();
    const form = readForm(fields);
    const endpoint = endpointFor(services, context);
    const revision = revisionOf(fields["revision"]);
    const { actor } = context.get("visitor");
    try {
      const input = updateOf(services, endpoint, form);
      const previewed = preview(services, actor, (state, decided) =>
        updateEndpoint(state, decided, input),
      );
      return await page(context, endpoint, {
        form,
        revision,
        preview: { previewed, table: services.table, actor },
      });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const remedy = remedyOf(services, endpoint, form, error);
      if (context.req.header("HX-Request") !== undefined)
        return page(context, endpoint, {
          form,
          revision,
          preview: { refused: error.message, remedy },
        });
      const errors = errorsOf(error, ENDPOINT_FIELDS, remedy);
      return page(context, endpoint, { form, revision, errors, status: statusOf(error) });
    }
  });

  app.post("/endpoints/:id", async (context) => {
    const fields = await context.req.parseBody();
    const form = readForm(fields);
    const endpoint = endpointFor(services, context);
    const revision = revisionOf(fields["revision"]);
    try {
      const input = { ...updateOf(services, endpoint, form), ifMatch: revision };
      const { result } = await carryOut(services, context.get("visitor").actor, (state, decided) =>
        updateEndpoint(state, decided, input),
      );
      leaveFlash(context, site, {
        tone: "good",
        text: `${placeOf(result)} was changed. It is on its way to Traefik.`,
      });
      return context.redirect(`/endpoints/${endpoint.id}`, 303);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      // What was stored meanwhile is what is shown beside it.
      const newest = endpointFor(services, context);
      if (error.code === "stale") {
        const by = await whoChanged(services, context.get("visitor").actor, newest.revision);
        return page(context, newest, { form, revision, lost: { by }, status: 412 });
      }
      const errors = errorsOf(error, ENDPOINT_FIELDS, remedyOf(services, newest, form, error));
      return page(context, newest, { form, revision, errors, status: statusOf(error) });
    }
  });

  return app;
}

/** What the verb is given: all that the form has, the label only where it moves. */
function updateOf({ rules }: PageServices, endpoint: Endpoint, form: EndpointForm): EndpointUpdate {
  const { healthCheck, ...rest } = inputOf(form);
  const isSameHost = form.label === "" || labelOf(endpoint.host, rules.zone) === form.label;
  return {
    ...rest,
    id: endpoint.id,
    healthCheck: healthCheck ?? null,
    ...(isSameHost ? {} : { label: form.label }),
  };
}

function remedyOf(
  { ledger, rules }: PageServices,
  endpoint: Endpoint,
  form: EndpointForm,
  refusal: Refusal,
): Remedy | undefined {
  const owner = ledger.state.owners.get(endpoint.owner);
  const { targets = [] } = inputOf(form);
  const { label } = form;
  return owner && remedyFor({ refusal, rules, owner, label, targets });
}
