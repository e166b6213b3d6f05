import { createHash, timingSafeEqual } from "node:crypto";

/**
 * What stands in a page for the cookie of the browser that is given it: who sees the page does not
 * learn the cookie, and who has not seen it cannot say this.
 */
export function bindingOf(secret: string): string {
  return createHash("sha256").update(secret).digest("base64url");
}

/** Whether what comes back is what was given to the browser with this cookie. */
export function isBound(given: unknown, secret: string): boolean {
  const wanted = bindingOf(secret);
  const bytes = Buffer.from(typeof given === "string" ? given : "");
  return bytes.length === wanted.length && timingSafeEqual(bytes, Buffer.from(wanted));
}
