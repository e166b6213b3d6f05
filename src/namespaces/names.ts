import { createHash } from "node:crypto";
import { Refusal } from "../errors.ts";

const SHORT = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;
const LENGTH_MAX = 63;
const BETWEEN = "--";

/**
 * The name that a namespace has at Kubernetes: `alice--shop`. What stands after the last two hyphens is
 * its own, all before is the owner's: none of Alice's is ever spelt like one of `alice-b`'s.
 * @throws Refusal `invalid_input`
 */
export function namespaceName(owner: string, short: string): string {
  const name = `${owner}${BETWEEN}${short}`;
  if (!SHORT.test(short) || short.includes(BETWEEN) || name.length > LENGTH_MAX) {
    const most = LENGTH_MAX - owner.length - BETWEEN.length;
    throw new Refusal(
      "invalid_input",
      most < 1
        ? `${owner} is too long a name for a namespace: ask an admin.`
        : `A namespace's name has at most ${most} small letters, digits and hyphens, none of them first or last, and no two hyphens in a row.`,
      { field: "name" },
    );
  }
  return name;
}

const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

/**
 * A name for the secret that a token hangs on, that nobody has yet: 100 bits.
 * @param secret fresh random text
 */
export function tokenHandleFrom(secret: string): string {
  const digest = createHash("sha256").update(secret).digest();
  // 256 is a multiple of 32, so each letter is as likely as any other.
  return Array.from(digest.subarray(0, 20), (byte) => ALPHABET[byte % 32]).join("");
}
