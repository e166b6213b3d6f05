import { createRoute, z } from "@hono/zod-openapi";
import { planBucket } from "../buckets/bucket-kind.ts";
import type { StoredBucket } from "../buckets/storage.ts";
import { adoptBucket } from "../buckets/verbs/buckets.ts";
import type { Bucket } from "../domain/entities.ts";
import { authorise } from "../domain/policy.ts";
import { Refusal } from "../errors.ts";
import { Trouble } from "../reconcile/trouble.ts";
import { newId } from "../store/ledger.ts";
import { change, changeHeaders, changeQuery, dryRunSchemaOf } from "./change.ts";
import { body, json, resource, security } from "./contract.ts";
import type { Services } from "./services.ts";
import { listQuery, pageSchemaOf, paginate } from "./list.ts";
import { requireBuckets } from "./modules.ts";
import { changeProblems, readProblems } from "./problem.ts";

const foundSchema = z
  .object({
    name: z.string(),
    createdAt: z.string(),
    bytes: z.number(),
    objects: z.number(),
  })
  .openapi("AdoptableBucket");
const adoptedSchema = z
  .object({
    id: z.string(),
    revision: z.number().int(),
    owner: z.string(),
    name: z.string(),
    publicRead: z.boolean(),
    expireDays: z.number().int().nullable(),
    gigabytes: z.number().int(),
    steps: z.array(z.string()).openapi({
      description: "What is done to the bucket so that it is as the console has it.",
    }),
  })
  .openapi("AdoptedBucket");

const tags = ["buckets"];
const list = createRoute({
  method: "get",
  path: "/buckets/adoptable",
  summary: "Buckets at the storage that the console has not made (admins)",
  tags,
  security,
  request: { query: listQuery },
  responses: { 200: json(pageSchemaOf(foundSchema), "One page."), ...readProblems },
});
const adopt = createRoute({
  method: "post",
  path: "/buckets/adopt",
  summary:
    "Take over a bucket that was there before; with `dryRun`, see first what it does (admins)",
  tags,
  security,
  parameters: changeHeaders,
  request: {
    query: changeQuery,
    body: body(
      z.strictObject({
        name: z.string().max(63),
        owner: z.string().max(100),
        gigabytes: z.number().int().min(1).max(1_000_000).optional(),
      }),
    ),
  },
  responses: {
    201: json(adoptedSchema, "The bucket."),
    200: json(dryRunSchemaOf(adoptedSchema), "What would happen (`dryRun`)."),
    ...changeProblems,
  },
});

const GIGABYTE = 1_000_000_000;

/** `/buckets/adopt` and `/buckets/adoptable`. */
export function bucketAdoption(services: Services) {
  const { ledger, now } = services;
  const view = (bucket: Bucket, stored: StoredBucket) => {
    const plan = planBucket(bucket, false, stored, now());
    // Its mark is what makes the rest of the plan the console's business.
    const rest = planBucket(bucket, false, { ...stored, mark: bucket.id }, now());
    const steps = [plan, rest].flatMap((one) => ("steps" in one ? one.steps : []));
    const { id, revision, owner, name, publicRead, expireDays, gigabytes } = bucket;
    return {
      id,
      revision,
      owner,
      name,
      publicRead,
      expireDays,
      gigabytes,
      steps: [...new Set(steps.map(({ what }) => what))],
    };
  };
  return resource()
    .openapi(list, async (context) => {
      authorise(ledger.state, context.get("actor"), "bucket.adopt", null, "bucket");
      const module = requireBuckets(services);
      const found = await module.usage();
      if (found === undefined) {
        const why = module.system.away ?? "The storage does not answer.";
        throw new Refusal("unavailable", `${why} Try again later.`, { retryAfter: 10 });
      }
      const names = [...found.keys()].filter((name) => !ledger.state.bucketsByName.has(name));
      const page = paginate("adoptable", context.req.valid("query"), names.toSorted(), (name) => {
        const one = found.get(name);
        if (one === undefined) return undefined;
        return { name, createdAt: one.created, bytes: one.bytes, objects: one.objects };
      });
      return context.json(page, 200);
    })
    .openapi(adopt, async (context) => {
      authorise(ledger.state, context.get("actor"), "bucket.adopt", null, "bucket");
      const module = requireBuckets(services);
      const { name, owner, gigabytes } = context.req.valid("json");
      const stored = await module.system
        .call((signal) => module.storage.bucket(name, signal))
        .catch((error: unknown) => {
          if (!(error instanceof Trouble)) throw error;
          throw new Refusal("unavailable", error.message, { retryAfter: 10 });
        });
      if (stored === undefined) {
        throw new Refusal("not_found", "The storage has no such bucket.", { field: "name" });
      }
      if (stored.mark !== null) {
        throw new Refusal(
          "conflict",
          "It carries a console's mark: take that off first if it is a mistake.",
          { field: "name" },
        );
      }
      const id = newId("bkt", now());
      const kept = stored.quotaBytes === null ? undefined : stored.quotaBytes / GIGABYTE;
      const input = {
        id,
        owner,
        name,
        madeAt: stored.created,
        publicRead: stored.exposure === "read",
        expireDays: typeof stored.expireDays === "number" ? stored.expireDays : null,
        gigabytes: gigabytes ?? Math.ceil(kept ?? module.config.gigabytes),
      };
      const commit = () =>
        change(context, services, {
          status: 201,
          decide: (state, decided) => adoptBucket(state, decided, input),
          show: (bucket) => view(bucket, stored),
        });
      if (context.req.query("dryRun") === "true") {
        const dry = await commit();
        return dry.dry ? context.json(dry.body, 200) : context.json(dry.body, 201);
      }
      const { done } = await module.settleBucket(id, commit);
      return done.dry ? context.json(done.body, 200) : context.json(done.body, 201);
    });
}
