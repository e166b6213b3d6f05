import type { Child } from "hono/jsx";

/** What stands where there is nothing yet: what could be here, and the first step. */
export function Empty({
  title,
  action,
  children,
}: {
  title: string;
  action?: { readonly href: string; readonly label: string } | undefined;
  children?: Child;
}) {
  return (
    <section class="empty">
      <h2>{title}</h2>
      <p>{children}</p>
      {action === undefined ? null : (
        <p>
          <a class="button" href={action.href}>
            {action.label}
          </a>
        </p>
      )}
    </section>
  );
}
