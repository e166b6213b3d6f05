import { requireBuckets } from "../../api/modules.ts";
import { bucketStanding, keyStanding } from "../../api/standing.ts";
import { adoptableBuckets, lookAtBucket } from "../../buckets/adoption.ts";
import type { Bucket, BucketKey } from "../../domain/entities.ts";
import { expiryInWords } from "../pages/bucket.tsx";
import { restoreBucket } from "../../buckets/verbs/buckets.ts";
import type { Decide } from "../../store/ledger.ts";
import { settleBucket } from "../pages/bucket-act.ts";
import { ACCESS_WORDS, bucketsInWords } from "../pages/bucket-key-table.tsx";
import { viewsOf } from "../pages/bucket-view.ts";
import { exactly } from "../parts/time.tsx";
import { Held } from "../pages/buckets.tsx";
import { counted, size } from "../words.ts";
import type { AdoptionFace, Looked } from "./adoption.ts";
import type { ModuleFace, ThingKind } from "./module-face.ts";

const BUCKET: ThingKind<Bucket> = {
  kind: "bucket",
  words: ["bucket", "buckets"],
  all: ({ buckets }) => buckets,
  standing: bucketStanding,
  href: ({ id }) => `/buckets/${id}`,
  until: ({ deleting }) => deleting?.until,
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

const adoption: AdoptionFace = {
  action: "bucket.adopt",
  lead: "What was at the storage before the console can become somebody's bucket, with all that is in it.",
  counted: [
    ["buckets", "buckets"],
    ["bucketGigabytes", "gigabytes set aside"],
  ],
  asksGigabytes: true,
  candidates: async (services) => {
    const found = await adoptableBuckets(requireBuckets(services), services.ledger.state);
    const told = [...found].map(([name, { created, bytes, objects }]): [string, string] => [
      name,
      `${size(bytes)} in ${counted(objects, "object")}, made ${exactly(new Date(created))}`,
    ]);
    return new Map(told);
  },
  look: async (services, asked): Promise<Looked<Bucket>> => {
    const looked = await lookAtBucket(
      requireBuckets(services),
      services.ledger.state,
      asked,
      services.now(),
    );
    return {
      decide: looked.decide,
      told: (bucket, after) => ({
        facts: [
          ["Made", exactly(new Date(looked.found.created))],
          ["Read by", bucket.publicRead ? "everyone" : "keys alone"],
          ["Objects are deleted", expiryInWords(bucket.expireDays)],
          ["May hold", `${bucket.gigabytes} GB`],
        ],
        changes: looked.steps(bucket, after),
        notes: [],
      }),
      settle: async (context) => {
        const { id, decide } = looked;
        const { bucket, outcome } = await settleBucket(context, services, id, decide);
        return { thing: bucket, outcome };
      },
    };
  },
};

/** Buckets and keys, as the admins' pages speak of them. */
export const buckets: ModuleFace = {
  name: "buckets",
  title: "Buckets",
  path: "/admin/buckets",
  kinds: [BUCKET, KEY],
  together: ["bucket or key", "buckets and keys"],
  handedOn: ["POST /buckets/ID/restore", "tardis-console buckets restore ID --owner NAME"],
  handOn: async (context, services, id, owner) => {
    const decide: Decide<Bucket> = (state, decided) => restoreBucket(state, decided, { id, owner });
    return (await settleBucket(context, services, id, decide)).bucket;
  },
  adoption,
  running: ({ buckets: module }) =>
    module === undefined
      ? undefined
      : { system: module.system, standings: module.standings, where: module.storage.name },
};
