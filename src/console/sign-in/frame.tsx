import { html } from "hono/html";
import type { Child } from "hono/jsx";
import type { HtmlEscapedString } from "hono/utils/html";
import { assetPath } from "../assets.ts";

export type Page = HtmlEscapedString | Promise<HtmlEscapedString>;

/** A page for whoever is not signed in: it looks as the others, and nothing on it is of anybody. */
export function framed(title: string, body: Child): Page {
  const page = (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{title} · tardis-console</title>
        <link rel="icon" href={assetPath("favicon.svg")} type="image/svg+xml" />
        <link rel="stylesheet" href={assetPath("pico.css")} />
        <link rel="stylesheet" href={assetPath("console.css")} />
      </head>
      <body>
        <header class="top">
          <a class="brand" href="/">
            <img src={assetPath("favicon.svg")} alt="" width="24" height="24" />
            tardis-console
          </a>
        </header>
        <main id="main">
          <header class="heading">
            <h1>{title}</h1>
          </header>
          {body}
        </main>
      </body>
    </html>
  );
  return html`<!doctype html>${page}`;
}
