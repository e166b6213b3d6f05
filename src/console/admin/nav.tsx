import type { Context } from "hono";
import type { Child } from "hono/jsx";
import { show, type PageProps } from "../layout.tsx";
import { Menu } from "../parts/menu.tsx";
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
  const places = Object.entries(PLACES).map(
    ([name, [href, label]]) => [name, href, label] as const,
  );
  const button = (
    <>
      <span class="unseen">Admin pages, now </span>
      {place === undefined ? "Admin" : PLACES[place][1]}
    </>
  );
  return (
    <Menu id="places" name="Admin" button={button} places={places} current={place} more="places" />
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
