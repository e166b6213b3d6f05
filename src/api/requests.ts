import { createRoute, z } from "@hono/zod-openapi";
import { textField } from "../domain/entities.ts";
import { authorise, sees, type Actor } from "../domain/policy.ts";
import { REQUEST_STATES, WISH_KINDS, wishSchema, type RequestRecord } from "../domain/requests.ts";
import type { State } from "../domain/state.ts";
import { Refusal } from "../errors.ts";
import { acknowledgeRequest } from "../requests/acknowledge.ts";
import { askAdmins } from "../requests/ask.ts";
import { declineRequest, grantRequest } from "../requests/decide.ts";
import { withdrawRequest } from "../requests/withdraw.ts";
import { wishInWords } from "../requests/wish.ts";
import {
  change,
  changeHeaders,
  changeQuery,
  conditionalHeaders,
  dryRunSchemaOf,
  readHeaders,
} from "./change.ts";
import { ifMatch, isFresh } from "./conditional.ts";
import { body, idParams, json, notModified, resource, security } from "./contract.ts";
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

const name = z.string().nullable();
const requestSchema = z
  .object({
    id: z.string(),
    revision: z.number().int(),
    createdAt: z.string(),
    owner: z.string().openapi({ description: "For whom it is." }),
    ownerName: name,
    asker: name.openapi({
      description: "Who asked; null when they are gone, or are nobody that the actor may see.",
    }),
    askerName: name,
    wish: wishSchema,
    summary: z.string().openapi({ description: "The wish in words.", example: "the name wonder" }),
    reason: z.string(),
    state: z.enum(REQUEST_STATES),
    decidedAt: z.string().nullable().openapi({ description: "Also when it was withdrawn." }),
    decidedBy: name.openapi({ description: "Null when it is nobody that the actor may see." }),
    decidedByName: name,
    answer: z.string().nullable(),
    seenAt: z
      .string()
      .nullable()
      .openapi({ description: "When those who asked have taken note of the decision." }),
  })
  .openapi("Request");
const dryRequest = json(dryRunSchemaOf(requestSchema), "What would happen (`dryRun`).");
const changed = json(
  z.union([requestSchema, dryRunSchemaOf(requestSchema)]),
  "The request; with `dryRun`, what would happen.",
);

const tags = ["requests"];
const list = createRoute({
  method: "get",
  path: "/requests",
  summary: "Requests, the oldest first: all for an admin, else one's own and one's groups'",
  tags,
  security,
  request: {
    query: listQuery.extend({
      owner: ownerFilter,
      state: z.enum(REQUEST_STATES).optional(),
      wish: z.enum(WISH_KINDS).optional(),
    }),
  },
  responses: { 200: json(pageSchemaOf(requestSchema), "One page."), ...readProblems },
});
const read = createRoute({
  method: "get",
  path: "/requests/{id}",
  summary: "One request",
  tags,
  security,
  parameters: readHeaders,
  request: { params: idParams },
  responses: { 200: json(requestSchema, "The request."), 304: notModified, ...readProblems },
});
const ask = createRoute({
  method: "post",
  path: "/requests",
  summary: "Ask the admins for a label, a higher limit, a target, or another term of membership",
  tags,
  security,
  parameters: changeHeaders,
  request: {
    query: changeQuery,
    body: body(
      z.strictObject({
        owner: z.string().max(100).optional().openapi({
          description: "For whom, by id or name; the token's owner by itself.",
        }),
        wish: wishSchema,
        reason: textField.min(1),
      }),
    ),
  },
  responses: { 201: json(requestSchema, "The request."), 200: dryRequest, ...changeProblems },
});

/** What one may do with a request that is there. */
const changing = { method: "post", tags, security, parameters: conditionalHeaders } as const;
const changes = { params: idParams, query: changeQuery };
const withdraw = createRoute({
  ...changing,
  path: "/requests/{id}/withdraw",
  summary: "Take back a request that is open",
  request: changes,
  responses: { 200: changed, ...changeProblems },
});
const acknowledge = createRoute({
  ...changing,
  path: "/requests/{id}/acknowledge",
  summary: "Take note of how a request was decided",
  request: changes,
  responses: { 200: changed, ...changeProblems },
});
const grant = createRoute({
  ...changing,
  path: "/requests/{id}/grant",
  summary: "Give what was asked for, in the same step (admins)",
  request: { ...changes, body: body(z.strictObject({ answer: textField.optional() })) },
  responses: { 200: changed, ...changeProblems },
});
const decline = createRoute({
  ...changing,
  path: "/requests/{id}/decline",
  summary: "Decline a request, and say why (admins)",
  request: { ...changes, body: body(z.strictObject({ answer: textField.min(1) })) },
  responses: { 200: changed, ...changeProblems },
});

/** `/requests`. */
export function requests(services: Services) {
  const { ledger } = services;
  const viewFor = (actor: Actor) => (request: RequestRecord, state: State) => {
    const { decided, wish } = request;
    const nobody = decided === undefined || request.state === "withdrawn" ? null : "an admin";
    return {
      id: request.id,
      revision: request.revision,
      createdAt: request.createdAt,
      owner: request.owner,
      ownerName: nameOf(state, request.owner),
      asker: idFor(state, actor, request.asker),
      askerName: nameOf(state, request.asker),
      wish,
      summary: wishInWords(wish),
      reason: request.reason,
      state: request.state,
      decidedAt: decided?.at ?? null,
      decidedBy: idFor(state, actor, decided?.by ?? null),
      decidedByName: nameOf(state, decided?.by ?? null) ?? nobody,
      answer: decided?.answer ?? null,
      seenAt: decided?.seenAt ?? null,
    };
  };
  return resource()
    .openapi(list, (context) => {
      const { state } = ledger;
      const actor = context.get("actor");
      requireReading(actor);
      const query = context.req.valid("query");
      const ofOwner = (owner: string) => state.requestsByOwner.get(owner) ?? [];
      const keys = visibleKeys(state, actor, query.owner, state.requests, ofOwner);
      const view = viewFor(actor);
      const page = paginate("requests", query, keys, (id) => {
        const request = state.requests.get(id);
        if (request === undefined) return undefined;
        if (query.state !== undefined && request.state !== query.state) return undefined;
        if (query.wish !== undefined && request.wish.kind !== query.wish) return undefined;
        return view(request, state);
      });
      return context.json(page, 200);
    })
    .openapi(read, (context) => {
      const { state } = ledger;
      const actor = context.get("actor");
      const request = state.requests.get(context.req.valid("param").id);
      authorise(state, actor, "request.read", request?.owner ?? null, "request");
      if (request === undefined) throw new Refusal("not_found", "There is no such request.");
      const shown = viewFor(actor)(request, state);
      return isFresh(context, shown) ? context.body(null, 304) : context.json(shown, 200);
    })
    .openapi(ask, async (context) => {
      const actor = context.get("actor");
      const given = context.req.valid("json");
      const owner = given.owner ?? actor.owner;
      if (owner === null)
        throw new Refusal("invalid_input", "Say for whom it is.", { field: "owner" });
      const done = await change(context, services, {
        status: 201,
        decide: (state, decided) => askAdmins(state, decided, { ...given, owner }),
        show: viewFor(actor),
      });
      if (done.dry) return context.json(done.body, 200);
      context.header("Location", `/api/v1/requests/${done.body.id}`);
      return context.json(done.body, 201);
    })
    .openapi(withdraw, async (context) => {
      const input = { ...context.req.valid("param"), ifMatch: ifMatch(context) };
      const done = await change(context, services, {
        status: 200,
        decide: (state, decided) => withdrawRequest(state, decided, input),
        show: viewFor(context.get("actor")),
      });
      return context.json(done.body, 200);
    })
    .openapi(acknowledge, async (context) => {
      const input = { ...context.req.valid("param"), ifMatch: ifMatch(context) };
      const done = await change(context, services, {
        status: 200,
        decide: (state, decided) => acknowledgeRequest(state, decided, input),
        show: viewFor(context.get("actor")),
      });
      return context.json(done.body, 200);
    })
    .openapi(grant, async (context) => {
      const target = { ...context.req.valid("param"), ifMatch: ifMatch(context) };
      const input = { ...context.req.valid("json"), ...target };
      const done = await change(context, services, {
        status: 200,
        decide: (state, decided) => grantRequest(state, decided, input),
        show: viewFor(context.get("actor")),
      });
      return context.json(done.body, 200);
    })
    .openapi(decline, async (context) => {
      const target = { ...context.req.valid("param"), ifMatch: ifMatch(context) };
      const input = { ...context.req.valid("json"), ...target };
      const done = await change(context, services, {
        status: 200,
        decide: (state, decided) => declineRequest(state, decided, input),
        show: viewFor(context.get("actor")),
      });
      return context.json(done.body, 200);
    });
}

/** Of someone else, members are told the name alone, as in the history. */
function idFor(state: State, actor: Actor, id: string | null): string | null {
  return id !== null && state.owners.has(id) && sees(state, actor, id) ? id : null;
}
