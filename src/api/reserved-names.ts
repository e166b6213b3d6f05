import { createRoute, z } from "@hono/zod-openapi";
import { lineField } from "../domain/entities.ts";
import { authorise } from "../domain/policy.ts";
import type { State } from "../domain/state.ts";
import { Refusal } from "../errors.ts";
import { releaseLabel, reserveLabel } from "../owners/labels.ts";
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
  json,
  labelParams,
  notModified,
  removed,
  resource,
  security,
} from "./contract.ts";
import type { Services } from "./services.ts";
import { listQuery, pageSchemaOf, paginate, requireReading } from "./list.ts";
import { changeProblems, readProblems } from "./problem.ts";

const reservedSchema = z
  .object({
    label: z.string(),
    source: z
      .enum(["configuration", "admin"])
      .openapi({ description: "Who reserved it; the configuration's names stay." }),
    reason: z.string(),
    revision: z.number().int().openapi({ description: "0 for the configuration's." }),
    createdAt: z.string().nullable(),
  })
  .openapi("ReservedName");

const tags = ["reserved names"];
const list = createRoute({
  method: "get",
  path: "/reserved-names",
  summary: "Names that nobody may have (admins; empty for others)",
  tags,
  security,
  request: { query: listQuery },
  responses: { 200: json(pageSchemaOf(reservedSchema), "One page."), ...readProblems },
});
const read = createRoute({
  method: "get",
  path: "/reserved-names/{label}",
  summary: "One reserved name (admins)",
  tags,
  security,
  parameters: readHeaders,
  request: { params: labelParams },
  responses: { 200: json(reservedSchema, "The reserved name."), 304: notModified, ...readProblems },
});
const reserve = createRoute({
  method: "post",
  path: "/reserved-names",
  summary: "Keep a name from everyone; what is held already stays with its holder (admins)",
  tags,
  security,
  parameters: changeHeaders,
  request: {
    query: changeQuery,
    body: body(z.strictObject({ label: z.string().max(300), reason: lineField })),
  },
  responses: {
    201: json(reservedSchema, "The reserved name."),
    200: json(dryRunSchemaOf(reservedSchema), "What would happen (`dryRun`)."),
    ...changeProblems,
  },
});
const release = createRoute({
  method: "delete",
  path: "/reserved-names/{label}",
  summary: "Take a name off the list (admins)",
  tags,
  security,
  parameters: conditionalHeaders,
  request: { params: labelParams, query: changeQuery },
  responses: { 200: dryRemoval, 204: removed, ...changeProblems },
});

/** `/reserved-names`. */
export function reservedNames(services: Services) {
  const { ledger, rules } = services;
  const view = (state: State, label: string) => {
    const record = state.reserved.get(label);
    if (record === undefined && !rules.reserved.has(label)) return undefined;
    return {
      label,
      source: record === undefined ? ("configuration" as const) : ("admin" as const),
      reason:
        record?.reason ??
        "It is on the configuration's list, or a host that the configuration names.",
      revision: record?.revision ?? 0,
      createdAt: record?.createdAt ?? null,
    };
  };
  return resource()
    .openapi(list, (context) => {
      const { state } = ledger;
      const actor = context.get("actor");
      requireReading(actor);
      const all = actor.admin
        ? [...new Set([...rules.reserved, ...state.reserved.keys()])].toSorted()
        : [];
      return context.json(
        paginate("reserved", context.req.valid("query"), all, (label) => view(state, label)),
        200,
      );
    })
    .openapi(read, (context) => {
      const { state } = ledger;
      authorise(state, context.get("actor"), "label.read", null, "reserved name");
      const shown = view(state, context.req.valid("param").label.toLowerCase());
      if (shown === undefined) throw new Refusal("not_found", "There is no such reserved name.");
      return isFresh(context, shown) ? context.body(null, 304) : context.json(shown, 200);
    })
    .openapi(reserve, async (context) => {
      const input = context.req.valid("json");
      const done = await change(context, services, {
        status: 201,
        decide: (state, decided) => reserveLabel(state, decided, input),
        show: ({ id, reason, revision, createdAt }) => ({
          label: id as string,
          source: "admin" as const,
          reason,
          revision,
          createdAt,
        }),
      });
      if (done.dry) return context.json(done.body, 200);
      context.header("Location", `/api/v1/reserved-names/${done.body.label}`);
      return context.json(done.body, 201);
    })
    .openapi(release, async (context) => {
      const input = { ...context.req.valid("param"), ifMatch: ifMatch(context) };
      const done = await change(context, services, {
        status: 204,
        decide: (state, decided) => releaseLabel(state, decided, input),
        show: () => null,
      });
      return done.dry ? context.json(done.body, 200) : context.body(null, 204);
    });
}
