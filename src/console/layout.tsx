import type { Context } from "hono";
import { html } from "hono/html";
import type { Child } from "hono/jsx";
import type { HtmlEscapedString } from "hono/utils/html";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { assetPath } from "./assets.ts";
import { takeFlash, type Flash } from "./flash.ts";
import { FlashMessage } from "./parts/flash-message.tsx";
import { Menu } from "./parts/menu.tsx";
import { MODULES } from "../domain/rules.ts";
import type { Site } from "./site.ts";
import type { PageEnv, Visitor } from "./visitor.ts";

/** The parts of the console that its navigation leads to. */
export const SECTIONS = {
  sites: ["/", "My sites"],
  namespaces: ["/namespaces", "Namespaces"],
  buckets: ["/buckets", "Buckets"],
  databases: ["/databases", "Databases"],
  groups: ["/groups", "Groups"],
  requests: ["/requests", "Requests"],
  access: ["/access", "Access"],
  activity: ["/activity", "Activity"],
  admin: ["/admin", "Admin"],
} as const;
export type Section = keyof typeof SECTIONS;

export interface PageProps {
  /** What the page is, in a few words: its heading and, before the zone, its title. */
  readonly title: string;
  /** The one thing that most people come for. */
  readonly action?: { readonly href: string; readonly label: string } | undefined;
  /** Where the navigation says that one is. */
  readonly section?: Section | undefined;
  /** A line below the heading. */
  readonly lead?: Child;
  /** The way back, above the heading. */
  readonly back?: { readonly href: string; readonly label: string } | undefined;
  /** The parts of the section that one is in, above the heading. */
  readonly nav?: Child;
  readonly status?: ContentfulStatusCode;
}

/**
 * Answers with a page for someone signed in. A message that was left for them is shown on it, unless
 * it is only a part of the page that is asked for anew.
 */
export function show(
  context: Context<PageEnv>,
  site: Site,
  { status = 200, ...props }: PageProps,
  children: Child,
): Response | Promise<Response> {
  const isRefresh = context.req.header("HX-Request") !== undefined;
  const flash = isRefresh ? undefined : takeFlash(context, site);
  const { path } = context.req;
  const visitor = context.get("visitor");
  context.header("Cache-Control", "no-store");
  return context.html(
    page(
      <Layout site={site} visitor={visitor} flash={flash} path={path} {...props}>
        {children}
      </Layout>,
    ),
    status,
  );
}

type Rendered = HtmlEscapedString | Promise<HtmlEscapedString>;

/** A whole document of what was rendered. */
export function page(rendered: Rendered): Rendered {
  return html`<!doctype html>${rendered}`;
}

interface LayoutProps extends Omit<PageProps, "status"> {
  readonly site: Site;
  /** Undefined on the pages for those who are not signed in. */
  readonly visitor: Visitor | undefined;
  readonly flash?: Flash | undefined;
  readonly path?: string;
  readonly children?: Child;
}

/** htmx runs no text as code here and writes no style into the page: the content policy forbids both. */
const HTMX_CONFIG = JSON.stringify({
  allowEval: false,
  includeIndicatorStyles: false,
  selfRequestsOnly: true,
  historyCacheSize: 0,
});

/** The page around what a page shows. */
export function Layout(props: LayoutProps) {
  const { site, visitor, flash, title, children } = props;
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="htmx-config" content={HTMX_CONFIG} />
        <title>{`${title} · ${site.zone}`}</title>
        <link rel="icon" href={assetPath("favicon.svg")} type="image/svg+xml" />
        <link rel="stylesheet" href={assetPath("pico.css")} />
        <link rel="stylesheet" href={assetPath("console.css")} />
        {visitor === undefined ? null : <script src={assetPath("htmx.js")} defer />}
        <script src={assetPath("console.js")} defer />
      </head>
      <body>
        <a class="skip" href="#main">
          Skip to the content
        </a>
        <Header site={site} visitor={visitor} section={props.section} />
        <main id="main" tabindex={-1}>
          {props.nav}
          <FlashMessage flash={flash} />
          <PageHeading {...props} />
          {children}
        </main>
        <footer>
          <p>
            tardis-console for {site.zone} · <a href="/api/docs">API</a>
          </p>
        </footer>
      </body>
    </html>
  );
}

function PageHeading({ title, action, lead, back }: LayoutProps) {
  return (
    <header class="heading">
      {back === undefined ? null : (
        <nav class="back" aria-label="Back">
          <a href={back.href}>{back.label}</a>
        </nav>
      )}
      <div class="heading-row">
        <h1>{title}</h1>
        {action === undefined ? null : (
          <a class="button" href={action.href}>
            {action.label}
          </a>
        )}
      </div>
      {lead === undefined ? null : <p class="lead">{lead}</p>}
    </header>
  );
}

function Header({ site, visitor, section }: Pick<LayoutProps, "site" | "visitor" | "section">) {
  return (
    <header class="top">
      <a class="brand" href="/">
        <img src={assetPath("favicon.svg")} alt="" width="24" height="24" />
        {site.zone}
      </a>
      {visitor === undefined ? null : <Signed site={site} visitor={visitor} section={section} />}
    </header>
  );
}

interface SignedProps extends Pick<LayoutProps, "site" | "section"> {
  readonly visitor: Visitor;
}

function Signed({ site, visitor, section }: SignedProps) {
  const { admin } = visitor.actor;
  const off = new Set<string>(MODULES.filter((module) => !site.modules.has(module)));
  if (!admin && !visitor.adminLapsed) off.add("admin");
  const sections = Object.entries(SECTIONS)
    .filter(([name]) => !off.has(name))
    .map(([name, [href, label]]) => [name, href, label] as const);
  return (
    <>
      <Menu id="sections" name="Sections" button="Menu" places={sections} current={section} />
      <form class="search" role="search" action={admin ? "/admin/search" : "/"} method="get">
        <input
          id="search"
          type="search"
          name="q"
          maxlength={100}
          placeholder={admin ? "Search everything" : "Search my sites"}
          aria-label={admin ? "Search everything" : "Search my sites"}
          aria-keyshortcuts="/"
        />
      </form>
      <form class="who" method="post" action="/sign-out">
        <span class="name">{visitor.person.displayName ?? visitor.person.name}</span>
        <button type="submit" class="quiet">
          Sign out
        </button>
      </form>
    </>
  );
}
