import { Hono, type Context } from "hono";
import { deleteBucket, restoreBucket } from "../../buckets/verbs/buckets.ts";
import type { Bucket } from "../../domain/entities.ts";
import { grace } from "../../domain/decision.ts";
import { Refusal } from "../../errors.ts";
import { counted } from "../words.ts";
import { doing, fieldsOf } from "../act.ts";
import { leaveFlash } from "../flash.ts";
import { errorsOf, noErrors, statusOf } from "../forms.ts";
import { show } from "../layout.tsx";
import { ErrorSummary } from "../parts/error-summary.tsx";
import { exactly } from "../parts/time.tsx";
import { TypedName } from "../parts/typed-name.tsx";
import type { PageEnv } from "../visitor.ts";
import { settleBucket } from "./bucket-act.ts";
import { bucketFor, viewsOf } from "./bucket-view.ts";
import type { PageServices } from "./services.ts";

/** `/buckets/{id}/delete` and `/restore`: takes a bucket out of use, and has it back. */
export function deleteBuckets(services: PageServices): Hono<PageEnv> {
  const { site, rules } = services;
  const app = new Hono<PageEnv>();

  const page = async (
    context: Context<PageEnv>,
    bucket: Bucket,
    { typed = "", refusal }: { typed?: string; refusal?: Refusal } = {},
  ) => {
    const at = `/buckets/${bucket.id}`;
    const [view] = await viewsOf(services, [bucket]);
    const count = view?.usage?.objects;
    const errors = refusal === undefined ? noErrors : errorsOf(refusal, { name: "name" });
    const { until } = grace({ now: site.now(), rules }, "buckets");
    return show(
      context,
      site,
      {
        title: `Delete ${bucket.name}?`,
        section: "buckets",
        back: { href: at, label: bucket.name },
        status: refusal === undefined ? 200 : statusOf(refusal),
      },
      <>
        <ErrorSummary errors={errors} />
        <TypedName
          name={bucket.name}
          typed={typed}
          errors={errors}
          action={`${at}/delete`}
          cancel={at}
        >
          <ul>
            <li>
              At once nobody can read or write it any more, with any key
              {bucket.publicRead ? " or without one" : ""}.
            </li>
            <li>
              {count === undefined || count === 0
                ? "What is in it"
                : `What is in it, some ${counted(count, "object")},`}{" "}
              is kept until {exactly(new Date(until))}. Until then you can have it back.
            </li>
            <li>Then it is deleted for good. It counts as one of your buckets until then.</li>
          </ul>
        </TypedName>
      </>,
    );
  };

  app.get("/buckets/:id/delete", (context) =>
    page(context, bucketFor(services, context, "bucket.write")),
  );

  app.post("/buckets/:id/delete", async (context) => {
    const { id } = bucketFor(services, context, "bucket.write");
    const typed = (await fieldsOf(context))("name").trim().slice(0, 200);
    try {
      const { bucket } = await settleBucket(context, services, id, (state, decided) =>
        deleteBucket(state, decided, { id, name: typed }),
      );
      leaveFlash(context, site, {
        tone: "good",
        text: `${bucket.name} is out of use, and deleted on ${exactly(new Date(bucket.deleting?.until ?? 0))}.`,
        undo: { action: `/buckets/${id}/restore`, label: "Undo" },
      });
      return context.redirect("/buckets", 303);
    } catch (error) {
      if (!(error instanceof Refusal) || error.code === "not_found") throw error;
      const bucket = bucketFor(services, context, "bucket.write");
      return page(context, bucket, { typed, refusal: error });
    }
  });

  app.post("/buckets/:id/restore", (context) => {
    const { id } = bucketFor(services, context, "bucket.write");
    return doing(context, services, `/buckets/${id}`, async () => {
      const { bucket } = await settleBucket(context, services, id, (state, decided) =>
        restoreBucket(state, decided, { id }),
      );
      return `${bucket.name} is back, with all that was in it.`;
    });
  });

  return app;
}
