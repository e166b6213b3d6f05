import { createRoute, z } from "@hono/zod-openapi";
import { adoptableBuckets, lookAtBucket } from "../buckets/adoption.ts";
import type { Bucket } from "../domain/entities.ts";
import { authorise } from "../domain/policy.ts";
import type { State } from "../domain/state.ts";
import { asSeen, seenField, seenOf, seenShown } from "./adoption.ts";
import { answerOfRepeat, change, changeHeaders, changeQuery, dryRunSchemaOf } from "./change.ts";
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
    seen: seenShown,
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
        seen: seenField,
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
      const repeated = await answerOfRepeat<z.infer<typeof adoptedSchema>>(context, services);
      if (repeated !== undefined) return context.json(repeated, 201);
      const { seen, ...asked } = context.req.valid("json");
      const looked = await lookAtBucket(module, ledger.state, asked, now());
      const { id, found, decide, steps } = looked;
      const told = (bucket: Bucket, state: State) => {
        const { publicRead, expireDays, gigabytes } = bucket;
        return { publicRead, expireDays, gigabytes, steps: [...steps(bucket, state)] };
      };
      const seenNow = (bucket: Bucket, state: State) =>
        seenOf(state, bucket, [found.created, told(bucket, state)]);
      const commit = () =>
        change(context, services, {
          status: 201,
          decide: asSeen(decide, seen, seenNow),
          show: (bucket: Bucket, state: State) => {
            const { revision, owner, name } = bucket;
            const shown = { ...told(bucket, state), seen: seenNow(bucket, state) };
            return { id, revision, owner, name, ...shown };
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
