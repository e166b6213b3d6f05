import { randomBytes } from "node:crypto";
import type { Context } from "hono";
import { FLOW_SECONDS } from "../../auth/flows.ts";
import { Refusal } from "../../errors.ts";
import { hashSecret } from "../../owners/tokens.ts";
import { bindingOf, isBound } from "./binding.ts";
import type { OwnCookies } from "./cookies.ts";

/** A secret of the browser's, then the code of the invitation that it was shown last. */
const KEPT = /^([A-Za-z0-9_-]{43})\.([A-Za-z0-9_-]{1,100})$/;

/**
 * Keeps an invitation at the browser that is asked whether it wants it: from there on its code is in
 * no address.
 * @returns what the link on that page says in its place
 */
export function keepInvitation({ invitation }: OwnCookies, context: Context, code: string): string {
  const [, secret = randomBytes(32).toString("base64url")] =
    KEPT.exec(invitation.read(context) ?? "") ?? [];
  const kept = `${secret}.${code}`;
  invitation.write(context, kept, FLOW_SECONDS);
  return bindingOf(kept);
}

/**
 * The code of the invitation that is accepted, for as long as a sign-in may take from now on.
 * @param given what the link said
 * @throws Refusal `forbidden` where this browser was not asked, or was asked of another one since
 */
export function acceptedCode({ invitation }: OwnCookies, context: Context, given: string): string {
  const kept = invitation.read(context) ?? "";
  const [, , code] = KEPT.exec(kept) ?? [];
  if (code === undefined || !isBound(given, kept)) {
    throw new Refusal(
      "forbidden",
      "This browser was not asked. Open the invitation again, in the browser that is to be signed in.",
    );
  }
  invitation.write(context, kept, FLOW_SECONDS);
  return code;
}

/**
 * What a link says to accept an invitation once more.
 * @param hash the hash of its code
 * @returns what is refused where the browser has it no more: never a sign-in without it
 */
export function acceptAgain({ invitation }: OwnCookies, context: Context, hash: string): string {
  const kept = invitation.read(context) ?? "";
  const [, , code = ""] = KEPT.exec(kept) ?? [];
  return hashSecret(code) === hash ? bindingOf(kept) : "over";
}
