import { createHash } from "node:crypto";
import type { AccountName, DatabaseName } from "../domain/entities.ts";
import { Refusal } from "../errors.ts";

/** MySQL's limits; MariaDB's are the same or wider. */
const DATABASE_MAX = 64;
const ACCOUNT_MAX = 32;

const SHORT_DATABASE = /^[a-z0-9](?:[a-z0-9_]*[a-z0-9])?$/;
const SHORT_ACCOUNT = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;

/**
 * The name that a database has at the server: `u_alice_blog`. Neither the prefix nor an owner's name
 * has an underscore in it, so the first two are where the parts meet, and no two owners' databases are
 * spelt alike: `ann` with `b_x` makes `u_ann_b_x`, `ann-b` with `x` makes `u_ann-b_x`.
 * @throws Refusal `invalid_input`
 */
export function databaseName(prefix: string, owner: string, short: string): DatabaseName {
  const name = `${prefix}_${owner}_${short}`;
  if (!SHORT_DATABASE.test(short) || name.length > DATABASE_MAX) {
    const most = DATABASE_MAX - prefix.length - owner.length - 2;
    throw new Refusal(
      "invalid_input",
      `A database's name has at most ${most} small letters, digits and underscores, no underscore first or last.`,
      { field: "name" },
    );
  }
  return name as DatabaseName;
}

/** From that many letters on, an owner's name leaves too few for an account's. */
const OWNER_MAX = 14;

/**
 * The name that an account logs in with: `u.alice.app`. No owner's name has a dot in it, nor is it
 * empty: an owner of a long name has the end of their id in its place, behind two dots.
 * @param owner whose name and id it is made of
 * @throws Refusal `invalid_input`
 */
export function accountName(
  prefix: string,
  owner: { readonly name: string; readonly id: string },
  short: string,
): AccountName {
  const whose = owner.name.length > OWNER_MAX ? `.${owner.id.slice(-OWNER_MAX + 1)}` : owner.name;
  const name = `${prefix}.${whose}.${short}`;
  if (!SHORT_ACCOUNT.test(short) || name.length > ACCOUNT_MAX) {
    const most = ACCOUNT_MAX - prefix.length - whose.length - 2;
    throw new Refusal(
      "invalid_input",
      `An account's name has at most ${most} small letters, digits and hyphens, no hyphen first or last.`,
      { field: "name" },
    );
  }
  return name as AccountName;
}

declare const brand: unique symbol;
/** A password of letters and digits: it ends no quotes, in whatever it is pasted into. */
export type Password = string & { readonly [brand]: "Password" };

const ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789";
const LENGTH = 32;

/**
 * A password that nobody guesses: 187 bits.
 * @param secret fresh random text
 */
export function passwordFrom(secret: string): Password {
  const letters: string[] = [];
  for (let turn = 0; letters.length < LENGTH; turn++) {
    const digest = createHash("sha512").update(`${turn}:${secret}`).digest();
    // Only bytes that fit a whole number of times, so that each letter is as likely as any other.
    const most = 256 - (256 % ALPHABET.length);
    for (const byte of digest)
      if (byte < most) letters.push(ALPHABET[byte % ALPHABET.length] ?? "");
  }
  return letters.slice(0, LENGTH).join("") as Password;
}
