import type { Namespace, PagesDomain, Project, User, WebHook } from "./model.ts";
import { deploymentUrl, pagesUrl } from "./urls.ts";
import type { GitLabWorld } from "./world.ts";

// The API's representations, by the response attributes in GitLab's documentation: "Projects API",
// "Pages API", "Pages domains API", "Namespaces API", "Groups API", "Users API", "System hooks API",
// "Project webhooks API".

type Json = Record<string, unknown>;

export function namespaceJson(world: GitLabWorld, namespace: Namespace): Json {
  const full_path = world.fullPath(namespace);
  return {
    id: namespace.id,
    name: namespace.name,
    path: namespace.path,
    kind: namespace.kind,
    full_path,
    parent_id: namespace.parentId,
    avatar_url: null,
    web_url: `${world.url}/${namespace.kind === "group" ? "groups/" : ""}${full_path}`,
  };
}

export function groupJson(world: GitLabWorld, group: Namespace): Json {
  const { kind: _, ...basic } = namespaceJson(world, group);
  return {
    ...basic,
    description: "",
    visibility: group.visibility,
    full_name: world.fullPath(group).replaceAll("/", " / "),
    created_at: group.createdAt.toISOString(),
    marked_for_deletion_on: group.markedForDeletionOn,
  };
}

/** Members API. */
export function memberJson(world: GitLabWorld, user: User, role: number): Json {
  return {
    id: user.id,
    username: user.username,
    name: user.name,
    state: "active",
    web_url: `${world.url}/${user.username}`,
    access_level: role,
    expires_at: null,
    membership_state: "active",
  };
}

/** Projects API, "List groups". */
export function ancestorJson(world: GitLabWorld, group: Namespace): Json {
  const path = world.fullPath(group);
  return {
    id: group.id,
    name: group.path,
    avatar_url: null,
    web_url: `${world.url}/groups/${path}`,
    full_name: path.replaceAll("/", " / "),
    full_path: path,
  };
}

/** What `simple=true` and visitors get. */
export function simpleProjectJson(world: GitLabWorld, project: Project): Json {
  const path = world.fullPath(project);
  return {
    id: project.id,
    description: null,
    name: project.name,
    name_with_namespace: path.replaceAll("/", " / "),
    path: project.path,
    path_with_namespace: path,
    created_at: project.createdAt.toISOString(),
    default_branch: "main",
    web_url: `${world.url}/${path}`,
    last_activity_at: project.lastActivityAt.toISOString(),
    namespace: namespaceJson(world, world.namespaceOf(project)),
  };
}

export function projectJson(world: GitLabWorld, project: Project): Json {
  const owner = world.users.get(world.namespaceOf(project).ownerId ?? -1);
  return {
    ...simpleProjectJson(world, project),
    archived: project.archived,
    visibility: project.visibility,
    // Left out for a group's project, as GitLab does.
    ...(owner && { owner: userJson(world, owner) }),
    creator_id: project.creatorId,
    pages_access_level: project.pagesAccess,
    marked_for_deletion_at: project.markedForDeletionOn,
    marked_for_deletion_on: project.markedForDeletionOn,
    updated_at: project.updatedAt.toISOString(),
  };
}

/** @param full for admins, and for a user about oneself */
export function userJson(world: GitLabWorld, user: User, full?: "admin" | "self"): Json {
  const basic = {
    id: user.id,
    username: user.username,
    public_email: "",
    name: user.name,
    state: "active",
    locked: false,
    avatar_url: null,
    web_url: `${world.url}/${user.username}`,
  };
  if (!full) return basic;
  const own = { ...basic, created_at: user.createdAt.toISOString(), bot: false, email: user.email };
  if (full === "self") return own;
  return { ...own, is_admin: user.isAdmin, namespace_id: user.namespaceId };
}

export function pagesJson(world: GitLabWorld, project: Project): Json {
  return {
    url: pagesUrl(world, project),
    is_unique_domain_enabled: project.uniqueDomain !== null,
    force_https: project.forceHttps,
    deployments: world.activeDeployments(project).map((deployment) => {
      const url = deploymentUrl(world, project, deployment);
      // A base is told as null or as an empty string: both are seen.
      const none = url.endsWith("/") ? "" : null;
      return {
        created_at: deployment.createdAt.toISOString(),
        url,
        path_prefix: deployment.pathPrefix || none,
        root_directory: deployment.rootDirectory,
      };
    }),
    primary_domain: project.primaryDomain,
  };
}

/** @param projectId in the list of all domains, whose certificates are shown by their end alone */
export function domainJson(world: GitLabWorld, domain: PagesDomain, projectId?: number): Json {
  const { certificate } = domain;
  const expired = certificate !== null && certificate.expiration <= world.now();
  const common = {
    domain: domain.domain,
    url: `${certificate ? "https" : "http"}://${domain.domain}`,
    ...(projectId !== undefined && { project_id: projectId }),
    verified: domain.verified,
    verification_code: domain.verificationCode,
    enabled_until: domain.enabledUntil?.toISOString() ?? null,
    auto_ssl_enabled: domain.autoSsl,
  };
  if (!certificate) return common;
  if (projectId !== undefined) {
    const expiration = certificate.expiration.toISOString();
    return { ...common, certificate_expiration: { expired, expiration } };
  }
  const text = `Certificate:\n    Subject: ${certificate.subject}\n`;
  const { subject, certificate: pem } = certificate;
  return { ...common, certificate: { subject, expired, certificate: pem, certificate_text: text } };
}

/** Without its tokens, which the API only says the presence of. */
export function hookJson(hook: WebHook): Json {
  return {
    id: hook.id,
    url: hook.url,
    name: hook.name,
    description: hook.description,
    created_at: hook.createdAt.toISOString(),
    ...hook.events,
    alert_status: "executable",
    disabled_until: null,
    enable_ssl_verification: hook.sslVerification,
    url_variables: [],
    custom_headers: [],
    ...(hook.projectId !== null && { project_id: hook.projectId }),
  };
}
