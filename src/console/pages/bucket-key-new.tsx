import { Hono, type Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { createKey } from "../../buckets/verbs/keys.ts";
import { lineField, type BucketKey, type Owner } from "../../domain/entities.ts";
import { quotaOf } from "../../domain/rules.ts";
import { bucketsOf } from "../../domain/state.ts";
import { Refusal } from "../../errors.ts";
import { errorsOf, FormErrors, noErrors, statusOf, type FormError } from "../forms.ts";
import { show } from "../layout.tsx";
import { ErrorSummary } from "../parts/error-summary.tsx";
import { CheckField, FieldSet, SelectField, TextField } from "../parts/fields.tsx";
import { OwnerChoice } from "../parts/owner-choice.tsx";
import type { PageEnv } from "../visitor.ts";
import { chosenOwner } from "./chosen-owner.ts";
import { giveKey, newKeyId } from "./bucket-act.ts";
import { GivenKeyPage } from "./bucket-key-given.tsx";
import { ACCESS_WORDS } from "./bucket-key-table.tsx";
import { ownersFor } from "./picture.ts";
import { moreOf } from "./remedy.ts";
import type { PageServices } from "./services.ts";

interface KeyForm {
  readonly name: string;
  readonly access: BucketKey["access"];
  readonly all: boolean;
  /** Ids of the buckets that it is for, if it is not for all. */
  readonly buckets: readonly string[];
}

const BACK = { href: "/buckets", label: "Buckets" } as const;
const NAME_MAX = 200;

/** `/bucket-keys/new`: makes a key, and shows its secret in the answer, once. */
export function newBucketKey(services: PageServices): Hono<PageEnv> {
  const { ledger, site, rules } = services;
  const app = new Hono<PageEnv>();

  const form = (
    context: Context<PageEnv>,
    owner: Owner,
    typed: KeyForm,
    errors = noErrors,
    status: ContentfulStatusCode = 200,
  ) => {
    const owners = ownersFor(ledger.state, context.get("visitor").person);
    const buckets = inUse(services, owner);
    return show(
      context,
      site,
      { title: "Make a key", section: "buckets", back: BACK, status },
      <>
        <OwnerChoice
          owners={owners}
          current={owner}
          hrefFor={({ id }) => `/bucket-keys/new?owner=${id}`}
        />
        <ErrorSummary errors={errors} />
        <form class="form" method="post" action="/bucket-keys" novalidate>
          <input type="hidden" name="owner" value={owner.id} />
          <TextField
            name="name"
            label="What it is for"
            value={typed.name}
            maxlength={NAME_MAX}
            required
            errors={errors}
            hint="Like “backup of my laptop”. A key for each program is easy to take back."
          />
          <SelectField
            name="access"
            label="What it may do"
            value={typed.access}
            options={Object.entries(ACCESS_WORDS)}
            errors={errors}
          />
          <FieldSet name="buckets" legend="In which buckets" errors={errors}>
            <CheckField
              name="all"
              label={`All of ${owner.name}’s, new ones too`}
              checked={typed.all}
              errors={errors}
              {...(buckets.length === 0 ? {} : { hint: "Or take this off, and choose:" })}
            />
            {buckets.map(({ id, name }) => (
              <CheckField
                name={`bucket.${id}`}
                label={name}
                checked={typed.buckets.includes(id)}
                errors={errors}
              />
            ))}
          </FieldSet>
          <p class="buttons">
            <button type="submit">Make it</button>
            <a class="button quiet" href="/buckets">
              Cancel
            </a>
          </p>
        </form>
      </>,
    );
  };

  app.get("/bucket-keys/new", (context) => {
    const owner = chosenOwner(services, context, context.req.query("owner") ?? "");
    const wanted = context.req.query("bucket");
    const buckets = inUse(services, owner).filter(({ id }) => id === wanted);
    return form(context, owner, {
      name: "",
      access: "write",
      all: buckets.length === 0,
      buckets: buckets.map(({ id }) => id),
    });
  });

  app.post("/bucket-keys", async (context) => {
    const fields = await context.req.parseBody();
    const text = (name: string) => (typeof fields[name] === "string" ? fields[name].trim() : "");
    const owner = chosenOwner(services, context, text("owner"));
    const typed: KeyForm = {
      name: text("name").slice(0, NAME_MAX + 1),
      access: text("access") === "read" ? "read" : "write",
      all: fields["all"] === "yes",
      buckets: inUse(services, owner).flatMap(({ id }) =>
        fields[`bucket.${id}`] === "yes" ? id : [],
      ),
    };
    const name = lineField.min(1).safeParse(typed.name);
    const wrong: FormError[] = [];
    if (!name.success) wrong.push({ field: "name", message: "Say in one line what it is for." });
    if (!typed.all && typed.buckets.length === 0)
      wrong.push({ field: "buckets", message: "Tick the buckets that it is for." });
    if (wrong.length > 0 || !name.success)
      return form(context, owner, typed, new FormErrors(wrong), 400);
    const id = newKeyId(services.now());
    const input = {
      id,
      owner: owner.id,
      name: name.data,
      access: typed.access,
      buckets: typed.all ? null : typed.buckets,
    };
    try {
      const given = await giveKey(context, services, id, (state, decided) =>
        createKey(state, decided, input),
      );
      return await show(
        context,
        site,
        { title: "Your new key", section: "buckets", back: BACK },
        <GivenKeyPage services={services} given={given} />,
      );
    } catch (error) {
      if (!(error instanceof Refusal) || error.code === "not_found") throw error;
      const remedy =
        error.code === "quota_exceeded"
          ? moreOf(owner, "bucketKeys", quotaOf(rules, owner).bucketKeys + 1, "Ask for more keys")
          : undefined;
      const errors = errorsOf(error, { name: "name" }, remedy);
      return form(context, owner, typed, errors, statusOf(error));
    }
  });

  return app;
}

function inUse({ ledger }: PageServices, owner: Owner) {
  return bucketsOf(ledger.state, owner.id)
    .filter(({ deleting }) => deleting === undefined)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
