import { Refusal } from "../errors.ts";
import { canonicalAddress, inRange, isLoopback, rangeOf, type AddressRange } from "./addresses.ts";
import { targetUrl, type PortRange, type Target } from "./targets.ts";

/** Targets that some owners may use. `to` holds owner names, or `*` for everyone. */
export type TargetGrant = {
  readonly ports: readonly PortRange[];
  readonly to: ReadonlySet<string>;
} & (
  | { readonly kind: "network"; readonly range: AddressRange }
  | { readonly kind: "names"; readonly suffix: string }
  /** Services of a namespace of one's own. */
  | { readonly kind: "services"; readonly suffix: string }
);

/** An address that the configuration itself names; no port means all of its ports. */
export type System = { readonly port: number | undefined; readonly what: string } & (
  | { readonly kind: "range"; readonly range: AddressRange }
  | { readonly kind: "loopback" }
  | { readonly kind: "name"; readonly name: string }
);

export interface TargetPolicy {
  readonly grants: readonly TargetGrant[];
  readonly systems: readonly System[];
  /** What names of a cluster's services end in: `.svc.cluster.local`; undefined where there is none. */
  readonly services?: string | undefined;
}

/**
 * A system's address as no endpoint may target it. A loopback or unspecified address stands for
 * every loopback address: what listens on one often listens on all.
 * @param host a host name or an IP address, an IPv6 one with or without brackets
 */
export function systemAt(host: string, port: number | undefined, what: string): System[] {
  const address = canonicalAddress(host.replace(/^\[|\]$/g, ""));
  if (address === undefined) {
    const name = host.toLowerCase().replace(/\.$/, "");
    const named: System = { kind: "name", name, port, what };
    return name === "localhost" ? [named, { kind: "loopback", port, what }] : [named];
  }
  if (isLoopback(address) || address.address === "0.0.0.0" || address.address === "::") {
    return [{ kind: "loopback", port, what }];
  }
  return [{ kind: "range", range: rangeOf(address), port, what }];
}

function isSystem(target: Target, system: System): boolean {
  if (system.port !== undefined && system.port !== target.port) return false;
  const { host } = target;
  if (system.kind === "name") return host.kind === "name" && host.name === system.name;
  if (host.kind === "name") return false;
  return system.kind === "loopback" ? isLoopback(host) : inRange(host, system.range);
}

function isGranted(target: Target, grant: TargetGrant, ownerName: string): boolean {
  if (!grant.to.has("*") && !grant.to.has(ownerName)) return false;
  if (!grant.ports.some(({ from, to }) => target.port >= from && target.port <= to)) return false;
  if (grant.kind === "names" || grant.kind === "services") {
    return target.host.kind === "name" && target.host.name.endsWith(grant.suffix);
  }
  return target.host.kind === "address" && inRange(target.host, grant.range);
}

/**
 * Why an owner may not use a target, or undefined when they may. A system's own address is never
 * allowed; everything else only by a grant of the configuration or one on the owner.
 * @param own grants that an admin gave to this owner alone
 */
export function whyRefused(
  policy: TargetPolicy,
  ownerName: string,
  own: readonly TargetGrant[],
  target: Target,
): string | undefined {
  const system = policy.systems.find((candidate) => isSystem(target, candidate));
  if (system !== undefined) {
    return `${targetUrl(target)} is an address of the host's own systems.`;
  }
  if (isService(policy, target)) {
    // Whatever names are granted: who reaches a service of another's is theirs to say.
    if (own.some((grant) => grant.kind === "services" && isGranted(target, grant, ownerName)))
      return undefined;
    return `${targetUrl(target)} is not a service of a namespace of ${ownerName}: give one as <service>.<namespace>${policy.services ?? ""}.`;
  }
  const granted =
    policy.grants.some((grant) => isGranted(target, grant, ownerName)) ||
    own.some((grant) => isGranted(target, grant, ownerName));
  if (granted) return undefined;
  if (target.host.kind === "name") {
    return `${targetUrl(target)} is not allowed: names are only taken under suffixes that the operators grant; give an address, or ask an admin.`;
  }
  return `${targetUrl(target)} is not within the networks and ports granted to ${ownerName}; ask an admin.`;
}

function isService({ services }: TargetPolicy, { host }: Target): boolean {
  return services !== undefined && host.kind === "name" && `.${host.name}`.endsWith(services);
}

/** @throws Refusal `target_refused` when the owner may not use the target */
export function requireTarget(
  policy: TargetPolicy,
  ownerName: string,
  own: readonly TargetGrant[],
  target: Target,
  field: string,
): void {
  const reason = whyRefused(policy, ownerName, own, target);
  if (reason !== undefined) throw new Refusal("target_refused", reason, { field });
}
