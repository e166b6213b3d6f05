import { Hono, type Context } from "hono";
import { deleteAccount, renewPassword } from "../../databases/verbs/accounts.ts";
import type { DatabaseAccount } from "../../domain/entities.ts";
import { Refusal } from "../../errors.ts";
import { doing } from "../act.ts";
import { errorsOf, noErrors, statusOf } from "../forms.ts";
import { show } from "../layout.tsx";
import { Confirmation } from "../parts/confirmation.tsx";
import { ErrorSummary } from "../parts/error-summary.tsx";
import type { PageEnv } from "../visitor.ts";
import { GivenAccountPage } from "./database-account-given.tsx";
import { givePassword, settleAccount } from "./database-act.ts";
import { accountFor } from "./database-view.ts";
import type { PageServices } from "./services.ts";

const BACK = { href: "/databases#accounts", label: "Databases" } as const;

/** `/database-accounts/{id}/password` and `/end`: another password in the place of the old, or an end. */
export function databaseAccounts(services: PageServices): Hono<PageEnv> {
  const { site } = services;
  const app = new Hono<PageEnv>();

  const renewal = (context: Context<PageEnv>, account: DatabaseAccount, refusal?: Refusal) =>
    show(
      context,
      site,
      {
        title: `A new password for ${account.name}?`,
        section: "databases",
        back: BACK,
        status: refusal === undefined ? 200 : statusOf(refusal),
      },
      <>
        <ErrorSummary errors={refusal === undefined ? noErrors : errorsOf(refusal, {})} />
        <Confirmation
          action={`/database-accounts/${account.id}/password`}
          label="Set a new password"
          cancel={BACK.href}
        >
          <p>
            It is shown once. The one before lets nobody in from then on: give the new one to
            whatever uses it. What is connected already stays connected.
          </p>
        </Confirmation>
      </>,
    );

  app.get("/database-accounts/:id/password", (context) =>
    renewal(context, accountFor(services, context)),
  );

  app.post("/database-accounts/:id/password", async (context) => {
    const { id, name } = accountFor(services, context);
    try {
      const given = await givePassword(context, services, id, (state, decided) =>
        renewPassword(state, decided, { id }),
      );
      return await show(
        context,
        site,
        { title: `The new password of ${name}`, section: "databases", back: BACK },
        <GivenAccountPage services={services} given={given} />,
      );
    } catch (error) {
      if (!(error instanceof Refusal) || error.code === "not_found") throw error;
      return renewal(context, accountFor(services, context), error);
    }
  });

  app.get("/database-accounts/:id/end", (context) => {
    const { id, name } = accountFor(services, context);
    return show(
      context,
      site,
      { title: `End ${name}?`, section: "databases", back: BACK },
      <Confirmation
        action={`/database-accounts/${id}/end`}
        label="End it"
        cancel={BACK.href}
        danger
      >
        <p>
          What is open of it ends, and nobody logs in with it from then on. What it wrote stays.
          This cannot be taken back.
        </p>
      </Confirmation>,
    );
  });

  app.post("/database-accounts/:id/end", (context) => {
    const { id, name } = accountFor(services, context);
    return doing(context, services, BACK.href, async () => {
      const { outcome } = await settleAccount(context, services, id, (state, decided) =>
        deleteAccount(state, decided, { id }),
      );
      return outcome === undefined
        ? `The account ${name} was ended.`
        : `The account ${name} is ended as soon as the database server can be reached. ${outcome.why ?? ""}`;
    });
  });

  return app;
}
