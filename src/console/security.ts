import type { MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { compress } from "hono/compress";
import { secureHeaders } from "hono/secure-headers";
import { Refusal } from "../errors.ts";

/** The longest form: a page has no field for files. */
const FORM_MAX = 64 * 1024;
const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * What browsers are told of every page: it loads and asks nothing but the console's own, stands in
 * no frame, and runs no script that is not a file of ours. Referrers stay within the console, and
 * are not off: a browser would send forms with `Origin: null` then.
 */
export function pageHeaders(): MiddlewareHandler {
  return secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'"],
      connectSrc: ["'self'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
      baseUri: ["'none'"],
    },
    xFrameOptions: "DENY",
    referrerPolicy: "same-origin",
    crossOriginOpenerPolicy: "same-origin",
    crossOriginResourcePolicy: "same-origin",
    permissionsPolicy: {
      camera: false,
      geolocation: false,
      microphone: false,
      payment: false,
      usb: false,
    },
  });
}

/** Pages are for the one who asked: no cache keeps them. What may be kept says so itself. */
export function privatePages(): MiddlewareHandler {
  return async (context, next) => {
    await next();
    if (!context.res.headers.has("Cache-Control")) context.header("Cache-Control", "no-store");
  };
}

/**
 * Compresses what is read. The answers to forms stay as they are: secrets are shown there, and beside what
 * somebody else can have sent their length would tell of them (BREACH).
 */
export function compressedPages(): MiddlewareHandler {
  const compressed = compress({ encoding: "gzip" });
  return (context, next) => (context.req.method === "GET" ? compressed(context, next) : next());
}

/**
 * Refuses what a page of another origin has a browser send. A member's site may be same-site with
 * the console, so cookies alone tell nothing: whatever changes something must name exactly our own
 * origin, which browsers do for every form and every call of a script.
 * @param publicUrl the console's origin
 */
export function ownOriginOnly(publicUrl: string): MiddlewareHandler {
  return async (context, next) => {
    if (SAFE.has(context.req.method)) return next();
    const site = context.req.header("sec-fetch-site");
    const isOurs = site === undefined || site === "same-origin" || site === "none";
    if (!isOurs || context.req.header("origin") !== publicUrl) {
      throw new Refusal(
        "forbidden",
        `This did not come from a page of the console. Open it at ${publicUrl} and try again.`,
      );
    }
    return next();
  };
}

/** What a browser says of a request that pages of others cannot change (Fetch Metadata, Sec-Purpose). */
const SAID = ["Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest", "Sec-Purpose"] as const;

/**
 * Refuses what a page of another origin has a browser ask for unseen, whatever the cookies say: the
 * time that it takes tells something, and it would use up a message that waits, or keep a session from
 * ending. A link that somebody follows is let through. So is whoever says nothing of where they come
 * from: a program, or a browser of long ago.
 */
export function noUnseenRequests(publicUrl: string): MiddlewareHandler {
  return async (context, next) => {
    const [site, mode, dest, purpose] = SAID.map((name) => context.req.header(name));
    const isOurs = site === undefined || site === "same-origin" || site === "none";
    const isFollowed = context.req.method === "GET" && mode === "navigate" && dest === "document";
    // Fetched ahead by a page's speculation rules, also another site's: Chromium calls its site "none".
    if (purpose !== undefined || (!isOurs && !isFollowed)) {
      context.header("Vary", SAID.join(", "));
      throw new Refusal(
        "forbidden",
        `Another site's page asked for this, and nobody saw it. Open it at ${publicUrl}.`,
      );
    }
    await next();
    context.header("Vary", SAID.join(", "), { append: true });
  };
}

/** Bounds what a form may hold. */
export function shortForms(): MiddlewareHandler {
  return bodyLimit({
    maxSize: FORM_MAX,
    onError: () => {
      throw new Refusal("invalid_input", "This form holds too much: at most 64 kB.");
    },
  });
}
