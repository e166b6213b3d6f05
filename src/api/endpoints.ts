import { createRoute, z } from "@hono/zod-openapi";
import type { Endpoint } from "../domain/entities.ts";
import { labelOf } from "../domain/names.ts";
import { authorise } from "../domain/policy.ts";
import type { State } from "../domain/state.ts";
import { createEndpoint } from "../endpoints/create.ts";
import { deleteEndpoint } from "../endpoints/delete.ts";
import { updateEndpoint } from "../endpoints/update.ts";
import { Refusal } from "../errors.ts";
import { endpointStanding } from "../traefik/table.ts";
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
import { changeProblems, readProblems } from "./problem.ts";
import { healthCheckView, nameOf, urlOf } from "./routing.ts";

const endpointSchema = z
  .object({
    id: z.string().openapi({ example: "ep-01k9zq3v8e7m4c5n6p2r1s0t9a" }),
    revision: z.number().int().openapi({ description: "The revision that last changed it." }),
    createdAt: z.string(),
    owner: z.string(),
    ownerName: z.string().nullable(),
    host: z.string(),
    label: z
      .string()
      .nullable()
      .openapi({ description: "Null for a whole host that an admin gave." }),
    path: z.string(),
    url: z.string().openapi({ description: "Where visitors find it." }),
    targets: z.array(z.string()),
    stripPrefix: z.boolean(),
    passHostHeader: z.boolean(),
    acceptSelfSigned: z.boolean(),
    healthCheck: healthCheckView.nullable(),
    paused: z.boolean(),
    state: z.enum(["routed", "paused", "suspended", "set-aside"]),
    reason: z.string().nullable().openapi({ description: "Why it is suspended or set aside." }),
  })
  .openapi("Endpoint");

const target = z.string().max(300);
const healthCheck = z.strictObject({
  path: z.string().max(200),
  intervalSeconds: z.number().int().optional(),
  timeoutSeconds: z.number().int().optional(),
});
const options = {
  label: z
    .string()
    .max(300)
    .optional()
    .openapi({ description: "One of the owner's labels; their name by itself." }),
  host: z
    .string()
    .max(300)
    .optional()
    .openapi({ description: "Admins. A whole host: the apex, deeper and reserved names." }),
  path: z.string().max(300).optional().openapi({ example: "/wiki" }),
  target: target.optional().openapi({ example: "http://10.0.3.7:8080" }),
  targets: z
    .array(target)
    .max(64)
    .optional()
    .openapi({ description: "Several servers, in place of `target`." }),
  stripPrefix: z.boolean().optional(),
  passHostHeader: z.boolean().optional(),
  acceptSelfSigned: z.boolean().optional(),
  paused: z.boolean().optional(),
};

const tags = ["endpoints"];
const list = createRoute({
  method: "get",
  path: "/endpoints",
  summary: "Endpoints: all for an admin, else one's own and one's groups'",
  tags,
  security,
  request: {
    query: listQuery.extend({ owner: ownerFilter, host: z.string().max(300).optional() }),
  },
  responses: { 200: json(pageSchemaOf(endpointSchema), "One page."), ...readProblems },
});
const read = createRoute({
  method: "get",
  path: "/endpoints/{id}",
  summary: "One endpoint",
  tags,
  security,
  parameters: readHeaders,
  request: { params: idParams },
  responses: { 200: json(endpointSchema, "The endpoint."), 304: notModified, ...readProblems },
});
const create = createRoute({
  method: "post",
  path: "/endpoints",
  summary: "Put a service online",
  tags,
  security,
  parameters: changeHeaders,
  request: {
    query: changeQuery,
    body: body(
      z.strictObject({
        owner: z
          .string()
          .max(100)
          .optional()
          .openapi({ description: "An id or a name; the token's owner by itself." }),
        ...options,
        healthCheck: healthCheck.optional(),
      }),
    ),
  },
  responses: {
    201: json(endpointSchema, "The new endpoint. `revision` is the one it became part of."),
    200: json(dryRunSchemaOf(endpointSchema), "What would happen (`dryRun`)."),
    ...changeProblems,
  },
});
const update = createRoute({
  method: "patch",
  path: "/endpoints/{id}",
  summary: "Change, move, pause or resume an endpoint; what is not given stays",
  tags,
  security,
  parameters: conditionalHeaders,
  request: {
    params: idParams,
    query: changeQuery,
    body: body(
      z.strictObject({
        ...options,
        healthCheck: healthCheck
          .nullable()
          .optional()
          .openapi({ description: "Null ends the check." }),
      }),
    ),
  },
  responses: {
    200: json(
      z.union([endpointSchema, dryRunSchemaOf(endpointSchema)]),
      "The endpoint; with `dryRun`, what would happen.",
    ),
    ...changeProblems,
  },
});
const remove = createRoute({
  method: "delete",
  path: "/endpoints/{id}",
  summary: "Take a service offline",
  tags,
  security,
  parameters: conditionalHeaders,
  request: { params: idParams, query: changeQuery },
  responses: { 200: dryRemoval, 204: removed, ...changeProblems },
});

/** The owner that is meant: as given, else the token's own. */
function ownerOf(context: ApiContext, given: string | undefined): string {
  const owner = given ?? context.get("actor").owner;
  if (owner === null)
    throw new Refusal("invalid_input", "Say whose it is: give an owner.", { field: "owner" });
  return owner;
}

/** `/endpoints`. */
export function endpoints(services: Services) {
  const { ledger, rules, table } = services;
  const view = (endpoint: Endpoint, state: State) => {
    const label = labelOf(endpoint.host, rules.zone);
    const standing = endpointStanding(state, table, endpoint);
    return {
      id: endpoint.id,
      revision: endpoint.revision,
      createdAt: endpoint.createdAt,
      owner: endpoint.owner,
      ownerName: nameOf(state, endpoint.owner),
      host: endpoint.host as string,
      label: label !== undefined && state.labels.has(label) ? (label as string) : null,
      path: endpoint.path as string,
      url: urlOf(rules, endpoint.host, endpoint.path, endpoint.stripPrefix),
      targets: [...endpoint.targets],
      stripPrefix: endpoint.stripPrefix,
      passHostHeader: endpoint.passHostHeader,
      acceptSelfSigned: endpoint.acceptSelfSigned,
      healthCheck: endpoint.healthCheck ?? null,
      paused: endpoint.paused,
      state: standing.state,
      reason: standing.reason ?? null,
    };
  };
  return resource()
    .openapi(list, (context) => {
      const { state } = ledger;
      const actor = context.get("actor");
      requireReading(actor);
      const query = context.req.valid("query");
      const host = query.host?.toLowerCase();
      const keys = visibleKeys(
        state,
        actor,
        query.owner,
        state.endpoints,
        (owner) => state.endpointsByOwner.get(owner) ?? [],
      );
      const page = paginate("endpoints", query, keys, (id) => {
        const endpoint = state.endpoints.get(id);
        if (endpoint === undefined || (host !== undefined && endpoint.host !== host))
          return undefined;
        return view(endpoint, state);
      });
      return context.json(page, 200);
    })
    .openapi(read, (context) => {
      const { state } = ledger;
      const endpoint = state.endpoints.get(context.req.valid("param").id);
      authorise(state, context.get("actor"), "endpoint.read", endpoint?.owner ?? null, "endpoint");
      if (endpoint === undefined) throw new Refusal("not_found", "There is no such endpoint.");
      const shown = view(endpoint, state);
      return isFresh(context, shown) ? context.body(null, 304) : context.json(shown, 200);
    })
    .openapi(create, async (context) => {
      const given = context.req.valid("json");
      const input = { ...given, owner: ownerOf(context, given.owner) };
      const done = await change(context, services, {
        status: 201,
        decide: (state, decided) => createEndpoint(state, decided, input),
        show: view,
      });
      if (done.dry) return context.json(done.body, 200);
      context.header("Location", `/api/v1/endpoints/${done.body.id}`);
      return context.json(done.body, 201);
    })
    .openapi(update, async (context) => {
      const input = {
        ...context.req.valid("json"),
        ...context.req.valid("param"),
        ifMatch: ifMatch(context),
      };
      const done = await change(context, services, {
        status: 200,
        decide: (state, decided) => updateEndpoint(state, decided, input),
        show: view,
      });
      return context.json(done.body, 200);
    })
    .openapi(remove, async (context) => {
      const input = { ...context.req.valid("param"), ifMatch: ifMatch(context) };
      const done = await change(context, services, {
        status: 204,
        decide: (state, decided) => deleteEndpoint(state, decided, input),
        show: () => null,
      });
      return done.dry ? context.json(done.body, 200) : context.body(null, 204);
    });
}
