import type { PartOutcome } from "../../reconcile/module.ts";
import { counted } from "../words.ts";

const RIGHT: ReadonlySet<PartOutcome["state"]> = new Set([
  "ready",
  "suspended",
  "deleting",
  "gone",
]);
const SHOWN = 5;

/**
 * What became of an owner's things in other systems, as sentences after another; nothing where they
 * have none.
 */
export function inOtherSystems(parts: readonly PartOutcome[]): string {
  if (parts.length === 0) return "";
  const late = parts.filter(({ state, unfinished = false }) => unfinished || !RIGHT.has(state));
  if (late.length === 0) return ` ${counted(parts.length, "thing")} in other systems followed.`;
  const named = late
    .slice(0, SHOWN)
    .map(({ name, why }) => (why === null ? name : `${name} (${why})`))
    .join(", ");
  const more = late.length > SHOWN ? `, and ${late.length - SHOWN} more` : "";
  return ` Not yet in other systems: ${named}${more}. It is tried again by itself.`;
}
