import { createRoute, z } from "@hono/zod-openapi";
import { lineField, type Group, type Owner } from "../domain/entities.ts";
import { authorise } from "../domain/policy.ts";
import { findOwner, type State } from "../domain/state.ts";
import { Refusal } from "../errors.ts";
import { createGroup } from "../owners/create.ts";
import { deleteOwner } from "../owners/delete.ts";
import { updateGroup } from "../owners/update.ts";
import {
  change,
  changeHeaders,
  changeQuery,
  conditionalHeaders,
  dryRunSchemaOf,
  readHeaders,
} from "./change.ts";
import { ifMatch, isFresh } from "./conditional.ts";
import { body, json, notModified, ownerParams, resource, security } from "./contract.ts";
import type { Services } from "./services.ts";
import { listQuery, ownersOf, pageSchemaOf, paginate, requireReading, sortedKeys } from "./list.ts";
import {
  ownerFields,
  ownerRemoval,
  ownerUpdateFields,
  ownerView,
  renewKind,
  partsField,
  resumeKind,
  suspendBody,
  suspendKind,
  withParts,
} from "./owners.ts";
import { changeProblems, readProblems } from "./problem.ts";
import { nameOf } from "./routing.ts";

const managers = z
  .array(z.string().max(100))
  .max(200)
  .openapi({ description: "Ids or usernames of persons." });

const groupSchema = z
  .object({
    ...ownerFields,
    kind: z.literal("group"),
    name: z.string(),
    managers: z.array(z.string()).openapi({ description: "Ids of the persons who manage it." }),
    managerNames: z
      .array(z.string())
      .openapi({ description: "Their usernames, in the same order." }),
  })
  .openapi("Group");
const dryGroup = json(dryRunSchemaOf(groupSchema), "What would happen (`dryRun`).");
const changedGroup = json(
  z.union([groupSchema.extend(partsField), dryRunSchemaOf(groupSchema)]),
  "The group; with `dryRun`, what would happen.",
);

const tags = ["groups"];
const list = createRoute({
  method: "get",
  path: "/groups",
  summary: "Groups: all of them for an admin, else those one manages",
  tags,
  security,
  request: { query: listQuery },
  responses: { 200: json(pageSchemaOf(groupSchema), "One page."), ...readProblems },
});
const read = createRoute({
  method: "get",
  path: "/groups/{id}",
  summary: "One group",
  tags,
  security,
  parameters: readHeaders,
  request: { params: ownerParams },
  responses: { 200: json(groupSchema, "The group."), 304: notModified, ...readProblems },
});
const create = createRoute({
  method: "post",
  path: "/groups",
  summary: "Add a group, with the label of its name (admins)",
  tags,
  security,
  parameters: changeHeaders,
  request: {
    query: changeQuery,
    body: body(
      z.strictObject({
        name: z.string().max(300),
        displayName: lineField.optional(),
        managers: managers.optional(),
      }),
    ),
  },
  responses: { 201: json(groupSchema, "The new group."), 200: dryGroup, ...changeProblems },
});
const update = createRoute({
  method: "patch",
  path: "/groups/{id}",
  summary:
    "Change a group: what describes it, and its managers, by its managers, the rest by admins",
  tags,
  security,
  parameters: conditionalHeaders,
  request: {
    params: ownerParams,
    query: changeQuery,
    body: body(
      z.strictObject({
        ...ownerUpdateFields,
        name: z
          .string()
          .max(300)
          .optional()
          .openapi({ description: "Admins. The old name rests." }),
        managers: managers
          .optional()
          .openapi({ description: "All of them, as they shall be: handing over is one step." }),
      }),
    ),
  },
  responses: { 200: changedGroup, ...changeProblems },
});
const remove = createRoute({
  method: "delete",
  path: "/groups/{id}",
  summary: "Remove a group with its endpoints and tokens; its labels rest (admins)",
  tags,
  security,
  parameters: conditionalHeaders,
  request: { params: ownerParams, query: changeQuery },
  responses: { 200: ownerRemoval, ...changeProblems },
});
const suspend = createRoute({
  method: "post",
  path: "/groups/{id}/suspend",
  summary: "Block everything of a group (admins)",
  tags,
  security,
  parameters: conditionalHeaders,
  request: { params: ownerParams, query: changeQuery, body: body(suspendBody) },
  responses: { 200: changedGroup, ...changeProblems },
});
const resume = createRoute({
  method: "post",
  path: "/groups/{id}/resume",
  summary: "Undo a suspension (admins)",
  tags,
  security,
  parameters: conditionalHeaders,
  request: { params: ownerParams, query: changeQuery },
  responses: { 200: changedGroup, ...changeProblems },
});
const renew = createRoute({
  method: "post",
  path: "/groups/{id}/renew",
  summary: "Add a term to a membership that ends soon, where `renewal` says so",
  tags,
  security,
  parameters: conditionalHeaders,
  request: { params: ownerParams, query: changeQuery },
  responses: { 200: changedGroup, ...changeProblems },
});

/** `/groups`. */
export function groups(services: Services) {
  const { ledger } = services;
  const view = (group: Group, state: State) => ({
    ...ownerView(services, state, group),
    kind: group.kind,
    name: group.name as string,
    managers: [...group.managers],
    managerNames: group.managers.map((id) => nameOf(state, id) ?? id),
  });
  const viewOwner = (owner: Owner, state: State) => view(owner as Group, state);
  return resource()
    .openapi(list, (context) => {
      const { state } = ledger;
      const actor = context.get("actor");
      requireReading(actor);
      const keys = actor.admin ? sortedKeys(state.owners) : ownersOf(state, actor).toSorted();
      const page = paginate("groups", context.req.valid("query"), keys, (id) => {
        const owner = state.owners.get(id);
        return owner?.kind === "group" ? view(owner, state) : undefined;
      });
      return context.json(page, 200);
    })
    .openapi(read, (context) => {
      const { state } = ledger;
      const found = findOwner(state, context.req.valid("param").id);
      const group = found?.kind === "group" ? found : undefined;
      authorise(state, context.get("actor"), "owner.read", group?.id ?? null, "group");
      if (group === undefined) throw new Refusal("not_found", "There is no such group.");
      const shown = view(group, state);
      return isFresh(context, shown) ? context.body(null, 304) : context.json(shown, 200);
    })
    .openapi(create, async (context) => {
      const input = context.req.valid("json");
      const done = await change(context, services, {
        status: 201,
        decide: (state, decided) => createGroup(state, decided, input),
        show: view,
      });
      if (done.dry) return context.json(done.body, 200);
      context.header("Location", `/api/v1/groups/${done.body.id}`);
      return context.json(done.body, 201);
    })
    .openapi(update, async (context) => {
      const input = context.req.valid("json");
      const target = { ...context.req.valid("param"), ifMatch: ifMatch(context) };
      const done = await change(context, services, {
        status: 200,
        decide: (state, decided) => updateGroup(state, decided, { ...input, ...target }),
        show: view,
      });
      return context.json(done.body, 200);
    })
    .openapi(remove, async (context) => {
      const input = {
        ...context.req.valid("param"),
        kind: "group" as const,
        ifMatch: ifMatch(context),
      };
      const done = await change(context, services, {
        status: 200,
        decide: (state, decided) => deleteOwner(state, decided, input),
        show: ({ id }, { revision }) => ({ id, revision }),
      });
      if (done.dry) return context.json(done.body, 200);
      return context.json(await withParts(services, done.body), 200);
    })
    .openapi(suspend, async (context) => {
      const input = {
        ...context.req.valid("param"),
        ...context.req.valid("json"),
        ifMatch: ifMatch(context),
      };
      const done = await change(context, services, {
        status: 200,
        decide: suspendKind("group", input),
        show: viewOwner,
      });
      if (done.dry) return context.json(done.body, 200);
      return context.json(await withParts(services, done.body), 200);
    })
    .openapi(resume, async (context) => {
      const input = { ...context.req.valid("param"), ifMatch: ifMatch(context) };
      const done = await change(context, services, {
        status: 200,
        decide: resumeKind("group", input),
        show: viewOwner,
      });
      if (done.dry) return context.json(done.body, 200);
      return context.json(await withParts(services, done.body), 200);
    })
    .openapi(renew, async (context) => {
      const input = { ...context.req.valid("param"), ifMatch: ifMatch(context) };
      const done = await change(context, services, {
        status: 200,
        decide: renewKind("group", input),
        show: viewOwner,
      });
      return context.json(done.body, 200);
    });
}
