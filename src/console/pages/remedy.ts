import { isLoopback } from "../../domain/addresses.ts";
import { labelField, type Owner, type OwnTargetGrant } from "../../domain/entities.ts";
import { ownGrants, quotaOf, type Rules } from "../../domain/rules.ts";
import { whyRefused } from "../../domain/target-policy.ts";
import { parseTarget, type Target } from "../../domain/targets.ts";
import { Refusal } from "../../errors.ts";
import type { Remedy } from "../forms.ts";
import { askHref } from "./asking.ts";

interface Stopped {
  readonly refusal: Refusal;
  readonly rules: Rules;
  /** Whose service it would be. */
  readonly owner: Owner;
  readonly label: string;
  readonly targets: readonly string[];
}

/** What a member may ask the admins for when this stops them, with the request filled in. */
export function remedyFor({ refusal, rules, owner, label, targets }: Stopped): Remedy | undefined {
  const { code, field } = refusal;
  const limits = quotaOf(rules, owner);
  if (code === "quota_exceeded" && field === undefined)
    return moreOf(owner, "endpoints", limits.endpoints + 1, "Ask for room for more");
  if (code === "quota_exceeded" && field === "targets")
    return moreOf(owner, "targetsPerEndpoint", targets.length, "Ask for room for more targets");
  if (code === "target_refused") {
    const position = /^targets\.(\d+)$/.exec(field ?? "")?.[1] ?? "0";
    return targetRemedy(rules, owner, targets[Number(position)] ?? "");
  }
  if (code === "not_found" && field === "label" && labelField.safeParse(label).success)
    return { href: askHref({ kind: "label", owner: owner.id, label }), label: "Ask for this name" };
  return undefined;
}

/** The request for more of something. @param amount the least that would do */
export function moreOf(owner: Owner, of: string, amount: number, label: string): Remedy {
  return { href: askHref({ kind: "quota", owner: owner.id, of, amount: String(amount) }), label };
}

/** The least grant that lets a target in; none where not even that would. */
function targetRemedy(rules: Rules, owner: Owner, text: string): Remedy | undefined {
  const target = parsed(text);
  const grant = target === undefined ? undefined : grantFor(target, rules);
  if (target === undefined || grant === undefined) return undefined;
  const granted = ownGrants({ ...owner, targets: [grant] });
  if (whyRefused(rules.targets, owner.name, granted, target) !== undefined) return undefined;
  const where = "network" in grant ? grant.network : grant.suffix;
  const ports = grant.ports.join(", ");
  return {
    href: askHref({ kind: "target", owner: owner.id, where, ports }),
    label: "Ask for this target",
  };
}

function parsed(text: string): Target | undefined {
  try {
    return parseTarget(text);
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

function grantFor({ host, port }: Target, { zone }: Rules): OwnTargetGrant | undefined {
  const ports = [String(port)];
  if (host.kind === "address") {
    // Loopback is granted in the configuration only.
    if (isLoopback(host)) return undefined;
    return { network: `${host.address}/${host.family === 6 ? 128 : 32}`, ports };
  }
  const [, ...rest] = host.name.split(".");
  const suffix = rest.join(".");
  // Nobody is to ask for all names of a country, and those of the zone lead back to Traefik.
  if (rest.length < 2 || suffix === zone) return undefined;
  return { suffix: `.${suffix}`, ports };
}
