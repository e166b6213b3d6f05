import { createHash } from "node:crypto";
import { Refusal } from "../errors.ts";
import type { ApiContext } from "./deps.ts";

/** Matches no revision. */
const NEVER = -1;

/**
 * A representation's entity tag: `"<revision>-<hash>"`. The revision is the record's, the hash tells
 * apart what is derived of other records (whether an endpoint is routed, how much is used).
 */
export function entityTag(body: { readonly revision: number }): string {
  const digest = createHash("sha256").update(JSON.stringify(body)).digest("hex").slice(0, 12);
  return `"${body.revision}-${digest}"`;
}

/**
 * The revision that an `If-Match` asks for: an entity tag as it was sent, or `"<revision>"`. Only
 * the revision counts: what is derived is not what would be overwritten.
 * @returns undefined when there is no condition
 * @throws Refusal `invalid_input` for what is no entity tag (RFC 9110, 13.1.1)
 */
export function ifMatch(context: ApiContext): number | undefined {
  const header = context.req.header("if-match")?.trim();
  if (header === undefined || header === "*") return undefined;
  if (!/^(W\/)?"[\x21\x23-\x7e]*"$/.test(header)) {
    throw new Refusal("invalid_input", 'Give one entity tag, like If-Match: "12".', {
      field: "If-Match",
    });
  }
  // A weak tag never matches here: it does not promise that it is the same.
  const revision = /^"(\d{1,15})(?:-[0-9a-f]{12})?"$/.exec(header)?.[1];
  return revision === undefined ? NEVER : Number(revision);
}

/**
 * Sets the entity tag of what is answered.
 * @returns whether the caller has exactly this already (`If-None-Match`), so that 304 is the answer
 */
export function isFresh(context: ApiContext, body: { readonly revision: number }): boolean {
  const tag = entityTag(body);
  context.header("ETag", tag);
  const header = context.req.header("if-none-match");
  if (header === undefined) return false;
  return header
    .split(",")
    .some((given) => given.trim() === "*" || given.trim().replace(/^W\//, "") === tag);
}
