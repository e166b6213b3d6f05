import type { Context } from "hono";
import { show } from "../layout.tsx";
import { startPath } from "../sign-in/return-path.ts";
import type { PageEnv } from "../visitor.ts";
import type { AdminServices } from "./services.ts";

/**
 * For an admin by their group in GitLab of whom it has to be asked again: a page comes after the way
 * there and back, which nobody has to do anything for while they are signed in there. What a form
 * says would be lost on it, so that one is told.
 */
export function askAgain(
  context: Context<PageEnv>,
  { site }: Pick<AdminServices, "site">,
): Response | Promise<Response> {
  const { pathname, search } = new URL(context.req.url);
  const isPart = context.req.header("hx-request") === "true";
  if (context.req.method === "GET" && !isPart)
    return context.redirect(startPath({ to: pathname + search }), 303);
  const start = startPath({ to: "/admin" });
  return show(
    context,
    site,
    { title: "Sign in again", action: { href: start, label: "Sign in again" }, status: 401 },
    <p>
      You are an admin by a group, and whether you still are has not been said for too long. Nothing
      was changed: sign in again, then do it again.
    </p>,
  );
}
