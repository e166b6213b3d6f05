import { OpenAPIHono, z } from "@hono/zod-openapi";
import { dryRunSchemaOf } from "./change.ts";
import type { ApiEnv } from "./deps.ts";
import { invalidRequest } from "./problem.ts";

/** An empty app whose routes answer invalid requests with all that is wrong about them. */
export function resource(): OpenAPIHono<ApiEnv> {
  return new OpenAPIHono<ApiEnv>({
    defaultHook: (result) => {
      if (!result.success) throw invalidRequest(result.error);
    },
  });
}

/** Every route but the OpenAPI document needs a token. */
export const security = [{ token: [] }];

/** A JSON answer in a contract. */
export function json<T extends z.ZodType, const Description extends string>(
  schema: T,
  description: Description,
) {
  return { description, content: { "application/json": { schema } } };
}

/** A required JSON body in a contract. */
export function body<T extends z.ZodType>(schema: T) {
  return { required: true as const, content: { "application/json": { schema } } };
}

export const notModified = { description: "Nothing has changed (`If-None-Match`)." } as const;
export const removed = {
  description: "Done. `Tardis-Revision` says which revision it became part of.",
} as const;

/** What a change that takes something away answers to a dry run. */
export const dryRemoval = json(dryRunSchemaOf(z.null()), "What would happen (`dryRun`).");

const pathPart = z.string().min(1).max(100);

/** A thing by its id. */
export const idParams = z.object({ id: pathPart.openapi({ description: "The id." }) });
/** An owner by id or name. */
export const ownerParams = z.object({
  id: pathPart.openapi({ description: "The id or the name." }),
});
export const labelParams = z.object({ label: pathPart.openapi({ description: "The label." }) });
