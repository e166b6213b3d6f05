import type { Owner } from "../../domain/entities.ts";
import type { Rules } from "../../domain/rules.ts";
import { inWords } from "../parts/time.tsx";
import type { Tone } from "../parts/badge.tsx";

const DAY_MS = 24 * 60 * 60 * 1000;

/** How an owner stands, in a word or a few. */
export interface OwnerStanding {
  readonly state: "active" | "suspended" | "ending" | "ended";
  readonly tone: Tone;
  readonly word: string;
}

export const OWNER_STATES = [
  ["active", "Active"],
  ["suspended", "Suspended"],
  ["ending", "Membership ends soon"],
  ["ended", "Membership ended"],
] as const;

export function ownerStanding(
  owner: Owner,
  { memberships }: Pick<Rules, "memberships">,
  now: Date,
): OwnerStanding {
  if (owner.suspended !== undefined) {
    const word = owner.suspended.cause === "membership" ? "Membership ended" : "Suspended";
    return { state: "suspended", tone: "bad", word };
  }
  if (owner.membership !== undefined) {
    const end = new Date(owner.membership.endsAt);
    const left = end.getTime() - now.getTime();
    if (left <= 0) return { state: "ended", tone: "bad", word: `Ended ${inWords(end, now)}` };
    if (left <= memberships.warnDays * DAY_MS)
      return { state: "ending", tone: "wait", word: `Ends ${inWords(end, now)}` };
  }
  return { state: "active", tone: "good", word: "Active" };
}
