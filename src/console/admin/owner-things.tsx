import type { Child } from "hono/jsx";
import { urlOf } from "../../api/routing.ts";
import type { Session } from "../../auth/sessions.ts";
import type { Endpoint, Owner, OwnTargetGrant, Page } from "../../domain/entities.ts";
import { endpointsOf, groupsOf, labelsOf, pagesOf, tokensOf } from "../../domain/state.ts";
import { pageStandings } from "../../traefik/page-standing.ts";
import { endpointStanding } from "../../traefik/table.ts";
import type { FormErrors } from "../forms.ts";
import { TextField } from "../parts/fields.tsx";
import { exactly, Time } from "../parts/time.tsx";
import { Table } from "../parts/table.tsx";
import type { OwnerView } from "./owner-facts.tsx";
import { pathOf } from "./owner-find.ts";
import { OwnerLink, OwnerOf } from "./owners.tsx";
import { Standing } from "./standing.tsx";
import { counted } from "../words.ts";

/** Of each kind; the rest is on a page of its own. */
const SHOWN = 25;

interface ListProps {
  readonly id: string;
  readonly title: string;
  readonly none: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Child[])[];
  /** How many there are, and where all of them are. */
  readonly all?: { readonly count: number; readonly href: string };
  readonly children?: Child;
}

/** One kind of what an owner has. */
function Things({ id, title, none, columns, rows, all, children }: ListProps) {
  return (
    <section id={id}>
      <h2>{title}</h2>
      {rows.length === 0 ? (
        <p class="quiet-text">{none}</p>
      ) : (
        <Table caption={title} columns={columns} rows={rows} />
      )}
      {all === undefined || all.count <= rows.length ? null : (
        <p>
          <a href={all.href}>All {counted(all.count, "of them", "of them")}</a>
        </p>
      )}
      {children}
    </section>
  );
}

/** Names they hold or gave back, and the form that gives them another one. */
export function Labels(view: OwnerView & { readonly errors: FormErrors; readonly typed: string }) {
  const { services, state, owner, now, errors, typed } = view;
  const { zone } = services.rules;
  const labels = labelsOf(state, owner.id).toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const at = pathOf(owner);
  return (
    <Things
      id="names"
      title="Names"
      none="None."
      columns={["Name", "State", ""]}
      rows={labels.map(({ id, restsUntil }) => [
        `${id}.${zone}`,
        restsUntil === undefined ? (
          "Held"
        ) : (
          <>
            Rests, <Time at={restsUntil} now={now} />
          </>
        ),
        restsUntil !== undefined ? (
          <form method="post" action={`${at}/labels/${id}/free`}>
            <button type="submit" class="quiet">
              End the rest<span class="unseen"> of {id}</span>
            </button>
          </form>
        ) : id === owner.name ? (
          <span class="quiet-text">their own name</span>
        ) : (
          <a class="button quiet" href={`${at}/labels/${id}/give-back`}>
            Give back …<span class="unseen"> {id}</span>
          </a>
        ),
      ])}
    >
      <form class="form line" method="post" action={`${at}/labels`}>
        <TextField
          name="label"
          label="Give them a name"
          value={typed}
          errors={errors}
          maxlength={63}
          required
        />
        <button type="submit" class="quiet">
          Give it
        </button>
      </form>
    </Things>
  );
}

export function Endpoints({ services, state, owner }: OwnerView) {
  const all = endpointsOf(state, owner.id).toSorted(byPlace);
  return (
    <Things
      id="endpoints"
      title="Services"
      none="None."
      columns={["Address", "Target", "State"]}
      rows={all
        .slice(0, SHOWN)
        .map((endpoint) => [
          <a href={`/endpoints/${endpoint.id}`}>{addressOf(services.rules, endpoint)}</a>,
          endpoint.targets.slice(0, 3).join(", "),
          <Standing {...endpointStanding(state, services.table, endpoint)} />,
        ])}
      all={{ count: all.length, href: `/admin/routes?kind=endpoint&owner=${owner.name}` }}
    />
  );
}

export function Pages({ services, state, owner }: OwnerView) {
  const all = pagesOf(state, owner.id).toSorted(byPlace);
  const standingOf = pageStandings(state, services.table, new Set());
  if (all.length === 0 && !services.config.pages.enabled) return null;
  return (
    <Things
      id="pages"
      title="GitLab pages"
      none="None."
      columns={["Address", "Project", "State"]}
      rows={all
        .slice(0, SHOWN)
        .map((page) => [
          <a href={`/pages/${page.id}`}>{addressOf(services.rules, page)}</a>,
          page.projectPath,
          <Standing {...standingOf(page)} />,
        ])}
      all={{ count: all.length, href: `/admin/gitlab/pages?owner=${owner.name}` }}
    />
  );
}

export function Domains({ state, owner }: OwnerView) {
  const all = [...state.domains.values()].filter((domain) => domain.owner === owner.id);
  if (all.length === 0) return null;
  return (
    <Things
      id="domains"
      title="Custom domains"
      none=""
      columns={["Domain", "Project", "Verified"]}
      rows={all
        .slice(0, SHOWN)
        .map(({ id, projectPath, verified }) => [id, projectPath, verified ? "Yes" : "No"])}
      all={{ count: all.length, href: `/admin/gitlab/domains?owner=${owner.name}` }}
    />
  );
}

/** A grant of targets, as an admin writes it: `10.1.0.0/16 80, 8000-9000`. */
export function grantInWords(grant: OwnTargetGrant): string {
  const where = "network" in grant ? grant.network : grant.suffix;
  return `${where} ${grant.ports.join(", ")}`;
}

export function Targets({ owner }: OwnerView) {
  return (
    <Things
      id="targets"
      title="Targets granted to them alone"
      none="None: what everybody may target is in the configuration."
      columns={["Where", "Ports"]}
      rows={(owner.targets ?? []).map((grant) => [
        "network" in grant ? grant.network : `names under ${grant.suffix}`,
        grant.ports.join(", "),
      ])}
    />
  );
}

/** A group's managers; a person's groups. */
export function Groups({ state, owner }: OwnerView) {
  if (owner.kind === "group") {
    return (
      <Things
        id="managers"
        title="Managers"
        none="Nobody manages it. Add somebody under Change."
        columns={["Name"]}
        rows={owner.managers.map((id) => [<OwnerOf state={state} id={id} />])}
      />
    );
  }
  const groups: readonly Owner[] = groupsOf(state, owner.id);
  return (
    <Things
      id="groups"
      title="Groups that they manage"
      none="None."
      columns={["Name"]}
      rows={groups.map((group) => [<OwnerLink owner={group} />])}
    />
  );
}

export function Tokens({ state, owner, now }: OwnerView) {
  const tokens = tokensOf(state, owner.id).toSorted((a, b) => (a.id < b.id ? 1 : -1));
  return (
    <Things
      id="tokens"
      title="API tokens"
      none="None."
      columns={["Name", "Scopes", "Made", "Ends", ""]}
      rows={tokens.slice(0, 2 * SHOWN).map(({ id, name, scopes, createdAt, expiresAt }) => [
        name,
        scopes.join(", "),
        <Time at={createdAt} now={now} />,
        <span title={exactly(new Date(expiresAt))}>
          {Date.parse(expiresAt) <= now.getTime() ? "ended " : ""}
          <Time at={expiresAt} now={now} />
        </span>,
        <form method="post" action={`${pathOf(owner)}/tokens/${id}/revoke`}>
          <button type="submit" class="quiet">
            Revoke<span class="unseen"> {name}</span>
          </button>
        </form>,
      ])}
    />
  );
}

export function SignedInAt({
  owner,
  now,
  sessions,
}: OwnerView & { readonly sessions: readonly Session[] }) {
  return (
    <Things
      id="sessions"
      title="Sessions"
      none="They are signed in nowhere."
      columns={["Browser", "Address", "Last used", ""]}
      rows={sessions.slice(0, SHOWN).map(({ id, agent, address, usedAt }) => [
        agent === "" ? "not known" : agent,
        address,
        <Time at={usedAt} now={now} />,
        <form method="post" action={`${pathOf(owner)}/sessions/${id}/end`}>
          <button type="submit" class="quiet">
            End<span class="unseen"> the session at {address}</span>
          </button>
        </form>,
      ])}
    />
  );
}

function addressOf(rules: OwnerView["services"]["rules"], { host, path }: Endpoint | Page): string {
  return urlOf(rules, host, path).slice("https://".length);
}

function byPlace(a: Endpoint | Page, b: Endpoint | Page): number {
  return a.host + a.path < b.host + b.path ? -1 : 1;
}
