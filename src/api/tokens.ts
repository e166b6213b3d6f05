import { createRoute, z } from "@hono/zod-openapi";
import { lineField, SCOPES, type Token } from "../domain/entities.ts";
import { authorise } from "../domain/policy.ts";
import type { State } from "../domain/state.ts";
import { Refusal } from "../errors.ts";
import { createToken, revokeToken } from "../owners/tokens.ts";
import {
  change,
  changeHeaders,
  changeQuery,
  conditionalHeaders,
  dryRunSchemaOf,
  readHeaders,
} from "./change.ts";
import { ifMatch, isFresh } from "./conditional.ts";
import {
  body,
  dryRemoval,
  idParams,
  json,
  notModified,
  removed,
  resource,
  security,
} from "./contract.ts";
import type { Services } from "./services.ts";
import {
  listQuery,
  ownerFilter,
  pageSchemaOf,
  paginate,
  requireReading,
  visibleKeys,
} from "./list.ts";
import { changeProblems, readProblems } from "./problem.ts";
import { nameOf } from "./routing.ts";

const scopes = z.array(z.enum(SCOPES));
const tokenSchema = z
  .object({
    id: z.string(),
    revision: z.number().int(),
    createdAt: z.string(),
    name: z.string(),
    owner: z
      .string()
      .nullable()
      .openapi({ description: "Null for an operator's token, that belongs to no person." }),
    ownerName: z.string().nullable(),
    scopes,
    expiresAt: z.string(),
    bootstrap: z
      .boolean()
      .openapi({ description: "The first admin token: dead once another admin token exists." }),
  })
  .openapi("Token");
const newTokenSchema = tokenSchema
  .extend({
    secret: z
      .string()
      .optional()
      .openapi({ description: "Shown this once; a repeat of the request does not get it." }),
  })
  .openapi("NewToken");

const tags = ["tokens"];
const list = createRoute({
  method: "get",
  path: "/tokens",
  summary: "Tokens: all for an admin, else one's own and one's groups'",
  tags,
  security,
  request: { query: listQuery.extend({ owner: ownerFilter }) },
  responses: { 200: json(pageSchemaOf(tokenSchema), "One page."), ...readProblems },
});
const read = createRoute({
  method: "get",
  path: "/tokens/{id}",
  summary: "One token, without its secret",
  tags,
  security,
  parameters: readHeaders,
  request: { params: idParams },
  responses: { 200: json(tokenSchema, "The token."), 304: notModified, ...readProblems },
});
const create = createRoute({
  method: "post",
  path: "/tokens",
  summary: "Make a token, with no more than one's own scopes",
  tags,
  security,
  parameters: changeHeaders,
  request: {
    query: changeQuery,
    body: body(
      z.strictObject({
        name: lineField.min(1),
        owner: z.string().max(100).nullable().optional().openapi({
          description:
            "An id or a name; the token's owner by itself. Null, by admins: an operator's token.",
        }),
        scopes: scopes.min(1).max(20),
        expiresInDays: z.number().int().min(1).max(100_000).optional(),
      }),
    ),
  },
  responses: {
    201: json(newTokenSchema, "The new token, with its secret."),
    200: json(dryRunSchemaOf(newTokenSchema), "What would happen (`dryRun`)."),
    ...changeProblems,
  },
});
const revoke = createRoute({
  method: "delete",
  path: "/tokens/{id}",
  summary: "End a token at once",
  tags,
  security,
  parameters: conditionalHeaders,
  request: { params: idParams, query: changeQuery },
  responses: { 200: dryRemoval, 204: removed, ...changeProblems },
});

/** `/tokens`. */
export function tokens(services: Services) {
  const { ledger } = services;
  const view = (token: Token, state: State) => ({
    id: token.id,
    revision: token.revision,
    createdAt: token.createdAt,
    name: token.name,
    owner: token.owner,
    ownerName: nameOf(state, token.owner),
    scopes: token.scopes,
    expiresAt: token.expiresAt,
    bootstrap: token.bootstrap,
  });
  return resource()
    .openapi(list, (context) => {
      const { state } = ledger;
      const actor = context.get("actor");
      requireReading(actor);
      const query = context.req.valid("query");
      const keys = visibleKeys(
        state,
        actor,
        query.owner,
        state.tokens,
        (owner) => state.tokensByOwner.get(owner) ?? [],
      );
      const page = paginate("tokens", query, keys, (id) => {
        const token = state.tokens.get(id);
        return token === undefined ? undefined : view(token, state);
      });
      return context.json(page, 200);
    })
    .openapi(read, (context) => {
      const { state } = ledger;
      const token = state.tokens.get(context.req.valid("param").id);
      authorise(state, context.get("actor"), "token.read", token?.owner ?? null, "token");
      if (token === undefined) throw new Refusal("not_found", "There is no such token.");
      const shown = view(token, state);
      return isFresh(context, shown) ? context.body(null, 304) : context.json(shown, 200);
    })
    .openapi(create, async (context) => {
      const given = context.req.valid("json");
      const input = {
        ...given,
        owner: given.owner === undefined ? context.get("actor").owner : given.owner,
      };
      const done = await change(context, services, {
        status: 201,
        decide: (state, decided) => createToken(state, decided, input),
        show: (minted, state): z.infer<typeof newTokenSchema> => ({
          ...view(minted.token, state),
          secret: minted.secret,
        }),
        showAgain: ({ secret: _shownOnce, ...kept }) => kept,
      });
      if (done.dry) return context.json(done.body, 200);
      context.header("Location", `/api/v1/tokens/${done.body.id}`);
      return context.json(done.body, 201);
    })
    .openapi(revoke, async (context) => {
      const input = { ...context.req.valid("param"), ifMatch: ifMatch(context) };
      const done = await change(context, services, {
        status: 204,
        decide: (state, decided) => revokeToken(state, decided, input),
        show: () => null,
      });
      return done.dry ? context.json(done.body, 200) : context.body(null, 204);
    });
}
