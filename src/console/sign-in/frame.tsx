import { html } from "hono/html";
import type { Child } from "hono/jsx";
import type { HtmlEscapedString } from "hono/utils/html";

export type Page = HtmlEscapedString | Promise<HtmlEscapedString>;

/** Where the style of these pages is. */
export const STYLE_PATH = "/sign-in/style.css";

/** A page for whoever is not signed in: nothing on it is of anybody. */
export function framed(title: string, body: Child): Page {
  const page = (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{title} · tardis-console</title>
        <link rel="stylesheet" href={STYLE_PATH} />
      </head>
      <body>
        <main>
          <h1>{title}</h1>
          {body}
        </main>
      </body>
    </html>
  );
  return html`<!doctype html>${page}`;
}

export const STYLE = `:root { color-scheme: light dark; font: 1.05rem/1.6 system-ui, sans-serif; }
body { display: grid; min-height: 90vh; margin: 0; padding: 1rem; place-content: center; }
main { max-width: 28rem; }
h1 { margin: 0 0 .5rem; font-size: 1.6rem; }
.button, button { display: inline-block; padding: .6rem 1.1rem; border: 0; border-radius: .4rem; background: #1f5fbf; color: #fff; font: inherit; text-decoration: none; cursor: pointer; }
.button:focus-visible, button:focus-visible { outline: 3px solid #f5a623; outline-offset: 2px; }
.notice { padding: .6rem .9rem; border-left: .25rem solid #b3261e; }
`;
