import { Refusal } from "../errors.ts";
import { canonicalAddress, inRange, isLoopback, parseRange, type Address } from "./addresses.ts";
import { parseHostname, shown, type Hostname } from "./names.ts";

export type Scheme = "http" | "https" | "h2c";

/** Where an endpoint's requests go, in canonical form. */
export interface Target {
  readonly scheme: Scheme;
  readonly host: TargetHost;
  readonly port: number;
}

export type TargetHost =
  | ({ readonly kind: "address" } & Address)
  | { readonly kind: "name"; readonly name: Hostname };

export interface PortRange {
  readonly from: number;
  readonly to: number;
}

const DEFAULT_PORT: Record<Scheme, number> = { http: 80, https: 443, h2c: 80 };
const TARGET = /^(http|https|h2c):\/\/(\[[0-9a-fA-F:.]+\]|[^[\]/?#@:\s]+)(?::([0-9]{1,5}))?\/?$/;

/** Refused whatever is granted: they reach the machine itself, its cloud, or many at once. */
const NEVER: readonly (readonly [string, string])[] = [
  ["0.0.0.0/8", "an unspecified address"],
  ["169.254.0.0/16", "a link-local or metadata address"],
  ["100.100.100.200/32", "a metadata address"],
  ["192.0.0.0/24", "a protocol address"],
  ["224.0.0.0/4", "a multicast address"],
  ["240.0.0.0/4", "a reserved address"],
  ["::/128", "an unspecified address"],
  ["::/96", "an IPv4-compatible address"],
  ["64:ff9b::/96", "a translated IPv4 address"],
  ["64:ff9b:1::/48", "a translated IPv4 address"],
  ["100::/64", "a discard address"],
  ["2001::/32", "a tunnelled address"],
  ["2002::/16", "a tunnelled address"],
  ["fd00:ec2::254/128", "a metadata address"],
  ["fe80::/10", "a link-local address"],
  ["fec0::/10", "a site-local address"],
  ["ff00::/8", "a multicast address"],
];
const NEVER_RANGES = NEVER.map(([cidr, why]) => ({ range: parseRange(cidr), why }));

/** `"80"` or `"8000-8999"`, as the configuration has checked them. */
export function parsePorts(text: string): PortRange {
  const [from, to] = text.split("-").map(Number);
  return { from: from ?? 0, to: to ?? from ?? 0 };
}

/**
 * Parses a target: `http://10.0.3.7:8080`, `https://[2001:db8::7]`, `h2c://app.vm.example:9000`.
 * Nothing but scheme, host and port may stand in it.
 * @throws Refusal `invalid_input` for what is no target, `target_refused` for an address that no
 *   configuration can allow
 */
export function parseTarget(text: string, field?: string): Target {
  const match = text.length <= 300 ? TARGET.exec(text) : null;
  if (match === null) {
    throw new Refusal(
      "invalid_input",
      `"${shown(text)}" is not a valid target: give a scheme (http, https or h2c), a host and a port, like "http://10.0.3.7:8080".`,
      { field },
    );
  }
  const scheme = match[1] as Scheme;
  const port = match[3] === undefined ? DEFAULT_PORT[scheme] : Number(match[3]);
  if (port < 1 || port > 65535) {
    throw new Refusal("invalid_input", `Port ${port} is not between 1 and 65535.`, { field });
  }
  return { scheme, host: parseTargetHost(match[2] ?? "", field), port };
}

function parseTargetHost(text: string, field?: string): TargetHost {
  const literal = text.startsWith("[") ? text.slice(1, -1) : text;
  const address = canonicalAddress(literal);
  if (address !== undefined) {
    const never = NEVER_RANGES.find(({ range }) => inRange(address, range));
    if (never !== undefined && !isLoopback(address)) {
      throw new Refusal("target_refused", `${address.address} is ${never.why}.`, { field });
    }
    return { kind: "address", ...address };
  }
  if (text.endsWith(".")) {
    throw new Refusal("invalid_input", `"${shown(text)}" must not end with a dot.`, { field });
  }
  const name = parseHostname(literal, field);
  if (name === "localhost" || name.endsWith(".localhost")) {
    throw new Refusal("target_refused", `Give a loopback target by its address, like 127.0.0.1.`, {
      field,
    });
  }
  return { kind: "name", name };
}

/** A target as a URL without a path, the form that is stored, shown and published. */
export function targetUrl(target: Target): string {
  const host = target.host;
  const text =
    host.kind === "name" ? host.name : host.family === 6 ? `[${host.address}]` : host.address;
  return `${target.scheme}://${text}:${target.port}`;
}
