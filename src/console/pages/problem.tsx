import type { Context } from "hono";
import { PROBLEMS } from "../../api/problem.ts";
import { show } from "../layout.tsx";
import { refusalOf } from "../store-refusal.ts";
import type { PageEnv } from "../visitor.ts";
import type { PageServices } from "./services.ts";

/** What was refused, or failed, where there is no form to say it beside. */
export function problemPage(
  context: Context<PageEnv>,
  { site, log }: Pick<PageServices, "site" | "log">,
  error: unknown,
): Response | Promise<Response> {
  const refusal = refusalOf(error);
  if (refusal === undefined) log.error({ err: error }, "a page could not be shown");
  const { status, title } = PROBLEMS[refusal?.code ?? "internal"];
  if (refusal?.retryAfter !== undefined) context.header("Retry-After", String(refusal.retryAfter));
  return show(
    context,
    site,
    { title, status, back: { href: "/", label: "My sites" } },
    <p>{refusal?.message ?? "Something went wrong here; it was written to the log."}</p>,
  );
}
