import type { Deployment, Project } from "./model.ts";
import { isNamespaceHome, pagesUrl } from "./urls.ts";
import type { GitLabWorld } from "./world.ts";

/** What GitLab tells the daemon of one deployment on a host. */
export interface LookupPath {
  readonly projectId: number;
  /** The project's own namespace at that time. */
  readonly namespaceId: number;
  readonly deploymentId: number;
  /** In real case, with a slash at both ends. */
  readonly prefix: string;
  /** Whether a sign-in is needed. */
  readonly accessControl: boolean;
  /** The only host that shows it, null for any. */
  readonly uniqueHost: string | null;
  readonly primaryDomain: string | null;
}

/**
 * What GitLab answers the daemon about a host: the deployments on it, or null for an unknown one.
 * A unique domain goes before a namespace of that name; of the namespaces only users and top groups
 * have a host; a custom domain counts while it is enabled and its project has a deployment. Source:
 * GitLab's internal Pages API and its virtual host finder.
 */
export function lookUp(world: GitLabWorld, host: string): readonly LookupPath[] | null {
  const end = `.${world.zone}`;
  if (!host.endsWith(end)) return customDomain(world, host);
  const name = host.slice(0, -end.length);
  for (const project of world.projects.values())
    if (project.uniqueDomain === name && world.activeDeployments(project).length > 0)
      return pathsOf(world, project, "");
  const namespace = world.child(null, name);
  if (!namespace || "namespaceId" in namespace) return null;
  return world.allProjectsIn(namespace).flatMap((project) => {
    if (isNamespaceHome(world, project)) return pathsOf(world, project, "");
    const below = world.fullPath(project).slice(namespace.path.length + 1);
    return pathsOf(world, project, below);
  });
}

function customDomain(world: GitLabWorld, host: string): readonly LookupPath[] | null {
  const found = world.findDomain(host);
  if (!found) return null;
  const { enabledUntil } = found.domain;
  if (!enabledUntil || enabledUntil <= world.now()) return null;
  const paths = pathsOf(world, found.project, "", true);
  return paths.length > 0 ? paths : null;
}

function pathsOf(
  world: GitLabWorld,
  project: Project,
  base: string,
  custom = false,
): readonly LookupPath[] {
  const unique = project.uniqueDomain !== null && !custom;
  return world.activeDeployments(project).map((deployment) => ({
    projectId: project.id,
    namespaceId: project.namespaceId,
    deploymentId: deployment.id,
    prefix: prefixOf(base, deployment),
    accessControl: world.isPrivateSite(project),
    uniqueHost: unique ? new URL(pagesUrl(world, project)).host : null,
    primaryDomain: project.primaryDomain,
  }));
}

function prefixOf(base: string, deployment: Deployment): string {
  const segments = [base, deployment.pathPrefix].filter((segment) => segment !== "");
  return segments.length === 0 ? "/" : `/${segments.join("/")}/`;
}
