import { Hono, type Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { createDatabase } from "../../databases/verbs/databases.ts";
import type { Owner } from "../../domain/entities.ts";
import { quotaOf } from "../../domain/rules.ts";
import { Refusal } from "../../errors.ts";
import { fieldsOf } from "../act.ts";
import { leaveFlash } from "../flash.ts";
import { errorsOf, noErrors, statusOf } from "../forms.ts";
import { show } from "../layout.tsx";
import { ErrorSummary } from "../parts/error-summary.tsx";
import { TextField } from "../parts/fields.tsx";
import { OwnerChoice } from "../parts/owner-choice.tsx";
import type { PageEnv } from "../visitor.ts";
import { chosenOwner } from "./chosen-owner.ts";
import { newDatabaseId, settleDatabase } from "./database-act.ts";
import { ownersFor } from "./picture.ts";
import { moreOf } from "./remedy.ts";
import type { PageServices } from "./services.ts";

const BACK = { href: "/databases", label: "Databases" } as const;

/** `/databases/new`: makes a database. */
export function newDatabase(services: PageServices): Hono<PageEnv> {
  const { ledger, site, rules } = services;
  const app = new Hono<PageEnv>();

  const form = (
    context: Context<PageEnv>,
    owner: Owner,
    name: string,
    errors = noErrors,
    status: ContentfulStatusCode = 200,
  ) =>
    show(
      context,
      site,
      { title: "Make a database", section: "databases", back: BACK, status },
      <>
        <OwnerChoice
          owners={ownersFor(ledger.state, context.get("visitor").person)}
          current={owner}
          hrefFor={({ id }) => `/databases/new?owner=${id}`}
        />
        <ErrorSummary errors={errors} />
        <form class="form" method="post" action="/databases" novalidate>
          <input type="hidden" name="owner" value={owner.id} />
          <TextField
            name="name"
            label="Name"
            before={`${rules.databases.prefix}_${owner.name}_`}
            value={name}
            maxlength={63}
            required
            errors={errors}
            hint="Small letters, digits and underscores. It stays: a database cannot be called otherwise later."
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

  app.get("/databases/new", (context) =>
    form(context, chosenOwner(services, context, context.req.query("owner") ?? ""), ""),
  );

  app.post("/databases", async (context) => {
    const field = await fieldsOf(context);
    const owner = chosenOwner(services, context, field("owner"));
    const name = field("name").trim().slice(0, 100);
    const id = newDatabaseId(services.now());
    try {
      const { database, outcome } = await settleDatabase(context, services, id, (state, decided) =>
        createDatabase(state, decided, { id, owner: owner.id, name }),
      );
      const text =
        outcome?.state === "ready"
          ? `${database.name} is ready. A program logs in with an account.`
          : `${database.name} is stored, and is made as soon as that can be.`;
      leaveFlash(context, site, { tone: "good", text });
      return context.redirect(`/databases/${id}`, 303);
    } catch (error) {
      if (!(error instanceof Refusal) || error.code === "not_found") throw error;
      const more = quotaOf(rules, owner).databases + 1;
      const remedy =
        error.code === "quota_exceeded"
          ? moreOf(owner, "databases", more, "Ask for more databases")
          : undefined;
      const errors = errorsOf(error, { name: "name" }, remedy);
      return form(context, owner, name, errors, statusOf(error));
    }
  });

  return app;
}
