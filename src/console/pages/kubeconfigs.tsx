import { Hono, type Context } from "hono";
import type { Kubeconfig } from "../../domain/namespaces.ts";
import { Refusal } from "../../errors.ts";
import { renewKubeconfig, revokeKubeconfig } from "../../namespaces/verbs/kubeconfigs.ts";
import { doing, fieldsOf } from "../act.ts";
import { errorsOf, FormErrors, noErrors, statusOf } from "../forms.ts";
import { show } from "../layout.tsx";
import { Confirmation } from "../parts/confirmation.tsx";
import { ErrorSummary } from "../parts/error-summary.tsx";
import type { PageEnv } from "../visitor.ts";
import { DaysField, daysIn } from "./kubeconfig-form.tsx";
import { GivenKubeconfigPage } from "./kubeconfig-given.tsx";
import { giveKubeconfig, settleKubeconfig } from "./namespace-act.ts";
import { kubeconfigFor } from "./namespace-view.ts";
import type { PageServices } from "./services.ts";

const BACK = { href: "/namespaces#kubeconfigs", label: "Namespaces" } as const;

/** `/kubeconfigs/{id}/renew` and `/revoke`: a new token in the place of the old, or an end. */
export function kubeconfigs(services: PageServices): Hono<PageEnv> {
  const { site, rules } = services;
  const most = rules.namespaces.kubeconfigDays;
  const app = new Hono<PageEnv>();

  const renewal = (
    context: Context<PageEnv>,
    { id, name, days: before }: Kubeconfig,
    days = String(Math.min(before, most)),
    errors = noErrors,
    status: ReturnType<typeof statusOf> = 200,
  ) =>
    show(
      context,
      site,
      { title: `Renew “${name}”?`, section: "namespaces", back: BACK, status },
      <>
        <ErrorSummary errors={errors} />
        <Confirmation action={`/kubeconfigs/${id}/renew`} label="Renew it" cancel={BACK.href}>
          <p>
            It gets another token, which is shown once. The old one ends as soon as the new one
            works: give the new one to whatever uses it.
          </p>
          <DaysField value={days} most={most} errors={errors} />
        </Confirmation>
      </>,
    );

  app.get("/kubeconfigs/:id/renew", (context) =>
    renewal(context, kubeconfigFor(services, context)),
  );

  app.post("/kubeconfigs/:id/renew", async (context) => {
    const { id } = kubeconfigFor(services, context);
    const typed = (await fieldsOf(context))("days").trim().slice(0, 100);
    const days = daysIn(typed, most);
    const one = kubeconfigFor(services, context);
    if (typeof days !== "number") return renewal(context, one, typed, new FormErrors([days]), 400);
    try {
      const given = await giveKubeconfig(context, services, id, (state, decided) =>
        renewKubeconfig(state, decided, { id, days }),
      );
      return await show(
        context,
        site,
        { title: `“${one.name}”, renewed`, section: "namespaces", back: BACK },
        <GivenKubeconfigPage given={given} />,
      );
    } catch (error) {
      if (!(error instanceof Refusal) || error.code === "not_found") throw error;
      return renewal(context, one, typed, errorsOf(error, { days: "days" }), statusOf(error));
    }
  });

  app.get("/kubeconfigs/:id/revoke", (context) => {
    const { id, name } = kubeconfigFor(services, context);
    return show(
      context,
      site,
      { title: `Revoke “${name}”?`, section: "namespaces", back: BACK },
      <Confirmation
        action={`/kubeconfigs/${id}/revoke`}
        label="Revoke it"
        cancel={BACK.href}
        danger
      >
        <p>Whatever uses it is refused from then on. This cannot be taken back.</p>
      </Confirmation>,
    );
  });

  app.post("/kubeconfigs/:id/revoke", (context) => {
    const { id, name } = kubeconfigFor(services, context);
    return doing(context, services, BACK.href, async () => {
      const { outcome } = await settleKubeconfig(context, services, id, (state, decided) =>
        revokeKubeconfig(state, decided, { id }),
      );
      return outcome === undefined
        ? `The kubeconfig “${name}” was revoked.`
        : `The kubeconfig “${name}” is revoked as soon as Kubernetes can be reached. ${outcome.why ?? ""}`;
    });
  });

  return app;
}
