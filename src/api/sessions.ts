import { createRoute, z } from "@hono/zod-openapi";
import type { Session } from "../auth/sessions.ts";
import { authorise, type Action } from "../domain/policy.ts";
import { findOwner } from "../domain/state.ts";
import { Refusal } from "../errors.ts";
import { signOut } from "../owners/sign-out.ts";
import { change, changeQuery, conditionalHeaders, dryRunSchemaOf } from "./change.ts";
import { ifMatch } from "./conditional.ts";
import { endSession } from "./end-session.ts";
import { dryRemoval, json, ownerParams, removed, resource, security } from "./contract.ts";
import type { ApiContext } from "./deps.ts";
import type { Services } from "./services.ts";
import { changeProblems, readProblems } from "./problem.ts";

const sessionSchema = z
  .object({
    id: z.string(),
    createdAt: z.string(),
    usedAt: z.string().openapi({ description: "When it was last used, to the minute." }),
    address: z.string().openapi({ description: "Where it was last seen." }),
    agent: z.string().openapi({ description: "The browser's `User-Agent`." }),
    adminUntil: z.string().nullable().openapi({
      description:
        "Until when the provider's word makes it an admin's; null: the role here counts.",
    }),
  })
  .openapi("Session");
const signedOutSchema = z
  .object({ person: z.string(), revision: z.number().int(), signedOut: z.string() })
  .openapi("SignedOut");

const tags = ["sign-in"];
const list = createRoute({
  method: "get",
  path: "/persons/{id}/sessions",
  summary: "Where a person is signed in at the web console",
  tags,
  security,
  request: { params: ownerParams },
  responses: {
    200: json(z.object({ items: z.array(sessionSchema) }), "All, the one used last first."),
    ...readProblems,
  },
});
const end = createRoute({
  method: "delete",
  path: "/persons/{id}/sessions/{session}",
  summary: "Sign one browser out",
  tags,
  security,
  request: {
    params: ownerParams.extend({
      session: z.string().min(1).max(100).openapi({ description: "The session's id." }),
    }),
    query: changeQuery,
  },
  responses: { 200: dryRemoval, 204: removed, ...changeProblems },
});
const endAll = createRoute({
  method: "post",
  path: "/persons/{id}/sign-out",
  summary: "Sign a person out everywhere",
  tags,
  security,
  parameters: conditionalHeaders,
  request: { params: ownerParams, query: changeQuery },
  responses: {
    200: json(
      z.union([signedOutSchema, dryRunSchemaOf(signedOutSchema)]),
      "Done; with `dryRun`, what would happen.",
    ),
    ...changeProblems,
  },
});

/** `/persons/{id}/sessions` and `/persons/{id}/sign-out`. */
export function sessions(services: Services) {
  const { ledger, sessions: kept, log } = services;
  const view = (session: Session) => ({
    id: session.id,
    createdAt: session.createdAt,
    usedAt: session.usedAt,
    address: session.address,
    agent: session.agent,
    adminUntil: session.adminUntil ?? null,
  });
  const personOf = (context: ApiContext, idOrName: string, action: Action): string => {
    const { state } = ledger;
    const owner = findOwner(state, idOrName);
    const person = owner?.kind === "person" ? owner : undefined;
    authorise(state, context.get("actor"), action, person?.id ?? null, "person");
    if (person === undefined) throw new Refusal("not_found", "There is no such person.");
    return person.id;
  };
  return resource()
    .openapi(list, async (context) => {
      const person = personOf(context, context.req.valid("param").id, "session.read");
      const items = (await kept.of(person)).map(view);
      return context.json({ items }, 200);
    })
    .openapi(end, async (context) => {
      const { id, session } = context.req.valid("param");
      const person = personOf(context, id, "session.revoke");
      const isDry = context.req.valid("query").dryRun === "true";
      const found = isDry
        ? (await kept.of(person)).some((one) => one.id === session)
        : await endSession(services, context.get("actor"), person, session);
      if (!found) throw new Refusal("not_found", "There is no such session.");
      if (!isDry) return context.body(null, 204);
      const routes = { added: [], removed: [], changed: [] };
      return context.json({ dryRun: true as const, result: null, revision: null, routes }, 200);
    })
    .openapi(endAll, async (context) => {
      const input = { ...context.req.valid("param"), ifMatch: ifMatch(context) };
      const done = await change(context, services, {
        status: 200,
        decide: (state, decided) => signOut(state, decided, input),
        show: ({ id, revision, signedOut = "" }) => ({ person: id, revision, signedOut }),
      });
      // They are dead by the record; what is left of them need not lie around.
      if (!done.dry) {
        await kept.endAll(done.body.person).catch((error: unknown) => {
          log.warn({ err: error }, "sessions that have ended could not be taken away");
        });
      }
      return context.json(done.body, 200);
    });
}
