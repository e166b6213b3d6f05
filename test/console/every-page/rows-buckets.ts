import type { Mounted } from "./mounted.ts";
import { admin, BOTH, NOTHING_THERE, done, list, row, type Row } from "./row.ts";

const bucket = { of: "bucket", whose: BOTH, may: "its own and admins" } as const;
const key = { of: "bucketKey", whose: BOTH, may: "its own and admins" } as const;
/** An admin makes nothing for another here. */
const owner = { of: "owner", whose: BOTH, may: "its own" } as const;

/** Every page and form on buckets. */
export const BUCKET_ROWS: Readonly<Record<Mounted, Row>> = {
  "GET /buckets": list,
  "GET /buckets/new": row({ ...owner, query: { owner: "{owner}" } }),
  "POST /buckets": row({
    ...owner,
    form: { owner: "{owner}", name: "{name}", gigabytes: "1" },
    ...done,
  }),
  "GET /buckets/:id": row(bucket),
  "GET /buckets/:id/edit": row(bucket),
  "POST /buckets/:id": row({
    ...bucket,
    form: { gigabytes: "2", expireDays: "9", publicRead: "yes", was: "false never 1" },
    ...done,
  }),
  "GET /buckets/:id/delete": row(bucket),
  "POST /buckets/:id/delete": row({ ...bucket, form: { name: "{called}" }, ...done }),
  "POST /buckets/:id/restore": row({ ...bucket, of: "closedBucket", ...done }),
  "GET /bucket-keys/new": row({ ...owner, query: { owner: "{owner}" } }),
  "POST /bucket-keys": row({
    ...owner,
    form: { owner: "{owner}", name: "{name}", access: "write", all: "yes" },
  }),
  "GET /bucket-keys/:id/rotate": row(key),
  "POST /bucket-keys/:id/rotate": row({ ...key }),
  "GET /bucket-keys/:id/revoke": row(key),
  "POST /bucket-keys/:id/revoke": row({ ...key, ...done }),
  "GET /admin/buckets": admin(),
  "GET /admin/buckets/:id/hand-on": admin("leftBucket"),
  "POST /admin/buckets/:id/hand-on": admin("leftBucket", { form: { owner: "games" }, ...done }),
  "GET /admin/buckets/adopt": admin(),
  "POST /admin/buckets/adopt": admin("none", NOTHING_THERE),
  "POST /admin/buckets/adopt/preview": admin("none", NOTHING_THERE),
};
