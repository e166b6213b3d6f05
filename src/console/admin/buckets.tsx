import { bucketStanding, keyStanding } from "../../api/standing.ts";
import type { Bucket, BucketKey } from "../../domain/entities.ts";
import { ACCESS_WORDS, bucketsInWords } from "../pages/bucket-key-table.tsx";
import { viewsOf } from "../pages/bucket-view.ts";
import { Held } from "../pages/buckets.tsx";
import type { ModuleFace, ThingKind } from "./module-face.ts";

const BUCKET: ThingKind<Bucket> = {
  kind: "bucket",
  words: ["bucket", "buckets"],
  all: ({ buckets }) => buckets,
  standing: bucketStanding,
  href: ({ id }) => `/buckets/${id}`,
  told: async (services, buckets) =>
    (await viewsOf(services, buckets)).map((view) => <Held view={view} />),
};

const KEY: ThingKind<BucketKey> = {
  kind: "bucketKey",
  words: ["key", "keys"],
  all: ({ bucketKeys }) => bucketKeys,
  standing: keyStanding,
  told: async ({ ledger: { state } }, keys) =>
    keys.map((key) => `${ACCESS_WORDS[key.access]}: ${bucketsInWords(state, key)}`),
};

/** Buckets and keys, as the admins' pages speak of them. */
export const buckets: ModuleFace = {
  name: "buckets",
  title: "Buckets",
  path: "/admin/buckets",
  kinds: [BUCKET, KEY],
  together: ["bucket or key", "buckets and keys"],
  handedOn: ["POST /buckets/ID/restore", "tardis-console buckets restore ID --owner NAME"],
  running: ({ buckets: module }) =>
    module === undefined
      ? undefined
      : { system: module.system, standings: module.standings, where: module.storage.name },
};
