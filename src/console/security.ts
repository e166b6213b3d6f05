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

/** Bounds what a form may hold. */
export function shortForms(): MiddlewareHandler {
  return bodyLimit({
    maxSize: FORM_MAX,
    onError: () => {
      throw new Refusal("invalid_input", "This form holds too much: at most 64 kB.");
    },
  });
}
