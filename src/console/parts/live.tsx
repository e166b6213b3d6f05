import type { Context } from "hono";
import type { Child } from "hono/jsx";
import type { PageEnv } from "../visitor.ts";

/**
 * The part of a page that follows what happens: it is asked for anew, from the same address, when
 * something changed. The focus, folds and what is typed are kept (`assets/console.js`), but what was
 * said to be wrong with it is not: forms belong outside. One a page.
 * @param mark of what was shown (`markOf`), by which it is known whether something was missed
 */
export function Live({
  context,
  mark,
  at,
  children,
}: {
  context: Context<PageEnv>;
  mark: string;
  /** Another address than the page's own, for one that a form was answered with. */
  at?: string;
  children?: Child;
}) {
  const { pathname, search } = new URL(context.req.url);
  return (
    <div
      id="live"
      data-live={mark}
      hx-get={at ?? `${pathname}${search}`}
      hx-trigger="live from:body"
      hx-select="#live"
      hx-swap="outerHTML"
    >
      {children}
    </div>
  );
}
