import { Hono, type Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { carryOut } from "../../api/carry-out.ts";
import { lineField } from "../../domain/entities.ts";
import { Refusal } from "../../errors.ts";
import { releaseLabel, reserveLabel } from "../../owners/labels.ts";
import { markOf } from "../delivery.ts";
import { leaveFlash } from "../flash.ts";
import { errorsOf, FormErrors, noErrors, statusOf } from "../forms.ts";
import { ErrorSummary } from "../parts/error-summary.tsx";
import { TextField } from "../parts/fields.tsx";
import { Live } from "../parts/live.tsx";
import { Table } from "../parts/table.tsx";
import { Time } from "../parts/time.tsx";
import type { PageEnv } from "../visitor.ts";
import { act, fieldsOf } from "../act.ts";
import { showAdmin } from "./nav.tsx";
import type { AdminServices } from "./services.ts";

const PATH = "/admin/reserved-names";

/** `/admin/reserved-names`: names that nobody may have. */
export function reservedNames(services: AdminServices): Hono<PageEnv> {
  const { ledger, rules, site } = services;
  const app = new Hono<PageEnv>();

  const page = (
    context: Context<PageEnv>,
    typed: { label: string; reason: string } = { label: "", reason: "" },
    errors: FormErrors = noErrors,
    status: ContentfulStatusCode = 200,
  ) => {
    const { state } = ledger;
    const now = site.now();
    const mine = [...state.reserved.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
    return showAdmin(
      context,
      services,
      {
        title: "Reserved names",
        place: "names",
        lead: "Nobody may have these. Who holds one already keeps it.",
        status,
      },
      <>
        <ErrorSummary errors={errors} />
        <form class="form" method="post" action={PATH} novalidate>
          <TextField
            name="label"
            label="Name"
            value={typed.label}
            errors={errors}
            maxlength={63}
            required
          />
          <TextField
            name="reason"
            label="Why"
            value={typed.reason}
            errors={errors}
            maxlength={200}
            required
          />
          <button type="submit">Reserve it</button>
        </form>
        <Live context={context} mark={markOf(state, services)}>
          <h2>By admins</h2>
          {mine.length === 0 ? (
            <p class="quiet-text">None.</p>
          ) : (
            <Table
              caption="Names reserved by admins"
              columns={["Name", "Why", "Since", ""]}
              rows={mine.map(({ id, reason, createdAt }) => [
                id,
                reason,
                <Time at={createdAt} now={now} />,
                <form method="post" action={`${PATH}/${id}/release`}>
                  <button type="submit" class="quiet">
                    Release<span class="unseen"> {id}</span>
                  </button>
                </form>,
              ])}
            />
          )}
        </Live>
        <details>
          <summary>By the configuration: {rules.reserved.size}</summary>
          <p>{[...rules.reserved].toSorted().join(", ")}</p>
        </details>
      </>,
    );
  };

  app.get(PATH, (context) => page(context));

  app.post(PATH, async (context) => {
    const fields = await fieldsOf(context);
    const typed = { label: fields("label").trim(), reason: fields("reason").trim() };
    const reason = lineField.min(1).safeParse(typed.reason);
    if (!reason.success) {
      const errors = new FormErrors([{ field: "reason", message: "Say why, in one line." }]);
      return page(context, typed, errors, 400);
    }
    try {
      const { result } = await carryOut(services, context.get("visitor").actor, (state, decided) =>
        reserveLabel(state, decided, { label: typed.label, reason: reason.data }),
      );
      leaveFlash(context, site, { tone: "good", text: `${result.id} is reserved.` });
      return context.redirect(PATH, 303);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return page(context, typed, errorsOf(error, { label: "label" }), statusOf(error));
    }
  });

  app.post(`${PATH}/:label/release`, (context) => {
    const { label } = context.req.param();
    return act(context, services, {
      decide: (state, decided) => releaseLabel(state, decided, { label }),
      done: () => `${label} is not reserved any more.`,
      to: PATH,
    });
  });

  return app;
}
