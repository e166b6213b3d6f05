import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { isLoopbackName } from "../../domain/addresses.ts";

/** One cookie of the console's own host: no script reads it, no other site's form sends it. */
export interface OwnCookie {
  read(context: Context): string | undefined;
  /** @param seconds its life; without it, the browser's session */
  write(context: Context, value: string, seconds?: number): void;
  clear(context: Context): void;
}

export interface OwnCookies {
  readonly session: OwnCookie;
  /** Binds what was begun at a browser to it, while it is away at the provider. */
  readonly flow: OwnCookie;
  /** Binds a sign-in link to the browser that opened it. */
  readonly link: OwnCookie;
  /** The invitation that a browser was asked about last. */
  readonly invitation: OwnCookie;
  /** Whether browsers keep them: over plain HTTP, only on loopback. */
  readonly kept: boolean;
}

/**
 * The console's cookies. Over HTTPS they are called `__Host-…`, which browsers take from this very
 * host alone: another host of the zone can neither read nor plant one. Plain HTTP on loopback, for a
 * trial on a laptop, has no such names.
 * @param publicUrl the console's origin
 */
export function ownCookies(publicUrl: string): OwnCookies {
  const url = new URL(publicUrl);
  const onLoopback = isLoopbackName(url.hostname.replace(/^\[|\]$/g, ""));
  const plain = url.protocol === "http:" && onLoopback;
  const cookie = (what: string): OwnCookie => {
    const name = plain ? `tardis-${what}` : `__Host-tardis-${what}`;
    const options = { path: "/", httpOnly: true, secure: !plain, sameSite: "Lax" } as const;
    return {
      read: (context) => getCookie(context, name),
      write: (context, value, seconds) =>
        setCookie(
          context,
          name,
          value,
          seconds === undefined ? options : { ...options, maxAge: seconds },
        ),
      clear: (context) => void deleteCookie(context, name, options),
    };
  };
  return {
    session: cookie("session"),
    flow: cookie("flow"),
    link: cookie("link"),
    invitation: cookie("invitation"),
    kept: url.protocol === "https:" || plain,
  };
}
