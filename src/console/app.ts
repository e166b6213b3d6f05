import { Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";

interface Handler {
  readonly fetch: (request: Request, env?: unknown) => Response | Promise<Response>;
}

export interface ConsoleOptions {
  /** The API; undefined while the store cannot be read. */
  readonly api: () => Handler | undefined;
  /** GitLab's hooks; undefined where its sites are not synced. */
  readonly hooks: Handler | undefined;
  /** The code of what is wrong with the store, if anything is. */
  readonly fault: () => string | undefined;
}

/** Everything at the console's own host. */
export function createConsole(options: ConsoleOptions): Hono {
  const app = new Hono();
  const headers = secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      styleSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
    xFrameOptions: "DENY",
    referrerPolicy: "no-referrer",
  });
  // The API sets its own.
  app.all("/api/*", (context, next) => {
    const api = options.api();
    return api === undefined ? next() : api.fetch(context.req.raw, context.env);
  });
  app.use(headers);
  const { hooks } = options;
  if (hooks !== undefined)
    app.all("/hooks/*", (context) => hooks.fetch(context.req.raw, context.env));
  app.all("/api/*", (context) => {
    const problem = {
      type: "about:blank",
      title: "Unavailable",
      status: 503,
      code: "unavailable",
      detail: reasonFor(options.fault()),
    };
    return context.body(JSON.stringify(problem), 503, {
      "Content-Type": "application/problem+json",
      "Cache-Control": "no-store",
      "Retry-After": "5",
    });
  });
  app.get("/", (context) => context.html(WELCOME));
  app.notFound((context) => context.text("There is no such page.", 404));
  return app;
}

/** For whoever asks: without paths of the machine, which operators find in the log. */
function reasonFor(code: string | undefined): string {
  switch (code) {
    case "store_damaged":
      return "The state cannot be read: the store is damaged. What Traefik serves stays as it is until an operator has decided with `tardis-console recover`.";
    case "store_diverged":
      return "The store is not the one that this console knew. What Traefik serves stays as it is until an operator has decided with `tardis-console recover`.";
    case "store_newer":
      return "The state cannot be read: a newer release has written the store.";
    case undefined:
      return "The state is being read; try again shortly.";
    default:
      return "The state cannot be read now; it is tried again. What Traefik serves stays as it is.";
  }
}

const WELCOME = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>tardis-console</title>
</head>
<body>
<main>
<h1>tardis-console</h1>
<p>This console is driven by its API: see the <a href="/api/docs">reference</a> and the <a href="/api/v1/openapi.json">OpenAPI document</a>.</p>
</main>
</body>
</html>
`;
