import { Hono, type Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Namespace } from "../../domain/namespaces.ts";
import { Refusal } from "../../errors.ts";
import { createKubeconfig, IN_NAMESPACE_MAX } from "../../namespaces/verbs/kubeconfigs.ts";
import { fieldsOf } from "../act.ts";
import { errorsOf, FormErrors, noErrors, statusOf } from "../forms.ts";
import { show } from "../layout.tsx";
import { ErrorSummary } from "../parts/error-summary.tsx";
import { TextField } from "../parts/fields.tsx";
import type { PageEnv } from "../visitor.ts";
import { DaysField, kubeconfigIn } from "./kubeconfig-form.tsx";
import { GivenKubeconfigPage } from "./kubeconfig-given.tsx";
import { giveKubeconfig, newKubeconfigId } from "./namespace-act.ts";
import { namespaceFor } from "./namespace-view.ts";
import type { PageServices } from "./services.ts";

const NAME_MAX = 200;

/** `/kubeconfigs/new`: makes a kubeconfig, and shows it in the answer, once. */
export function newKubeconfig(services: PageServices): Hono<PageEnv> {
  const { site, rules } = services;
  const most = rules.namespaces.kubeconfigDays;
  const app = new Hono<PageEnv>();

  const form = (
    context: Context<PageEnv>,
    { id, name }: Namespace,
    typed: { readonly name: string; readonly days: string },
    errors = noErrors,
    status: ContentfulStatusCode = 200,
  ) =>
    show(
      context,
      site,
      {
        title: `Make a kubeconfig for ${name}`,
        section: "namespaces",
        back: { href: `/namespaces/${id}`, label: name },
        status,
      },
      <>
        <ErrorSummary errors={errors} />
        <form class="form" method="post" action="/kubeconfigs" novalidate>
          <input type="hidden" name="namespace" value={id} />
          <TextField
            name="name"
            label="What it is for"
            value={typed.name}
            maxlength={NAME_MAX}
            required
            errors={errors}
            hint="So that you know later which one to revoke: my laptop, the group's CI."
          />
          <DaysField value={typed.days} most={most} errors={errors} />
          <p class="quiet-text">
            A namespace has {IN_NAMESPACE_MAX} kubeconfigs at most, whoever made them.
          </p>
          <p class="buttons">
            <button type="submit">Make it</button>
            <a class="button quiet" href={`/namespaces/${id}`}>
              Cancel
            </a>
          </p>
        </form>
      </>,
    );

  app.get("/kubeconfigs/new", (context) => {
    const wanted = context.req.query("namespace") ?? "";
    const namespace = namespaceFor(services, context, "kubeconfig.write", wanted);
    return form(context, namespace, { name: "", days: String(most) });
  });

  app.post("/kubeconfigs", async (context) => {
    const field = await fieldsOf(context);
    const namespace = namespaceFor(services, context, "kubeconfig.write", field("namespace"));
    const typed = {
      name: field("name")
        .trim()
        .slice(0, NAME_MAX + 1),
      days: field("days").trim().slice(0, 100),
    };
    const asked = kubeconfigIn(typed, most);
    if (asked instanceof FormErrors) return form(context, namespace, typed, asked, 400);
    const id = newKubeconfigId(services.now());
    const input = { id, namespace: namespace.id, ...asked };
    try {
      const given = await giveKubeconfig(context, services, id, (state, decided) =>
        createKubeconfig(state, decided, input),
      );
      const { name } = namespace;
      return await show(
        context,
        site,
        {
          title: "Your new kubeconfig",
          section: "namespaces",
          back: { href: `/namespaces/${namespace.id}`, label: name },
        },
        <GivenKubeconfigPage given={given} />,
      );
    } catch (error) {
      if (!(error instanceof Refusal) || error.code === "not_found") throw error;
      const errors = errorsOf(error, { name: "name", days: "days" });
      return form(context, namespace, typed, errors, statusOf(error));
    }
  });

  return app;
}
