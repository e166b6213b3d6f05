import { Hono, type Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Owner } from "../../domain/entities.ts";
import { quotaOf } from "../../domain/rules.ts";
import { Refusal } from "../../errors.ts";
import { createNamespace } from "../../namespaces/verbs/namespaces.ts";
import { fieldsOf } from "../act.ts";
import { leaveFlash } from "../flash.ts";
import { errorsOf, noErrors, statusOf } from "../forms.ts";
import { show } from "../layout.tsx";
import { ErrorSummary } from "../parts/error-summary.tsx";
import { TextField } from "../parts/fields.tsx";
import { OwnerChoice } from "../parts/owner-choice.tsx";
import type { PageEnv } from "../visitor.ts";
import { chosenOwner } from "./chosen-owner.ts";
import { newNamespaceId, settleNamespace } from "./namespace-act.ts";
import { limitsInWords } from "./namespace-words.tsx";
import { ownersFor } from "./picture.ts";
import { moreOf } from "./remedy.ts";
import type { PageServices } from "./services.ts";

/** `/namespaces/new`: makes a namespace. */
export function newNamespace(services: PageServices): Hono<PageEnv> {
  const { ledger, site, rules } = services;
  const app = new Hono<PageEnv>();

  const form = (
    context: Context<PageEnv>,
    owner: Owner,
    typed: string,
    errors = noErrors,
    status: ContentfulStatusCode = 200,
  ) => {
    const owners = ownersFor(ledger.state, context.get("visitor").person);
    return show(
      context,
      site,
      {
        title: "Make a namespace",
        section: "namespaces",
        back: { href: "/namespaces", label: "Namespaces" },
        status,
      },
      <>
        <OwnerChoice
          owners={owners}
          current={owner}
          hrefFor={({ id }) => `/namespaces/new?owner=${id}`}
        />
        <ErrorSummary errors={errors} />
        <form class="form" method="post" action="/namespaces" novalidate>
          <input type="hidden" name="owner" value={owner.id} />
          <TextField
            name="name"
            label="Name"
            before={`${owner.name}--`}
            value={typed}
            maxlength={63}
            required
            errors={errors}
            hint="Small letters, digits and hyphens. It stays: a namespace cannot be called otherwise later."
          />
          <p>What runs in it may use {limitsInWords(rules.namespaces.limits)}, together.</p>
          <p class="buttons">
            <button type="submit">Make it</button>
            <a class="button quiet" href="/namespaces">
              Cancel
            </a>
          </p>
        </form>
      </>,
    );
  };

  app.get("/namespaces/new", (context) =>
    form(context, chosenOwner(services, context, context.req.query("owner") ?? ""), ""),
  );

  app.post("/namespaces", async (context) => {
    const field = await fieldsOf(context);
    const owner = chosenOwner(services, context, field("owner"));
    const name = field("name").trim().slice(0, 100);
    const id = newNamespaceId(services.now());
    try {
      const { namespace, outcome } = await settleNamespace(
        context,
        services,
        id,
        (state, decided) => createNamespace(state, decided, { id, owner: owner.id, name }),
      );
      const text =
        outcome?.state === "ready"
          ? `${namespace.name} is ready. A kubeconfig opens it.`
          : `${namespace.name} is stored, and is made as soon as that can be.`;
      leaveFlash(context, site, { tone: "good", text });
      return context.redirect(`/namespaces/${id}`, 303);
    } catch (error) {
      if (!(error instanceof Refusal) || error.code === "not_found") throw error;
      const most = quotaOf(rules, owner).namespaces;
      const remedy =
        error.code === "quota_exceeded"
          ? moreOf(owner, "namespaces", most + 1, "Ask for more namespaces")
          : undefined;
      const errors = errorsOf(error, { name: "name" }, remedy);
      return form(context, owner, name, errors, statusOf(error));
    }
  });

  return app;
}
