import { getConnInfo } from "@hono/node-server/conninfo";
import type { Context } from "hono";
import { canonicalAddress, inRange, parseRange, type Address } from "../domain/addresses.ts";

/**
 * The address that a request really comes from: the connection's, or, behind trusted proxies, the
 * last address of `X-Forwarded-For` that is none of theirs. Everything before that the client wrote.
 * @param trustedProxies CIDRs
 * @returns `unknown` where there is no connection (a request made in this process)
 */
export function clientAddress(context: Context, trustedProxies: readonly string[]): string {
  const direct = canonicalAddress(remoteAddress(context) ?? "");
  if (direct === undefined) return "unknown";
  const ranges = trustedProxies.map(parseRange);
  const isTrusted = (address: Address) => ranges.some((range) => inRange(address, range));
  const hops = (context.req.header("x-forwarded-for") ?? "").split(",").map((hop) => hop.trim());
  let address = direct;
  while (isTrusted(address)) {
    const next = canonicalAddress(hops.pop() ?? "");
    if (next === undefined) break;
    address = next;
  }
  return address.address;
}

function remoteAddress(context: Context): string | undefined {
  try {
    return getConnInfo(context).remote.address;
  } catch {
    return undefined;
  }
}
