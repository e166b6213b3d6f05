import { Hono } from "hono";
import type { Child } from "hono/jsx";
import { urlOf } from "../../api/routing.ts";
import type { Endpoint, Page } from "../../domain/entities.ts";
import type { Hostname } from "../../domain/names.ts";
import { pageStandings } from "../../traefik/page-standing.ts";
import { ingressClaim } from "../../traefik/ingress-host.ts";
import { endpointStanding, lookupIn } from "../../traefik/table.ts";
import { markOf } from "../delivery.ts";
import { Empty } from "../parts/empty.tsx";
import { Live } from "../parts/live.tsx";
import { Table } from "../parts/table.tsx";
import type { PageEnv } from "../visitor.ts";
import { find, FOUND_MAX, normalised, type Found } from "./find.ts";
import { showAdmin } from "./nav.tsx";
import { kindOf, OwnerLink, OwnerOf } from "./owners.tsx";
import type { AdminServices } from "./services.ts";
import { Standing } from "./standing.tsx";

/** `/admin/search`: owners, names, endpoints, pages and domains, whichever has the text. */
export function search(services: AdminServices): Hono<PageEnv> {
  const app = new Hono<PageEnv>();
  app.get("/admin/search", (context) => {
    const query = (context.req.query("q") ?? "").slice(0, 200);
    const { state } = services.ledger;
    const found = find(state, query);
    const kinds = [...sectionsOf(services, found), ingressesAt(services, query)].filter(
      ({ rows }) => rows.length > 0,
    );
    return showAdmin(
      context,
      services,
      {
        title: query.trim() === "" ? "Search" : `“${query.trim()}”`,
        lead: "Names, hosts, addresses, targets, projects and domains.",
      },
      <>
        <form class="search-again" method="get" action="/admin/search">
          <input type="search" name="q" value={query} maxlength={200} aria-label="Search for" />
          <button type="submit">Search</button>
        </form>
        <Live context={context} mark={markOf(state, services)}>
          {kinds.length === 0 && query.trim() !== "" ? (
            <Empty title="Nothing has this">
              Search for a part of it: some letters of a name, a host, an address or a project.
            </Empty>
          ) : null}
          {kinds.map(({ what, title, columns, rows }) => (
            <section>
              <h2>{title}</h2>
              <Table caption={title} columns={columns} rows={rows} />
              {found.more.has(what) ? (
                <p class="quiet-text">
                  The {FOUND_MAX} that fit best. Write more of it to see others.
                </p>
              ) : null}
            </section>
          ))}
        </Live>
      </>,
    );
  });
  return app;
}

interface Section {
  readonly what: string;
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Child[])[];
}

function sectionsOf(services: AdminServices, found: Found): readonly Section[] {
  const { ledger, table, rules } = services;
  const { state } = ledger;
  const standingOfPage = pageStandings(state, table, new Set());
  const addressOf = ({ host, path }: Endpoint | Page) => urlOf(rules, host, path).slice(8);
  return [
    {
      what: "owners",
      title: "Owners",
      columns: ["Name", "Kind"],
      rows: found.owners.map((owner) => [<OwnerLink owner={owner} />, kindOf(owner)]),
    },
    {
      what: "labels",
      title: "Names",
      columns: ["Name", "Held by", "State"],
      rows: found.labels.map(({ id, owner, restsUntil }) => [
        id,
        <OwnerOf state={state} id={owner} />,
        restsUntil === undefined ? "Held" : "At rest",
      ]),
    },
    {
      what: "endpoints",
      title: "Services",
      columns: ["Address", "Target", "Owner", "State"],
      rows: found.endpoints.map((endpoint) => [
        <a href={`/endpoints/${endpoint.id}`}>{addressOf(endpoint)}</a>,
        endpoint.targets.slice(0, 2).join(", "),
        <OwnerOf state={state} id={endpoint.owner} />,
        <Standing {...endpointStanding(state, table, endpoint)} />,
      ]),
    },
    {
      what: "pages",
      title: "GitLab pages",
      columns: ["Address", "Project", "Owner", "State"],
      rows: found.pages.map((page) => [
        <a href={`/pages/${page.id}`}>{addressOf(page)}</a>,
        page.projectPath,
        <OwnerOf state={state} id={page.owner} />,
        <Standing {...standingOfPage(page)} />,
      ]),
    },
    {
      what: "domains",
      title: "Custom domains",
      columns: ["Domain", "Project", "Owner"],
      rows: found.domains.map((domain) => [
        domain.id,
        domain.projectPath,
        <OwnerOf state={state} id={domain.owner} />,
      ]),
    },
  ];
}

/** Whose ingresses a host is for, and what answers there: no record of ours has its name. */
function ingressesAt({ ledger: { state }, table }: AdminServices, query: string): Section {
  const host = normalised(query).replace(/[:/].*$/, "") as Hostname;
  const claim = ingressClaim(state, table.rules, host);
  const section = {
    what: "ingresses",
    title: "Hosts of ingresses",
    columns: ["Host", "Whose", "Answered by"],
  };
  if (claim === undefined) return { ...section, rows: [] };
  const [route] = lookupIn(state, table).at(host)?.routes ?? [];
  const answer =
    route === undefined ? (
      "Left to the cluster's own provider"
    ) : route.kind === "suspended" ? (
      <Standing state="suspended" />
    ) : (
      "What the console routes there"
    );
  return { ...section, rows: [[host, <OwnerOf state={state} id={claim.owner} />, answer]] };
}
