import { Hono, type Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { updateBucket } from "../../buckets/verbs/buckets.ts";
import type { Bucket } from "../../domain/entities.ts";
import { Refusal } from "../../errors.ts";
import { fieldsOf } from "../act.ts";
import { leaveFlash } from "../flash.ts";
import { errorsOf, noErrors, statusOf } from "../forms.ts";
import { show } from "../layout.tsx";
import { ErrorSummary } from "../parts/error-summary.tsx";
import { LostUpdate } from "../parts/lost-update.tsx";
import type { PageEnv } from "../visitor.ts";
import { settleBucket } from "./bucket-act.ts";
import {
  BUCKET_FIELDS,
  BucketFields,
  differing,
  formOf,
  readBucketForm,
  settingsIn,
  type BucketForm,
} from "./bucket-form.tsx";
import { leftOf, roomFor } from "./bucket-new.tsx";
import { bucketFor } from "./bucket-view.ts";
import type { PageServices } from "./services.ts";
import { whoChanged } from "./who-changed.ts";

/** No bucket's revision. */
const NEVER = -1;

/** `/buckets/{id}/edit`: changes how a bucket is used. */
export function editBucket(services: PageServices): Hono<PageEnv> {
  const { ledger, site } = services;
  const app = new Hono<PageEnv>();

  const page = (
    context: Context<PageEnv>,
    bucket: Bucket,
    { typed = formOf(bucket), errors = noErrors, status = 200, by }: Partial<Shown> = {},
  ) => {
    const owner = ledger.state.owners.get(bucket.owner);
    const at = `/buckets/${bucket.id}`;
    return show(
      context,
      site,
      {
        title: `Change ${bucket.name}`,
        section: "buckets",
        back: { href: at, label: bucket.name },
        status,
      },
      <>
        {by === undefined ? null : (
          <LostUpdate by={by} differing={differing(formOf(bucket), typed)} />
        )}
        <ErrorSummary errors={errors} />
        <form class="form" method="post" action={at} novalidate>
          <input type="hidden" name="was" value={markOfSettings(bucket)} />
          <BucketFields
            form={typed}
            errors={errors}
            left={owner === undefined ? 0 : leftOf(services, owner, bucket.id)}
          />
          <p class="buttons">
            <button type="submit">{by === undefined ? "Save" : "Save mine over it"}</button>
            <a class="button quiet" href={at}>
              Cancel
            </a>
          </p>
        </form>
      </>,
    );
  };

  app.get("/buckets/:id/edit", (context) =>
    page(context, bucketFor(services, context, "bucket.write")),
  );

  app.post("/buckets/:id", async (context) => {
    const { id, owner: ownerId } = bucketFor(services, context, "bucket.write");
    const field = await fieldsOf(context);
    const was = field("was");
    const typed = readBucketForm(field);
    const asked = settingsIn(typed);
    const now = () => bucketFor(services, context, "bucket.write");
    if ("errors" in asked)
      return page(context, now(), { typed, errors: asked.errors, status: 400 });
    try {
      const { bucket, outcome } = await settleBucket(context, services, id, (state, decided) => {
        const before = state.buckets.get(id);
        // What the storage's answers have written down meanwhile is nobody's change of the settings.
        const isSame = before !== undefined && markOfSettings(before) === was;
        const ifMatch = isSame ? before.revision : NEVER;
        return updateBucket(state, decided, { id, ...asked.settings, ifMatch });
      });
      const isDone = outcome?.state === "ready";
      const text = `${bucket.name} was changed${isDone ? "" : ", which is done as soon as that can be"}.`;
      leaveFlash(context, site, { tone: "good", text });
      return context.redirect(`/buckets/${id}`, 303);
    } catch (error) {
      if (!(error instanceof Refusal) || error.code === "not_found") throw error;
      if (error.code === "stale") {
        const bucket = now();
        const by = await whoChanged(services, context.get("visitor").actor, bucket.revision);
        return page(context, bucket, { typed, status: statusOf(error), by });
      }
      const owner = ledger.state.owners.get(ownerId);
      const remedy =
        owner === undefined
          ? undefined
          : roomFor(services, owner, asked.settings.gigabytes, error, id);
      const errors = errorsOf(error, BUCKET_FIELDS, remedy);
      return page(context, now(), { typed, errors, status: statusOf(error) });
    }
  });

  return app;
}

interface Shown {
  readonly typed: BucketForm;
  readonly errors: typeof noErrors;
  readonly status: ContentfulStatusCode;
  /** Who has changed it meanwhile. */
  readonly by: string;
}

/** The settings that a form was made of, to be sent along with it. */
function markOfSettings({ publicRead, expireDays, gigabytes }: Bucket): string {
  return [publicRead, expireDays ?? "never", gigabytes].join(" ");
}
