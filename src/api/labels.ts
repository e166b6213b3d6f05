import { createRoute, z } from "@hono/zod-openapi";
import type { LabelRecord } from "../domain/entities.ts";
import { hostOf } from "../domain/names.ts";
import { authorise } from "../domain/policy.ts";
import type { State } from "../domain/state.ts";
import { Refusal } from "../errors.ts";
import { freeLabel, giveBackLabel, grantLabel } from "../owners/labels.ts";
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
import {
  listQuery,
  ownerFilter,
  pageSchemaOf,
  paginate,
  requireReading,
  visibleKeys,
} from "./list.ts";
import { changeProblems, readProblems } from "./problem.ts";
import { nameOf, urlOf } from "./routing.ts";

const labelSchema = z
  .object({
    label: z.string(),
    revision: z.number().int(),
    createdAt: z.string(),
    owner: z.string().openapi({
      description: "Who holds it; at rest: who held it last, and alone may have it back.",
    }),
    ownerName: z.string().nullable(),
    host: z.string(),
    url: z.string(),
    state: z.enum(["held", "resting", "free"]),
    restsUntil: z.string().nullable(),
  })
  .openapi("Label");
const dryLabel = json(dryRunSchemaOf(labelSchema), "What would happen (`dryRun`).");

const tags = ["labels"];
const list = createRoute({
  method: "get",
  path: "/labels",
  summary: "Labels held or at rest: all for an admin, else one's own and one's groups'",
  tags,
  security,
  request: { query: listQuery.extend({ owner: ownerFilter }) },
  responses: { 200: json(pageSchemaOf(labelSchema), "One page."), ...readProblems },
});
const read = createRoute({
  method: "get",
  path: "/labels/{label}",
  summary: "One label",
  tags,
  security,
  parameters: readHeaders,
  request: { params: labelParams },
  responses: { 200: json(labelSchema, "The label."), 304: notModified, ...readProblems },
});
const grant = createRoute({
  method: "post",
  path: "/labels",
  summary: "Give an owner one more label (admins)",
  tags,
  security,
  parameters: changeHeaders,
  request: {
    query: changeQuery,
    body: body(
      z.strictObject({
        label: z.string().max(300),
        owner: z.string().max(100).openapi({ description: "An id or a name." }),
      }),
    ),
  },
  responses: { 201: json(labelSchema, "The label."), 200: dryLabel, ...changeProblems },
});
const giveBack = createRoute({
  method: "delete",
  path: "/labels/{label}",
  summary: "Give a label back, with every endpoint under it; it rests then",
  tags,
  security,
  parameters: conditionalHeaders,
  request: { params: labelParams, query: changeQuery },
  responses: { 200: dryRemoval, 204: removed, ...changeProblems },
});
const free = createRoute({
  method: "post",
  path: "/labels/{label}/free",
  summary: "End a label's rest early: whoever asks next may have it (admins)",
  tags,
  security,
  parameters: conditionalHeaders,
  request: { params: labelParams, query: changeQuery },
  responses: { 200: dryRemoval, 204: removed, ...changeProblems },
});

/** `/labels`. */
export function labels(services: Services) {
  const { ledger, rules, now } = services;
  const view = (record: LabelRecord, state: State) => {
    const host = hostOf(record.id, rules.zone);
    const rests =
      record.restsUntil !== undefined && Date.parse(record.restsUntil) > now().getTime();
    return {
      label: record.id as string,
      revision: record.revision,
      createdAt: record.createdAt,
      owner: record.owner,
      ownerName: nameOf(state, record.owner),
      host: host as string,
      url: urlOf(rules, host, ""),
      state:
        record.restsUntil === undefined
          ? ("held" as const)
          : rests
            ? ("resting" as const)
            : ("free" as const),
      restsUntil: record.restsUntil ?? null,
    };
  };
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
        state.labels,
        (owner) => state.labelsByOwner.get(owner) ?? [],
      );
      const page = paginate("labels", query, keys, (id) => {
        const record = state.labels.get(id);
        return record === undefined ? undefined : view(record, state);
      });
      return context.json(page, 200);
    })
    .openapi(read, (context) => {
      const { state } = ledger;
      const record = state.labels.get(context.req.valid("param").label.toLowerCase());
      authorise(state, context.get("actor"), "label.read", record?.owner ?? null, "label");
      if (record === undefined) throw new Refusal("not_found", "There is no such label.");
      const shown = view(record, state);
      return isFresh(context, shown) ? context.body(null, 304) : context.json(shown, 200);
    })
    .openapi(grant, async (context) => {
      const input = context.req.valid("json");
      const done = await change(context, services, {
        status: 201,
        decide: (state, decided) => grantLabel(state, decided, input),
        show: view,
      });
      if (done.dry) return context.json(done.body, 200);
      context.header("Location", `/api/v1/labels/${done.body.label}`);
      return context.json(done.body, 201);
    })
    .openapi(giveBack, async (context) => {
      const input = { ...context.req.valid("param"), ifMatch: ifMatch(context) };
      const done = await change(context, services, {
        status: 204,
        decide: (state, decided) => giveBackLabel(state, decided, input),
        show: () => null,
      });
      return done.dry ? context.json(done.body, 200) : context.body(null, 204);
    })
    .openapi(free, async (context) => {
      const input = { ...context.req.valid("param"), ifMatch: ifMatch(context) };
      const done = await change(context, services, {
        status: 204,
        decide: (state, decided) => freeLabel(state, decided, input),
        show: () => null,
      });
      return done.dry ? context.json(done.body, 200) : context.body(null, 204);
    });
}
