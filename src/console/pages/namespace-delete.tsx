import { Hono, type Context } from "hono";
import { grace } from "../../domain/decision.ts";
import type { Namespace } from "../../domain/namespaces.ts";
import { Refusal } from "../../errors.ts";
import { deleteNamespace, restoreNamespace } from "../../namespaces/verbs/namespaces.ts";
import { doing, fieldsOf } from "../act.ts";
import { leaveFlash } from "../flash.ts";
import { errorsOf, noErrors, statusOf } from "../forms.ts";
import { show } from "../layout.tsx";
import { ErrorSummary } from "../parts/error-summary.tsx";
import { exactly } from "../parts/time.tsx";
import { TypedName } from "../parts/typed-name.tsx";
import type { PageEnv } from "../visitor.ts";
import { settleNamespace } from "./namespace-act.ts";
import { namespaceFor } from "./namespace-view.ts";
import type { PageServices } from "./services.ts";

/** `/namespaces/{id}/delete` and `/restore`: closes a namespace, and opens it again. */
export function deleteNamespaces(services: PageServices): Hono<PageEnv> {
  const { site, rules } = services;
  const app = new Hono<PageEnv>();

  const page = (
    context: Context<PageEnv>,
    { id, name }: Namespace,
    { typed = "", refusal }: { typed?: string; refusal?: Refusal } = {},
  ) => {
    const at = `/namespaces/${id}`;
    const errors = refusal === undefined ? noErrors : errorsOf(refusal, { name: "name" });
    const { until } = grace({ now: site.now(), rules }, "namespaces");
    return show(
      context,
      site,
      {
        title: `Delete ${name}?`,
        section: "namespaces",
        back: { href: at, label: name },
        status: refusal === undefined ? 200 : statusOf(refusal),
      },
      <>
        <ErrorSummary errors={errors} />
        <TypedName name={name} typed={typed} errors={errors} action={`${at}/delete`} cancel={at}>
          <ul>
            <li>At once no kubeconfig opens it, and nothing reaches what runs in it.</li>
            <li>
              What is in it is kept until {exactly(new Date(until))}. Until then you can have it
              back.
            </li>
            <li>
              Then it is deleted for good, with its volumes. It counts as one of your namespaces
              until then.
            </li>
          </ul>
        </TypedName>
      </>,
    );
  };

  app.get("/namespaces/:id/delete", (context) =>
    page(context, namespaceFor(services, context, "namespace.write")),
  );

  app.post("/namespaces/:id/delete", async (context) => {
    const { id } = namespaceFor(services, context, "namespace.write");
    const typed = (await fieldsOf(context))("name").trim().slice(0, 200);
    try {
      const { namespace } = await settleNamespace(context, services, id, (state, decided) =>
        deleteNamespace(state, decided, { id, name: typed }),
      );
      leaveFlash(context, site, {
        tone: "good",
        text: `${namespace.name} is closed, and deleted on ${exactly(new Date(namespace.deleting?.until ?? 0))}.`,
        undo: { action: `/namespaces/${id}/restore`, label: "Undo" },
      });
      return context.redirect("/namespaces", 303);
    } catch (error) {
      if (!(error instanceof Refusal) || error.code === "not_found") throw error;
      const namespace = namespaceFor(services, context, "namespace.write");
      return page(context, namespace, { typed, refusal: error });
    }
  });

  app.post("/namespaces/:id/restore", (context) => {
    const { id } = namespaceFor(services, context, "namespace.write");
    return doing(context, services, `/namespaces/${id}`, async () => {
      const { namespace } = await settleNamespace(context, services, id, (state, decided) =>
        restoreNamespace(state, decided, { id }),
      );
      return `${namespace.name} is open again, with all that was in it.`;
    });
  });

  return app;
}
