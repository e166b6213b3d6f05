import type { Context } from "hono";
import type { Child } from "hono/jsx";
import { show, type PageProps } from "../layout.tsx";
import type { PageEnv } from "../visitor.ts";
import type { AdminServices } from "./services.ts";

/** The parts of the admins' pages. */
const PLACES = {
  home: ["/admin", "Overview"],
  owners: ["/admin/owners", "Owners"],
  requests: ["/admin/requests", "Requests"],
  routes: ["/admin/routes", "Routes"],
  gitlab: ["/admin/gitlab", "GitLab"],
  traefik: ["/admin/traefik", "Traefik"],
  names: ["/admin/reserved-names", "Reserved names"],
  memberships: ["/admin/memberships", "Memberships"],
  audit: ["/admin/audit", "Audit log"],
} as const;
export type Place = keyof typeof PLACES;

function AdminNav({ place }: { place: Place | undefined }) {
  return (
    <nav class="sections places" aria-label="Admin">
      <ul>
        {Object.entries(PLACES).map(([name, [href, label]]) => (
          <li>
            <a href={href} aria-current={name === place ? "page" : undefined}>
              {label}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** Answers with one of the admins' pages. */
export function showAdmin(
  context: Context<PageEnv>,
  { site }: Pick<AdminServices, "site">,
  { place, ...props }: Omit<PageProps, "section" | "nav"> & { readonly place?: Place },
  children: Child,
): Response | Promise<Response> {
  const nav = <AdminNav place={place} />;
  return show(context, site, { ...props, section: "admin", nav }, children);
}
