import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { z } from "zod";
import type { Remedy } from "./forms.ts";
import type { Site } from "./site.ts";

/** What the next page says first, once: what has been done, and how it is undone. */
export interface Flash {
  readonly tone: "good" | "bad";
  readonly text: string;
  /** A form with one button, for taking back what was done. */
  readonly undo?: { readonly action: string; readonly label: string } | undefined;
  /** What leads on, where nothing was done. */
  readonly remedy?: Remedy | undefined;
}

const schema = z.strictObject({
  tone: z.enum(["good", "bad"]),
  text: z.string().max(600),
  undo: z
    .strictObject({
      // Only a path of the console itself.
      action: z.string().regex(/^\/(?!\/)[\w./-]{0,200}$/),
      label: z.string().max(60),
    })
    .optional(),
  remedy: z
    .strictObject({
      // Only a page of the console itself.
      href: z.string().regex(/^\/(?!\/)[\w./?&=%+-]{0,400}$/),
      label: z.string().max(60),
    })
    .optional(),
});

const SECONDS = 60;
const TEXT_MAX = 600;

/** Leaves a message for the page that the visitor is sent to. */
export function leaveFlash(context: Context, site: Site, flash: Flash): void {
  const value = { ...flash, text: flash.text.slice(0, TEXT_MAX) };
  const text = Buffer.from(JSON.stringify(value)).toString("base64url");
  setCookie(context, nameFor(site), text, {
    path: "/",
    secure: site.secure,
    httpOnly: true,
    sameSite: "Lax",
    maxAge: SECONDS,
  });
}

/** The message that was left, if any; it is gone then. */
export function takeFlash(context: Context, site: Site): Flash | undefined {
  const name = nameFor(site);
  const text = getCookie(context, name);
  if (text === undefined) return undefined;
  deleteCookie(context, name, { path: "/", secure: site.secure });
  try {
    const parsed = schema.safeParse(JSON.parse(Buffer.from(text, "base64url").toString()));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** With this prefix no other host can have set it, however near its name is to ours (RFC 6265bis). */
function nameFor({ secure }: Site): string {
  return secure ? "__Host-flash" : "flash";
}
