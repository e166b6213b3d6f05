import type { Owner } from "./entities.ts";
import type { Hostname } from "./names.ts";
import { ownGrants } from "./rules.ts";
import { namespacesOf, type State } from "./state.ts";
import type { TargetGrant, TargetPolicy } from "./target-policy.ts";
import type { Target } from "./targets.ts";

const EVERY_PORT = { from: 1, to: 65535 };
const SHORT = ".svc";

/**
 * What an owner alone may target: what an admin granted them, and the services of their own namespaces
 * that are there and in use.
 */
export function grantsOf(
  state: Pick<State, "namespaces" | "namespacesByOwner">,
  { services }: Pick<TargetPolicy, "services">,
  owner: Owner,
): TargetGrant[] {
  const granted = ownGrants(owner);
  if (services === undefined) return granted;
  const own = namespacesOf(state, owner.id)
    .filter(({ uid, deleting }) => uid !== undefined && deleting === undefined)
    .map(({ name }): TargetGrant => ({
      kind: "services",
      suffix: `.${name}${services}`,
      ports: [EVERY_PORT],
      to: new Set([owner.name]),
    }));
  return [...granted, ...own];
}

/**
 * The whole name of a service that is given in short: `web.alice--shop.svc` is
 * `web.alice--shop.svc.cluster.local`. Anything else is as it was.
 */
export function wholeService(target: Target, { services }: Pick<TargetPolicy, "services">): Target {
  const { host } = target;
  if (services === undefined || host.kind !== "name" || !host.name.endsWith(SHORT)) return target;
  const name = `${host.name.slice(0, -SHORT.length)}${services}` as Hostname;
  return { ...target, host: { kind: "name", name } };
}
