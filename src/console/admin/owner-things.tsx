import { urlOf } from "../../api/routing.ts";
import type { Endpoint, Owner, OwnTargetGrant, Page } from "../../domain/entities.ts";
import { endpointsOf, groupsOf, labelsOf, pagesOf } from "../../domain/state.ts";
import { pageStandings } from "../../traefik/page-standing.ts";
import { endpointStanding } from "../../traefik/table.ts";
import type { FormErrors } from "../forms.ts";
import { TextField } from "../parts/fields.tsx";
import { Time } from "../parts/time.tsx";
import { listPart, type Part } from "./parts.tsx";
import type { OwnerView } from "./owner-facts.tsx";
import { pathOf } from "./owner-find.ts";
import { OwnerLink, OwnerOf } from "./owners.tsx";
import { Standing } from "./standing.tsx";

/** Of each kind; the rest is on a page of its own. */
const SHOWN = 25;

/** Names they hold or gave back, and the form that gives them another one. */
export function namesPart(
  view: OwnerView & { readonly errors: FormErrors; readonly typed: string },
): Part {
  const { services, state, owner, now, errors, typed } = view;
  const { zone } = services.rules;
  const labels = labelsOf(state, owner.id).toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const at = pathOf(owner);
  return listPart({
    id: "names",
    title: "Names",
    none: "None.",
    columns: ["Name", "State", ""],
    items: labels,
    row: ({ id, restsUntil }) => [
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
    ],
    // What is wrong is never folded away.
    ...(errors.none ? {} : { isOpen: true }),
    children: (
      <form class="form line" method="post" action={`${at}/labels`} novalidate>
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
    ),
  });
}

export function servicesPart({ services, state, owner }: OwnerView): Part {
  const all = endpointsOf(state, owner.id).toSorted(byPlace);
  return listPart({
    id: "services",
    title: "Services",
    none: "None.",
    columns: ["Address", "Target", "State"],
    items: all,
    row: (endpoint) => [
      <a href={`/endpoints/${endpoint.id}`}>{addressOf(services.rules, endpoint)}</a>,
      endpoint.targets.slice(0, 3).join(", "),
      <Standing {...endpointStanding(state, services.table, endpoint)} />,
    ],
    atMost: SHOWN,
    all: `/admin/routes?kind=endpoint&owner=${owner.name}`,
  });
}

/** Their pages; undefined where there are none, and no GitLab that they could be of. */
export function pagesPart({ services, state, owner }: OwnerView): Part | undefined {
  const all = pagesOf(state, owner.id).toSorted(byPlace);
  const standingOf = pageStandings(state, services.table, new Set());
  if (all.length === 0 && !services.config.pages.enabled) return undefined;
  return listPart({
    id: "pages",
    title: "GitLab pages",
    none: "None.",
    columns: ["Address", "Project", "State"],
    items: all,
    row: (page) => [
      <a href={`/pages/${page.id}`}>{addressOf(services.rules, page)}</a>,
      page.projectPath,
      <Standing {...standingOf(page)} />,
    ],
    atMost: SHOWN,
    all: `/admin/gitlab/pages?owner=${owner.name}`,
  });
}

/** Their custom domains, where they have any. */
export function domainsPart({ state, owner }: OwnerView): Part | undefined {
  const all = [...state.domains.values()].filter((domain) => domain.owner === owner.id);
  if (all.length === 0) return undefined;
  return listPart({
    id: "domains",
    title: "Custom domains",
    none: "",
    columns: ["Domain", "Project", "Verified"],
    items: all,
    row: ({ id, projectPath, verified }) => [id, projectPath, verified ? "Yes" : "No"],
    atMost: SHOWN,
    all: `/admin/gitlab/domains?owner=${owner.name}`,
  });
}

/** A grant of targets, as an admin writes it: `10.1.0.0/16 80, 8000-9000`. */
export function grantInWords(grant: OwnTargetGrant): string {
  const where = "network" in grant ? grant.network : grant.suffix;
  return `${where} ${grant.ports.join(", ")}`;
}

export function targetsPart({ owner }: OwnerView): Part {
  return listPart({
    id: "targets",
    title: "Targets granted to them alone",
    none: "None: what everybody may target is in the configuration.",
    columns: ["Where", "Ports"],
    items: owner.targets ?? [],
    row: (grant) => [
      "network" in grant ? grant.network : `names under ${grant.suffix}`,
      grant.ports.join(", "),
    ],
  });
}

/** A group's managers; a person's groups. */
export function groupsPart({ state, owner }: OwnerView): Part {
  if (owner.kind === "group") {
    const { managers } = owner;
    return listPart({
      id: "managers",
      title: "Managers",
      none: "Nobody manages it. Add somebody under Change.",
      columns: ["Name"],
      items: managers,
      row: (id) => [<OwnerOf state={state} id={id} />],
      ...(managers.length === 0 ? { isOpen: true } : {}),
    });
  }
  const groups: readonly Owner[] = groupsOf(state, owner.id);
  return listPart({
    id: "groups",
    title: "Groups that they manage",
    none: "None.",
    columns: ["Name"],
    items: groups,
    row: (group) => [<OwnerLink owner={group} />],
  });
}

function addressOf(rules: OwnerView["services"]["rules"], { host, path }: Endpoint | Page): string {
  return urlOf(rules, host, path).slice("https://".length);
}

function byPlace(a: Endpoint | Page, b: Endpoint | Page): number {
  return a.host + a.path < b.host + b.path ? -1 : 1;
}
