import { Hono, type Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { createBucket } from "../../buckets/verbs/buckets.ts";
import type { Owner } from "../../domain/entities.ts";
import { quotaOf } from "../../domain/rules.ts";
import { bucketsOf } from "../../domain/state.ts";
import { Refusal } from "../../errors.ts";
import { fieldsOf } from "../act.ts";
import { leaveFlash } from "../flash.ts";
import { errorsOf, noErrors, statusOf, type Remedy } from "../forms.ts";
import { show } from "../layout.tsx";
import { ErrorSummary } from "../parts/error-summary.tsx";
import { TextField } from "../parts/fields.tsx";
import { OwnerChoice } from "../parts/owner-choice.tsx";
import type { PageEnv } from "../visitor.ts";
import { chosenOwner } from "./chosen-owner.ts";
import { newBucketId, settleBucket } from "./bucket-act.ts";
import {
  BUCKET_FIELDS,
  BucketFields,
  readBucketForm,
  settingsIn,
  type BucketForm,
} from "./bucket-form.tsx";
import { ownersFor } from "./picture.ts";
import { moreOf } from "./remedy.ts";
import type { PageServices } from "./services.ts";

interface NewBucketForm extends BucketForm {
  readonly name: string;
}

/** `/buckets/new`: makes a bucket. */
export function newBucket(services: PageServices): Hono<PageEnv> {
  const { ledger, site, rules } = services;
  const app = new Hono<PageEnv>();

  const form = (
    context: Context<PageEnv>,
    owner: Owner,
    typed: NewBucketForm,
    errors = noErrors,
    status: ContentfulStatusCode = 200,
  ) => {
    const owners = ownersFor(ledger.state, context.get("visitor").person);
    return show(
      context,
      site,
      {
        title: "Make a bucket",
        section: "buckets",
        back: { href: "/buckets", label: "Buckets" },
        status,
      },
      <>
        <OwnerChoice
          owners={owners}
          current={owner}
          hrefFor={({ id }) => `/buckets/new?owner=${id}`}
        />
        <ErrorSummary errors={errors} />
        <form class="form" method="post" action="/buckets" novalidate>
          <input type="hidden" name="owner" value={owner.id} />
          <TextField
            name="name"
            label="Name"
            before={`${owner.name}.`}
            value={typed.name}
            maxlength={63}
            required
            errors={errors}
            hint="Small letters, digits and hyphens. It stays: a bucket cannot be called otherwise later."
          />
          <BucketFields form={typed} errors={errors} left={leftOf(services, owner)} />
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

  app.get("/buckets/new", (context) => {
    const owner = chosenOwner(services, context, context.req.query("owner") ?? "");
    const left = leftOf(services, owner);
    const usual = Math.max(1, Math.min(rules.buckets.gigabytes, left));
    const typed = { name: "", publicRead: false, expireDays: "", gigabytes: String(usual) };
    return form(context, owner, typed);
  });

  app.post("/buckets", async (context) => {
    const field = await fieldsOf(context);
    const owner = chosenOwner(services, context, field("owner"));
    const typed = { ...readBucketForm(field), name: field("name").trim().slice(0, 100) };
    const asked = settingsIn(typed);
    if ("errors" in asked) return form(context, owner, typed, asked.errors, 400);
    const id = newBucketId(services.now());
    const input = { id, owner: owner.id, name: typed.name, ...asked.settings };
    try {
      const { bucket, outcome } = await settleBucket(context, services, id, (state, decided) =>
        createBucket(state, decided, input),
      );
      const isReady = outcome?.state === "ready";
      const text = isReady
        ? `${bucket.name} is ready. A key lets a program use it.`
        : `${bucket.name} is stored, and is made as soon as that can be.`;
      leaveFlash(context, site, { tone: "good", text });
      return context.redirect(`/buckets/${id}`, 303);
    } catch (error) {
      if (!(error instanceof Refusal) || error.code === "not_found") throw error;
      const remedy = roomFor(services, owner, asked.settings.gigabytes, error);
      const errors = errorsOf(error, BUCKET_FIELDS, remedy);
      return form(context, owner, typed, errors, statusOf(error));
    }
  });

  return app;
}

/** Gigabytes that an owner has not set aside yet. */
export function leftOf(
  { ledger, rules }: Pick<PageServices, "ledger" | "rules">,
  owner: Owner,
  except?: string,
): number {
  const others = bucketsOf(ledger.state, owner.id).filter(({ id }) => id !== except);
  const used = others.reduce((sum, { gigabytes }) => sum + gigabytes, 0);
  return Math.max(0, quotaOf(rules, owner).bucketGigabytes - used);
}

/** The request for more room, where there is none. */
export function roomFor(
  services: Pick<PageServices, "ledger" | "rules">,
  owner: Owner,
  gigabytes: number,
  { code, field }: Refusal,
  except?: string,
): Remedy | undefined {
  if (code !== "quota_exceeded") return undefined;
  const limits = quotaOf(services.rules, owner);
  if (field === "gigabytes") {
    const more = gigabytes - leftOf(services, owner, except);
    return moreOf(
      owner,
      "bucketGigabytes",
      limits.bucketGigabytes + Math.max(1, more),
      "Ask for more room",
    );
  }
  return moreOf(owner, "buckets", limits.buckets + 1, "Ask for more buckets");
}
