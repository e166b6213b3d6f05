import type { Owner } from "../../domain/entities.ts";
import { exactly, Time } from "../parts/time.tsx";
import type { PageServices } from "./services.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/** Tells of a membership that ends soon, or has ended. */
export function MembershipNotice({
  services,
  owner,
  visitor,
}: {
  services: PageServices;
  owner: Owner;
  visitor: Owner;
}) {
  const { rules, site } = services;
  const now = site.now();
  if (owner.membership === undefined) return null;
  const ends = new Date(owner.membership.endsAt);
  const left = ends.getTime() - now.getTime();
  if (left > rules.memberships.warnDays * DAY_MS) return null;
  const whose = owner.id === visitor.id ? "Your membership" : `The membership of ${owner.name}`;
  return (
    <div class="note wait" role="note">
      <p>
        {whose} {left > 0 ? "ends" : "ended"} <Time at={ends} now={now} />, on {exactly(ends)}.
        {rules.memberships.suspend && left > 0 ? " Then its sites are suspended." : ""} Ask an admin
        to renew it.
      </p>
    </div>
  );
}
