import { Fault, shown } from "./problems.ts";

/** A version of Traefik 3: `3.7`, or `3.7.15`. */
export function parseTraefikVersion(text: string): string | Fault {
  return /^3\.(?:0|[1-9]\d{0,2})(?:\.\d{1,3})?$/.test(text)
    ? text
    : new Fault(`${shown(text)} is not a version of Traefik 3, like "3.7"`);
}

/**
 * Whether a Traefik of this version takes the tree layout: 3.6 is the first that knows
 * `parentRefs`, and older ones reject the whole document.
 */
export function takesTree(version: string): boolean {
  return Number(version.split(".")[1]) >= 6;
}
