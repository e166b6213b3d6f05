import { Hono, type Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { updateAccount } from "../../databases/verbs/accounts.ts";
import type { DatabaseAccount } from "../../domain/entities.ts";
import { Refusal } from "../../errors.ts";
import { fieldsOf } from "../act.ts";
import { leaveFlash } from "../flash.ts";
import { errorsOf, noErrors, statusOf } from "../forms.ts";
import { show } from "../layout.tsx";
import { ErrorSummary } from "../parts/error-summary.tsx";
import { LostUpdate } from "../parts/lost-update.tsx";
import type { PageEnv } from "../visitor.ts";
import {
  AccountFields,
  choicesFor,
  differing,
  formOf,
  readAccountForm,
  settingsIn,
  type AccountForm,
} from "./database-account-form.tsx";
import { settleAccount } from "./database-act.ts";
import { accountFor } from "./database-view.ts";
import type { PageServices } from "./services.ts";
import { whoChanged } from "./who-changed.ts";

const BACK = { href: "/databases#accounts", label: "Databases" } as const;
/** No account's revision. */
const NEVER = -1;

interface Shown {
  readonly typed: AccountForm;
  readonly errors: typeof noErrors;
  readonly status: ContentfulStatusCode;
  /** Who has changed it meanwhile. */
  readonly by: string;
}

/** `/database-accounts/{id}/edit`: changes what an account may do. */
export function editDatabaseAccount(services: PageServices): Hono<PageEnv> {
  const { ledger, site } = services;
  const app = new Hono<PageEnv>();

  const page = (
    context: Context<PageEnv>,
    account: DatabaseAccount,
    { typed = formOf(account), errors = noErrors, status = 200, by }: Partial<Shown> = {},
  ) => {
    const { state } = ledger;
    return show(
      context,
      site,
      { title: `Change ${account.name}`, section: "databases", back: BACK, status },
      <>
        {by === undefined ? null : (
          <LostUpdate by={by} differing={differing(state, formOf(account), typed)} />
        )}
        <ErrorSummary errors={errors} />
        <form class="form" method="post" action={`/database-accounts/${account.id}`} novalidate>
          <input type="hidden" name="was" value={markOfSettings(account)} />
          <p>Where it may do less than before, what is open of it ends.</p>
          <AccountFields
            form={typed}
            owner={state.owners.get(account.owner)?.name ?? ""}
            choices={choicesFor(state, { id: account.owner }, account.databases ?? [])}
            errors={errors}
          />
          <p class="buttons">
            <button type="submit">{by === undefined ? "Save" : "Save mine over it"}</button>
            <a class="button quiet" href={BACK.href}>
              Cancel
            </a>
          </p>
        </form>
      </>,
    );
  };

  app.get("/database-accounts/:id/edit", (context) => page(context, accountFor(services, context)));

  app.post("/database-accounts/:id", async (context) => {
    const { id, owner, databases } = accountFor(services, context);
    const field = await fieldsOf(context);
    const was = field("was");
    const choices = choicesFor(ledger.state, { id: owner }, databases ?? []);
    const typed = readAccountForm(field, choices);
    const asked = settingsIn(typed);
    const now = () => accountFor(services, context);
    if ("errors" in asked)
      return page(context, now(), { typed, errors: asked.errors, status: 400 });
    try {
      const { account, outcome } = await settleAccount(context, services, id, (state, decided) => {
        const before = state.databaseAccounts.get(id);
        // What the server's answers have written down meanwhile is nobody's change of the settings.
        const isSame = before !== undefined && markOfSettings(before) === was;
        const ifMatch = isSame ? before.revision : NEVER;
        return updateAccount(state, decided, { id, ...asked.settings, ifMatch });
      });
      const isDone = outcome?.state === "ready";
      const text = `${account.name} was changed${isDone ? "" : ", which is done as soon as that can be"}.`;
      leaveFlash(context, site, { tone: "good", text });
      return context.redirect(BACK.href, 303);
    } catch (error) {
      if (!(error instanceof Refusal) || error.code === "not_found") throw error;
      if (error.code !== "stale") {
        const errors = errorsOf(error, {});
        return page(context, now(), { typed, errors, status: statusOf(error) });
      }
      const account = now();
      const by = await whoChanged(services, context.get("visitor").actor, account.revision);
      return page(context, account, { typed, status: statusOf(error), by });
    }
  });

  return app;
}

/** The settings that a form was made of, to be sent along with it. */
function markOfSettings({ access, databases }: DatabaseAccount): string {
  return [access, ...(databases === null ? ["all"] : databases.toSorted())].join(" ");
}
