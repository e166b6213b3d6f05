import { createRoute, z } from "@hono/zod-openapi";
import { emailField, lineField, type Owner, type Person } from "../domain/entities.ts";
import { authorise } from "../domain/policy.ts";
import { findOwner, type State } from "../domain/state.ts";
import { Refusal } from "../errors.ts";
import { createPerson } from "../owners/create.ts";
import { deleteOwner } from "../owners/delete.ts";
import { updatePerson } from "../owners/update.ts";
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

const identity = z.strictObject({ issuer: z.url().max(500), subject: lineField.min(1) });

const personSchema = z
  .object({
    ...ownerFields,
    kind: z.literal("person"),
    username: z.string(),
    email: z.string().nullable(),
    role: z.enum(["member", "admin"]),
    identities: z.array(z.object({ issuer: z.string(), subject: z.string() })),
  })
  .openapi("Person");
const dryPerson = json(dryRunSchemaOf(personSchema), "What would happen (`dryRun`).");
const changedPerson = json(
  z.union([personSchema.extend(partsField), dryRunSchemaOf(personSchema)]),
  "The person; with `dryRun`, what would happen.",
);

const tags = ["persons"];
const list = createRoute({
  method: "get",
  path: "/persons",
  summary: "Persons: all of them for an admin, else oneself",
  tags,
  security,
  request: { query: listQuery },
  responses: { 200: json(pageSchemaOf(personSchema), "One page."), ...readProblems },
});
const read = createRoute({
  method: "get",
  path: "/persons/{id}",
  summary: "One person",
  tags,
  security,
  parameters: readHeaders,
  request: { params: ownerParams },
  responses: { 200: json(personSchema, "The person."), 304: notModified, ...readProblems },
});
const create = createRoute({
  method: "post",
  path: "/persons",
  summary: "Add a person, with the label of their name (admins)",
  tags,
  security,
  parameters: changeHeaders,
  request: {
    query: changeQuery,
    body: body(
      z.strictObject({
        username: z.string().max(300),
        displayName: lineField.optional(),
        email: emailField.optional(),
      }),
    ),
  },
  responses: { 201: json(personSchema, "The new person."), 200: dryPerson, ...changeProblems },
});
const update = createRoute({
  method: "patch",
  path: "/persons/{id}",
  summary: "Change a person: what describes them by themselves, the rest by admins",
  tags,
  security,
  parameters: conditionalHeaders,
  request: {
    params: ownerParams,
    query: changeQuery,
    body: body(
      z.strictObject({
        ...ownerUpdateFields,
        username: z
          .string()
          .max(300)
          .optional()
          .openapi({ description: "Admins. The old name rests." }),
        email: emailField.nullable().optional(),
        role: z.enum(["member", "admin"]).optional().openapi({ description: "Admins." }),
        identities: z
          .array(identity)
          .max(20)
          .optional()
          .openapi({ description: "Admins. Who signs in as this person." }),
      }),
    ),
  },
  responses: { 200: changedPerson, ...changeProblems },
});
const remove = createRoute({
  method: "delete",
  path: "/persons/{id}",
  summary: "Remove a person with their endpoints and tokens; their labels rest (admins)",
  tags,
  security,
  parameters: conditionalHeaders,
  request: { params: ownerParams, query: changeQuery },
  responses: { 200: ownerRemoval, ...changeProblems },
});
const suspend = createRoute({
  method: "post",
  path: "/persons/{id}/suspend",
  summary: "Block everything of a person (admins)",
  tags,
  security,
  parameters: conditionalHeaders,
  request: { params: ownerParams, query: changeQuery, body: body(suspendBody) },
  responses: { 200: changedPerson, ...changeProblems },
});
const resume = createRoute({
  method: "post",
  path: "/persons/{id}/resume",
  summary: "Undo a suspension (admins)",
  tags,
  security,
  parameters: conditionalHeaders,
  request: { params: ownerParams, query: changeQuery },
  responses: { 200: changedPerson, ...changeProblems },
});
const renew = createRoute({
  method: "post",
  path: "/persons/{id}/renew",
  summary: "Add a term to a membership that ends soon, where `renewal` says so",
  tags,
  security,
  parameters: conditionalHeaders,
  request: { params: ownerParams, query: changeQuery },
  responses: { 200: changedPerson, ...changeProblems },
});

/** `/persons`. */
export function persons(services: Services) {
  const { ledger } = services;
  const view = (person: Person, state: State) => ({
    ...ownerView(services, state, person),
    kind: person.kind,
    username: person.name as string,
    email: person.email ?? null,
    role: person.role,
    identities: person.identities,
  });
  const viewOwner = (owner: Owner, state: State) => view(owner as Person, state);
  return resource()
    .openapi(list, (context) => {
      const { state } = ledger;
      const actor = context.get("actor");
      requireReading(actor);
      const keys = actor.admin ? sortedKeys(state.owners) : ownersOf(state, actor).toSorted();
      const page = paginate("persons", context.req.valid("query"), keys, (id) => {
        const owner = state.owners.get(id);
        return owner?.kind === "person" ? view(owner, state) : undefined;
      });
      return context.json(page, 200);
    })
    .openapi(read, (context) => {
      const { state } = ledger;
      const found = findOwner(state, context.req.valid("param").id);
      const person = found?.kind === "person" ? found : undefined;
      authorise(state, context.get("actor"), "owner.read", person?.id ?? null, "person");
      if (person === undefined) throw new Refusal("not_found", "There is no such person.");
      const shown = view(person, state);
      return isFresh(context, shown) ? context.body(null, 304) : context.json(shown, 200);
    })
    .openapi(create, async (context) => {
      const input = context.req.valid("json");
      const done = await change(context, services, {
        status: 201,
        decide: (state, decided) => createPerson(state, decided, input),
        show: view,
      });
      if (done.dry) return context.json(done.body, 200);
      context.header("Location", `/api/v1/persons/${done.body.id}`);
      return context.json(done.body, 201);
    })
    .openapi(update, async (context) => {
      const { username, ...input } = context.req.valid("json");
      const target = { ...context.req.valid("param"), ifMatch: ifMatch(context) };
      const done = await change(context, services, {
        status: 200,
        decide: (state, decided) =>
          updatePerson(state, decided, { ...input, ...target, name: username }),
        show: view,
      });
      return context.json(done.body, 200);
    })
    .openapi(remove, async (context) => {
      const input = {
        ...context.req.valid("param"),
        kind: "person" as const,
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
        decide: suspendKind("person", input),
        show: viewOwner,
      });
      if (done.dry) return context.json(done.body, 200);
      return context.json(await withParts(services, done.body), 200);
    })
    .openapi(resume, async (context) => {
      const input = { ...context.req.valid("param"), ifMatch: ifMatch(context) };
      const done = await change(context, services, {
        status: 200,
        decide: resumeKind("person", input),
        show: viewOwner,
      });
      if (done.dry) return context.json(done.body, 200);
      return context.json(await withParts(services, done.body), 200);
    })
    .openapi(renew, async (context) => {
      const input = { ...context.req.valid("param"), ifMatch: ifMatch(context) };
      const done = await change(context, services, {
        status: 200,
        decide: renewKind("person", input),
        show: viewOwner,
      });
      return context.json(done.body, 200);
    });
}
