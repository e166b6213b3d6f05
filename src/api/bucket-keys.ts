import { createRoute, z } from "@hono/zod-openapi";
import { createKey, revokeKey, rotateKey, type DrawnKey } from "../buckets/verbs/keys.ts";
import { drawKey } from "../buckets/draw.ts";
import { snippets, snippetsFor } from "../buckets/snippets.ts";
import { lineField, type BucketKey } from "../domain/entities.ts";
import { authorise } from "../domain/policy.ts";
import type { State } from "../domain/state.ts";
import { Refusal } from "../errors.ts";
import type { Standing } from "../reconcile/standing.ts";
import { newId, type Decide } from "../store/ledger.ts";
import {
  change,
  changeHeaders,
  changeQuery,
  conditionalHeaders,
  dryRunSchemaOf,
  refuseFirst,
} from "./change.ts";
import { ifMatch } from "./conditional.ts";
import { body, dryRemoval, idParams, json, removed, resource, security } from "./contract.ts";
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
import { standingsOf, takingBack } from "./settled.ts";
import { keyStanding, standingSchema } from "./standing.ts";

const keySchema = z
  .object({
    id: z.string(),
    revision: z.number().int(),
    createdAt: z.string(),
    owner: z.string(),
    ownerName: z.string().nullable(),
    name: z.string(),
    access: z.enum(["read", "write"]),
    buckets: z
      .array(z.string())
      .nullable()
      .openapi({ description: "Ids of the buckets it is for; null: all of the owner's." }),
    accessKey: z.string(),
    standing: standingSchema,
  })
  .openapi("BucketKey");
const newKeySchema = keySchema
  .extend({
    secretKey: z.string().optional().openapi({
      description: "Shown this once. Whoever loses it rotates the key.",
    }),
    snippets: z
      .object({ mc: z.string(), aws: z.string(), rclone: z.string() })
      .optional()
      .openapi({ description: "How clients are set up with it; with the secret, so once, too." }),
  })
  .openapi("NewBucketKey");
const dryKey = json(dryRunSchemaOf(newKeySchema), "What would happen (`dryRun`).");

const tags = ["buckets"];
const list = createRoute({
  method: "get",
  path: "/bucket-keys",
  summary: "Keys to buckets: all for an admin, else one's own and one's groups'",
  tags,
  security,
  request: { query: listQuery.extend({ owner: ownerFilter }) },
  responses: { 200: json(pageSchemaOf(keySchema), "One page."), ...readProblems },
});
const read = createRoute({
  method: "get",
  path: "/bucket-keys/{id}",
  summary: "One key, without its secret",
  tags,
  security,
  request: { params: idParams },
  responses: { 200: json(keySchema, "The key."), ...readProblems },
});
const create = createRoute({
  method: "post",
  path: "/bucket-keys",
  summary: "Make a key; its secret is shown once",
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
        name: lineField.min(1),
        access: z.enum(["read", "write"]),
        buckets: z.array(z.string().max(100)).max(1000).nullable().optional().openapi({
          description: "Ids or names of the owner's buckets; null: all of them, new ones too.",
        }),
      }),
    ),
  },
  responses: {
    201: json(newKeySchema, "The key, with its secret."),
    200: dryKey,
    ...changeProblems,
  },
});
const rotate = createRoute({
  method: "post",
  path: "/bucket-keys/{id}/rotate",
  summary: "Give a key another access key and secret; the old ones end once the new ones work",
  tags,
  security,
  parameters: conditionalHeaders,
  request: { params: idParams, query: changeQuery },
  responses: {
    200: json(
      z.union([newKeySchema, dryRunSchemaOf(newKeySchema)]),
      "The key, with its new secret.",
    ),
    ...changeProblems,
  },
});
const revoke = createRoute({
  method: "delete",
  path: "/bucket-keys/{id}",
  summary: "End a key",
  tags,
  security,
  parameters: conditionalHeaders,
  request: { params: idParams, query: changeQuery },
  responses: { 200: dryRemoval, 204: removed, ...changeProblems },
});

/** `/bucket-keys`. */
export function bucketKeys(services: Services) {
  const { ledger, config } = services;
  const view = (key: BucketKey, state: State, standing: Standing | undefined) => ({
    id: key.id,
    revision: key.revision,
    createdAt: key.createdAt,
    owner: key.owner,
    ownerName: nameOf(state, key.owner),
    name: key.name,
    access: key.access,
    buckets: key.buckets,
    accessKey: key.accessKey,
    standing: keyStanding(key, standing),
  });

  /** Draws a secret, has the storage take it, and only then shows it. */
  async function draw(context: ApiContext, id: string, status: number, decide: Decide<DrawnKey>) {
    const module = requireBuckets(services);
    let secretKey: string | undefined;
    const commit = () =>
      change(context, services, {
        status,
        decide,
        show: (drawn, state): z.infer<typeof newKeySchema> => {
          ({ secretKey } = drawn);
          return view(drawn.key, state, undefined);
        },
      });
    if (context.req.query("dryRun") === "true") return commit();
    // Refused first, where it would be: the storage is asked for nobody who may not.
    await refuseFirst(context, services, decide);
    const drawn = await drawKey({ module, ledger }, id, commit, () => secretKey);
    const { done, given } = drawn;
    if (done.dry) return done;
    if (given === undefined) {
      // A repeat: what it speaks of may have come to nothing, and not be taken away yet.
      const begun = ledger.state.bucketKeys.get(done.body.id);
      if (begun !== undefined && (!begun.issued || begun.next !== undefined))
        throw takingBack("key");
      return done;
    }
    const body = {
      ...view(given.key, ledger.state, given.outcome),
      secretKey: given.secretKey,
      snippets: snippets(snippetsFor(config.buckets, ledger.state, given)),
    };
    return { dry: false as const, body };
  }

  return resource()
    .openapi(list, async (context) => {
      const actor = context.get("actor");
      requireReading(actor);
      const query = context.req.valid("query");
      const standings = await standingsOf(services.modules().buckets?.standings, "bucketKey");
      const { state } = ledger;
      const ids = visibleKeys(
        state,
        actor,
        query.owner,
        state.bucketKeys,
        (owner) => state.bucketKeysByOwner.get(owner) ?? [],
      );
      const page = paginate("bucket-keys", query, ids, (id) => {
        const key = state.bucketKeys.get(id);
        return key === undefined ? undefined : view(key, state, standings.get(id));
      });
      return context.json(page, 200);
    })
    .openapi(read, async (context) => {
      const { id } = context.req.valid("param");
      const key = ledger.state.bucketKeys.get(id);
      authorise(ledger.state, context.get("actor"), "bucketKey.read", key?.owner ?? null, "key");
      if (key === undefined) throw new Refusal("not_found", "There is no such key.");
      const standing = await services.modules().buckets?.standings.get(`bucketKey/${id}`);
      return context.json(view(key, ledger.state, standing), 200);
    })
    .openapi(create, async (context) => {
      const given = context.req.valid("json");
      const owner = given.owner ?? context.get("actor").owner ?? "";
      const id = newId("bkey", services.now());
      const input = { ...given, id, owner, buckets: given.buckets ?? null };
      const done = await draw(context, id, 201, (state, decided) =>
        createKey(state, decided, input),
      );
      if (done.dry) return context.json(done.body, 200);
      context.header("Location", `/api/v1/bucket-keys/${done.body.id}`);
      return context.json(done.body, 201);
    })
    .openapi(rotate, async (context) => {
      const { id } = context.req.valid("param");
      const input = { id, ifMatch: ifMatch(context) };
      const done = await draw(context, id, 200, (state, decided) =>
        rotateKey(state, decided, input),
      );
      return context.json(done.body, 200);
    })
    .openapi(revoke, async (context) => {
      const { id } = context.req.valid("param");
      const input = { id, ifMatch: ifMatch(context) };
      const module = requireBuckets(services);
      const commit = () =>
        change(context, services, {
          status: 204,
          decide: (state, decided) => revokeKey(state, decided, input),
          show: () => null,
        });
      if (context.req.query("dryRun") === "true") {
        const dry = await commit();
        return dry.dry ? context.json(dry.body, 200) : context.body(null, 204);
      }
      await refuseFirst(context, services, (state, decided) => revokeKey(state, decided, input));
      await module.settleKey(id, commit, () => undefined);
      return context.body(null, 204);
    });
}
