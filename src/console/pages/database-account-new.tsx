import { Hono, type Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { accountName } from "../../databases/names.ts";
import { createAccount } from "../../databases/verbs/accounts.ts";
import type { Owner } from "../../domain/entities.ts";
import { quotaOf } from "../../domain/rules.ts";
import { Refusal } from "../../errors.ts";
import { fieldsOf } from "../act.ts";
import { errorsOf, noErrors, statusOf } from "../forms.ts";
import { show } from "../layout.tsx";
import { ErrorSummary } from "../parts/error-summary.tsx";
import { TextField } from "../parts/fields.tsx";
import { OwnerChoice } from "../parts/owner-choice.tsx";
import type { PageEnv } from "../visitor.ts";
import { chosenOwner } from "./chosen-owner.ts";
import {
  AccountFields,
  choicesFor,
  readAccountForm,
  settingsIn,
  type AccountForm,
} from "./database-account-form.tsx";
import { GivenAccountPage } from "./database-account-given.tsx";
import { givePassword, newAccountId } from "./database-act.ts";
import { ownersFor } from "./picture.ts";
import { moreOf } from "./remedy.ts";
import type { PageServices } from "./services.ts";

interface NewAccountForm extends AccountForm {
  readonly name: string;
}

const BACK = { href: "/databases", label: "Databases" } as const;

/** `/database-accounts/new`: makes an account, and shows its password in the answer, once. */
export function newDatabaseAccount(services: PageServices): Hono<PageEnv> {
  const { ledger, site, rules } = services;
  const app = new Hono<PageEnv>();

  const form = (
    context: Context<PageEnv>,
    owner: Owner,
    typed: NewAccountForm,
    errors = noErrors,
    status: ContentfulStatusCode = 200,
  ) =>
    show(
      context,
      site,
      { title: "Make an account", section: "databases", back: BACK, status },
      <>
        <OwnerChoice
          owners={ownersFor(ledger.state, context.get("visitor").person)}
          current={owner}
          hrefFor={({ id }) => `/database-accounts/new?owner=${id}`}
        />
        <ErrorSummary errors={errors} />
        <form class="form" method="post" action="/database-accounts" novalidate>
          <input type="hidden" name="owner" value={owner.id} />
          <TextField
            name="name"
            label="Name"
            before={accountName(rules.databases.prefix, owner, "x").slice(0, -1)}
            value={typed.name}
            maxlength={32}
            required
            errors={errors}
            hint="Small letters, digits and hyphens, like “blog”. An account for each program is easy to take back."
          />
          <AccountFields
            form={typed}
            owner={owner.name}
            choices={choicesFor(ledger.state, owner)}
            errors={errors}
          />
          <p class="buttons">
            <button type="submit">Make it</button>
            <a class="button quiet" href={BACK.href}>
              Cancel
            </a>
          </p>
        </form>
      </>,
    );

  app.get("/database-accounts/new", (context) => {
    const owner = chosenOwner(services, context, context.req.query("owner") ?? "");
    const wanted = context.req.query("database");
    const databases = choicesFor(ledger.state, owner).flatMap(({ id }) =>
      id === wanted ? id : [],
    );
    const all = databases.length === 0;
    return form(context, owner, { name: "", access: "write", all, databases });
  });

  app.post("/database-accounts", async (context) => {
    const field = await fieldsOf(context);
    const owner = chosenOwner(services, context, field("owner"));
    const typed = {
      ...readAccountForm(field, choicesFor(ledger.state, owner)),
      name: field("name").trim().slice(0, 100),
    };
    const asked = settingsIn(typed);
    if ("errors" in asked) return form(context, owner, typed, asked.errors, 400);
    const id = newAccountId(services.now());
    const input = { id, owner: owner.id, name: typed.name, ...asked.settings };
    try {
      const given = await givePassword(context, services, id, (state, decided) =>
        createAccount(state, decided, input),
      );
      return await show(
        context,
        site,
        { title: "Your new account", section: "databases", back: BACK },
        <GivenAccountPage services={services} given={given} />,
      );
    } catch (error) {
      if (!(error instanceof Refusal) || error.code === "not_found") throw error;
      const more = quotaOf(rules, owner).databaseAccounts + 1;
      const remedy =
        error.code === "quota_exceeded"
          ? moreOf(owner, "databaseAccounts", more, "Ask for more accounts")
          : undefined;
      const errors = errorsOf(error, { name: "name" }, remedy);
      return form(context, owner, typed, errors, statusOf(error));
    }
  });

  return app;
}
