import type { Session } from "../../auth/sessions.ts";
import type { Owner } from "../../domain/entities.ts";
import { tokensOf } from "../../domain/state.ts";
import { browserOf } from "../browser-name.ts";
import { exactly, Time } from "../parts/time.tsx";
import type { OwnerView } from "./owner-facts.tsx";
import { pathOf } from "./owner-find.ts";
import { listPart, type Part } from "./parts.tsx";

/** Rows of each list; the rest is gone on to. */
const ROWS = 25;

/** How a list is gone through on the owner's own page. */
const pagedAs = (list: "tokens" | "sessions", owner: Owner, start: number) => ({
  start,
  href: (from: number) => `${pathOf(owner)}?${list}=${from}#${list}`,
});

export function tokensPart({
  state,
  owner,
  now,
  start,
}: OwnerView & { readonly start: number }): Part {
  const tokens = tokensOf(state, owner.id).toSorted((a, b) => (a.id < b.id ? 1 : -1));
  return listPart({
    id: "tokens",
    title: "API tokens",
    none: "None.",
    columns: ["Name", "Scopes", "Made", "Ends", ""],
    items: tokens,
    row: ({ id, name, scopes, createdAt, expiresAt }) => [
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
    ],
    atMost: ROWS,
    paged: pagedAs("tokens", owner, start),
  });
}

export function sessionsPart({
  owner,
  now,
  sessions,
  start,
}: OwnerView & { readonly sessions: readonly Session[]; readonly start: number }): Part {
  return listPart({
    id: "sessions",
    title: "Sessions",
    none: "They are signed in nowhere.",
    columns: ["Browser", "Address", "Last used", ""],
    items: sessions,
    row: ({ id, agent, address, usedAt }) => [
      <span title={agent}>{browserOf(agent)}</span>,
      address,
      <Time at={usedAt} now={now} />,
      <form method="post" action={`${pathOf(owner)}/sessions/${id}/end`}>
        <button type="submit" class="quiet">
          End<span class="unseen"> the session at {address}</span>
        </button>
      </form>,
    ],
    atMost: ROWS,
    paged: pagedAs("sessions", owner, start),
  });
}
