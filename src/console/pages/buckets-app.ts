import { Hono } from "hono";
import type { PageEnv } from "../visitor.ts";
import { bucketPage } from "./bucket.tsx";
import { deleteBuckets } from "./bucket-delete.tsx";
import { editBucket } from "./bucket-edit.tsx";
import { newBucketKey } from "./bucket-key-new.tsx";
import { bucketKeys } from "./bucket-keys.tsx";
import { newBucket } from "./bucket-new.tsx";
import { buckets } from "./buckets.tsx";
import type { PageServices } from "./services.ts";

/** Every page on buckets; none where there are none. */
export function bucketPages(services: PageServices): Hono<PageEnv> {
  const app = new Hono<PageEnv>();
  if (!services.site.modules.has("buckets")) return app;
  return app
    .route("/", buckets(services))
    .route("/", newBucket(services))
    .route("/", editBucket(services))
    .route("/", deleteBuckets(services))
    .route("/", bucketPage(services))
    .route("/", newBucketKey(services))
    .route("/", bucketKeys(services));
}
