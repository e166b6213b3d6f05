import { Hono, type Context } from "hono";
import type { Owner } from "../../domain/entities.ts";
import type { Actor } from "../../domain/policy.ts";
import { Refusal } from "../../errors.ts";
import { show } from "../layout.tsx";
import { Empty } from "../parts/empty.tsx";
import { Live } from "../parts/live.tsx";
import { markOf } from "../delivery.ts";
import { Pager } from "../parts/pager.tsx";
import { Time } from "../parts/time.tsx";
import type { PageEnv } from "../visitor.ts";
import { Answers } from "./answers.tsx";
import { askHref } from "./asking.ts";
import { heldProjects } from "./gitlab.ts";
import { HostCard, Places, sitesHref } from "./host-card.tsx";
import { MembershipNotice } from "./membership.tsx";
import { hostsOf, isFoundAt, ownersFor, pictureOf, type View } from "./picture.ts";
import type { PageServices } from "./services.ts";
import { startOf, stretchOf } from "./start-of.ts";

const HOSTS_SHOWN = 25;
/** Places of one host on its own page. */
const PLACES_SHOWN = 100;
/** Fewer are found by looking. */
const SEARCHED_ABOVE = 20;

/** `/`: one picture of the visitor's hosts and of those of their groups. */
export function sites(services: PageServices): Hono<PageEnv> {
  const { site, rules } = services;
  const app = new Hono<PageEnv>();
  app.get("/", async (context) => {
    const { person, actor } = context.get("visitor");
    const query = queryOf(context);
    const from = startOf(context.req.query("from"));
    const view = await viewFor(services, actor);
    const { state } = view;
    const owners = ownersFor(state, person);
    const named = owners.flatMap((owner) => hostsOf(state, rules.zone, owner));
    const found = query === "" ? named : named.filter(({ host }) => isFoundAt(view, host, query));
    const { shown, newer, older, says } = stretchOf(found, from, HOSTS_SHOWN, (start) =>
      sitesHref("/", query, start),
    );
    const isNew = owners.every(
      ({ id }) => !state.endpointsByOwner.has(id) && !state.pagesByOwner.has(id),
    );
    // Where there is nothing yet, what stands there instead leads to the first step.
    const action = named.length === 0 || isNew ? undefined : ADD;
    return show(
      context,
      site,
      { title: "My sites", section: "sites", action },
      <Live context={context} mark={markOf(state, services)}>
        {owners.map((owner) => (
          <MembershipNotice services={services} owner={owner} visitor={person} at="/" />
        ))}
        <Answers services={services} person={person} />
        {query === "" ? null : (
          <p class="quiet-text">
            {found.length === 0 ? "Nothing" : `${found.length} of ${named.length} hosts`} for “
            {query}”. <a href="/">Show all</a>
          </p>
        )}
        {shown.map((name, index) => (
          <>
            {shown[index - 1]?.owner === name.owner ? null : (
              <h2 class={owners.length > 1 ? undefined : "unseen"}>
                {ownerHeading(name.owner, person)}
              </h2>
            )}
            <HostCard name={name} view={view} query={query} now={site.now()} />
          </>
        ))}
        <Pager newer={newer} older={older} says={says} words={["Previous hosts", "More hosts"]} />
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

  app.get("/sites/:host", async (context) => {
    const { person, actor } = context.get("visitor");
    const from = startOf(context.req.query("from"));
    const query = queryOf(context);
    const view = await viewFor(services, actor);
    const { state } = view;
    const name = ownersFor(state, person)
      .flatMap((owner) => hostsOf(state, rules.zone, owner))
      .find(({ host }) => host === context.req.param("host"));
    if (name === undefined) throw new Refusal("not_found", "There is no such site.");
    const { host } = name;
    const { places, total } = pictureOf(view, host, { limit: PLACES_SHOWN, from, query });
    const at = (start: number) => sitesHref(`/sites/${host}`, query, start);
    return show(
      context,
      site,
      { title: host, section: "sites", back: { href: "/", label: "My sites" }, action: ADD },
      <>
        {query === "" && total <= SEARCHED_ABOVE ? null : <SearchAgain host={host} query={query} />}
        <Live context={context} mark={markOf(state, services)}>
          {query === "" ? null : (
            <p class="quiet-text">
              {total === 0 ? "Nothing" : `${total} ${total === 1 ? "place" : "places"}`} for “
              {query}”. <a href={`/sites/${host}`}>Show all</a>
            </p>
          )}
          {places.length === 0 ? null : (
            <section class="host" aria-label={host}>
              <Places places={places} />
            </section>
          )}
          <Pager
            newer={from > 0 ? at(Math.max(0, from - PLACES_SHOWN)) : undefined}
            older={from + PLACES_SHOWN < total ? at(from + PLACES_SHOWN) : undefined}
            words={["Before", "After"]}
          />
        </Live>
      </>,
    );
  });
  return app;
}

async function viewFor(services: PageServices, actor: Actor): Promise<View> {
  const held = await heldProjects(services);
  // All of now, after the wait.
  return {
    state: services.ledger.state,
    table: services.table,
    actor,
    delivery: services.delivery(),
    held,
  };
}

/** What is searched for, in lower case. */
function queryOf(context: Context): string {
  return (context.req.query("q") ?? "").trim().toLowerCase().slice(0, 100);
}

function SearchAgain({ host, query }: { host: string; query: string }) {
  return (
    <form class="search-again" method="get" action={`/sites/${host}`}>
      <input
        type="search"
        name="q"
        value={query}
        maxlength={100}
        placeholder="A path, or where it leads"
        aria-label={`Search in ${host}`}
      />
      <button type="submit" class="quiet">
        Search
      </button>
    </form>
  );
}

const ADD = { href: "/endpoints/new", label: "Add a service" } as const;

/** What someone without a name is told. */
export function NoName({ zone }: { zone: string }) {
  return (
    <Empty
      title="You hold no name yet"
      action={{ href: askHref({ kind: "label" }), label: "Ask for a name" }}
    >
      A name under {zone} is where your sites live. The admins give them out.
    </Empty>
  );
}

function ownerHeading(owner: Owner, person: Owner): string {
  if (owner.id === person.id) return "Yours";
  return owner.displayName === undefined ? owner.name : `${owner.displayName} (${owner.name})`;
}

/** Who fetches what is published here, in a line. */
function Pollers({ view, now }: { view: View; now: Date }) {
  const { pollers } = view.delivery;
  return (
    <p class="quiet-text pollers">
      {pollers.length === 0
        ? "No Traefik has asked lately."
        : pollers.map(({ name, at }, index) => (
            <>
              {index === 0 ? "Traefik asked for changes last: " : ", "}
              {name} <Time at={at} now={now} />
            </>
          ))}
    </p>
  );
}
