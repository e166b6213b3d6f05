import { Hono } from "hono";
import type { Child } from "hono/jsx";
import { sortedKeys } from "../../api/list.ts";
import { findOwner } from "../../domain/state.ts";
import { standingOf } from "../../gitlab-pages/domains/standing.ts";
import { PAGE_STATES, pageStandings } from "../../traefik/page-standing.ts";
import { Empty } from "../parts/empty.tsx";
import { Pager } from "../parts/pager.tsx";
import { Table } from "../parts/table.tsx";
import { DnsStanding, DomainBadge } from "../parts/domain-state.tsx";
import type { PageEnv } from "../visitor.ts";
import { Filters } from "./filters.tsx";
import { GitLabTabs } from "./gitlab-tabs.tsx";
import { listed, PAGER_WORDS, pathWith } from "./list.ts";
import { showAdmin } from "./nav.tsx";
import { OwnerOf } from "./owners.tsx";
import type { AdminServices } from "./services.ts";
import { Standing } from "./standing.tsx";

const PAGES = "/admin/gitlab/pages";
const DOMAINS = "/admin/gitlab/domains";
const STATES: Record<(typeof PAGE_STATES)[number], string> = {
  routed: "Routed",
  shadowed: "Shadowed",
  conflict: "In conflict",
  "not-deployed": "Not deployed",
  held: "Held",
  "set-aside": "Set aside",
  suspended: "Suspended",
};

/** `/admin/gitlab/pages` and `/admin/gitlab/domains`: what GitLab has, and how it stands here. */
export function gitlabThings(services: AdminServices): Hono<PageEnv> {
  const { ledger, table, rules, config, site, domainDns } = services;
  const app = new Hono<PageEnv>();
  /** An owner's id; undefined for everybody. */
  const ownerIn = (text: string) =>
    text.trim() === "" ? undefined : (findOwner(ledger.state, text.trim())?.id ?? "");

  app.get(PAGES, async (context) => {
    const { state } = ledger;
    const { q = "", owner = "", state: wanted = "", after = "" } = context.req.query();
    const text = q.trim().toLowerCase().slice(0, 100);
    const of = ownerIn(owner);
    const held = await services.gitlabPages?.()?.records.heldProjects();
    const standing = pageStandings(state, table, held ?? new Set());
    const { items, newer, older } = listed(
      PAGES,
      { q: text, owner, state: wanted, after },
      sortedKeys(state.pages),
      (id) => {
        const page = state.pages.get(id);
        if (page === undefined || (of !== undefined && page.owner !== of)) return undefined;
        const names = `${page.host}${page.path} ${page.projectPath}`.toLowerCase();
        if (!names.includes(text)) return undefined;
        const stands = standing(page);
        return wanted === "" || stands.state === wanted ? { page, stands } : undefined;
      },
    );
    return showAdmin(
      context,
      services,
      { title: "GitLab pages", place: "gitlab" },
      <>
        <GitLabTabs at={PAGES} />
        <Filters
          path={PAGES}
          filters={[
            { name: "q", label: "Address or project", value: text },
            { name: "owner", label: "Owner", value: owner, placeholder: "Name or id" },
            { name: "state", label: "State", value: wanted, options: Object.entries(STATES) },
          ]}
        />
        {items.length === 0 ? (
          <Nothing all={state.pages.size} none="No page yet" other="No page is like that">
            The sites that members build with GitLab Pages stand here.
          </Nothing>
        ) : (
          <Table
            caption="GitLab pages"
            columns={["Address", "Project", "Owner", "State"]}
            rows={items.map(({ page, stands }) => [
              <a href={`/pages/${page.id}`}>{`${page.host}${page.path}`}</a>,
              page.projectPath,
              <OwnerOf state={state} id={page.owner} />,
              <Standing {...stands} />,
            ])}
          />
        )}
        <Pager newer={newer} older={older} words={[...PAGER_WORDS]} />
      </>,
    );
  });

  app.get(DOMAINS, async (context) => {
    const { state } = ledger;
    const { q = "", owner = "", after = "", dns = "" } = context.req.query();
    const text = q.trim().toLowerCase().slice(0, 100);
    const of = ownerIn(owner);
    const passesThrough = config.pages.enabled && config.pages.customDomains;
    const { items, newer, older } = listed(
      DOMAINS,
      { q: text, owner, after, dns },
      sortedKeys(state.domains),
      (id) => {
        const domain = state.domains.get(id);
        if (domain === undefined || (of !== undefined && domain.owner !== of)) return undefined;
        return `${id} ${domain.projectPath.toLowerCase()}`.includes(text) ? domain : undefined;
      },
    );
    const rows = await Promise.all(
      items.map(async (domain) => {
        const stands = standingOf(domain, { rules, passesThrough, now: site.now() });
        // Nothing in DNS helps a domain that is refused.
        const asks = dns !== "" && stands.state !== "refused";
        return { domain, stands, check: asks ? await domainDns?.check(domain.id) : undefined };
      }),
    );
    return showAdmin(
      context,
      services,
      { title: "Custom domains", place: "gitlab" },
      <>
        <GitLabTabs at={DOMAINS} />
        <Filters
          path={DOMAINS}
          filters={[
            { name: "q", label: "Domain or project", value: text },
            { name: "owner", label: "Owner", value: owner, placeholder: "Name or id" },
          ]}
        />
        {items.length === 0 ? (
          <Nothing all={state.domains.size} none="No domain yet" other="No domain is like that">
            Domains that members give to their GitLab Pages sites stand here.
          </Nothing>
        ) : (
          <>
            {domainDns === undefined || dns !== "" ? null : (
              <p>
                <a href={pathWith(DOMAINS, { q: text, owner, after, dns: "look" })}>
                  Look up whether their DNS points here
                </a>
              </p>
            )}
            <Table
              caption="Custom domains"
              columns={["Domain", "Project", "Owner", "State", ...(dns === "" ? [] : ["DNS"])]}
              rows={rows.map(({ domain, stands, check }) => [
                domain.id,
                domain.projectPath,
                <OwnerOf state={state} id={domain.owner} />,
                <span class="standing">
                  <DomainBadge state={stands.state} />
                  {stands.state === "active" ? null : <span class="why">{stands.reason}</span>}
                </span>,
                ...(dns === "" ? [] : [check === undefined ? "—" : <DnsStanding check={check} />]),
              ])}
            />
          </>
        )}
        <Pager newer={newer} older={older} words={[...PAGER_WORDS]} />
      </>,
    );
  });

  return app;
}

/** What stands where a list shows nothing: because there is nothing, or because of its filters. */
function Nothing({
  all,
  none,
  other,
  children,
}: {
  /** How many there are without filters. */
  all: number;
  none: string;
  other: string;
  /** What would stand here. */
  children: Child;
}) {
  return all === 0 ? (
    <Empty title={none}>{children}</Empty>
  ) : (
    <Empty title={other}>Take a filter away.</Empty>
  );
}
