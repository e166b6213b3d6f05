import { Hono, type Context } from "hono";
import { carryOut, preview } from "../../api/carry-out.ts";
import { authorise } from "../../domain/policy.ts";
import { deleteEndpoint } from "../../endpoints/delete.ts";
import { Refusal } from "../../errors.ts";
import { leaveFlash } from "../flash.ts";
import { FormErrors, noErrors, revisionOf, statusOf } from "../forms.ts";
import { show } from "../layout.tsx";
import { Confirmation } from "../parts/confirmation.tsx";
import { ErrorSummary } from "../parts/error-summary.tsx";
import type { PageEnv } from "../visitor.ts";
import { endpointFor, placeOf } from "./endpoint.tsx";
import { RouteChanges } from "./route-changes.tsx";
import type { PageServices } from "./services.ts";

/** `/endpoints/{id}/remove`: takes a service offline, once it is clear what that changes. */
export function removeEndpoint(services: PageServices): Hono<PageEnv> {
  const { ledger, site, table } = services;
  const app = new Hono<PageEnv>();

  const page = (context: Context<PageEnv>, refusal?: Refusal) => {
    const endpoint = endpointFor(services, context);
    const { actor } = context.get("visitor");
    authorise(ledger.state, actor, "endpoint.write", endpoint.owner, "service");
    const { id, revision } = endpoint;
    const previewed = preview(services, actor, (state, decided) =>
      deleteEndpoint(state, decided, { id }),
    );
    const errors =
      refusal === undefined
        ? noErrors
        : new FormErrors([{ field: undefined, message: refusal.message }]);
    return show(
      context,
      site,
      {
        title: `Remove ${placeOf(endpoint)}?`,
        section: "sites",
        back: { href: `/endpoints/${id}`, label: placeOf(endpoint) },
        status: refusal === undefined ? 200 : statusOf(refusal),
      },
      <>
        <ErrorSummary errors={errors} />
        <Confirmation
          action={`/endpoints/${id}/remove`}
          label="Remove it"
          cancel={`/endpoints/${id}`}
          hidden={{ revision: String(revision) }}
          danger
        >
          <RouteChanges previewed={previewed} table={table} actor={actor} />
          <p class="quiet-text">You can take this back afterwards.</p>
        </Confirmation>
      </>,
    );
  };

  app.get("/endpoints/:id/remove", (context) => page(context));

  app.post("/endpoints/:id/remove", async (context) => {
    const endpoint = endpointFor(services, context);
    const ifMatch = revisionOf((await context.req.parseBody())["revision"]);
    try {
      const { revision } = await carryOut(
        services,
        context.get("visitor").actor,
        (state, decided) => deleteEndpoint(state, decided, { id: endpoint.id, ifMatch }),
      );
      leaveFlash(context, site, {
        tone: "good",
        text: `${placeOf(endpoint)} was removed.`,
        undo: { action: `/activity/${revision}/undo`, label: "Undo" },
      });
      return context.redirect("/", 303);
    } catch (error) {
      if (!(error instanceof Refusal) || error.code === "not_found") throw error;
      return page(context, error);
    }
  });

  return app;
}
