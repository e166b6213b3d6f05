import { urlOf } from "../../api/routing.ts";
import { Badge } from "../parts/badge.tsx";
import { exactly, Time } from "../parts/time.tsx";
import { pictureOf, type HostName, type Place, type View } from "./picture.ts";

/** Places of one host, where there may be other hosts. */
const PLACES_BESIDE = 40;

/** A host, and what is at it. */
export function HostCard({
  name,
  view,
  query,
  now,
}: {
  name: HostName;
  view: View;
  query: string;
  now: Date;
}) {
  const { host, restsUntil } = name;
  // A host that is called so itself is shown with all that is there.
  const narrowed = host.includes(query) ? "" : query;
  const { places, total } = pictureOf(view, host, { limit: PLACES_BESIDE, query: narrowed });
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
      <Places places={places} />
      {total > PLACES_BESIDE ? (
        <p class="quiet-text">
          And {total - PLACES_BESIDE} more.{" "}
          <a href={sitesHref(`/sites/${host}`, narrowed)}>
            {narrowed === "" ? "Show all of this host" : "Show all that are found"}
          </a>
        </p>
      ) : null}
    </section>
  );
}

/** What is at a host, a line for each place. */
export function Places({ places }: { places: readonly Place[] }) {
  return (
    <ul class="places">
      {places.map((place) => (
        <PlaceRow place={place} isAll={places.length === 1} />
      ))}
    </ul>
  );
}

function PlaceRow({ place, isAll }: { place: Place; isAll: boolean }) {
  const { path, what, shown, href, kind } = place;
  return (
    <li class={`place ${kind}`}>
      <span class="path">
        {kind === "rest" ? (
          isAll ? (
            "everything"
          ) : (
            "everything else"
          )
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

/** A page of sites, narrowed down and gone on with. */
export function sitesHref(path: string, query: string, from = 0): string {
  const params = new URLSearchParams({
    ...(query === "" ? {} : { q: query }),
    ...(from === 0 ? {} : { from: String(from) }),
  }).toString();
  return params === "" ? path : `${path}?${params}`;
}
