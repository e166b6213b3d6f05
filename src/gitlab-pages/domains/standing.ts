import type { CustomDomain } from "../../domain/entities.ts";
import { inZone } from "../../domain/names.ts";
import { isOwnHost, type Rules } from "../../domain/rules.ts";

export const DOMAIN_STATES = [
  /** A name of ours: never handed to GitLab Pages, whatever GitLab says of it. */
  "refused",
  /** Custom domains are off here. */
  "off",
  "unverified",
  /** Verified, and yet GitLab does not serve it. */
  "disabled",
  "certificate-missing",
  "certificate-expired",
  "active",
] as const;
export type DomainState = (typeof DOMAIN_STATES)[number];

/** How a custom domain stands. */
export interface Standing {
  readonly state: DomainState;
  /** Sentences for its holder: what is, and what is to be done. */
  readonly reason: string;
}

/** What a domain's standing depends on, beside the domain. */
export interface StandingContext {
  readonly rules: Pick<Rules, "zone" | "ownHosts" | "consoleHost">;
  /** Whether TLS for hosts outside the zone is handed to GitLab Pages at all. */
  readonly passesThrough: boolean;
  readonly now: Date;
}

/**
 * How a custom domain stands, by what the last read of GitLab gave and by the rules of here. Whether
 * its DNS points here is another question: see `DomainDns`.
 */
export function standingOf(domain: CustomDomain, context: StandingContext): Standing {
  const refusal = whyRefused(domain.id, context.rules);
  if (refusal !== undefined) return { state: "refused", reason: refusal };
  if (!context.passesThrough) {
    return { state: "off", reason: "Custom domains are not handed to GitLab Pages here." };
  }
  const now = context.now.getTime();
  const isServed = isAfter(domain.enabledUntil, now);
  if (!domain.verified) return { state: "unverified", reason: unverified(domain, isServed) };
  if (!isServed) {
    const until = domain.enabledUntil;
    const what = until === null ? "does not serve it" : `served it until ${dayOf(until)} only`;
    return {
      state: "disabled",
      reason: `GitLab knows that ${domain.id} is yours, and ${what}. Verify it again in the project's Pages settings.`,
    };
  }
  if (domain.certificateUntil === null) {
    return {
      state: "certificate-missing",
      reason: `${domain.id} has no certificate, so browsers do not open it. ${certificateHelp(domain)}`,
    };
  }
  if (!isAfter(domain.certificateUntil, now)) {
    return {
      state: "certificate-expired",
      reason: `The certificate of ${domain.id} ended on ${dayOf(domain.certificateUntil)}, so browsers warn of it. ${certificateHelp(domain)}`,
    };
  }
  return {
    state: "active",
    reason: `GitLab Pages serves ${domain.id}. Leave its TXT record where it is: GitLab looks for it again.`,
  };
}

/**
 * Why a domain is never handed to GitLab Pages, or undefined. Anyone may give any domain to a site in
 * GitLab, so names of ours must not follow what GitLab says.
 */
export function whyRefused(
  domain: string,
  rules: Pick<Rules, "zone" | "ownHosts" | "consoleHost">,
): string | undefined {
  const { zone } = rules;
  if (domain === zone)
    return `${domain} is this host's own name; it is not handed to GitLab Pages.`;
  if (inZone(domain, zone)) {
    return `${domain} is in ${zone}, where names are given out here; it is not handed to GitLab Pages as a domain.`;
  }
  return isOwnHost(rules, domain)
    ? `${domain} is kept by the operators; it is not handed to GitLab Pages.`
    : undefined;
}

function unverified(
  { id, verificationCode, enabledUntil }: CustomDomain,
  isServed: boolean,
): string {
  const todo =
    verificationCode === null
      ? "Verify it in the project's Pages settings."
      : "Set the TXT record, then verify it in the project's Pages settings.";
  return isServed && enabledUntil !== null
    ? `GitLab no longer finds its code in the DNS of ${id}, and serves it until ${dayOf(enabledUntil)} only. ${todo}`
    : `GitLab does not know yet that ${id} is yours, and does not serve it. ${todo}`;
}

function certificateHelp({ autoSsl }: CustomDomain): string {
  return autoSsl
    ? "GitLab gets one by itself, in up to an hour, once the domain's DNS points here."
    : "Add one in the project's Pages settings, or let GitLab get it by itself there.";
}

function isAfter(time: string | null, now: number): boolean {
  return time !== null && Date.parse(time) > now;
}

function dayOf(time: string): string {
  return time.slice(0, 10);
}
