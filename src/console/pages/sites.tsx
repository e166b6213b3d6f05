import { Hono } from "hono";
import { urlOf } from "../../api/routing.ts";
import type { Owner } from "../../domain/entities.ts";
import { exactly } from "../parts/time.tsx";
import { show } from "../layout.tsx";
import { Badge } from "../parts/badge.tsx";
import { Empty } from "../parts/empty.tsx";
import { Live } from "../parts/live.tsx";
import { Pager } from "../parts/pager.tsx";
import { Time } from "../parts/time.tsx";
import type { PageEnv } from "../visitor.ts";
import { heldProjects } from "./gitlab.ts";
import { MembershipNotice } from "./membership.tsx";
import { hostsOf, ownersFor, placesAt, type HostName, type Place, type View } from "./picture.ts";
import type { PageServices } from "./services.ts";

const HOSTS_SHOWN = 25;
const PLACES_SHOWN = 100;

/** `/`: one picture of the visitor's hosts and of those of their groups. */
export function sites(services: PageServices): Hono<PageEnv> {
  const { ledger, table, site, rules } = services;
  const app = new Hono<PageEnv>();
  app.get("/", async (context) => {
    const { state } = ledger;
    const { person, actor } = context.get("visitor");
    const query = (context.req.query("q") ?? "").trim().toLowerCase().slice(0, 100);
    const from = Math.max(0, Math.trunc(Number(context.req.query("from") ?? 0)) || 0);
    const view: View = {
      state,
      table,
      actor,
      delivery: services.delivery(),
      held: await heldProjects(services),
    };
    const owners = ownersFor(state, person);
    const named = owners.flatMap((owner) => hostsOf(state, rules.zone, owner));
    const found = query === "" ? named : named.filter((name) => isFound(view, name, query));
    const shown = found.slice(from, from + HOSTS_SHOWN);
    const at = (start: number) =>
      `/?${new URLSearchParams({ ...(query === "" ? {} : { q: query }), from: String(start) }).toString()}`;
    const isNew = owners.every(
      ({ id }) => !state.endpointsByOwner.has(id) && !state.pagesByOwner.has(id),
    );
    const action = named.length === 0 ? undefined : ADD;
    return show(
      context,
      site,
      { title: "My sites", section: "sites", action },
      <Live context={context} revision={state.revision}>
        {owners.map((owner) => (
          <MembershipNotice services={services} owner={owner} visitor={person} />
        ))}
        {query === "" ? null : (
          <p class="quiet-text">
            {found.length === 0 ? "Nothing" : `${found.length} of ${named.length} hosts`} for “
            {query}”. <a href="/">Show all</a>
          </p>
        )}
        {shown.map((name, index) => (
          <>
            {owners.length > 1 && shown[index - 1]?.owner !== name.owner ? (
              <h2>{ownerHeading(name.owner, person)}</h2>
            ) : null}
            <HostCard name={name} view={view} now={site.now()} />
          </>
        ))}
        <Pager
          newer={from > 0 ? at(Math.max(0, from - HOSTS_SHOWN)) : undefined}
          older={from + HOSTS_SHOWN < found.length ? at(from + HOSTS_SHOWN) : undefined}
          words={["Previous hosts", "More hosts"]}
        />
        {named.length === 0 ? (
          <NoName zone={rules.zone} />
        ) : isNew ? (
          <Empty title="Put your first service online" action={ADD}>
            Anything that you run and that speaks HTTP gets an address here. Say where it runs; it
            is online a moment later.
          </Empty>
        ) : null}
        <Pollers view={view} now={site.now()} />
      </Live>,
    );
  });
  return app;
}

const ADD = { href: "/endpoints/new", label: "Add a service" } as const;

/** What someone without a name is told. */
export function NoName({ zone }: { zone: string }) {
  return (
    <Empty title="You hold no name yet">
      A name under {zone} is where your sites live. Ask an admin for one.
    </Empty>
  );
}

function isFound(view: View, { host }: HostName, query: string): boolean {
  if (host.includes(query)) return true;
  return placesAt(view, host).some(
    ({ path, what }) => path.toLowerCase().includes(query) || what.toLowerCase().includes(query),
  );
}

function ownerHeading(owner: Owner, person: Owner): string {
  if (owner.id === person.id) return "Yours";
  return owner.displayName === undefined ? owner.name : `${owner.displayName} (${owner.name})`;
}

function HostCard({ name, view, now }: { name: HostName; view: View; now: Date }) {
  const { host, restsUntil } = name;
  const places = placesAt(view, host);
  const shown = places.slice(0, PLACES_SHOWN);
  return (
    <section class="host" aria-label={host}>
      <h3>
        <a href={urlOf(view.table.rules, host, "")} rel="noreferrer">
          {host}
        </a>
      </h3>
      {restsUntil === undefined ? null : (
        <p class="quiet-text">
          Given back. Nobody else may have it before <Time at={restsUntil} now={now} /> (
          {exactly(new Date(restsUntil))}).
        </p>
      )}
      <ul class="places">
        {shown.map((place) => (
          <PlaceRow place={place} />
        ))}
      </ul>
      {places.length > shown.length ? (
        <p class="quiet-text">
          And {places.length - shown.length} more places. Search for one of them above.
        </p>
      ) : null}
    </section>
  );
}

function PlaceRow({ place }: { place: Place }) {
  const { path, what, shown, href, kind } = place;
  return (
    <li class={`place ${kind}`}>
      <span class="path">
        {kind === "rest" ? (
          "everything else"
        ) : (
          <a href={place.url} rel="noreferrer">
            {path}
          </a>
        )}
      </span>
      <span class="what">{what}</span>
      <span class="state">
        <Badge tone={shown.tone}>{shown.word}</Badge>
        {shown.reason === undefined || shown.tone === "good" ? null : (
          <span class="why">{shown.reason}</span>
        )}
      </span>
      {href === undefined ? null : (
        <a class="more" href={href}>
          {kind === "endpoint" ? "Manage" : "Details"}
          <span class="unseen"> {place.url}</span>
        </a>
      )}
    </li>
  );
}

/** Who fetches what is published here, in a line. */
function Pollers({ view, now }: { view: View; now: Date }) {
  const { pollers } = view.delivery;
  return (
    <p class="quiet-text pollers">
      {pollers.length === 0
        ? "No Traefik has asked this console lately."
        : pollers.map(({ name, at }, index) => (
            <>
              {index === 0 ? "" : ", "}
              {name} asked <Time at={at} now={now} />
            </>
          ))}
    </p>
  );
}
