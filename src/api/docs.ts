import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API reference - tardis-console</title>
<link rel="icon" type="image/png" href="/api/docs/favicon-32x32.png">
<link rel="stylesheet" href="/api/docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<noscript>The reference needs scripts. The <a href="/api/v1/openapi.json">OpenAPI document</a> says the same.</noscript>
<script src="/api/docs/swagger-ui-bundle.js"></script>
<script src="/api/docs/init.js"></script>
</body>
</html>
`;

const INIT = `SwaggerUIBundle({
  url: "/api/v1/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  validatorUrl: null,
  persistAuthorization: false,
  defaultModelsExpandDepth: 0,
});
`;

/** What is served of swagger-ui-dist, and nothing else of it. */
const FILES = {
  "swagger-ui.css": "text/css; charset=utf-8",
  "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
  "favicon-32x32.png": "image/png",
} as const;

/**
 * The reference page at `/api/docs`: the OpenAPI document, to read and to try, from our own files
 * alone. It keeps no token, and its policy lets nothing be loaded from elsewhere.
 */
export function docs() {
  const folder = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
  const app = new Hono();
  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        // Swagger's own icons are data: images.
        imgSrc: ["'self'", "data:"],
        connectSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
      xFrameOptions: "DENY",
    }),
  );
  app.get("/", (context) => context.html(PAGE));
  app.get("/init.js", (context) =>
    context.body(INIT, 200, { "Content-Type": "text/javascript; charset=utf-8" }),
  );
  for (const [name, type] of Object.entries(FILES)) {
    app.get(`/${name}`, async (context) => {
      const file = await readFile(join(folder, name));
      return context.body(file, 200, {
        "Content-Type": type,
        "Cache-Control": "public, max-age=3600",
      });
    });
  }
  return app;
}
