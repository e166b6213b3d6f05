import type { OpenAPIHono } from "@hono/zod-openapi";
import type { ApiEnv } from "./deps.ts";

const DESCRIPTION = `Send a token with every request: \`Authorization: Bearer tardis_…\`.

- Lists come in pages: \`limit\`, and \`cursor\` from the \`nextCursor\` of the page before.
- One sees one's own things and those of the groups one manages. Another's thing answers like a missing one.
- \`ETag\` and \`If-Match\` keep two people from overwriting each other's changes.
- \`Idempotency-Key\` makes a change safe to repeat.
- \`?dryRun=true\` says what a change would do, and stores nothing.
- \`Tardis-Revision\` names the revision that a change became part of.
- Errors are \`application/problem+json\` (RFC 9457) with a \`code\`, and the \`field\` at fault.`;

/** The OpenAPI 3.1 document of the API's paths, as JSON. */
export function openApiDocument(
  paths: Pick<OpenAPIHono<ApiEnv>, "openAPIRegistry" | "getOpenAPI31Document">,
): string {
  paths.openAPIRegistry.registerComponent("securitySchemes", "token", {
    type: "http",
    scheme: "bearer",
    description: "An API token, `tardis_…`.",
  });
  const document = paths.getOpenAPI31Document({
    openapi: "3.1.0",
    info: { title: "tardis-console", version: "1", description: DESCRIPTION },
  });
  return JSON.stringify(document);
}
