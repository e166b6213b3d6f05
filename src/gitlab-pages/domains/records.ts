/** A record that a member sets where their domain's DNS is kept. */
export interface DnsRecord {
  /** `ALIAS`: A and AAAA records with the addresses of that name, by hand or by the provider. */
  readonly type: "TXT" | "CNAME" | "A" | "AAAA" | "ALIAS";
  readonly name: string;
  readonly value: string;
}

const VERIFICATION_KEY = "gitlab-pages-verification-code";

/**
 * The record by which GitLab knows that a domain is its holder's. GitLab looks again every few days,
 * so it has to stay.
 * Source: GitLab's `PagesDomain#verification_domain` and `#keyed_verification_code`.
 */
export function verificationRecord(domain: string, code: string): DnsRecord {
  return {
    type: "TXT",
    name: `_${VERIFICATION_KEY}.${domain}`,
    value: `${VERIFICATION_KEY}=${code}`,
  };
}

/** Where custom domains must lead to. */
export interface Destination {
  /** Names of ours. */
  readonly names: readonly string[];
  /** Our addresses, as far as they are known. */
  readonly addresses: readonly string[];
}

/**
 * The records that lead a domain here: one CNAME to a name of ours where that is possible, else
 * the addresses. Nothing may stand beside a CNAME, so a zone's own name cannot have one (RFC 1034,
 * 3.6.2).
 * @param isApex whether the domain is a DNS zone's own name
 */
export function addressRecords(
  domain: string,
  { names, addresses }: Destination,
  isApex: boolean,
): DnsRecord[] {
  const [first] = names;
  if (!isApex && first !== undefined) return [{ type: "CNAME", name: domain, value: first }];
  if (addresses.length === 0) {
    return first === undefined ? [] : [{ type: "ALIAS", name: domain, value: first }];
  }
  return addresses.map((value) => ({ type: typeOf(value), name: domain, value }));
}

/** Which record holds an address. */
export function typeOf(address: string): "A" | "AAAA" {
  return address.includes(":") ? "AAAA" : "A";
}

/** Whether a domain looks like one that was registered as it is: what can be said without asking. */
export function looksLikeApex(domain: string): boolean {
  return domain.split(".").length < 3;
}
