import ipaddr from "ipaddr.js";

/** An IP address in its one canonical spelling. */
export interface Address {
  readonly address: string;
  readonly family: 4 | 6;
}

/** All addresses from `first` to `last`, as numbers; families do not mix. */
export type AddressRange =
  | { readonly family: 4; readonly first: number; readonly last: number }
  | { readonly family: 6; readonly first: bigint; readonly last: bigint };

const DOT = ".".charCodeAt(0);
const ZERO = "0".charCodeAt(0);
const DOTTED_QUAD = /^(?:0|[1-9]\d{0,2})(?:\.(?:0|[1-9]\d{0,2})){3}$/;

/**
 * Reads an IP address. IPv4-mapped IPv6 becomes the IPv4 it reaches.
 * Only dotted quads and plain IPv6 are read; `0x7f.1`, `2130706433` or a zone id are not.
 * @returns undefined for anything else
 */
export function canonicalAddress(text: string): Address | undefined {
  if (DOTTED_QUAD.test(text)) {
    if (!text.split(".").every((part) => Number(part) <= 255)) return undefined;
    return { address: text, family: 4 };
  }
  if (!text.includes(":") || text.includes("%") || !ipaddr.IPv6.isValid(text)) return undefined;
  // `::1.2.3.4`, long deprecated, is no mapped address, though the library reads it as one.
  if (/^::\d+\./.test(text)) return undefined;
  const parsed = ipaddr.IPv6.parse(text);
  if (parsed.isIPv4MappedAddress()) {
    return { address: parsed.toIPv4Address().toString(), family: 4 };
  }
  return { address: parsed.toRFC5952String(), family: 6 };
}

/** @throws Error for text that is no CIDR; configuration is checked before it comes here. */
export function parseRange(cidr: string): AddressRange {
  const [address, bits] = ipaddr.parseCIDR(cidr);
  if (address.kind() === "ipv4") {
    const size = 2 ** (32 - bits);
    const first = Math.floor(numberOf(address.toString()) / size) * size;
    return { family: 4, first, last: first + size - 1 };
  }
  const size = 1n << BigInt(128 - bits);
  const first = (bigintOf(address.toString()) / size) * size;
  return { family: 6, first, last: first + size - 1n };
}

/** The range of one address alone. */
export function rangeOf({ address, family }: Address): AddressRange {
  if (family === 6) {
    const value = bigintOf(address);
    return { family, first: value, last: value };
  }
  const value = numberOf(address);
  return { family, first: value, last: value };
}

/** Whether a canonical address lies in the range. */
export function inRange(address: Address, range: AddressRange): boolean {
  if (address.family !== range.family) return false;
  const value = range.family === 4 ? numberOf(address.address) : bigintOf(address.address);
  return value >= range.first && value <= range.last;
}

/**
 * Whom an address is counted as. An IPv6 customer has a whole /64 to choose addresses from: they
 * count as one.
 */
export function networkOf(address: string): string {
  const canonical = canonicalAddress(address);
  if (canonical?.family !== 6) return address;
  const [head = "", tail] = canonical.address.split("::");
  const groups = head === "" ? [] : head.split(":");
  const missing =
    tail === undefined ? 0 : 8 - groups.length - (tail === "" ? 0 : tail.split(":").length);
  const all = [...groups, ...Array<string>(missing).fill("0"), ...(tail ? tail.split(":") : [])];
  return all.slice(0, 4).join(":");
}

/** Whether two ranges share an address. */
export function overlap(a: AddressRange, b: AddressRange): boolean {
  return a.family === b.family && a.first <= b.last && b.first <= a.last;
}

/** Read by hand: every target is compared to dozens of ranges. */
function numberOf(dottedQuad: string): number {
  let value = 0;
  let part = 0;
  for (let index = 0; index < dottedQuad.length; index++) {
    const code = dottedQuad.charCodeAt(index);
    if (code === DOT) {
      value = value * 256 + part;
      part = 0;
    } else {
      part = part * 10 + code - ZERO;
    }
  }
  return value * 256 + part;
}

function bigintOf(address: string): bigint {
  return ipaddr.IPv6.parse(address)
    .toByteArray()
    .reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

const LOOPBACK = [parseRange("127.0.0.0/8"), parseRange("::1/128")];

export function isLoopback(address: Address): boolean {
  return LOOPBACK.some((range) => inRange(address, range));
}

/** Whether a network reaches loopback addresses. */
export function reachesLoopback(range: AddressRange): boolean {
  return LOOPBACK.some((loopback) => overlap(loopback, range));
}

/** Whether a host name or address, brackets allowed, means this very machine. */
export function isLoopbackName(host: string): boolean {
  if (host === "localhost") return true;
  const address = canonicalAddress(host.replace(/^\[|\]$/g, ""));
  return address !== undefined && isLoopback(address);
}
