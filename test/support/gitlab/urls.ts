import type { Deployment, Project } from "./model.ts";
import type { NamespaceTree } from "./tree.ts";

/** What a site's URL depends on beyond its project. */
export interface PagesSite extends NamespaceTree {
  /** The domain that Pages serves below: `tardis.ac`. */
  readonly zone: string;
}

/**
 * Whether it is its namespace's home page: a project `<root>/<root>.<zone>`. Source: GitLab's
 * documentation, "GitLab Pages default domain names". Letters' case does not matter; GitLab's newest
 * URL builder seems not to find it when the namespace itself has an upper-case letter.
 */
export function isNamespaceHome(site: PagesSite, project: Project): boolean {
  const [root, ...rest] = site.fullPath(project).split("/");
  return rest.join("/").toLowerCase() === `${root}.${site.zone}`.toLowerCase();
}

/** Where a project is served, all lower case as GitLab's API tells it, without an end slash. */
export function pagesUrl(site: PagesSite, project: Project): string {
  const [root, ...rest] = site.fullPath(project).split("/");
  if (isNamespaceHome(site, project)) return `https://${rest.join("/")}`.toLowerCase();
  if (project.uniqueDomain) return `https://${project.uniqueDomain}.${site.zone}`.toLowerCase();
  return `https://${root}.${site.zone}/${rest.join("/")}`.toLowerCase();
}

/** Where one deployment is served: the project's URL and the path prefix, `/` when there is no path. */
export function deploymentUrl(site: PagesSite, project: Project, deployment: Deployment): string {
  const base = pagesUrl(site, project);
  if (deployment.pathPrefix) return `${base}/${deployment.pathPrefix}`;
  return new URL(base).pathname === "/" ? `${base}/` : base;
}
