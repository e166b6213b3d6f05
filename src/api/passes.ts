import { createRoute, z } from "@hono/zod-openapi";
import { PASS_USES, type Pass } from "../domain/entities.ts";
import { authorise } from "../domain/policy.ts";
import type { State } from "../domain/state.ts";
import { createPass, passUrl, revokePass } from "../owners/passes.ts";
import {
  change,
  changeHeaders,
  changeQuery,
  conditionalHeaders,
  dryRunSchemaOf,
} from "./change.ts";
import { ifMatch } from "./conditional.ts";
import { body, dryRemoval, idParams, json, removed, resource, security } from "./contract.ts";
import type { Services } from "./services.ts";
import { listQuery, pageSchemaOf, paginate, sortedKeys } from "./list.ts";
import { changeProblems, readProblems } from "./problem.ts";
import { nameOf } from "./routing.ts";

const passSchema = z
  .object({
    id: z.string(),
    revision: z.number().int(),
    createdAt: z.string(),
    person: z.string(),
    personName: z.string().nullable(),
    use: z.enum(PASS_USES),
    expiresAt: z.string(),
    by: z.string().openapi({ description: "Who made it." }),
  })
  .openapi("Pass");
const newPassSchema = passSchema
  .extend({
    url: z
      .string()
      .optional()
      .openapi({ description: "Shown this once; whoever opens it becomes the person." }),
  })
  .openapi("NewPass");

const tags = ["sign-in"];
const list = createRoute({
  method: "get",
  path: "/passes",
  summary: "Sign-in links and invitations that are not used yet (admins)",
  tags,
  security,
  request: { query: listQuery },
  responses: { 200: json(pageSchemaOf(passSchema), "One page."), ...readProblems },
});
const create = createRoute({
  method: "post",
  path: "/passes",
  summary: "Make a link by which a person signs in, once (admins)",
  tags,
  security,
  parameters: changeHeaders,
  request: {
    query: changeQuery,
    body: body(
      z.strictObject({
        person: z.string().max(100).openapi({ description: "An id or a name." }),
        use: z.enum(PASS_USES).default("sign-in").openapi({
          description: "An invitation links the account that accepts it at the provider.",
        }),
        minutes: z.number().int().min(1).max(1_000_000).optional(),
      }),
    ),
  },
  responses: {
    201: json(newPassSchema, "The new pass, with its URL."),
    200: json(dryRunSchemaOf(newPassSchema), "What would happen (`dryRun`)."),
    ...changeProblems,
  },
});
const revoke = createRoute({
  method: "delete",
  path: "/passes/{id}",
  summary: "End a link before it is used (admins)",
  tags,
  security,
  parameters: conditionalHeaders,
  request: { params: idParams, query: changeQuery },
  responses: { 200: dryRemoval, 204: removed, ...changeProblems },
});

/** `/passes`. */
export function passes(services: Services) {
  const { ledger, config } = services;
  const view = (pass: Pass, state: State) => ({
    id: pass.id,
    revision: pass.revision,
    createdAt: pass.createdAt,
    person: pass.person,
    personName: nameOf(state, pass.person),
    use: pass.use,
    expiresAt: pass.expiresAt,
    by: pass.by,
  });
  return resource()
    .openapi(list, (context) => {
      const { state } = ledger;
      const actor = context.get("actor");
      authorise(state, actor, "pass.read", null, "list");
      const keys = sortedKeys(state.passes);
      const page = paginate("passes", context.req.valid("query"), keys, (id) => {
        const pass = state.passes.get(id);
        return pass === undefined ? undefined : view(pass, state);
      });
      return context.json(page, 200);
    })
    .openapi(create, async (context) => {
      const input = context.req.valid("json");
      const done = await change(context, services, {
        status: 201,
        decide: (state, decided) => createPass(state, decided, input),
        show: (made, state): z.infer<typeof newPassSchema> => ({
          ...view(made.pass, state),
          url: passUrl(config.publicUrl, made),
        }),
        showAgain: ({ url: _shownOnce, ...kept }) => kept,
      });
      if (done.dry) return context.json(done.body, 200);
      context.header("Location", `/api/v1/passes/${done.body.id}`);
      return context.json(done.body, 201);
    })
    .openapi(revoke, async (context) => {
      const input = { ...context.req.valid("param"), ifMatch: ifMatch(context) };
      const done = await change(context, services, {
        status: 204,
        decide: (state, decided) => revokePass(state, decided, input),
        show: () => null,
      });
      return done.dry ? context.json(done.body, 200) : context.body(null, 204);
    });
}
