import { Hono, type Context } from "hono";
import { domainsByOwner } from "../../api/page-domains.ts";
import { readProject } from "../../api/project-sync.ts";
import { nameOf, urlOf } from "../../api/routing.ts";
import type { CustomDomain, Page } from "../../domain/entities.ts";
import { authorise, sees } from "../../domain/policy.ts";
import { Refusal } from "../../errors.ts";
import { verificationRecord } from "../../gitlab-pages/domains/records.ts";
import { standingOf } from "../../gitlab-pages/domains/standing.ts";
import { pageStandings } from "../../traefik/page-standing.ts";
import { doing } from "../act.ts";
import { show } from "../layout.tsx";
import { Badge } from "../parts/badge.tsx";
import { Copyable } from "../parts/copyable.tsx";
import { DomainBadge } from "../parts/domain-state.tsx";
import { Live } from "../parts/live.tsx";
import { markOf } from "../delivery.ts";
import { Table } from "../parts/table.tsx";
import { Time } from "../parts/time.tsx";
import type { PageEnv } from "../visitor.ts";
import { heldProjects } from "./gitlab.ts";
import type { PageServices } from "./services.ts";
import { pageShown } from "./standing.ts";

/** `/pages/{id}`: one GitLab Pages site, how it stands, its custom domains, and reading it anew. */
export function gitlabPage(services: PageServices): Hono<PageEnv> {
  const { ledger, site, rules, table } = services;
  const app = new Hono<PageEnv>();

  const pageFor = (context: Context<PageEnv>): Page => {
    const page = ledger.state.pages.get(context.req.param("id") ?? "");
    const { actor } = context.get("visitor");
    authorise(ledger.state, actor, "page.read", page?.owner ?? null, "page");
    if (page === undefined) throw new Refusal("not_found", "There is no such page.");
    return page;
  };

  app.get("/pages/:id", async (context) => {
    const held = await heldProjects(services);
    const { state } = ledger;
    const page = pageFor(context);
    const standing = pageStandings(state, table, held)(page);
    const shown = pageShown(standing, page, services.delivery());
    const url = urlOf(rules, page.host, page.path, true);
    const ids = domainsByOwner(state.domains).get(page.owner ?? "") ?? [];
    const domains = ids
      .map((id) => state.domains.get(id))
      .filter((domain) => domain?.project === page.project)
      .filter((domain) => domain !== undefined);
    return show(
      context,
      site,
      {
        title: `${page.host}${page.path}`,
        section: "sites",
        back: { href: "/", label: "My sites" },
        lead: "GitLab has this site; what you change there shows here by itself.",
      },
      <>
        <Live context={context} mark={markOf(state, services)}>
          <p class="standing">
            <Badge tone={shown.tone}>{shown.word}</Badge> {shown.reason ?? ""}
          </p>
          <dl class="facts">
            <dt>Address</dt>
            <dd>
              <a href={url} rel="noreferrer">
                {url}
              </a>
            </dd>
            <dt>Project in GitLab</dt>
            <dd>{page.projectPath}</dd>
            <dt>Visitors</dt>
            <dd>{page.accessControl ? "Sign in at GitLab first" : "Everybody"}</dd>
            <dt>Belongs to</dt>
            <dd>{nameOf(state, page.owner) ?? "nobody"}</dd>
            <dt>Known since</dt>
            <dd>
              <Time at={page.createdAt} now={site.now()} />
            </dd>
          </dl>
          {domains.length === 0 ? null : <h2>Domains of its own</h2>}
          {domains.map((domain) => (
            <DomainPart services={services} domain={domain} />
          ))}
        </Live>
        {services.gitlabPages?.() === undefined ? null : <ReadAgain page={page} />}
      </>,
    );
  });

  app.post("/pages/:id/read", (context) => {
    const { id, project } = pageFor(context);
    const { actor } = context.get("visitor");
    return doing(
      context,
      services,
      // It may be gone by then, or another's.
      () => {
        const owner = ledger.state.pages.get(id)?.owner;
        return owner !== undefined && sees(ledger.state, actor, owner) ? `/pages/${id}` : "/";
      },
      async () => {
        const { projectPath, reason, places } = await readProject(services, actor, project);
        const urls = places
          .slice(0, 3)
          .map(({ url }) => url)
          .join(", ");
        return `${projectPath} was read anew. ${reason}${urls === "" ? "" : ` Its place here: ${urls}`}`;
      },
    );
  });
  return app;
}

/** Has GitLab asked now, for who does not want to wait for it to tell. */
function ReadAgain({ page: { id } }: { page: Page }) {
  return (
    <form method="post" action={`/pages/${id}/read`} data-slow>
      <button type="submit" class="quiet">
        Read it again from GitLab
      </button>
      <p class="quiet-text">
        Changes come by themselves, a moment after the job has ended. This looks now, and takes some
        seconds.
      </p>
    </form>
  );
}

function DomainPart({ services, domain }: { services: PageServices; domain: CustomDomain }) {
  const { rules, config, site, domainDns } = services;
  const passesThrough = config.pages.enabled && config.pages.customDomains;
  const { state, reason } = standingOf(domain, { rules, passesThrough, now: site.now() });
  const { verificationCode: code } = domain;
  const records =
    state === "refused"
      ? []
      : [
          ...(code === null ? [] : [verificationRecord(domain.id, code)]),
          ...(domainDns?.records(domain.id) ?? []),
        ];
  return (
    <section class="host" aria-label={domain.id}>
      <h3>
        {domain.id} <DomainBadge state={state} />
      </h3>
      <p>{reason}</p>
      {records.length === 0 ? null : (
        <div class="inside">
          <Table
            caption={`What is to stand in the DNS of ${domain.id}`}
            columns={["Type", "Name", "Value"]}
            rows={records.map(({ type, name, value }) => [
              type,
              <code>{name}</code>,
              <Copyable text={value} />,
            ])}
          />
        </div>
      )}
    </section>
  );
}
