import { createRoute, z } from "@hono/zod-openapi";
import { adoptableBuckets, lookAtBucket } from "../buckets/adoption.ts";
import { authorise } from "../domain/policy.ts";
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

/** `/buckets/adopt` and `/buckets/adoptable`. */
export function bucketAdoption(services: Services) {
  const { ledger, now } = services;
  return resource()
    .openapi(list, async (context) => {
      authorise(ledger.state, context.get("actor"), "bucket.adopt", null, "bucket");
      const found = await adoptableBuckets(requireBuckets(services), ledger.state);
      const names = [...found.keys()].toSorted();
      const page = paginate("adoptable", context.req.valid("query"), names, (name) => {
        const one = found.get(name);
        if (one === undefined) return undefined;
        return { name, createdAt: one.created, bytes: one.bytes, objects: one.objects };
      });
      return context.json(page, 200);
    })
    .openapi(adopt, async (context) => {
      authorise(ledger.state, context.get("actor"), "bucket.adopt", null, "bucket");
      const module = requireBuckets(services);
      const { id, decide, steps } = await lookAtBucket(
        module,
        ledger.state,
        context.req.valid("json"),
        now(),
      );
      const commit = () =>
        change(context, services, {
          status: 201,
          decide,
          show: (bucket, state) => {
            const { revision, owner, name, publicRead, expireDays, gigabytes } = bucket;
            const settings = { publicRead, expireDays, gigabytes };
            return { id, revision, owner, name, ...settings, steps: [...steps(bucket, state)] };
          },
        });
      if (context.req.query("dryRun") === "true") {
        const dry = await commit();
        return dry.dry ? context.json(dry.body, 200) : context.json(dry.body, 201);
      }
      const { done } = await module.settleBucket(id, commit);
      return done.dry ? context.json(done.body, 200) : context.json(done.body, 201);
    });
}
