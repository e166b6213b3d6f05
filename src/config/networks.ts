import { isIPv4, isIPv6 } from "node:net";
import ipaddr from "ipaddr.js";
import { Fault, shown } from "./problems.ts";

const LOOPBACK_RANGES = ["127.0.0.0/8", "::1/128"];

/** A network in CIDR form, no host bits set; an IPv6 one comes back in its shortest spelling. */
export function parseCidr(text: string): string | Fault {
  const [address = "", bits = "", ...rest] = text.split("/");
  const valid = isIPv4(address) || (isIPv6(address) && !address.includes("%"));
  if (valid && bits === "" && !text.includes("/")) {
    const single = isIPv4(address) ? 32 : 128;
    return new Fault(`${shown(text)} has no prefix length`, `write "${text}/${single}"`);
  }
  if (!valid || rest.length > 0 || !/^\d{1,3}$/.test(bits) || !ipaddr.isValidCIDR(text)) {
    return new Fault(`${shown(text)} is not a network like "10.0.0.0/8" or "2001:db8::/32"`);
  }
  const parsed = ipaddr.parse(address);
  if (parsed instanceof ipaddr.IPv6 && parsed.isIPv4MappedAddress()) {
    return new Fault(`${shown(text)} is an IPv4 network in IPv6 spelling`, "write it as IPv4");
  }
  const length = Number(bits);
  const network =
    parsed instanceof ipaddr.IPv6
      ? ipaddr.IPv6.networkAddressFromCIDR(`${address}/${length}`).toRFC5952String()
      : ipaddr.IPv4.networkAddressFromCIDR(`${address}/${length}`).toString();
  const own = parsed instanceof ipaddr.IPv6 ? parsed.toRFC5952String() : parsed.toString();
  return own === network
    ? `${network}/${length}`
    : new Fault(
        `${shown(text)} has bits set behind its prefix`,
        `did you mean "${network}/${length}"?`,
      );
}

/** Whether two networks, in canonical form, share an address. */
function overlap(a: string, b: string): boolean {
  const [addressA, bitsA] = ipaddr.parseCIDR(a);
  const [addressB, bitsB] = ipaddr.parseCIDR(b);
  const bits = Math.min(bitsA, bitsB);
  return addressA.kind() === addressB.kind() && addressA.match([addressB, bits] as never);
}

/** A network that holds no loopback address: those are granted in a list of their own. */
export function parseNetwork(text: string): string | Fault {
  const cidr = parseCidr(text);
  if (cidr instanceof Fault) return cidr;
  const loopback = LOOPBACK_RANGES.find((range) => overlap(cidr, range));
  if (loopback === undefined) return cidr;
  return cidr === loopback || isWithin(cidr, loopback)
    ? new Fault(`${shown(text)} is loopback`, "grant it under targets.loopback")
    : new Fault(`${shown(text)} includes loopback, ${loopback}`, "give narrower networks");
}

/** A network of loopback addresses alone. */
export function parseLoopback(text: string): string | Fault {
  const cidr = parseCidr(text);
  if (cidr instanceof Fault) return cidr;
  return LOOPBACK_RANGES.some((range) => isWithin(cidr, range))
    ? cidr
    : new Fault(`${shown(text)} is not loopback`, "grant it under targets.networks");
}

function isWithin(inner: string, outer: string): boolean {
  return overlap(inner, outer) && ipaddr.parseCIDR(inner)[1] >= ipaddr.parseCIDR(outer)[1];
}

/** One port, or a range of them: `443`, `8000-8999`. */
export function parsePorts(text: string): string | Fault {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  const from = Number(match?.[1] ?? 0);
  const to = Number(match?.[2] ?? from);
  if (match === null || from < 1 || to > 65535) {
    return new Fault(`${shown(text)} is not a port or a range like "8000-8999", from 1 to 65535`);
  }
  if (from > to) return new Fault(`${shown(text)} runs backwards`, `write "${to}-${from}"`);
  return match[2] === undefined ? `${from}` : `${from}-${to}`;
}
