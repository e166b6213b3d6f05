import type { DnsCheck } from "../../gitlab-pages/domains/dns.ts";
import type { DomainState } from "../../gitlab-pages/domains/standing.ts";
import { Badge, type Tone } from "./badge.tsx";

const STATES: Readonly<Record<DomainState, readonly [Tone, string]>> = {
  refused: ["bad", "Refused"],
  off: ["off", "Off"],
  unverified: ["wait", "Unverified"],
  disabled: ["wait", "Disabled"],
  "certificate-missing": ["wait", "Certificate missing"],
  "certificate-expired": ["wait", "Certificate expired"],
  active: ["good", "Active"],
};

/** How a custom domain stands. */
export function DomainBadge({ state }: { state: DomainState }) {
  const [tone, word] = STATES[state];
  return <Badge tone={tone}>{word}</Badge>;
}

const DNS: Readonly<Record<DnsCheck["state"], readonly [Tone, string]>> = {
  "points-here": ["good", "Points here"],
  elsewhere: ["bad", "Points elsewhere"],
  missing: ["bad", "Not in DNS"],
  unreachable: ["wait", "Not known"],
};

/** Whether a custom domain's DNS points here, and if not, why. */
export function DnsStanding({ check: { state, reason } }: { check: DnsCheck }) {
  const [tone, word] = DNS[state];
  return (
    <span class="standing">
      <Badge tone={tone}>{word}</Badge>
      {state === "points-here" ? null : <span class="why">{reason}</span>}
    </span>
  );
}
