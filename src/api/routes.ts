import { createRoute, z } from "@hono/zod-openapi";
import { sees } from "../domain/policy.ts";
import { findOwner } from "../domain/state.ts";
import { json, resource, security } from "./contract.ts";
import type { Services } from "./services.ts";
import { listQuery, ownerFilter, pageSchemaOf, paginate, requireReading } from "./list.ts";
import { readProblems } from "./problem.ts";
import { ROUTE_KINDS, ROUTE_STATES, routeRows, routeSchema } from "./routing.ts";

const list = createRoute({
  method: "get",
  path: "/routes",
  summary: "The routing table, by host and path; what is not routed, with the reason",
  tags: ["routes"],
  security,
  request: {
    query: listQuery.extend({
      owner: ownerFilter,
      host: z.string().max(300).optional(),
      kind: z.enum(ROUTE_KINDS).optional(),
      state: z.enum(ROUTE_STATES).optional(),
    }),
  },
  responses: {
    200: json(
      pageSchemaOf(routeSchema).extend({
        revision: z.number().int().openapi({ description: "The state that this table is of." }),
        published: z
          .number()
          .int()
          .nullable()
          .openapi({ description: "The revision that Traefik is given; null before the first." }),
      }),
      "One page.",
    ),
    ...readProblems,
  },
});

/** `/routes`. */
export function routes(services: Services) {
  const { ledger, table, published } = services;
  return resource().openapi(list, (context) => {
    const { state } = ledger;
    const actor = context.get("actor");
    requireReading(actor);
    const query = context.req.valid("query");
    const host = query.host?.toLowerCase();
    const owner = query.owner === undefined ? undefined : (findOwner(state, query.owner)?.id ?? "");
    const { keys, rows } = routeRows(state, table);
    const page = paginate("routes", query, keys, (key) => {
      const row = rows.get(key);
      if (row === undefined || !sees(state, actor, row.owner)) return undefined;
      if (host !== undefined && row.host !== host) return undefined;
      if (owner !== undefined && row.owner !== owner) return undefined;
      if (query.kind !== undefined && row.kind !== query.kind) return undefined;
      return query.state === undefined || row.state === query.state ? row : undefined;
    });
    return context.json({ ...page, revision: state.revision, published: published() }, 200);
  });
}
