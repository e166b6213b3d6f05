import type { Hono } from "hono";
import { deleteBucket, restoreBucket } from "../../buckets/verbs/buckets.ts";
import type { Bucket } from "../../domain/entities.ts";
import type { PageEnv } from "../visitor.ts";
import { counted } from "../words.ts";
import { settleBucket } from "./bucket-act.ts";
import { bucketFor, viewsOf } from "./bucket-view.ts";
import type { PageServices } from "./services.ts";
import { deletions } from "./thing-delete.tsx";

/** `/buckets/{id}/delete` and `/restore`: takes a bucket out of use, and has it back. */
export function deleteBuckets(services: PageServices): Hono<PageEnv> {
  return deletions<Bucket>(services, {
    of: "buckets",
    find: (context) => bucketFor(services, context, "bucket.write"),
    remove: async (context, id, name) =>
      (
        await settleBucket(context, services, id, (state, decided) =>
          deleteBucket(state, decided, { id, name }),
        )
      ).bucket,
    restore: async (context, id) =>
      (
        await settleBucket(context, services, id, (state, decided) =>
          restoreBucket(state, decided, { id }),
        )
      ).bucket,
    means: async (bucket, kept) => {
      const [view] = await viewsOf(services, [bucket]);
      const count = view?.usage?.objects ?? 0;
      return (
        <>
          <li>
            At once nobody can read or write it any more, with any key
            {bucket.publicRead ? " or without one" : ""}.
          </li>
          <li>
            {count === 0 ? "What is in it" : `What is in it, some ${counted(count, "object")},`} is
            kept until {kept}. Until then you can have it back.
          </li>
          <li>Then it is deleted for good. It counts as one of your buckets until then.</li>
        </>
      );
    },
    words: { gone: "out of use", back: "back" },
  });
}
