import type { Endpoint, Owner } from "../domain/entities.ts";
import type { Rules } from "../domain/rules.ts";
import { grantsOf } from "../domain/service-targets.ts";
import type { State } from "../domain/state.ts";
import { whyRefused } from "../domain/target-policy.ts";
import { parseTarget } from "../domain/targets.ts";
import { whyUnreadable } from "./readable.ts";

interface Judged {
  readonly rules: Rules;
  readonly owner: Owner;
  readonly namespaces: State["namespaces"];
  readonly reason: string | undefined;
}

type Namespaces = Pick<State, "namespaces" | "namespacesByOwner">;

/** Neither an endpoint's record nor its owner's ever changes, so each two are looked at once. */
const judged = new WeakMap<Endpoint, Judged>();

/**
 * Why an endpoint's targets must not be reached, or undefined: a grant may have been taken back since
 * it was made.
 */
export function whyNotTargeted(
  state: Namespaces,
  rules: Rules,
  endpoint: Endpoint,
  owner: Owner | undefined,
): string | undefined {
  if (owner === undefined) return "Its owner is gone.";
  const known = judged.get(endpoint);
  const { namespaces } = state;
  const isSame = known?.owner === owner && known.rules === rules && known.namespaces === namespaces;
  if (isSame) return known.reason;
  const reason = judge(state, rules, endpoint, owner);
  judged.set(endpoint, { rules, owner, namespaces, reason });
  return reason;
}

function judge(
  state: Namespaces,
  rules: Rules,
  { targets }: Endpoint,
  owner: Owner,
): string | undefined {
  // Of an owner's record only the grants matter to a target.
  const unreadable = owner.targets === undefined ? undefined : whyUnreadable(owner);
  if (unreadable !== undefined) return `The owner's targets cannot be read. ${unreadable}`;
  const own = grantsOf(state, rules.targets, owner);
  return targets
    .map((target) => whyRefused(rules.targets, owner.name, own, parseTarget(target)))
    .find((reason) => reason !== undefined);
}
