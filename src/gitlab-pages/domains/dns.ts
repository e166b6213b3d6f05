import ipaddr from "ipaddr.js";
import { canonicalAddress } from "../../domain/addresses.ts";
import { type Dated, Deadline, Lookups, type NameAnswer } from "./lookup.ts";
import {
  addressRecords,
  type Destination,
  type DnsRecord,
  looksLikeApex,
  typeOf,
} from "./records.ts";

export const DNS_STATES = ["points-here", "elsewhere", "missing", "unreachable"] as const;

/** Whether a domain's DNS points here. */
export interface DnsCheck {
  readonly state: (typeof DNS_STATES)[number];
  /** The addresses that the domain has. */
  readonly found: readonly string[];
  /** The addresses that lead here. */
  readonly expected: readonly string[];
  /** A sentence or two for people. */
  readonly reason: string;
  /** What is to stand in DNS so that it points here. */
  readonly record: readonly DnsRecord[];
  /** When DNS gave the oldest answer that this rests on. */
  readonly askedAt: string;
}

export interface DomainDnsSettings {
  /** `address:port` of each DNS server to ask; none: the machine's. */
  readonly resolvers: readonly string[];
  /** Hosts and addresses that custom domains must lead to; none: those of the zone. */
  readonly targets: readonly string[];
  readonly zone: string;
  /** How long a check may take, in milliseconds, however slow DNS is. */
  readonly timeoutMs: number;
  readonly now: () => Date;
}

/** Where a name leads: the aliases on the way, and the answer at their end. */
interface Walk {
  readonly aliases: readonly string[];
  readonly end: NameAnswer | { readonly kind: "endless" };
  readonly at: number;
}

const ALIASES_MAX = 8;
/** Ranges that only somebody's own network has. */
const PRIVATE = new Set(["private", "uniqueLocal", "loopback", "linkLocal", "carrierGradeNat"]);
const SHOWN_MAX = 20;
const NAMED_MAX = 3;

/** Looks up where custom domains lead to. It keeps answers, so one is enough for a console. */
export class DomainDns {
  readonly #lookups: Lookups;
  readonly #timeoutMs: number;
  readonly #targets: Destination;

  constructor({ targets, zone, timeoutMs, ...rest }: DomainDnsSettings) {
    this.#lookups = new Lookups({ ...rest, timeoutMs });
    this.#timeoutMs = timeoutMs;
    const wanted = targets.length === 0 ? [zone] : targets;
    this.#targets = {
      names: wanted.filter((target) => canonicalAddress(target) === undefined),
      addresses: wanted.flatMap((target) => canonicalAddress(target)?.address ?? []),
    };
  }

  /** What is to stand in a domain's DNS, as far as it is known without asking. */
  records(domain: string): DnsRecord[] {
    return addressRecords(domain, this.#targets, looksLikeApex(domain));
  }

  /**
   * Whether a domain's DNS points here. Never throws.
   * @param domain a host name in its canonical spelling
   */
  async check(domain: string): Promise<DnsCheck> {
    const deadline = new Deadline(this.#timeoutMs);
    try {
      return await this.#checkUntil(deadline, domain);
    } finally {
      deadline.clear();
    }
  }

  async #checkUntil(deadline: Deadline, domain: string): Promise<DnsCheck> {
    const [walk, ...ours] = await Promise.all([
      this.#walk(domain, deadline),
      ...this.#targets.names.map((name) => this.#walk(name, deadline)),
    ]);
    const expected = [...this.#targets.addresses];
    for (const { end } of ours) if (end.kind === "addresses") expected.push(...end.addresses);
    const found = walk.end.kind === "addresses" ? walk.end.addresses : [];
    const destination = {
      names: this.#targets.names,
      addresses: [...new Set(expected)].toSorted(),
    };
    const isApex = await this.#isApex(domain, walk, deadline);
    return {
      ...verdict(domain, walk, destination, ours),
      found: shownAddresses(walk, found, expected).slice(0, SHOWN_MAX),
      expected: destination.addresses,
      record: addressRecords(domain, destination, isApex),
      askedAt: new Date(Math.min(walk.at, ...ours.map(({ at }) => at))).toISOString(),
    };
  }

  /** Follows aliases to where they end. */
  async #walk(name: string, deadline: Deadline): Promise<Walk> {
    const aliases: string[] = [];
    let at = Infinity;
    for (let next = name; aliases.length <= ALIASES_MAX;) {
      const answer: Dated<NameAnswer> = await this.#lookups.ask(next, deadline);
      at = Math.min(at, answer.at);
      if (answer.kind !== "alias") return { aliases, end: answer, at };
      next = answer.to;
      aliases.push(next);
    }
    return { aliases, end: { kind: "endless" }, at };
  }

  /** A name with an alias, or without anything, is no zone's own; else DNS knows. */
  async #isApex(domain: string, { aliases, end }: Walk, deadline: Deadline): Promise<boolean> {
    if (looksLikeApex(domain)) return true;
    if (aliases.length > 0 || end.kind === "failed") return false;
    if (end.kind === "none" && !end.exists) return false;
    return this.#lookups.isApex(domain, deadline);
  }
}

function verdict(
  domain: string,
  walk: Walk,
  { names, addresses }: Destination,
  ours: readonly Walk[],
): Pick<DnsCheck, "state" | "reason"> {
  const { aliases, end } = walk;
  // Only the alias that the member chose: what stands behind it may be the operators' own.
  const [alias] = aliases;
  const subject = alias === undefined ? domain : `${domain} is an alias of ${alias}, which`;
  // A name of ours is ours whichever of its addresses it shows to whom.
  if (aliases.some((alias) => names.includes(alias))) {
    return { state: "points-here", reason: `${domain} points here.` };
  }
  if (end.kind === "failed") {
    const what = end.silent ? "did not answer in time" : "could not say where it points to";
    return {
      state: "unreachable",
      reason: `DNS was asked for ${alias ?? domain} and ${what}. Try again later.`,
    };
  }
  if (end.kind === "none") {
    const reason =
      alias === undefined && !end.exists
        ? `There is no ${domain} in DNS.`
        : `${subject} has no address in DNS.`;
    return { state: "missing", reason };
  }
  if (end.kind !== "addresses") {
    return { state: "missing", reason: `${domain} is an alias that leads on and on to others.` };
  }
  const foreign = end.addresses.filter((address) => !addresses.includes(address));
  if (foreign.length === 0) return { state: "points-here", reason: `${domain} points here.` };
  if (ours.some((our) => our.end.kind !== "addresses")) {
    return {
      state: "unreachable",
      reason: `Where ${names.join(" and ")} itself points to could not be found in DNS, so there is nothing to compare ${domain} with.`,
    };
  }
  const elsewhere = named(shownAddresses(walk, foreign, addresses));
  if (foreign.length < end.addresses.length) {
    const types = [...new Set(foreign.map(typeOf))].join(" and ");
    return {
      state: "elsewhere",
      reason: `${subject} points here only in part: its ${types} records lead to ${elsewhere}. Some visitors, and whoever gives out certificates, go there. Take these records away.`,
    };
  }
  return {
    state: "elsewhere",
    reason: `${subject} points to ${elsewhere}, not here (${named(addresses)}).`,
  };
}

/**
 * Addresses as they may be shown. Behind an alias stands what the console's DNS server says of a name
 * that a member chose: addresses inside the operators' networks are nothing to tell them.
 */
function shownAddresses(
  { aliases }: Walk,
  addresses: readonly string[],
  ours: readonly string[],
): string[] {
  const shown = addresses.map((address) =>
    aliases.length === 0 || ours.includes(address) || !PRIVATE.has(ipaddr.parse(address).range())
      ? address
      : "a private address",
  );
  return [...new Set(shown)].toSorted();
}

function named(addresses: readonly string[]): string {
  const rest = addresses.length - NAMED_MAX;
  const list = addresses.slice(0, NAMED_MAX).join(", ");
  return rest > 0 ? `${list} and ${rest} more` : list;
}
