import { Hono } from "hono";
import type { Owner } from "../../domain/entities.ts";
import { requestsOf } from "../../domain/state.ts";
import { renewalOf, renewMembership } from "../../owners/renew.ts";
import { act, fieldsOf } from "../act.ts";
import { exactly, Time } from "../parts/time.tsx";
import type { PageEnv } from "../visitor.ts";
import { askHref } from "./asking.ts";
import type { PageServices } from "./services.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/** Tells of a membership that ends soon, or has ended, and how it is renewed. */
export function MembershipNotice({
  services,
  owner,
  visitor,
  at,
}: {
  services: PageServices;
  owner: Owner;
  visitor: Owner;
  /** The page that it stands on, which is gone back to. */
  at: string;
}) {
  const { rules, site } = services;
  const now = site.now();
  if (owner.membership === undefined) return null;
  const ends = new Date(owner.membership.endsAt);
  const left = ends.getTime() - now.getTime();
  const { warnDays, renew } = rules.memberships;
  // As long as it can be renewed, too: the window may be longer than the warning.
  if (left > Math.max(warnDays, renew.windowDays) * DAY_MS) return null;
  const whose = owner.id === visitor.id ? "Your membership" : `The membership of ${owner.name}`;
  return (
    <div class="note wait" role="note">
      <p>
        {whose} {left > 0 ? "ends" : "ended"} <Time at={ends} now={now} />, on {exactly(ends)}.
        {rules.memberships.suspend && left > 0 ? " Then its sites are suspended." : ""}
        {isWaiting(services, owner) ? " You asked for a renewal; an admin will answer." : ""}
        {renewalOf({ now, rules }, owner) === null ? whenFrom(services, owner, ends) : ""}
      </p>
      <Renewal services={services} owner={owner} at={at} />
    </div>
  );
}

function isWaiting({ ledger }: PageServices, owner: Owner): boolean {
  return requestsOf(ledger.state, owner.id).some(
    ({ state, wish }) => state === "open" && wish.kind === "renewal",
  );
}

/** Why nobody can renew it now, in the words of one who waits. */
function whenFrom({ rules }: PageServices, owner: Owner, ends: Date): string {
  if (owner.suspended?.cause === "admin") return " An admin suspended it, so ask them first.";
  const opens = new Date(ends.getTime() - rules.memberships.renew.windowDays * DAY_MS);
  return ` It can be renewed from ${exactly(opens)} on.`;
}

/** What renews it: a button where the owner may, a request where an admin must. */
function Renewal({ services, owner, at }: { services: PageServices; owner: Owner; at: string }) {
  const { rules, site } = services;
  const named = <span class="unseen"> the membership of {owner.name}</span>;
  switch (renewalOf({ now: site.now(), rules }, owner)) {
    case "self":
      return (
        <form method="post" action={`/memberships/${owner.id}/renew`}>
          <input type="hidden" name="to" value={at} />
          <button type="submit" class="small">
            Renew it{named}
          </button>
        </form>
      );
    case "request":
      return isWaiting(services, owner) ? (
        <a href="/requests">See the request</a>
      ) : (
        <a href={askHref({ kind: "renewal", owner: owner.id })}>Ask for a renewal{named}</a>
      );
    case null:
      return null;
  }
}

/** `/memberships/{owner}/renew`: one more term, where its owner may add it. */
export function memberships(services: PageServices): Hono<PageEnv> {
  const app = new Hono<PageEnv>();
  app.post("/memberships/:owner/renew", async (context) => {
    const id = context.req.param("owner");
    const group = `/groups/${id}`;
    return act(context, services, {
      decide: (state, decided) => renewMembership(state, decided, { id }),
      done: ({ name, membership }) =>
        `The membership of ${name} was renewed${membership === undefined ? "" : `, until ${exactly(new Date(membership.endsAt))}`}.`,
      // Only a page that has the notice is gone back to.
      to: (await fieldsOf(context))("to") === group ? group : "/",
    });
  });
  return app;
}
