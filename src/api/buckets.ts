import { createRoute, z } from "@hono/zod-openapi";
import type { BucketUsage } from "../buckets/storage.ts";
import {
  createBucket,
  deleteBucket,
  restoreBucket,
  updateBucket,
} from "../buckets/verbs/buckets.ts";
import type { Bucket } from "../domain/entities.ts";
import { authorise } from "../domain/policy.ts";
import type { State } from "../domain/state.ts";
import { Refusal } from "../errors.ts";
import { newId } from "../store/ledger.ts";
import {
  changeHeaders,
  changeQuery,
  conditionalHeaders,
  dryRunSchemaOf,
  type Plan,
} from "./change.ts";
import { ifMatch } from "./conditional.ts";
import { body, idParams, json, resource, security } from "./contract.ts";
import type { ApiContext } from "./deps.ts";
import type { Services } from "./services.ts";
import {
  listQuery,
  ownerFilter,
  pageSchemaOf,
  paginate,
  requireReading,
  visibleKeys,
} from "./list.ts";
import { requireBuckets } from "./modules.ts";
import { changeProblems, readProblems } from "./problem.ts";
import { nameOf } from "./routing.ts";
import { settled, standingsOf, type Beside } from "./settled.ts";
import { bucketStanding, standingSchema } from "./standing.ts";

const bucketSchema = z
  .object({
    id: z.string(),
    revision: z.number().int(),
    createdAt: z.string(),
    owner: z.string(),
    ownerName: z.string().nullable().openapi({ description: "Null once the owner has left." }),
    name: z.string().openapi({ example: "alice.photos" }),
    publicRead: z.boolean(),
    expireDays: z.number().int().nullable(),
    gigabytes: z.number().int(),
    deletingUntil: z
      .string()
      .nullable()
      .openapi({ description: "Until when its deletion can be undone." }),
    url: z
      .string()
      .openapi({ description: "Where its objects are; with publicRead, for everyone." }),
    standing: standingSchema,
    usage: z
      .object({ bytes: z.number(), objects: z.number() })
      .nullable()
      .openapi({ description: "As the storage counted it last; null: not known." }),
  })
  .openapi("Bucket");
const dryBucket = json(dryRunSchemaOf(bucketSchema), "What would happen (`dryRun`).");
const changedBucket = json(
  z.union([bucketSchema, dryRunSchemaOf(bucketSchema)]),
  "The bucket; with `dryRun`, what would happen.",
);
const settings = {
  publicRead: z.boolean().optional().openapi({
    description: "Everyone may read objects whose names they know. Nobody may list them.",
  }),
  expireDays: z.number().int().min(1).max(3650).nullable().optional().openapi({
    description: "Days after which objects are deleted; null: never.",
  }),
  gigabytes: z.number().int().min(1).max(1_000_000).optional().openapi({
    description: "What it may hold, about: the storage counts now and then.",
  }),
};

const tags = ["buckets"];
const list = createRoute({
  method: "get",
  path: "/buckets",
  summary: "Buckets: all for an admin, else one's own and one's groups'",
  tags,
  security,
  request: { query: listQuery.extend({ owner: ownerFilter }) },
  responses: { 200: json(pageSchemaOf(bucketSchema), "One page."), ...readProblems },
});
const read = createRoute({
  method: "get",
  path: "/buckets/{id}",
  summary: "One bucket, and how it stands",
  tags,
  security,
  request: { params: idParams },
  responses: { 200: json(bucketSchema, "The bucket."), ...readProblems },
});
const create = createRoute({
  method: "post",
  path: "/buckets",
  summary: "Make a bucket",
  tags,
  security,
  parameters: changeHeaders,
  request: {
    query: changeQuery,
    body: body(
      z.strictObject({
        owner: z.string().max(100).optional().openapi({
          description: "An id or a name; the token's owner by itself.",
        }),
        name: z.string().max(100).openapi({
          description: "Without the owner's name, which is put before it.",
          example: "photos",
        }),
        ...settings,
      }),
    ),
  },
  responses: { 201: json(bucketSchema, "The bucket."), 200: dryBucket, ...changeProblems },
});
const update = createRoute({
  method: "patch",
  path: "/buckets/{id}",
  summary: "Change how a bucket is used",
  tags,
  security,
  parameters: conditionalHeaders,
  request: { params: idParams, query: changeQuery, body: body(z.strictObject(settings)) },
  responses: { 200: changedBucket, ...changeProblems },
});
const remove = createRoute({
  method: "delete",
  path: "/buckets/{id}",
  summary: "Take a bucket out of use; it is deleted with all that is in it after some days",
  tags,
  security,
  parameters: conditionalHeaders,
  request: {
    params: idParams,
    query: changeQuery.extend({
      name: z.string().max(100).openapi({ description: "Its whole name, to be sure." }),
    }),
  },
  responses: { 200: changedBucket, ...changeProblems },
});
const restore = createRoute({
  method: "post",
  path: "/buckets/{id}/restore",
  summary: "Undo a bucket's deletion, while there is time",
  tags,
  security,
  parameters: conditionalHeaders,
  request: {
    params: idParams,
    query: changeQuery,
    body: body(
      z.strictObject({
        owner: z.string().max(100).optional().openapi({
          description: "Admins. Gives it to another owner, as when its own has left.",
        }),
      }),
    ),
  },
  responses: { 200: changedBucket, ...changeProblems },
});

type View = z.infer<typeof bucketSchema>;

/** `/buckets`. */
export function buckets(services: Services) {
  const { ledger, config } = services;
  const beside = async (ids?: readonly string[]): Promise<Beside<BucketUsage>> => {
    const module = services.modules().buckets;
    const usage = (await module?.usage()) ?? new Map<string, never>();
    return { usage, standings: await standingsOf(module?.standings, "bucket", ids) };
  };
  const view = (bucket: Bucket, state: State, { standings, usage }: Beside<BucketUsage>): View => {
    const { id, name, deleting } = bucket;
    const found = usage.get(name);
    // Another's may be in its place.
    const counted = found?.created === bucket.madeAt ? found : undefined;
    return {
      id,
      revision: bucket.revision,
      createdAt: bucket.createdAt,
      owner: bucket.owner,
      ownerName: nameOf(state, bucket.owner),
      name,
      publicRead: bucket.publicRead,
      expireDays: bucket.expireDays,
      gigabytes: bucket.gigabytes,
      deletingUntil: deleting?.until ?? null,
      url: `${config.buckets.publicUrl}/${name}/`,
      standing: bucketStanding(bucket, standings.get(id)),
      usage: counted === undefined ? null : { bytes: counted.bytes, objects: counted.objects },
    };
  };
  const settle = async (
    context: ApiContext,
    id: string,
    plan: Omit<Plan<Bucket, View>, "show">,
  ) => {
    const module = requireBuckets(services);
    return settled(context, services, plan, {
      settle: (commit) => module.settleBucket(id, commit),
      find: (made) => ledger.state.buckets.get(made),
      view,
      beside,
    });
  };

  return resource()
    .openapi(list, async (context) => {
      const actor = context.get("actor");
      requireReading(actor);
      const query = context.req.valid("query");
      const known = await beside();
      const { state } = ledger;
      const keys = visibleKeys(
        state,
        actor,
        query.owner,
        state.buckets,
        (owner) => state.bucketsByOwner.get(owner) ?? [],
      );
      const page = paginate("buckets", query, keys, (id) => {
        const bucket = state.buckets.get(id);
        return bucket === undefined ? undefined : view(bucket, state, known);
      });
      return context.json(page, 200);
    })
    .openapi(read, async (context) => {
      const { id } = context.req.valid("param");
      const bucket = ledger.state.buckets.get(id);
      authorise(ledger.state, context.get("actor"), "bucket.read", bucket?.owner ?? null, "bucket");
      if (bucket === undefined) throw new Refusal("not_found", "There is no such bucket.");
      return context.json(view(bucket, ledger.state, await beside([id])), 200);
    })
    .openapi(create, async (context) => {
      const given = context.req.valid("json");
      const owner = given.owner ?? context.get("actor").owner ?? "";
      const id = newId("bkt", services.now());
      const done = await settle(context, id, {
        status: 201,
        decide: (state, decided) => createBucket(state, decided, { ...given, id, owner }),
      });
      if (done.dry) return context.json(done.body, 200);
      context.header("Location", `/api/v1/buckets/${done.body.id}`);
      return context.json(done.body, 201);
    })
    .openapi(update, async (context) => {
      const { id } = context.req.valid("param");
      const input = { id, ...context.req.valid("json"), ifMatch: ifMatch(context) };
      const done = await settle(context, id, {
        status: 200,
        decide: (state, decided) => updateBucket(state, decided, input),
      });
      return context.json(done.body, 200);
    })
    .openapi(remove, async (context) => {
      const { id } = context.req.valid("param");
      const { name } = context.req.valid("query");
      const input = { id, name, ifMatch: ifMatch(context) };
      const done = await settle(context, id, {
        status: 200,
        decide: (state, decided) => deleteBucket(state, decided, input),
      });
      return context.json(done.body, 200);
    })
    .openapi(restore, async (context) => {
      const { id } = context.req.valid("param");
      const input = { id, ...context.req.valid("json"), ifMatch: ifMatch(context) };
      const done = await settle(context, id, {
        status: 200,
        decide: (state, decided) => restoreBucket(state, decided, input),
      });
      return context.json(done.body, 200);
    });
}
