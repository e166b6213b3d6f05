import { createHash } from "node:crypto";
import { Refusal } from "../errors.ts";

const SHORT = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;
const LENGTH_MAX = 63;

/**
 * The name that a bucket has at the storage: `alice.photos`. No owner's name has a dot in it, so none
 * of Alice's is ever spelt like one of `alice-b`'s.
 * @throws Refusal `invalid_input`
 */
export function bucketName(owner: string, short: string): string {
  const name = `${owner}.${short}`;
  if (!SHORT.test(short) || name.length > LENGTH_MAX) {
    const most = LENGTH_MAX - owner.length - 1;
    throw new Refusal(
      "invalid_input",
      `A bucket's name has at most ${most} small letters, digits and hyphens, none of them first or last.`,
      { field: "name" },
    );
  }
  return name;
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/**
 * An access key that nobody guesses: 100 bits.
 * @param secret fresh random text
 */
export function accessKeyFrom(secret: string): string {
  const digest = createHash("sha256").update(secret).digest();
  // 256 is a multiple of 32, so each letter is as likely as any other.
  return Array.from(digest.subarray(0, 20), (byte) => ALPHABET[byte % 32]).join("");
}
