import type { RouteLookup } from "../traefik/routes.ts";
import { routeAt } from "../traefik/answer.ts";

/** The answer to a request for a host that is not the console's. */
export interface HostPage {
  readonly status: 400 | 403 | 404 | 410 | 503;
  readonly headers: Readonly<Record<string, string>>;
  readonly html: string;
}

const TEXTS = {
  400: ["Bad request", "This request cannot be read."],
  403: ["Suspended", "This site is suspended."],
  404: ["Nothing here", "There is no site at this address."],
  410: ["Gone", "This name was given back. What was here is gone."],
  503: ["Not available", "This site cannot be shown right now. Please try again shortly."],
} as const;

/** No script, no request to anywhere: this page stands on a name that belonged to somebody. */
const HEADERS = {
  "Content-Type": "text/html; charset=utf-8",
  "Content-Security-Policy":
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cache-Control": "no-store",
} as const;

/**
 * The page that a host shows when nothing else serves it: 403 for the suspended, 410 for a name at
 * rest, which also makes browsers forget what its last holder stored in them, 404 for the rest.
 * @param table what is routed now; undefined before the state was read: then it is 503, as nobody
 *   can tell
 * @param target the request target as sent
 */
export function hostPage(table: RouteLookup | undefined, host: string, target: string): HostPage {
  if (table === undefined) return pageOf(503, { "Retry-After": "5" });
  const kind = routeAt(table, host, target)?.kind;
  if (kind === "suspended") return pageOf(403);
  if (kind === "given-back") return pageOf(410, { "Clear-Site-Data": '"storage"' });
  return pageOf(404);
}

/** The answer to a request of which not even the host can be read. */
export function badRequestPage(): HostPage {
  return pageOf(400);
}

function pageOf(status: HostPage["status"], more: Readonly<Record<string, string>> = {}): HostPage {
  const [title, text] = TEXTS[status];
  return { status, headers: { ...HEADERS, ...more }, html: page(title, text) };
}

function page(title: string, text: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>
:root { color-scheme: light dark; font: 1.1rem/1.6 system-ui, sans-serif; }
body { display: grid; min-height: 90vh; margin: 0; padding: 1rem; place-content: center; text-align: center; }
h1 { margin: 0; font-size: 1.6rem; }
p { margin: .5rem 0 0; opacity: .8; }
</style>
</head>
<body><main><h1>${title}</h1><p>${text}</p></main></body>
</html>
`;
}
