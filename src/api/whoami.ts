import { createRoute, z } from "@hono/zod-openapi";
import { SCOPES } from "../domain/entities.ts";
import { json, resource, security } from "./contract.ts";
import type { Services } from "./services.ts";
import { ownersOf } from "./list.ts";
import { readProblems } from "./problem.ts";

const ownerRef = z.object({ id: z.string(), kind: z.enum(["person", "group"]), name: z.string() });

const read = createRoute({
  method: "get",
  path: "/whoami",
  summary: "Who the token acts for, and what it may do",
  tags: ["whoami"],
  security,
  responses: {
    200: json(
      z
        .object({
          name: z.string(),
          owner: ownerRef.nullable(),
          actsFor: z
            .array(ownerRef)
            .openapi({ description: "The owner, and the groups that they manage." }),
          admin: z.boolean(),
          scopes: z.array(z.enum(SCOPES)),
          token: z.object({ id: z.string(), name: z.string(), expiresAt: z.string() }).nullable(),
        })
        .openapi("Whoami"),
      "The actor.",
    ),
    ...readProblems,
  },
});

/** `/whoami`. Any token may ask, whatever its scopes. */
export function whoami(services: Services) {
  return resource().openapi(read, (context) => {
    const { state } = services.ledger;
    const actor = context.get("actor");
    const token = state.tokens.get(actor.token ?? "");
    const actsFor = ownersOf(state, actor)
      .flatMap((id) => state.owners.get(id) ?? [])
      .map(({ id, kind, name }) => ({ id, kind, name: name as string }));
    return context.json(
      {
        name: actor.name,
        owner: actsFor.find(({ id }) => id === actor.owner) ?? null,
        actsFor,
        admin: actor.admin,
        scopes: SCOPES.filter((scope) => actor.scopes.has(scope)),
        token:
          token === undefined
            ? null
            : { id: token.id, name: token.name, expiresAt: token.expiresAt },
      },
      200,
    );
  });
}
